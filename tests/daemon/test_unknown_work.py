"""Work that a newer program left behind: it waits for one that knows it, and holds up nobody."""

from datetime import timedelta
from typing import Any

import trio
from trio.testing import MockClock

from ivy.clock import VirtualClock, stamp
from ivy.daemon.context import Context, Outcome, nothing
from ivy.daemon.worker import UNKNOWN_WAITS, Worker
from ivy.domain.jobs import REMINDER
from ivy.store import jobs
from ivy.store.binding import Connection
from ivy.store.jobs import Job, NewJob


async def test_a_job_of_an_unknown_kind_waits_and_others_go_on(
    context: Context, clock: VirtualClock, autojump_clock: MockClock
) -> None:
    now = clock.now()
    for key in ("tomorrows", "todays"):
        await context.store.write(jobs.enqueue, NewJob(key, REMINDER, key, now, {}, "lane"), now=now)
        await context.store.write(rename, key)

    async def handler(_job: Job, _context: Context) -> Outcome:
        return nothing

    worker = Worker(REMINDER.queue, 2, {REMINDER.name: handler}, {}, context)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.run)
        await trio.sleep(60)
        worker.drain()
    rows = await context.store.read(all_jobs)
    assert rows["todays"]["state"] == "done"
    left = rows["tomorrows"]
    assert (left["state"], left["attempts"], left["errors"]) == ("ready", 0, "[]")
    assert stamp(now + UNKNOWN_WAITS) <= left["run_at_ms"] <= stamp(now + UNKNOWN_WAITS + timedelta(minutes=1))


def rename(connection: Connection, key: str) -> None:
    if key == "tomorrows":
        connection.execute("UPDATE jobs SET kind = 'of_tomorrow' WHERE key = ?", (key,))


def all_jobs(connection: Connection) -> dict[str, dict[str, Any]]:
    return {row["key"]: dict(row) for row in connection.execute("SELECT * FROM jobs")}
