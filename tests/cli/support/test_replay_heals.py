"""A replay against the real daemon and emulated vendors: it heals, once, and stops when something new goes wrong."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import trio
from trio.testing import MockClock

from ivy.cli import replaying, status_concerns
from ivy.cli.world import World, open_world
from ivy.clock import VirtualClock, stamp
from ivy.domain.replay_plan import What
from ivy.emulators.faults import Answer, Slow
from ivy.store import outbox, overview, people, replay_running, stories
from ivy.store.binding import Connection
from ivy.store.dead_letters import Wanted
from ivy.store.replay_plans import Plan
from ivy.store.replay_running import Became
from ivy.store.scope import OperatorStore, as_operator, for_user
from ivy.threads import InlineThreads

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
REFUSED = Answer(400, b'{"type":"error","error":{"type":"invalid_request_error","message":"by script"}}')
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


async def draft(world: World, *, rate: float = 2.0, poison: bool = False) -> Plan:
    operator = await operator_of(world)
    return await replaying.draft(operator, Wanted(), world.daemon.context, rate=rate, poison=poison)


async def run(world: World, plan: Plan) -> tuple[Plan, Became]:
    operator = await operator_of(world)
    await replaying.begin(operator, plan, world.clock, reason="Meta is back")
    return await replaying.follow(operator, plan.id)


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
        plan = await draft(world)
        assert [(line.what, line.speaks) for line in plan.lines] == [(What.NOW, True)] * 3
        assert (plan.people, len(plan.facts.causes)) == (3, 1)
        done, became = await run(world, plan)
        assert (done.state, became.released, became.messages, became.done) == ("done", 3, 3, 3)
        assert {each.person.phone for each in world.vendors.whatsapp.sent} == set(PHONES)
        again, same = await run(world, plan)
        assert (again.state, same) == ("done", became)
        await trio.sleep(60)
        assert len(world.vendors.whatsapp.sent) == 3
        assert (await draft(world)).lines == ()


async def test_a_turn_goes_on_where_it_died_and_no_tool_runs_twice(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        faults = world.vendors.faults["anthropic"]
        faults.add(Slow(0.1))  # the first call is answered, and its tool runs; what came of it cannot be told
        faults.add(REFUSED)
        await world.vendors.whatsapp.person_says(PHONES[0], "I spent $50 on lunch")
        await trio.sleep(300)
        plan = await draft(world)
        assert [(line.kind, line.what) for line in plan.lines] == [("turn", What.NOW)]
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
        world.vendors.whatsapp.refuse(131052, times=1)
        stopped, became = await run(world, await draft(world))
        assert (stopped.state, became.released, became.left, became.dead_again) == ("stopped", 1, 2, 1)
        assert "131052" in stopped.stopped_by
        assert world.vendors.whatsapp.sent == []
        left = await world.store.read(replay_running.unfinished)
        assert left is not None and (left.id, left.waiting, left.bundles, left.runs) == (stopped.id, 2, 3, False)
        (shown,) = await world.store.read(_concerns_of_replays)
        assert shown == (
            f"The last replay stopped, 1 of 3 gone back to work: {stopped.stopped_by.rstrip('.')}."
            f" `ivy replay-dlq --plan {stopped.id}` goes on with it."
        )
        done, became = await run(world, stopped)  # they have seen why, and go on all the same
        assert (done.state, became.left, became.done, became.dead_again) == ("done", 0, 2, 1)
        assert await world.store.read(_concerns_of_replays) == []


def _concerns_of_replays(connection: Connection) -> list[str]:
    found, plan = overview.overview(connection, now=NOON), replay_running.unfinished(connection)
    seen = status_concerns.concerns(found, at=NOON, running=True, cap_micros=0, replay=plan)
    return [each.line for each in seen if "replay stopped" in each.what or "replay runs" in each.what]


async def test_the_same_error_again_does_not_stop_the_others(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, 131026)
        world.vendors.whatsapp.refuse(131026, times=1)
        done, became = await run(world, await draft(world))
        assert (done.state, became.released, became.done, became.dead_again) == ("done", 3, 2, 1)
        (line,) = (await draft(world)).lines  # it died of the same after a replay: another one would not help
        assert line.what is What.POISON
        (line,) = (await draft(world, poison=True)).lines
        assert line.what is What.NOW


async def _owes_an_answer_and_a_message(world: World) -> Plan:
    """A message to somebody was refused by WhatsApp, and the answer to their next words by the models."""
    await world.vendors.whatsapp.person_says(PHONES[0], "What is on my calendar today?")
    await trio.sleep(30)
    world.vendors.whatsapp.refuse(131026)
    context, person = world.daemon.context, await world.store.read(people.find, PHONES[0])
    await for_user(world.store, person.id).write(
        outbox.say,
        ["Your report is there."],
        channel="whatsapp",
        new_id=context.new_id,
        trace_id=context.new_id(),
        now=world.clock.now(),
    )
    await trio.sleep(30)
    for vendor in ("anthropic", "openai"):
        world.vendors.faults[vendor].add(REFUSED, path="messages" if vendor == "anthropic" else "chat")
    await world.vendors.whatsapp.person_says(PHONES[0], "What is on my calendar tomorrow?")
    await trio.sleep(300)
    plan = await draft(world)
    assert [(line.kind, line.what, line.bundle, line.speaks) for line in plan.lines] == [
        ("send", What.NOW, 0, True),
        ("turn", What.NOW, 0, False),
    ]
    return plan


async def test_what_was_not_said_is_said_with_the_answer_that_was_missing(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with world_of(tmp_path) as world:
        plan = await _owes_an_answer_and_a_message(world)
        before = len(world.vendors.whatsapp.sent)
        done, became = await run(world, plan)
        assert (done.state, became.released, became.messages, became.done) == ("done", 2, 1, 1)
        await trio.sleep(3600)
        (only,) = world.vendors.whatsapp.sent[before:]
        late, answer = only.text.split("\n\n", 1)
        assert late == "Your report is there." and answer.strip()
        assert (await draft(world)).lines == ()


async def test_what_was_not_said_goes_by_itself_if_the_answer_fails_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with world_of(tmp_path) as world:
        plan = await _owes_an_answer_and_a_message(world)
        before = len(world.vendors.whatsapp.sent)
        for vendor in ("anthropic", "openai"):
            world.vendors.faults[vendor].add(REFUSED, path="messages" if vendor == "anthropic" else "chat")
        _, became = await run(world, plan)
        assert (became.released, became.dead_again) == (2, 1)
        await trio.sleep(3600)
        (only,) = world.vendors.whatsapp.sent[before:]
        assert only.text == "Your report is there."


async def test_the_first_goes_alone_then_ten_then_at_the_rate(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        phones = [f"+1202555{1000 + number}" for number in range(14)]
        for phone in phones:
            await world.add_person(phone, name=phone)
        world.vendors.whatsapp.refuse(131026, times=14)
        for phone in phones:
            await world.vendors.whatsapp.person_says(phone, "I spent $50 on lunch")
        await trio.sleep(30)
        _, became = await run(world, await draft(world, rate=0.1))
        assert became.done == 14
        times = [each.at for each in world.vendors.whatsapp.sent]
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
        assert gaps[0] >= 1 and max(gaps[1:10]) < 1
        assert all(gap >= 9 for gap in gaps[10:])


async def test_a_letter_that_changed_since_is_left_out_and_said(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, 131026)
        plan = await draft(world)
        await world.vendors.whatsapp.person_says(PHONES[0], "STOP")
        await trio.sleep(30)
        told = len(world.vendors.whatsapp.sent)
        done, became = await run(world, plan)
        assert (done.state, became.released, len(became.skipped)) == ("done", 2, 1)
        assert became.skipped[0][1] == "nothing: the person stopped"
        assert len(world.vendors.whatsapp.sent) == told + 2


async def test_who_did_it_why_and_to_which_is_kept_and_the_story_tells_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, 131026)
        plan = await draft(world)
        await run(world, plan)

        def audited(connection: Connection) -> list[tuple[str, str, str]]:
            rows = connection.execute(
                "SELECT a.actor, a.reason, named.value AS id FROM audit_log a, json_each(a.details, '$.ids') named"
                " WHERE action = 'replay-dlq release'"
            )
            return sorted((row["actor"], row["reason"], row["id"]) for row in rows)

        assert await world.store.read(audited) == sorted(("sam", "Meta is back", line.job_id) for line in plan.lines)
        anchor = await world.store.read(stories.find, plan.lines[0].job_id)
        story = await world.store.read(stories.tell, anchor, now=world.clock.now())
        told = [event.words for event in story.events if event.what == "replay"]
        assert told and plan.id in told[0]


async def test_a_plan_without_letters_is_not_kept(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        assert (await draft(world)).lines == ()
        assert await world.store.read(count, "replay_plans") == 0
        assert await world.store.read(replay_running.running) is None


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
