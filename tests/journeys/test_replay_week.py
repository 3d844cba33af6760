"""Every turn of simulated days goes through again without a vendor, and is the same to the byte."""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from ivy.agent.replay import FORGOTTEN, SAME
from ivy.cli import replay, week_life
from ivy.cli.same_chance import same_chance
from ivy.cli.week_people import Town
from ivy.emulators import personas
from ivy.emulators.faults import Refuse
from ivy.store import recorded
from ivy.store.binding import Connection
from ivy.tools.registry import families

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = ("keen", "spanish", "text_only", "relapser")
FULL = os.environ.get("IVY_FULL") == "1"


def turns_of(connection: Connection) -> list[recorded.Recorded]:
    return [recorded.load(connection, row["id"]) for row in connection.execute("SELECT id FROM turns ORDER BY id")]


async def try_every_tool(town: Town, who: str) -> None:
    """Let somebody ask for each thing that Ivy can do, in the words of its first example."""
    vendors = town.world.vendors
    for number, each in enumerate(families()):
        if number == 7:
            vendors.faults["anthropic"].add(Refuse())  # the fallback answers, and goes on after its tool
        await vendors.whatsapp.person_says(who, next(iter(each.examples)))
        await trio.sleep(20)


async def go_through(town: Town, seen: Counter[str]) -> list[str]:
    """Replay everything that was turned; return what is different, and count what was compared."""
    context = town.world.daemon.context
    wrong: list[str] = []
    for turn in await town.world.store.read(turns_of):
        told = await replay.go_through(turn, context.sealer, context.files)
        wrong += [
            f"{told.person}, {told.turn_id}: {check.what} at step {check.step}: {check.words}"
            for check in told.checks
            if check.verdict != SAME and FORGOTTEN not in check.words
        ]
        seen.update(check.what for check in told.checks)
        seen["turns"] += 1
        seen["forgotten"] += sum(FORGOTTEN in check.words for check in told.checks)
    return wrong


@pytest.mark.drill
def test_every_turn_of_a_simulated_week_goes_through_again_the_same(tmp_path: Path) -> None:
    users, days = (20, 7) if FULL else (4, 2)
    who = personas.people(users, 1, only=() if FULL else PEOPLE)
    talker = who[PEOPLE.index("text_only")].phone
    seen, wrong = Counter[str](), list[str]()

    async def live() -> None:
        async with week_life.lived(who, days, 1, MONDAY, week_life.week_config(), tmp_path) as town:
            await try_every_tool(town, talker)
            await week_life.settle(town.world)
            wrong.extend(await go_through(town, seen))

    with same_chance(1):
        trio.run(live, clock=MockClock(autojump_threshold=0))
    assert not wrong, "\n".join(wrong)
    assert seen["turns"] > len(families()) * 2 // 3  # some are answered without a model
    assert min(seen[each] for each in ("read", "request", "answer", "tool", "reply", "message")) > 0
    assert seen["forgotten"] <= 6  # in the turns about one thing: what the tools were asked, and what models answered
