"""Turns slots whose time has come into jobs, once each. May import: the store and below."""

from datetime import datetime

from ivy import log
from ivy.clock import sleep_until, stamp
from ivy.daemon.context import Context
from ivy.domain.jobs import KINDS
from ivy.store import jobs, schedules
from ivy.store.binding import Connection
from ivy.store.jobs import NewJob

logger = log.get(__name__)


async def run(context: Context) -> None:
    """Fire for ever. A slot, its job and the schedule's next slot are one commit: a crash repeats or loses none."""
    store, clock = context.store, context.clock
    while True:
        changed = store.wake_of("scheduler")
        due = await store.write(fire_and_look, context)
        if due is None:
            await changed.wait()
        else:
            store.sleeps("scheduler", stamp(due))
            await sleep_until(clock, due, unless=changed)


def fire_and_look(connection: Connection, context: Context) -> datetime | None:
    """Fire what is due; return when the next slot is, in the past if more is due than one go takes."""
    fire(connection, context)
    return schedules.next_at(connection)


def fire(connection: Connection, context: Context) -> int:
    """Make a job of each slot that is due; return how many slots were."""
    now = context.clock.now()
    due = schedules.take_due(connection, now=now)
    for slot in due:
        kind = KINDS.get(slot.kind)
        if kind is None:  # a newer Ivy made it: one slot is lost, not the scheduler
            logger.error("schedule %s is skipped: this program has no jobs of kind %s", slot.schedule_id, slot.kind)
            continue
        job = NewJob(
            id=context.new_id(),
            kind=kind,
            key=slot.job_key,
            due_at=slot.at,
            payload={"ref": slot.ref_id, "schedule": slot.schedule_id, "at_ms": stamp(slot.at)},
            user_id=slot.user_id,
            trace_id=context.new_id(),
        )
        jobs.enqueue(connection, job, now=now)
    return len(due)
