import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import trio

from ivy.daemon import sweeper
from ivy.daemon.context import Context, Outcome, nothing
from ivy.daemon.worker import LONGEST_WAIT, Worker
from ivy.domain.jobs import SEND
from ivy.store import inbox, jobs
from ivy.store.database import Store
from ivy.store.inbox import Arrival
from ivy.store.jobs import Job, NewJob

ROOT = Path(__file__).parents[2]
PUT = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from ivy.domain.jobs import SEND
from ivy.store import jobs
from ivy.store.jobs import NewJob
from ivy.store.settings import open_writer
connection = open_writer(Path(sys.argv[1]))
sys.stdin.readline()
connection.execute("BEGIN IMMEDIATE")
now = datetime.now(UTC)
jobs.enqueue(connection, NewJob("j", SEND, "from the command line", now, {}), now=now)
connection.execute("COMMIT")
print(time.time())
"""


async def test_work_that_another_process_puts_in_is_begun_within_moments(database: Path, real_context: Context) -> None:
    """Without the watcher the worker would look again after half a minute."""
    begun: list[float] = []

    async def handle(job: Job, _context: Context) -> Outcome:
        assert job.key == "from the command line"
        begun.append(time.time())
        return nothing

    worker = Worker(SEND.queue, 2, {SEND.name: handle}, {}, real_context)
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sweeper.watch_others, real_context)
            nursery.start_soon(worker.run)
            put_in = await trio.to_thread.run_sync(put, database)
            while not begun:
                await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
    assert begun[0] - put_in < 5 < LONGEST_WAIT / 2


def put(database: Path) -> float:
    command = [sys.executable, "-c", PUT, str(database)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, input="\n", capture_output=True, text=True, env=environment, timeout=60, check=True)
    return float(done.stdout)


async def test_hung_leases_are_freed_while_the_daemon_runs(store: Store, context: Context) -> None:
    now = context.clock.now()
    await store.write(partial(jobs.enqueue, now=now), NewJob("j", SEND, "k", now, {}))
    await store.write(jobs.claim, "outbox", 1, now=now)
    lease = SEND.limit + timedelta(seconds=30)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sweeper.sweep, context)
        await trio.sleep(lease.total_seconds() - 1)
        assert await store.read(jobs.waiting) == 0
        await trio.sleep(sweeper.EVERY + 1)
        assert await store.read(jobs.waiting) == 1
        nursery.cancel_scope.cancel()


async def test_raw_webhooks_and_finished_jobs_are_forgotten_in_their_time_and_names_never(
    store: Store, context: Context
) -> None:
    now = context.clock.now()
    arrival = Arrival("a", "j", "whatsapp", inbox.digest(b"body"), b"sealed", now)
    assert await store.write(inbox.keep, arrival)
    (job,) = await store.write(jobs.claim, "inbox", 1, now=now)
    await store.write(jobs.finish, job, now=now)
    await trio.sleep(timedelta(days=29).total_seconds())
    for days_later, kept in ((0, True), (2, False)):
        await trio.sleep(timedelta(days=days_later).total_seconds())
        with trio.move_on_after(60):
            await sweeper.sweep(context)
        assert bool(await store.read(jobs.kinds)) == kept
    rows = await store.read(lambda c: [tuple(row) for row in c.execute("SELECT body, sha256 FROM webhook_inbox")])
    assert rows == [(None, inbox.digest(b"body"))]
    assert not await store.write(inbox.keep, replace(arrival, id="b", job_id="k"))
