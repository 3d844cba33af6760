from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
import trio

from ivy.clock import VirtualClock
from ivy.daemon import sweeper
from ivy.daemon.context import Buried, Context, Dropped, Handler, Later, Outcome, nothing
from ivy.daemon.worker import Worker
from ivy.domain.jobs import INBOUND, MARK_READ, REMINDER, SEND, Kind
from ivy.errors import OutcomeUnknown, VendorBusy, VendorMisconfigured, VendorRefused
from ivy.store import jobs
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.jobs import Job, NewJob
from ivy.store.upkeep import keep_crash

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Script:
    """A handler that does what it is told, job by job, and remembers when it was asked."""

    context: Context
    do: Callable[[Job], Awaitable[Outcome]] | None = None
    seen: list[tuple[str, datetime]] = field(default_factory=list[tuple[str, datetime]])

    async def __call__(self, job: Job, context: Context) -> Outcome:
        self.seen.append((job.key, context.clock.now()))
        return nothing if self.do is None else await self.do(job)

    @property
    def keys(self) -> list[str]:
        return [key for key, _at in self.seen]

    def waits(self) -> list[float]:
        """Return the seconds between one attempt and the next."""
        times = [at for _key, at in self.seen]
        return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]


def failing(*errors: Exception | None) -> Callable[[Job], Awaitable[Outcome]]:
    """Return a handler's body that raises these one by one, the last for ever; None is success."""
    left = list(errors)

    async def body(_job: Job) -> Outcome:
        error = left.pop(0) if len(left) > 1 else left[0]
        if error is not None:
            raise error
        return nothing

    return body


@asynccontextmanager
async def working(
    context: Context, kind: Kind, handler: Handler, *, slots: int = 4, buried: Mapping[str, Buried] | None = None
) -> AsyncGenerator[Worker]:
    """Run a worker of the kind's queue; leaving the block drains it and waits for what runs."""
    worker = Worker(kind.queue, slots, {kind.name: handler}, buried or {}, context)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.run)
        yield worker
        worker.drain()


async def put(
    context: Context, kind: Kind, *keys: str, lane: str = "", due_at: datetime | None = None, **values: Any
) -> None:
    now = context.clock.now()
    for key in keys:
        new = NewJob(f"id-{key}", kind, key, due_at or now, {}, lane, **values)
        await context.store.write(jobs.enqueue, new, now=now)


async def job_row(store: Store, key: str) -> dict[str, Any]:
    def load(connection: Connection) -> dict[str, Any]:
        return dict(connection.execute("SELECT * FROM jobs WHERE key = ?", (key,)).fetchone())

    return await store.read(load)


async def state(store: Store, key: str) -> tuple[str, int]:
    row = await job_row(store, key)
    return row["state"], row["attempts"]


def effects(connection: Connection) -> list[str]:
    return [row["task"] for row in connection.execute("SELECT task FROM task_crashes ORDER BY id")]


def effect(name: str) -> Outcome:
    return lambda connection: keep_crash(connection, name, "", 0)


# --- order -------------------------------------------------------------------------------------------


async def test_jobs_of_a_lane_run_one_by_one_in_order_and_lanes_side_by_side(context: Context) -> None:
    running: dict[str, int] = {"send:a": 0, "send:b": 0}
    together = 0

    async def body(job: Job) -> Outcome:
        nonlocal together
        running[job.lane] += 1
        assert running[job.lane] == 1
        together = max(together, sum(running.values()))
        await trio.sleep(1)
        running[job.lane] -= 1
        return nothing

    script = Script(context, body)
    for n in range(5):
        await put(context, SEND, f"a{n}", lane="send:a")
        await put(context, SEND, f"b{n}", lane="send:b")
    async with working(context, SEND, script):
        await trio.sleep(60)
    for lane in "ab":
        assert [key for key in script.keys if key[0] == lane] == [f"{lane}{n}" for n in range(5)]
    assert together == 2
    assert (script.seen[-1][1] - script.seen[0][1]).total_seconds() == 4


async def test_no_more_jobs_run_at_once_than_there_are_slots(context: Context) -> None:
    most = now = 0

    async def body(_job: Job) -> Outcome:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await trio.sleep(1)
        now -= 1
        return nothing

    script = Script(context, body)
    await put(context, REMINDER, *(f"r{n}" for n in range(20)))
    async with working(context, REMINDER, script, slots=3):
        await trio.sleep(60)
    assert (most, len(script.seen)) == (3, 20)
    assert (script.seen[-1][1] - script.seen[0][1]).total_seconds() == 6


async def test_a_job_put_in_while_the_worker_waits_runs_at_once_and_one_of_tomorrow_tomorrow(context: Context) -> None:
    script = Script(context)
    async with working(context, REMINDER, script):
        await trio.sleep(3600)
        now = context.clock.now()
        await put(context, REMINDER, "now")
        await put(context, REMINDER, "tomorrow", due_at=now + timedelta(days=1))
        await trio.sleep(2 * 86400)
    assert script.seen == [("now", now), ("tomorrow", now + timedelta(days=1))]


async def test_one_that_waits_for_its_next_try_lets_its_lane_go_on(context: Context) -> None:
    script = Script(context, failing(VendorBusy("v", "busy", after=MINUTE), None))
    await put(context, SEND, "first", "second", lane="send:a")
    async with working(context, SEND, script):
        await trio.sleep(120)
    assert script.keys == ["first", "second", "first"]


# --- failures ----------------------------------------------------------------------------------------


async def test_a_busy_vendor_is_tried_again_with_growing_waits_until_the_deadline_and_then_it_is_dead(
    context: Context,
) -> None:
    script = Script(context, failing(VendorBusy("v", "busy")))
    told: list[str] = []

    def say(_connection: Connection, job: Job, reason: str, _desk: object) -> None:
        told.append(f"{job.key}: {reason}")

    await put(context, SEND, "s", patience=6 * HOUR)
    began = context.clock.now()
    async with working(context, SEND, script, buried={SEND.name: say}):
        await trio.sleep(86400)
    waits = script.waits()
    for n, wait in enumerate(waits):
        assert 0 <= wait <= min(2 * 2**n, 900) + 0.001
    assert max(waits) > 300  # it grew
    assert script.seen[-1][1] < began + 6 * HOUR
    assert await state(context.store, "s") == ("dead", len(script.seen))
    row = await job_row(context.store, "s")
    assert "busy" in row["errors"]
    assert told == [f"s: Given up after {len(script.seen)} attempts: v: busy"]


@pytest.mark.parametrize("after", [3 * SECOND, 2 * HOUR])
async def test_the_vendors_own_advice_wins_over_the_backoff(context: Context, after: timedelta) -> None:
    script = Script(context, failing(*[VendorBusy("v", "busy", after=after)] * 3, None))
    await put(context, SEND, "s")
    async with working(context, SEND, script):
        await trio.sleep(86400)
    assert script.waits() == [after.total_seconds()] * 3
    assert await state(context.store, "s") == ("done", 3)


async def test_a_refusal_is_a_dead_letter_at_once(context: Context) -> None:
    script = Script(context, failing(VendorRefused("v", "no such number", code="131026")))
    await put(context, SEND, "s")
    async with working(context, SEND, script):
        await trio.sleep(86400)
    assert len(script.seen) == 1
    assert await state(context.store, "s") == ("dead", 1)


async def test_an_unexpected_error_is_a_dead_letter_the_third_time_it_is_the_same(context: Context) -> None:
    script = Script(context, failing(KeyError("a"), ValueError("b"), *[KeyError("c")] * 5))
    await put(context, SEND, "s")
    async with working(context, SEND, script):
        await trio.sleep(86400)
    assert len(script.seen) == 5
    assert await state(context.store, "s") == ("dead", 5)


async def test_what_nobody_can_read_does_not_block_its_lane(context: Context) -> None:
    script = Script(context, failing(ValueError("unreadable"), None))
    await put(context, INBOUND, "one", "two", lane="inbox:whatsapp")
    async with working(context, INBOUND, script):
        await trio.sleep(1)
    assert await state(context.store, "one") == ("dead", 1)
    assert await state(context.store, "two") == ("done", 0)


async def test_a_configuration_error_rests_the_queue_without_an_attempt_and_it_resumes(context: Context) -> None:
    script = Script(context, failing(VendorMisconfigured("v", "the token expired"), None))
    await put(context, SEND, "one", "two", lane="send:a")
    began = context.clock.now()
    rest = timedelta(seconds=context.config.retry.pause_seconds)
    async with working(context, SEND, script):
        await trio.sleep(1)
        assert await context.store.read(jobs.next_due, "outbox") == began + rest
        await trio.sleep(86400)
    assert script.seen == [("one", began), ("one", began + rest), ("two", began + rest)]
    assert await state(context.store, "one") == ("done", 0)


async def test_an_operators_mend_ends_the_rest_of_a_queue_at_once(context: Context) -> None:
    script = Script(context, failing(VendorMisconfigured("v", "the token expired"), None))
    await put(context, SEND, "one")
    began = context.clock.now()
    async with working(context, SEND, script):
        await trio.sleep(10)
        assert await context.store.write(jobs.unpause, "outbox")
        await trio.sleep(1)
    assert script.seen == [("one", began), ("one", began + 10 * SECOND)]


async def test_an_attempt_that_takes_too_long_is_ended_and_tried_again(context: Context) -> None:
    async def body(_job: Job) -> Outcome:
        if len(script.seen) == 1:
            await trio.sleep_forever()
        return effect("once")

    script = Script(context, body)
    await put(context, SEND, "s")
    async with working(context, SEND, script):
        await trio.sleep(120)
    assert script.waits()[0] >= SEND.limit.total_seconds()
    assert await state(context.store, "s") == ("done", 1)
    assert "TookTooLong" in (await job_row(context.store, "s"))["errors"]
    assert await context.store.read(effects) == ["once"]


async def test_a_time_out_never_makes_a_job_poison(context: Context) -> None:
    script = Script(context, failing(*[OutcomeUnknown("v", "no answer")] * 6, None))
    await put(context, SEND, "s")
    async with working(context, SEND, script):
        await trio.sleep(86400)
    assert await state(context.store, "s") == ("done", 6)


async def test_a_write_that_raises_is_the_jobs_failure_and_leaves_nothing(context: Context) -> None:
    def write(connection: Connection) -> None:
        keep_crash(connection, "half", "", 0)
        raise KeyError("while writing")

    async def body(_job: Job) -> Outcome:
        return write

    script = Script(context, body)
    await put(context, SEND, "s")
    async with working(context, SEND, script):
        await trio.sleep(86400)
    assert await state(context.store, "s") == ("dead", 3)
    assert await context.store.read(effects) == []
    assert "KeyError" in (await job_row(context.store, "s"))["errors"]


async def test_a_kind_without_a_handler_fails_its_jobs_and_not_the_worker(context: Context) -> None:
    script = Script(context)
    await put(context, SEND, "no handler")
    await put(context, MARK_READ, "handled")
    worker = Worker(SEND.queue, 2, {MARK_READ.name: script}, {}, context)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.run)
        await trio.sleep(3600)
        worker.drain()
    assert script.keys == ["handled"]
    assert await state(context.store, "no handler") == ("dead", 3)


async def test_a_job_of_an_unknown_kind_costs_nobody_a_slot(context: Context) -> None:
    """A newer Ivy put it in, and the program was downgraded."""
    script = Script(context)
    for n in range(3):
        await put(context, SEND, f"of next year {n}")
    await context.store.write(lambda connection: connection.execute("UPDATE jobs SET kind = 'of next year'"))
    await put(context, SEND, "known")
    async with working(context, SEND, script, slots=1):
        await trio.sleep(60)
    assert script.keys == ["known"]
    assert not [
        key for key in ("0", "1", "2") if (await job_row(context.store, f"of next year {key}"))["state"] == "done"
    ]


# --- outcomes ----------------------------------------------------------------------------------------


async def test_the_effect_and_the_jobs_end_are_one_commit(context: Context) -> None:
    async def body(job: Job) -> Outcome:
        return effect(job.key)

    script = Script(context, body)
    await put(context, SEND, "s")
    async with working(context, SEND, script):
        await trio.sleep(1)
    assert await context.store.read(effects) == ["s"]
    assert await state(context.store, "s") == ("done", 0)


async def test_later_is_no_failure_and_dropped_is_kept_with_its_reason(context: Context) -> None:
    async def body(job: Job) -> Outcome:
        if job.key == "unwanted":
            return Dropped("It was deleted.", lambda connection: keep_crash(connection, "dropped", "", 0))
        if len(script.seen) < 3:
            return Later(context.clock.now() + HOUR, lambda connection: keep_crash(connection, "later", "", 0))
        return nothing

    script = Script(context, body)
    await put(context, SEND, "unwanted")
    await put(context, SEND, "waits")
    async with working(context, SEND, script, slots=1):
        await trio.sleep(86400)
    assert await state(context.store, "waits") == ("done", 0)
    assert await state(context.store, "unwanted") == ("cancelled", 0)
    assert "It was deleted." in (await job_row(context.store, "unwanted"))["errors"]
    assert sorted(await context.store.read(effects)) == ["dropped", "later"]


@pytest.mark.parametrize(
    ("kind", "behind", "end"),
    [
        (MARK_READ, 80 * SECOND, "done"),
        (MARK_READ, 100 * SECOND, "cancelled"),
        (REMINDER, 2 * HOUR, "done"),
        (REMINDER, 2 * HOUR + SECOND, "cancelled"),
        (SEND, 48 * HOUR, "done"),
    ],
)
async def test_late_work_is_done_or_dropped_by_the_policy_of_its_kind(
    context: Context, kind: Kind, behind: timedelta, end: str
) -> None:
    script = Script(context)
    await put(context, kind, "k", due_at=context.clock.now() - behind)
    async with working(context, kind, script):
        await trio.sleep(1)
    assert await state(context.store, "k") == (end, 0)
    assert len(script.seen) == (end == "done")


# --- stopping and losing -----------------------------------------------------------------------------


async def test_draining_waits_for_what_runs_and_takes_nothing_new(context: Context) -> None:
    async def body(_job: Job) -> Outcome:
        await trio.sleep(5)
        return nothing

    script = Script(context, body)
    await put(context, SEND, "one", "two", lane="send:a")
    async with working(context, SEND, script):
        await trio.sleep(1)
    assert script.keys == ["one"]
    assert await state(context.store, "one") == ("done", 0)
    assert await state(context.store, "two") == ("ready", 0)


async def in_a_nursery(_job: Job) -> Outcome:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep_forever)
        nursery.start_soon(trio.sleep_forever)
    return nothing


async def asleep(_job: Job) -> Outcome:
    await trio.sleep_forever()
    return nothing


@pytest.mark.parametrize("body", [asleep, in_a_nursery])
async def test_a_drain_that_cannot_wait_gives_the_jobs_back_without_an_attempt(
    context: Context, body: Callable[[Job], Awaitable[Outcome]]
) -> None:
    await put(context, REMINDER, "a", "b", "c")
    await put(context, REMINDER, "lane", lane="reminders")
    with trio.move_on_after(10):
        async with working(context, REMINDER, Script(context, body)):
            await trio.sleep_forever()
    for key in ("a", "b", "c", "lane"):
        assert await state(context.store, key) == ("ready", 0)
    now = context.clock.now()
    assert len(await context.store.write(jobs.claim, "upkeep", 10, now=now)) == 4


class Stopped(trio.abc.Instrument):
    """Cancels a scope at the n-th step of any task."""

    def __init__(self, scope: trio.CancelScope, steps: int) -> None:
        self._scope = scope
        self._left = steps

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self._left -= 1
        if self._left == 0:
            self._scope.cancel()


@pytest.mark.parametrize("steps", range(1, 50))
async def test_wherever_a_worker_is_stopped_no_job_stays_leased_and_none_is_done_twice(
    context: Context, steps: int
) -> None:
    async def body(job: Job) -> Outcome:
        await trio.lowlevel.checkpoint()
        return effect(job.key)

    await put(context, SEND, "a", "b", lane="send:x")
    await put(context, SEND, "c", "d")
    with trio.move_on_after(60) as scope:
        stop = Stopped(scope, steps)
        trio.lowlevel.add_instrument(stop)
        try:
            worker = Worker(SEND.queue, 2, {SEND.name: Script(context, body)}, {}, context)
            await worker.run()
        finally:
            trio.lowlevel.remove_instrument(stop)
    states = {key: (await job_row(context.store, key))["state"] for key in "abcd"}
    assert set(states.values()) <= {"ready", "done"}
    assert sorted(await context.store.read(effects)) == [key for key in "abcd" if states[key] == "done"]
    async with working(context, SEND, Script(context, body)):
        await trio.sleep(1)
    assert sorted(await context.store.read(effects)) == ["a", "b", "c", "d"]


async def test_a_worker_paused_beyond_its_lease_writes_nothing_when_it_wakes(context: Context) -> None:
    """Fencing: its job was freed and done by another meanwhile."""

    async def hung(_job: Job) -> Outcome:
        with trio.CancelScope(shield=True):  # deaf to its time limit, like a stopped process
            await trio.sleep(300)
        return effect("the sleeper")

    async def brisk(_job: Job) -> Outcome:
        return effect("the other")

    await put(context, SEND, "s", lane="send:a")
    async with trio.open_nursery() as nursery:
        async with working(context, SEND, Script(context, hung)) as sleeper:
            await trio.sleep(1)
            sleeper.drain()
            nursery.start_soon(sweeper.sweep, context)
            async with working(context, SEND, Script(context, brisk)):
                await trio.sleep(200)
                assert await context.store.read(effects) == ["the other"]
        assert await context.store.read(effects) == ["the other"]
        nursery.cancel_scope.cancel()
    row = await job_row(context.store, "s")
    assert (row["state"], row["claim_no"], row["attempts"]) == ("done", 2, 0)


async def test_a_job_in_flight_at_three_crashes_is_given_up_and_others_go_on(context: Context) -> None:
    store, now = context.store, context.clock.now()
    await put(context, SEND, "killer", lane="send:a")
    await put(context, SEND, "behind", lane="send:a")
    for _crash in range(3):
        assert [job.key for job in await store.write(jobs.claim, "outbox", 5, now=now)] == ["killer"]
        await store.write(jobs.free_leases, now=now)
    assert (await job_row(store, "killer"))["state"] == "dead"
    script = Script(context)
    async with working(context, SEND, script):
        await trio.sleep(1)
    assert script.keys == ["behind"]


def snoozed(connection: Connection, job: Job, now: datetime) -> None:
    jobs.snooze(connection, job, until=now - timedelta(milliseconds=1))


def tried_again(connection: Connection, job: Job, now: datetime) -> None:
    jobs.retry(connection, job, at=now, reason="", error="", now=now)


@pytest.mark.parametrize("between", [snoozed, tried_again])
async def test_crashes_that_are_not_in_a_row_are_forgotten(
    context: Context, between: Callable[[Connection, Job, datetime], None]
) -> None:
    store, now = context.store, context.clock.now()
    await put(context, SEND, "s")
    for _crash in range(5):
        await store.write(jobs.claim, "outbox", 1, now=now)
        await store.write(jobs.free_leases, now=now)
        (job,) = await store.write(jobs.claim, "outbox", 1, now=now)
        await store.write(between, job, now)
    assert (await job_row(store, "s"))["state"] == "ready"


async def test_two_workers_of_one_queue_share_it_without_doing_anything_twice(context: Context) -> None:
    async def body(job: Job) -> Outcome:
        await trio.sleep(context.chance.random())
        return effect(job.key)

    names = [f"{n:02}" for n in range(60)]
    for name in names:
        await put(context, SEND, name, lane=f"send:{int(name) % 7}")
    async with working(context, SEND, Script(context, body)), working(context, SEND, Script(context, body)):
        await trio.sleep(300)
    assert sorted(await context.store.read(effects)) == names


async def test_idle_workers_do_not_look_at_the_table(store: Store, context: Context) -> None:
    """A virtual day of nothing costs nothing."""
    looks = 0
    claim = store.write

    async def counted(function: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal looks
        looks += 1
        return await claim(function, *args, **kwargs)

    store.write = counted
    async with working(context, SEND, Script(context)):
        await trio.sleep(86400)
    assert looks <= 3


async def test_work_for_an_idle_worker_is_claimed_in_the_commit_that_gives_it(context: Context) -> None:
    async def body(_job: Job) -> Outcome:
        await trio.sleep(1)
        return nothing

    async with working(context, SEND, Script(context, body)):
        await trio.sleep(1)
        for n in range(6):  # two more than it has slots for
            await put(context, SEND, f"s{n}")
        states = [(await state(context.store, f"s{n}"))[0] for n in range(6)]
        await trio.sleep(10)
    assert states == ["leased"] * 4 + ["ready"] * 2
    assert [await state(context.store, f"s{n}") for n in range(6)] == [("done", 0)] * 6


async def test_work_that_is_due_wakes_a_worker_whose_timer_stood_still(context: Context) -> None:
    """A machine that slept: the clock on the wall is past the instant at which the worker would have looked."""
    store, now = context.store, context.clock.now()
    past = int(now.timestamp() * 1000) - 1
    woken = store.wake_of(SEND.queue)
    standby = store.stand_by(SEND.queue, past, lambda connection: jobs.claim(connection, SEND.queue, 1, now=now))
    await put(context, SEND, "later", due_at=now + HOUR)
    assert not woken.is_set()
    await put(context, SEND, "now")
    assert woken.is_set() and [job.key for job in await store.stand_down(standby) or ()] == ["now"]


async def test_a_worker_that_is_stopped_gives_back_what_was_claimed_for_it_in_that_moment(context: Context) -> None:
    ended: list[str] = []

    async def body(job: Job) -> Outcome:
        await trio.sleep(1)
        ended.append(job.key)
        return nothing

    worker = Worker(SEND.queue, 4, {SEND.name: Script(context, body)}, {}, context)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.run)
        await trio.sleep(1)
        await put(context, SEND, "s")
        nursery.cancel_scope.cancel()
    row = await job_row(context.store, "s")
    assert (ended, row["claim_no"], row["state"]) == ([], 1, "ready")


async def test_chance_decides_the_backoff_and_repeats_with_its_seed(
    store: Store, context: Context, clock: VirtualClock
) -> None:
    found: list[list[float]] = []
    for n in range(2):
        script = Script(context, failing(VendorBusy("v", "busy"), VendorBusy("v", "busy"), None))
        seeded = replace(context, chance=Random(7))
        await put(seeded, SEND, f"s{n}")
        async with working(seeded, SEND, script):
            await trio.sleep(60)
        found.append(script.waits())
    assert len(found[0]) == 2
    assert found[0] == pytest.approx(found[1], abs=0.002)
