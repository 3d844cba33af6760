"""A tool's turn, and a daemon that dies by SIGKILL somewhere in it: what is left in the end is what one turn leaves."""

import os
import sys
from functools import partial
from hashlib import sha256
from inspect import getsource
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from ivy.cli.world import World
from ivy.store import people
from ivy.store.binding import Connection
from ivy.store.scope import for_user
from ivy.tools.registry import families
from tests.reliability.lives import PHONE, START, Killer, accepted, live, tell_statuses
from tests.reliability.what_is_left import effects
from tests.tools.diary import REGISTRY, Diary

FULL = os.environ.get("IVY_FULL") == "1"
BY_NAME = {each.name: each for each in families()}


def some(count: int) -> tuple[str, ...]:
    """Return tools chosen by the text of all tools' sources: the same for the same program, others with each change of one."""
    modules = sorted({each.run.__module__ for each in BY_NAME.values()})
    sources = "".join(getsource(sys.modules[each]) for each in modules)

    def place(name: str) -> bytes:
        return sha256(f"{name}:{sources}".encode()).digest()

    return tuple(sorted(BY_NAME, key=place)[:count])


TOOLS = tuple(BY_NAME) if FULL else some(2)
CUTS = 12 if FULL else 2
"""Where in its turn each is killed: so many places, at equal distances."""


async def ask(name: str, world: World, killer: Killer, folder: Path) -> dict[str, Any]:
    """Let somebody with a little of everything ask for a tool by its first example; a later life is told it again."""
    rows = await world.store.read(lambda connection: connection.execute("SELECT id FROM users").fetchall())
    if not rows:
        user_id = await world.add_person(PHONE)
        mine = for_user(world.store, user_id)
        diary = Diary(mine, await mine.read(people.load), REGISTRY, world.daemon.context.new_id, START)
        await diary.prepare()
    killer.armed = True
    phrase = next(iter(BY_NAME[name].examples))
    await world.vendors.whatsapp.person_says(PHONE, phrase, external_id=f"wamid.{name}==")
    tell_statuses(world, folder)
    await trio.sleep(120)
    return {"left": await world.store.read(left)}


def left(connection: Connection) -> dict[str, Any]:
    """Return all that there is of the person, and what has to be empty in the end."""
    (who,) = (row["id"] for row in connection.execute("SELECT id FROM users"))
    open_ends = {
        "dead": "SELECT kind FROM dead_letters",
        "leased": "SELECT kind FROM jobs WHERE state = 'leased'",
        "reserved": "SELECT id FROM cost_ledger WHERE state = 'reserved'",
    }
    return effects(connection, who, later=True) | {
        name: [str(row[0]) for row in connection.execute(sql)] for name, sql in open_ends.items()
    }


@pytest.mark.drill
@pytest.mark.parametrize("name", TOOLS)
def test_killed_anywhere_a_tool_does_its_work_once(tmp_path: Path, name: str) -> None:
    life = partial(ask, name)
    once = live(_made(tmp_path / "undisturbed"), life, number=1).report
    heard = len(accepted(tmp_path / "undisturbed"))
    ran = [msgspec.json.decode(each) for each in once["left"]["tool_executions"]]
    assert [each["tool"] for each in ran if each["turn_id"] == "#"] == [name]
    steps = int(once["steps"])
    for at in range(steps // (2 * CUTS), steps, steps // CUTS):
        folder = _made(tmp_path / str(at))
        assert live(folder, life, number=1, kill_at=at).killed, at
        again = live(folder, life, number=2).report["left"]
        wrong = {
            table: set(again[table]) ^ set(once["left"][table])
            for table in once["left"]
            if again[table] != once["left"][table]
        }
        assert not wrong, (name, at, wrong)
        assert len(accepted(folder)) == heard, (name, at)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
