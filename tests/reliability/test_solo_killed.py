"""The daemon is killed at every await while it polls the agent platform: its maker gets one effect and one reply."""

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from ivy.cli.world import World
from ivy.config import Config, SoloSection, WhatsAppSection
from ivy.emulators.whatsapp_solo_maker import Got
from tests.reliability.lives import Killer, live
from tests.reliability.test_sigkill import effects

SOLO = Config(whatsapp=WhatsAppSection(enabled=False), solo=SoloSection(enabled=True))
STRIDE = 1 if os.environ.get("IVY_FULL") == "1" else 41
WORDS = "I spent $50 on lunch"


async def one_life(world: World, killer: Killer, folder: Path, *, number: int) -> dict[str, Any]:
    """Ivy polls; the platform gives out all that it has kept since the agent was made, whoever heard it before."""
    solo = world.vendors.solo
    for _burnt in range(1000 * (number - 1)):
        solo.new_wamid()
    await solo.person_says(WORDS, wamid="wamid.first")
    for wamid, _words in taken(folder):
        solo.tell_status(wamid, "delivered")
    solo.on_accept = partial(remember, folder)
    killer.armed = True
    await trio.sleep(150)
    return await world.store.read(effects)


async def remember(folder: Path, got: Got) -> None:
    handle = os.open(folder / "taken.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(handle, (json.dumps([got.wamid, got.body]) + "\n").encode())
    os.close(handle)


def taken(folder: Path) -> list[list[str]]:
    """Return id and words of what the platform took in all lives so far."""
    path = folder / "taken.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def run(folder: Path, number: int, kill_at: int = 0) -> dict[str, Any]:
    return live(folder, partial(one_life, number=number), number=number, kill_at=kill_at, config=SOLO).report


@pytest.mark.drill
def test_killed_at_any_await_of_polling_there_is_one_effect_and_one_reply(tmp_path: Path) -> None:
    whole = tmp_path / "undisturbed"
    whole.mkdir()
    undisturbed = run(whole, 1)
    assert undisturbed["steps"] > 100 and (undisturbed["expenses"], undisturbed["dead"]) == (1, 0)
    for at in range(1, undisturbed["steps"] + 1, STRIDE):
        folder = tmp_path / str(at)
        folder.mkdir()
        assert run(folder, 1, at) == {}, at
        report, replies = run(folder, 2), taken(folder)
        assert report | {"steps": 0} == undisturbed | {"steps": 0}, (at, report)
        # What was leaving at the death waits for its tick, and the other overtakes it.
        assert sorted(words for _wamid, words in replies) == sorted(words for _wamid, words in taken(whole)), at
