"""A claim and a settle cost the same however much waits: no statement walks over all jobs, with statistics or without."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivy.domain.jobs import INBOUND, REMINDER, SEND
from ivy.errors import LostLease
from ivy.store import inbox, jobs, schedules
from ivy.store.binding import Connection
from ivy.store.jobs import Job, NewJob
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
WALK = re.compile(r"SCAN (jobs|lanes|schedules|webhook_inbox)\b")


@pytest.fixture(params=["without statistics", "with statistics"])
def full(request: pytest.FixtureRequest, database: Path) -> Iterator[Connection]:
    """A file with 600 jobs in every state, most behind one lane."""
    connection = open_writer(database, throwaway=True)
    connection.execute("BEGIN")
    for n in range(600):
        lane = "" if n % 3 == 0 else "send:busy" if n % 3 == 1 else f"send:{n}"
        kind = SEND if n % 2 else REMINDER
        jobs.enqueue(connection, NewJob(f"j{n}", kind, f"k{n}", NOW, {}, lane, user_id=f"u{n % 50}"), now=NOW)
    for job in jobs.claim(connection, "outbox", 60, now=NOW):
        jobs.finish(connection, job, now=NOW)
    for job in jobs.claim(connection, "outbox", 40, now=NOW):
        jobs.bury(connection, job, reason="", error="", now=NOW)
    jobs.claim(connection, "upkeep", 30, now=NOW)
    connection.execute("COMMIT")
    if request.param == "with statistics":
        connection.execute("ANALYZE")
    yield connection
    connection.close()


def plans(connection: Connection, run: Callable[[Connection], object]) -> list[tuple[str, str]]:
    """Return (statement, step of its plan) of everything that an operation runs."""
    ran: list[str] = []
    connection.set_trace_callback(ran.append)
    try:
        run(connection)
    finally:
        connection.set_trace_callback(None)
    statements = [sql for sql in ran if sql.startswith(("SELECT", "UPDATE", "INSERT", "DELETE"))]
    assert statements, ran
    return [(sql, row["detail"]) for sql in statements for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]


def claimed(connection: Connection) -> Job:
    return jobs.claim(connection, "outbox", 1, now=NOW)[0]


def dead(connection: Connection) -> str:
    return connection.execute("SELECT id FROM jobs WHERE state = 'dead' LIMIT 1").fetchone()[0]


ON_A_CLAIM: dict[str, Callable[[Connection, Job], object]] = {
    "finish": lambda c, job: jobs.finish(c, job, now=NOW),
    "retry": lambda c, job: jobs.retry(c, job, at=NOW, reason="", error="", now=NOW),
    "snooze": lambda c, job: jobs.snooze(c, job, until=NOW),
    "release": lambda c, job: jobs.release(c, job, now=NOW),
    "cancel": lambda c, job: jobs.cancel(c, job, "", now=NOW),
    "bury": lambda c, job: jobs.bury(c, job, reason="", error="", now=NOW),
    "check_held": jobs.check_held,
}
ON_A_DEAD_LETTER: dict[str, Callable[[Connection, str], object]] = {
    "revive": lambda c, job_id: jobs.revive(c, job_id, now=NOW),
    "discard": lambda c, job_id: jobs.discard(c, job_id, "", now=NOW),
}
OTHERS: dict[str, Callable[[Connection], object]] = {
    "claim": lambda c: jobs.claim(c, "outbox", 8, now=NOW),
    "next_due": lambda c: jobs.next_due(c, "outbox"),
    "enqueue": lambda c: jobs.enqueue(c, NewJob("new", SEND, "new", NOW, {}, "send:busy"), now=NOW),
    "move": lambda c: jobs.move(c, "k599", run_at=NOW),
    "wake_lane": lambda c: jobs.wake_lane(c, "send:busy", now=NOW),
    "cancel_key": lambda c: jobs.cancel_key(c, "k598", now=NOW),
    "cancel_waiting": lambda c: jobs.cancel_waiting(c, "u7", ["send"], now=NOW),
    "open_in_lane": lambda c: jobs.open_in_lane(c, "send:busy"),
    "rescue": lambda c: jobs.rescue(c, now=NOW + timedelta(hours=1)),
    "prune": lambda c: jobs.prune(c, before=NOW),
    "next_at": schedules.next_at,
    "take_due": lambda c: schedules.take_due(c, now=NOW),
    "keep": lambda c: inbox.keep(c, inbox.Arrival("a", "b", "whatsapp", b"", b"", NOW)),
}


def operation(connection: Connection, name: str) -> Callable[[Connection], object]:
    """Return an operation that is ready to run: what it works on has been claimed or found."""
    if name in ON_A_CLAIM:
        job = claimed(connection)
        return lambda c: ON_A_CLAIM[name](c, job)
    if name in ON_A_DEAD_LETTER:
        job_id = dead(connection)
        return lambda c: ON_A_DEAD_LETTER[name](c, job_id)
    return OTHERS[name]


@pytest.mark.parametrize("name", [*ON_A_CLAIM, *ON_A_DEAD_LETTER, *OTHERS])
def test_nothing_that_runs_often_walks_over_all_jobs(full: Connection, name: str) -> None:
    steps = plans(full, operation(full, name))
    assert not [(sql, step) for sql, step in steps if WALK.search(step)]


def test_the_order_of_a_lane_is_that_of_arrival_even_within_one_millisecond(full: Connection) -> None:
    for n in range(20):
        jobs.enqueue(full, NewJob(f"{19 - n:02}", INBOUND, f"in{n}", NOW, {}, "inbox:x"), now=NOW)
    seen: list[str] = []
    while claim := jobs.claim(full, "inbox", 5, now=NOW):
        (job,) = claim
        seen.append(job.key)
        jobs.finish(full, job, now=NOW)
    assert seen == [f"in{n}" for n in range(20)]


def test_the_database_itself_refuses_two_holders_of_one_lane(full: Connection) -> None:
    jobs.claim(full, "outbox", 1, now=NOW)
    (lane,) = full.execute("SELECT lane FROM jobs WHERE state = 'leased' AND lane <> ''").fetchone()
    jobs.enqueue(full, NewJob("second", SEND, "second", NOW, {}, lane), now=NOW)
    with pytest.raises(Exception, match=r"UNIQUE constraint failed: jobs\.lane"):
        full.execute("UPDATE jobs SET state = 'leased', leased_until_ms = 1 WHERE id = 'second'")


def test_a_lost_lease_names_the_job(full: Connection) -> None:
    job = claimed(full)
    jobs.finish(full, job, now=NOW)
    with pytest.raises(LostLease, match=job.id):
        jobs.finish(full, job, now=NOW)
