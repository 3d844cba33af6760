"""A tool's turn, and a daemon that dies by SIGKILL somewhere in it: what is left in the end is what one turn leaves."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from ivy.cli.world import World
from ivy.store import people
from ivy.store.binding import Connection
from ivy.store.scope import for_user
from ivy.tools.registry import families
from tests.reliability.lives import PHONE, START, Killer, accepted, live, tell_statuses
from tests.tools.diary import REGISTRY, TABLES, Diary

FULL = os.environ.get("IVY_FULL") == "1"
BY_NAME = {each.name: each for each in families()}
TOOLS = tuple(BY_NAME) if FULL else ("set_reminder", "offer_choices")
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
    """Return what there is, by table, without names and times."""

    def rows(sql: str) -> list[list[Any]]:
        return [list(row) for row in connection.execute(sql)]

    return {
        **{table: rows(f"SELECT count(*) FROM {table}") for table in TABLES},
        "tools": rows("SELECT tool, arguments, status FROM tool_executions ORDER BY at_ms, id"),
        "out": rows("SELECT kind, state FROM messages_v2 WHERE direction = 'out' ORDER BY rowid"),
        "questions": rows("SELECT kind, done_at_ms IS NULL FROM pending_actions ORDER BY created_at_ms, id"),
        "dead": rows("SELECT kind FROM dead_letters"),
        "leased": rows("SELECT kind FROM jobs WHERE state = 'leased'"),
        "reserved": rows("SELECT id FROM cost_ledger WHERE state = 'reserved'"),
    }


@pytest.mark.drill
@pytest.mark.parametrize("name", TOOLS)
def test_killed_anywhere_a_tool_does_its_work_once(tmp_path: Path, name: str) -> None:
    life = partial(ask, name)
    once = live(_made(tmp_path / "undisturbed"), life, number=1).report
    heard = len(accepted(tmp_path / "undisturbed"))
    assert [each[0] for each in once["left"]["tools"]][-1] == name
    steps = int(once["steps"])
    for at in range(steps // (2 * CUTS), steps, steps // CUTS):
        folder = _made(tmp_path / str(at))
        assert live(folder, life, number=1, kill_at=at).killed, at
        again = live(folder, life, number=2).report["left"]
        assert again == once["left"], (name, at)
        assert len(accepted(folder)) == heard, (name, at)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
