"""A replay against the real daemon and emulated vendors: it heals, once, and stops when something new goes wrong."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import trio
from trio.testing import MockClock

from ivy.cli.replay_dlq import make_plan
from ivy.cli.replaying import Outcome, Replay
from ivy.cli.world import World, open_world
from ivy.clock import VirtualClock, stamp
from ivy.domain.replay import Fate
from ivy.emulators.faults import Answer, Slow
from ivy.store import dead_letters, stories
from ivy.store.binding import Connection
from ivy.store.dead_letters import Plan, Wanted
from ivy.store.scope import OperatorStore, as_operator
from ivy.threads import InlineThreads

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
PHONES = ("+12025550101", "+12025550102", "+12025550103")


@asynccontextmanager
async def world_of(folder: Path) -> AsyncGenerator[World]:
    async with open_world(folder, clock=VirtualClock(NOON), threads=InlineThreads()) as world:
        for number, phone in enumerate(PHONES):
            await world.add_person(phone, name=f"Person {number}")
        yield world


async def operator_of(world: World) -> OperatorStore:
    at_ms = stamp(world.clock.now())
    return await as_operator(world.store, actor="sam", reason="test", action="replay-dlq", at_ms=at_ms)


async def plan_of(world: World) -> Plan:
    return await world.store.read(dead_letters.plan, Wanted(), now=world.clock.now())


async def run(world: World, plan: Plan, *, rate: float = 2.0) -> Outcome:
    replay = Replay(await operator_of(world), world.clock, plan, rate=rate, reason="Meta is back")
    return await replay.run(watched=True)


async def let_them_write_in_vain(world: World, code: int) -> None:
    """Everybody writes, and Meta refuses each answer for good."""
    world.vendors.whatsapp.refuse(code, times=len(PHONES))
    for phone in PHONES:
        await world.vendors.whatsapp.person_says(phone, "I spent $50 on lunch")
    await trio.sleep(30)


async def test_what_was_refused_is_healed_and_two_runs_send_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, 131026)
        assert world.vendors.whatsapp.sent == []
        plan = await plan_of(world)
        assert (len(plan.letters), plan.people, len(plan.groups)) == (3, 3, 1)
        first = await run(world, plan)
        assert (first.replayed, first.done, first.stopped) == (3, 3, "")
        assert {each.person.phone for each in world.vendors.whatsapp.sent} == set(PHONES)
        second = await run(world, plan)
        assert (second.replayed, second.skipped) == (0, 3)
        await trio.sleep(60)
        assert len(world.vendors.whatsapp.sent) == 3
        assert (await plan_of(world)).letters == ()


async def test_a_turn_goes_on_where_it_died_and_no_tool_runs_twice(tmp_path: Path, autojump_clock: MockClock) -> None:
    refused = Answer(400, b'{"type":"error","error":{"type":"invalid_request_error","message":"by script"}}')
    async with world_of(tmp_path) as world:
        faults = world.vendors.faults["anthropic"]
        faults.add(Slow(0.1))  # the first call is answered, and its tool runs; what came of it cannot be told
        faults.add(refused)
        await world.vendors.whatsapp.person_says(PHONES[0], "I spent $50 on lunch")
        await trio.sleep(300)
        plan = await plan_of(world)
        assert [(letter.kind, letter.fate) for letter in plan.letters] == [("turn", Fate.LATE)]
        before = len(world.vendors.whatsapp.sent)
        for _twice in range(2):
            await run(world, plan)
            await trio.sleep(30)
        assert len(world.vendors.whatsapp.sent) == before + 1
        assert "50" in world.vendors.whatsapp.sent[-1].text
        assert await world.store.read(count, "expenses") == 1
        assert await world.store.read(count, "tool_executions") == 1


def count(connection: Connection, table: str) -> int:
    return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


async def test_it_stops_when_a_letter_dies_of_something_new(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, 131026)
        world.vendors.whatsapp.refuse(131049, times=1)
        outcome = await run(world, await plan_of(world))
        assert (outcome.replayed, outcome.left, outcome.dead_again) == (1, 2, 1)
        assert "131049" in outcome.stopped
        assert world.vendors.whatsapp.sent == []


async def test_the_same_error_again_does_not_stop_the_others(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, 131026)
        world.vendors.whatsapp.refuse(131026, times=1)
        outcome = await run(world, await plan_of(world))
        assert (outcome.replayed, outcome.done, outcome.dead_again, outcome.stopped) == (3, 2, 1, "")


async def test_the_rate_is_kept(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, 131026)
        began = world.clock.now()
        await run(world, await plan_of(world), rate=0.1)
        times = sorted(each.at for each in world.vendors.whatsapp.sent)
        assert (times[-1] - began).total_seconds() >= 10


async def test_an_interrupted_replay_is_taken_up_by_the_next(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, 131026)
        with trio.move_on_after(5) as interrupted:
            await run(world, await plan_of(world), rate=0.1)
        assert interrupted.cancelled_caught and len(world.vendors.whatsapp.sent) == 2
        await run(world, await plan_of(world))
        assert len(world.vendors.whatsapp.sent) == 3


async def test_somebody_who_stopped_meanwhile_hears_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, 131026)
        await world.vendors.whatsapp.person_says(PHONES[0], "STOP")
        await trio.sleep(30)
        told = len(world.vendors.whatsapp.sent)
        outcome = await run(world, await world.store.read(make_plan, Wanted(), None))
        assert outcome.replayed == 2
        assert len(world.vendors.whatsapp.sent) == told + 2


async def test_the_story_of_a_real_message_is_whole(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        wamid = await world.vendors.whatsapp.person_says(PHONES[0], "I spent $50 on lunch")
        await world.vendors.whatsapp.wait_for_reply(PHONES[0])
        await trio.sleep(30)
        anchor = await world.store.read(stories.find, wamid)
        story = await world.store.read(stories.tell, anchor, now=world.clock.now())
        told = [(event.what, event.words) for event in story.events]
        for what, words in (
            ("webhook", "came from whatsapp"),
            ("message in", "I spent $50 on lunch"),
            ("turn", "began"),
            ("model", "answered"),
            ("tool", "was done"),
            ("message out", "decided by its turn"),
            ("status", "delivered"),
            ("job", "The job to send the message was done."),
        ):
            assert any(each == what and words in said for each, said in told), (what, words)
        assert story.ending == "Nothing of it is open."
