"""The first letters of a replay show the way: the others wait until those are settled, and each letter is audited, once."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock

from ivy.cli import replaying
from ivy.cli.world import World
from ivy.daemon import replay_bundles
from ivy.domain.replay_plan import What
from ivy.store import dead_letters, replay_audit, replay_plans, replay_running
from ivy.store.binding import Connection
from ivy.store.replay_plans import Plan
from tests.cli.support.test_replay_heals import (
    PHONES,
    REFUSED,
    draft,
    let_them_write_in_vain,
    operator_of,
    run,
    world_of,
)

UNREACHED = 131026
OVERLOADED = 131016
TOO_MANY = 130429
NEW = 131052


async def begin(world: World, plan: Plan, *, reason: str = "Meta is back") -> Plan:
    return await replaying.begin(await operator_of(world), plan, world.clock, reason=reason)


def _released(connection: Connection, plan_id: str) -> list[int]:
    rows = connection.execute(
        "SELECT state_at_ms FROM replay_plan_lines WHERE plan_id = ? AND state = 'released' ORDER BY place", (plan_id,)
    )
    return [row["state_at_ms"] for row in rows]


async def test_one_that_finds_its_vendor_busy_is_no_success_and_a_new_error_then_stops_the_plan(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, UNREACHED)
        world.vendors.whatsapp.refuse(TOO_MANY, status=429, retry_after=300)
        world.vendors.whatsapp.refuse(NEW)
        plan = await begin(world, await draft(world))
        await trio.sleep(280)
        so_far = await world.store.read(replay_running.became, await world.store.read(replay_plans.load, plan.id))
        assert (so_far.released, so_far.waiting, so_far.tried_again, so_far.left) == (1, 1, 1, 2)
        stopped, outcome = await replaying.follow(await operator_of(world), plan.id)
        assert (stopped.state, outcome.released, outcome.left, outcome.dead_again) == ("stopped", 1, 2, 1)
        assert str(NEW) in stopped.stopped_by
        assert world.vendors.whatsapp.sent == []


async def test_the_others_leave_once_the_vendor_took_the_first(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, UNREACHED)
        world.vendors.whatsapp.refuse(OVERLOADED, status=500, times=8)  # its channel is left alone meanwhile
        begun = world.clock.now()
        done, outcome = await run(world, await draft(world))
        assert (done.state, outcome.done, outcome.tried_again) == ("done", 3, 0)
        first, *_ = (each.at for each in world.vendors.whatsapp.sent)
        assert first - begun > timedelta(minutes=1)
        _, *others = await world.store.read(_released, done.id)
        assert len(others) == 2 and min(others) >= first.timestamp() * 1000


async def test_a_vendor_that_takes_all_and_tells_later_that_it_failed_gets_one_and_no_more(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with world_of(tmp_path) as world:
        await let_them_write_in_vain(world, UNREACHED)
        world.vendors.whatsapp.manners.trouble = OVERLOADED
        world.vendors.whatsapp.manners.status_gap = 4.0
        stopped, outcome = await run(world, await draft(world))
        assert (stopped.state, outcome.released, outcome.left, outcome.dead_again) == ("stopped", 1, 2, 1)
        assert str(OVERLOADED) in stopped.stopped_by


async def test_an_answer_is_settled_when_it_is_with_its_vendor_and_not_when_it_was_found(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with world_of(tmp_path) as world:
        for vendor in ("anthropic", "openai"):
            path = "messages" if vendor == "anthropic" else "chat"
            world.vendors.faults[vendor].add(REFUSED, path=path, times=len(PHONES))
        for phone in PHONES:
            await world.vendors.whatsapp.person_says(phone, "What is on my calendar today?")
        await trio.sleep(300)
        plan = await draft(world)
        assert {(line.kind, line.what) for line in plan.lines} == {("turn", What.NOW)} and len(plan.lines) == 3
        before = len(world.vendors.whatsapp.sent)
        world.vendors.whatsapp.refuse(TOO_MANY, status=429, retry_after=60)
        world.vendors.whatsapp.refuse(NEW)
        stopped, outcome = await run(world, plan)
        assert (stopped.state, outcome.released, outcome.left, outcome.dead_again) == ("stopped", 1, 2, 1)
        assert len(world.vendors.whatsapp.sent) == before


# --- who, why, and what became of it -----------------------------------------------------------------


def audited(connection: Connection, plan_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Return each line's rows of the audit log: what was done, and with which details, actor and reason among them."""
    rows = connection.execute(
        "SELECT * FROM audit_log WHERE action IN (SELECT value FROM json_each(?))"
        " AND json_extract(details, '$.plan') = ? ORDER BY id",
        (msgspec.json.encode(replay_audit.ACTIONS).decode(), plan_id),
    )
    return [
        (row["action"], msgspec.json.decode(row["details"]) | {"actor": row["actor"], "reason": row["reason"]})
        for row in rows
    ]


async def _some_of_each(world: World) -> Plan:
    """Three letters that go, one that its person does not want, one that was over meanwhile."""
    await let_them_write_in_vain(world, UNREACHED)
    await world.store.write(_stop, PHONES[0])
    plan = await draft(world)
    assert [line.what for line in plan.lines] == [What.NOW, What.NOW, What.OPTED_OUT]
    return plan


def _stop(connection: Connection, phone: str) -> None:
    connection.execute("UPDATE users SET status = 'stopped' WHERE phone = ?", (phone,))


async def test_every_line_says_who_why_and_what_became_of_it(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with world_of(tmp_path) as world:
        plan = await _some_of_each(world)
        assert await world.store.read(audited, plan.id) == []  # it was only shown so far
        going = [line.job_id for line in plan.going]
        await world.store.write(
            dead_letters.discard, [going[1]], actor="kim", reason="said by phone", now=world.clock.now()
        )
        await run(world, plan)
        told = {details["ids"][0]: (action, details) for action, details in await world.store.read(audited, plan.id)}
        assert set(told) == {line.job_id for line in plan.lines}
        assert all((each["actor"], each["reason"]) == ("sam", "Meta is back") for _, each in told.values())
        action, details = told[going[0]]
        assert (action, details["what"], details["became"]) == (replay_audit.RELEASED, "now", "sent back to work")
        assert details["message"]
        action, details = told[going[1]]
        assert (action, details["note"]) == (replay_audit.SKIPPED, replay_bundles.NO_LETTER)
        action, details = told[plan.lines[2].job_id]
        assert (action, details["what"], details["note"]) == (replay_audit.LEFT, "opted_out", "stopped")
        (discarded,) = await world.store.read(_discards)
        assert discarded == ("kim", "said by phone", going[1])


def _discards(connection: Connection) -> list[tuple[str, str, str]]:
    rows = connection.execute("SELECT * FROM audit_log WHERE action = 'dlq discard'")
    return [(row["actor"], row["reason"], msgspec.json.decode(row["details"])["ids"][0]) for row in rows]


async def test_a_plan_cut_off_in_any_commit_and_resumed_says_each_line_once(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world_of(tmp_path) as world:
        plan = await _some_of_each(world)
        calls = Counter[str]()
        real = replay_audit.audit

        def cut_the_second(connection: Connection, **values: Any) -> None:
            real(connection, **values)
            calls[values["action"]] += 1
            if values["action"] == replay_audit.RELEASED and calls[values["action"]] == 2:
                raise RuntimeError("cut off after the row, before the commit")

        monkeypatch.setattr(replay_audit, "audit", cut_the_second)
        await begin(world, plan)
        await trio.sleep(5)
        stopping = await operator_of(world)
        await stopping.write(replay_running.end, plan.id, now=world.clock.now(), stopped_by="stopped by sam")
        await begin(world, plan, reason="go on")
        await begin(world, plan, reason="typed twice")
        done, outcome = await replaying.follow(await operator_of(world), plan.id)
        assert (done.state, outcome.released, outcome.done) == ("done", 2, 2)
        assert calls[replay_audit.RELEASED] == 3  # one of them was taken back
        rows = await world.store.read(audited, plan.id)
        assert Counter(details["ids"][0] for _, details in rows) == {line.job_id: 1 for line in plan.lines}
        assert [details["reason"] for action, details in rows if action == replay_audit.LEFT] == ["Meta is back"]
