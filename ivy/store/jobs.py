"""Jobs and their lanes: put in, claimed, settled, given up on. May import: binding, the domain.

Every settle names the claim it was made under; a claim that is no longer the newest changes nothing (`LostLease`).
A lane's row says whether it is busy and when its head may run, so a claim costs the same however much waits behind it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.jobs import KINDS, LEASE_MARGIN, Kind
from ivy.errors import LostLease
from ivy.store.binding import Connection, Row

LEASE_MARGIN_MS = int(LEASE_MARGIN.total_seconds() * 1000)
CRASHES_ALLOWED = 3
LONGEST_ERRORS = 20


@dataclass(frozen=True)
class Job:
    """One piece of work, as its handler sees it. `claim_no` is the number of this claim."""

    id: str
    kind: str
    queue: str
    lane: str
    key: str
    user_id: str | None
    payload: Mapping[str, Any]
    trace_id: str
    attempts: int
    claim_no: int
    due_at: datetime
    deadline: datetime
    limit: timedelta
    errors: tuple[Mapping[str, Any], ...]
    replays: int = 0
    """How often it came back as a dead letter."""


@dataclass(frozen=True)
class NewJob:
    """Work to be put in: `key` names the one intended effect, and a key that exists already is left as it is."""

    id: str
    kind: Kind
    key: str
    due_at: datetime
    payload: Mapping[str, Any]
    lane: str = ""
    user_id: str | None = None
    trace_id: str = ""
    patience: timedelta | None = None


# --- putting work in -----------------------------------------------------------------------------


def enqueue(connection: Connection, job: NewJob, *, now: datetime, run_at: datetime | None = None) -> bool:
    """Put a job in and wake its worker; return False if its key was there already."""
    run_at_ms = stamp(run_at or job.due_at)
    added = connection.execute(
        "INSERT INTO jobs (id, kind, queue, lane, key, due_at_ms, run_at_ms, deadline_ms, limit_ms, user_id, payload,"
        " trace_id, created_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        (
            job.id,
            job.kind.name,
            job.kind.queue.value,
            job.lane,
            job.key,
            stamp(job.due_at),
            run_at_ms,
            stamp(job.due_at + (job.patience or job.kind.patience)),
            int(job.kind.limit.total_seconds() * 1000),
            job.user_id,
            msgspec.json.encode(job.payload).decode(),
            job.trace_id,
            stamp(now),
        ),
    ).rowcount
    if added:
        _announce(connection, job.kind.queue.value, job.lane, run_at_ms, is_due=run_at_ms <= stamp(now))
    return bool(added)


def _announce(connection: Connection, queue: str, lane: str, run_at_ms: int, *, is_due: bool = False) -> None:
    # What is due wakes also who should have looked by then: on a machine that slept, timers stood still.
    connection.touch(queue, 0 if is_due else run_at_ms)
    if lane:
        connection.execute(
            "INSERT INTO lanes (lane, queue, next_at_ms) VALUES (?, ?, ?) ON CONFLICT (lane) DO UPDATE"
            " SET next_at_ms = min(coalesce(next_at_ms, excluded.next_at_ms), excluded.next_at_ms)",
            (lane, queue, run_at_ms),
        )


def _refresh(connection: Connection, lane: str, *, busy: bool) -> None:
    """Say of a lane what is true now; forget it when nothing is left in it."""
    if not lane:
        return
    row = connection.execute(
        "UPDATE lanes SET busy = ?2, next_at_ms = (SELECT min(run_at_ms) FROM jobs WHERE lane = +?1 AND lane <> ''"
        " AND state = 'ready') WHERE lane = ?1 RETURNING queue, next_at_ms",
        (lane, busy),
    ).fetchone()
    if row is None:
        return
    if row["next_at_ms"] is not None:
        connection.touch(row["queue"], row["next_at_ms"])
    elif not busy:
        connection.execute("DELETE FROM lanes WHERE lane = ?", (lane,))


# --- claiming ------------------------------------------------------------------------------------


def claim(connection: Connection, queue: str, limit: int, *, now: datetime) -> list[Job]:
    """Lease up to `limit` jobs of a queue that may run now, oldest first, at most one per lane."""
    now_ms = stamp(now)
    ids = [row["job"] for row in connection.execute(_CANDIDATES, (queue, now_ms, limit))]
    if not ids:
        return []
    rows = connection.execute(
        "UPDATE jobs SET state = 'leased', claim_no = claim_no + 1, leased_until_ms = ? + limit_ms + ?"
        " WHERE rowid IN (SELECT value FROM json_each(?)) RETURNING *",
        (now_ms, LEASE_MARGIN_MS, msgspec.json.encode(ids).decode()),
    ).fetchall()
    _take_lanes(connection, [row["lane"] for row in rows if row["lane"]])
    return sorted((_job(row) for row in rows), key=lambda job: (job.due_at, job.id))


def _take_lanes(connection: Connection, lanes: Sequence[str]) -> None:
    """Say of lanes whose heads were claimed what is true now, all in one statement."""
    if lanes:
        connection.execute(
            "UPDATE lanes SET busy = 1, next_at_ms = (SELECT min(run_at_ms) FROM jobs WHERE jobs.lane = lanes.lane"
            " AND jobs.lane <> '' AND state = 'ready') WHERE lane IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(lanes).decode(),),
        )


# Row ids, which the indexes hold themselves: no job is read that is not claimed.
_CANDIDATES = """
    SELECT job FROM (
        SELECT * FROM (SELECT rowid AS job, run_at_ms AS at FROM jobs
            WHERE queue = ?1 AND lane = '' AND state = 'ready' AND run_at_ms <= ?2 ORDER BY run_at_ms LIMIT +?3)
        UNION ALL
        SELECT * FROM (SELECT (SELECT jobs.rowid FROM jobs WHERE jobs.lane = +lanes.lane AND jobs.lane <> ''
                AND state = 'ready' ORDER BY run_at_ms, jobs.rowid LIMIT 1) AS job, next_at_ms AS at FROM lanes
            WHERE queue = ?1 AND busy = 0 AND next_at_ms IS NOT NULL AND next_at_ms <= ?2 ORDER BY next_at_ms LIMIT +?3))
    WHERE NOT EXISTS (SELECT 1 FROM queue_pauses WHERE queue = ?1 AND until_ms > ?2) ORDER BY at, job LIMIT +?3
"""


def _job(row: Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        queue=row["queue"],
        lane=row["lane"],
        key=row["key"],
        user_id=row["user_id"],
        payload=msgspec.json.decode(row["payload"]),
        trace_id=row["trace_id"],
        attempts=row["attempts"],
        claim_no=row["claim_no"],
        due_at=unstamp(row["due_at_ms"]),
        deadline=unstamp(row["deadline_ms"]),
        limit=timedelta(milliseconds=row["limit_ms"]),
        errors=tuple(msgspec.json.decode(row["errors"])),
        replays=row["replays"],
    )


def next_due(connection: Connection, queue: str) -> datetime | None:
    """Return when the queue next has something to claim: the past for "now", None for "nothing waits"."""
    row = connection.execute(
        "SELECT min(at) AS at, (SELECT until_ms FROM queue_pauses WHERE queue = ?1) AS paused FROM ("
        "SELECT min(run_at_ms) AS at FROM jobs WHERE queue = ?1 AND lane = '' AND state = 'ready'"
        " UNION ALL SELECT min(next_at_ms) FROM lanes WHERE queue = ?1 AND busy = 0 AND next_at_ms IS NOT NULL)",
        (queue,),
    ).fetchone()
    return None if row["at"] is None else unstamp(max(row["at"], row["paused"] or 0))


# --- settling ------------------------------------------------------------------------------------


def _settle(connection: Connection, job: Job, changes: str, *values: object) -> None:
    settled = connection.execute(
        f"UPDATE jobs SET leased_until_ms = NULL, {changes} WHERE id = ? AND claim_no = ? AND state = 'leased'",
        (*values, job.id, job.claim_no),
    ).rowcount
    if not settled:
        raise LostLease(f"Job {job.id} ({job.kind}) is held by another worker now.")
    _refresh(connection, job.lane, busy=False)


def check_held(connection: Connection, job: Job) -> None:
    """Raise LostLease unless this claim is the newest: nothing may be sent by a worker that lost its job."""
    held = connection.execute(
        "SELECT 1 FROM jobs WHERE id = ? AND claim_no = ? AND state = 'leased'", (job.id, job.claim_no)
    ).fetchone()
    if held is None:
        raise LostLease(f"Job {job.id} ({job.kind}) is held by another worker now.")


def finish(connection: Connection, job: Job, *, now: datetime) -> None:
    """End a job: its effect is in the same commit."""
    _settle(connection, job, "state = 'done', ended_at_ms = ?", stamp(now))


def behind(connection: Connection, lane: str, *, limit: int, now: datetime) -> list[Job]:
    """Return the next jobs of a lane that wait and may run, in their order: who holds the lane may do them too."""
    rows = connection.execute(
        "SELECT * FROM jobs WHERE lane = +? AND lane <> '' AND state = 'ready' AND run_at_ms <= ?"
        " ORDER BY run_at_ms, rowid LIMIT +?",
        (lane, stamp(now), limit),
    )
    return [_job(row) for row in rows]


def finish_waiting(connection: Connection, job_id: str, *, now: datetime) -> bool:
    """End a job that waits, its effect in the same commit, by who holds its lane; return False if it waits no more."""
    return bool(
        connection.execute(
            "UPDATE jobs SET state = 'done', ended_at_ms = ? WHERE id = ? AND state = 'ready'", (stamp(now), job_id)
        ).rowcount
    )


def cancel(connection: Connection, job: Job, reason: str, *, now: datetime) -> None:
    """End a claimed job without its effect: too late, or no longer wanted."""
    _settle(
        connection, job, "state = 'cancelled', ended_at_ms = ?, errors = ?", stamp(now), _with(job, reason, "", now)
    )


def retry(connection: Connection, job: Job, *, at: datetime, reason: str, error: str, now: datetime) -> None:
    """Put a failed job back until `at`; its lane goes on without it."""
    _settle(
        connection,
        job,
        "state = 'ready', attempts = attempts + 1, crashes = 0, run_at_ms = ?, errors = ?",
        stamp(at),
        _with(job, reason, error, now),
    )
    connection.touch(job.queue, stamp(at))


def snooze(connection: Connection, job: Job, *, until: datetime) -> None:
    """Put a job back that is not to run before `until`; that is no failure."""
    # A millisecond more than `until` rounds to: claimed a moment before it, the job would only wait again, and again.
    run_at_ms = stamp(until) + 1
    _settle(connection, job, "state = 'ready', crashes = 0, run_at_ms = ?", run_at_ms)
    connection.touch(job.queue, run_at_ms)


def prolong(connection: Connection, job: Job, *, deadline: datetime) -> None:
    """Give a job more time, if this worker holds it."""
    check_held(connection, job)
    connection.execute("UPDATE jobs SET deadline_ms = max(deadline_ms, ?) WHERE id = ?", (stamp(deadline), job.id))


def release(connection: Connection, job: Job, *, now: datetime) -> None:
    """Give a job back unharmed: the daemon stops, or its queue is paused."""
    _settle(connection, job, "state = 'ready', run_at_ms = min(run_at_ms, ?)", stamp(now))
    connection.touch(job.queue)


def bury(connection: Connection, job: Job, *, reason: str, error: str, now: datetime) -> None:
    """Give up on a job: it becomes a dead letter, kept to be read and replayed."""
    _settle(
        connection, job, "state = 'dead', attempts = attempts + 1, ended_at_ms = ?, errors = ?", stamp(now),
        _with(job, reason, error, now),
    )  # fmt: skip


def _with(job: Job, reason: str, error: str, now: datetime) -> str:
    entry = {"at": now.isoformat(timespec="milliseconds"), "error": error, "reason": reason, "claim": job.claim_no}
    return msgspec.json.encode([*job.errors, entry][-LONGEST_ERRORS:]).decode()


# --- changing jobs that nobody holds ---------------------------------------------------------------


def move(connection: Connection, key: str, *, run_at: datetime) -> bool:
    """Let a waiting job run at another time; return False if it does not wait."""
    row = connection.execute(
        "UPDATE jobs SET run_at_ms = ? WHERE key = ? AND state = 'ready' RETURNING lane, queue", (stamp(run_at), key)
    ).fetchone()
    if row is None:
        return False
    connection.touch(row["queue"], stamp(run_at))
    _refresh(connection, row["lane"], busy=_busy(connection, row["lane"]))
    return True


def wake_lane(connection: Connection, lane: str, *, now: datetime) -> None:
    """Let all that waits in a lane run now: what it waited for has come."""
    connection.execute(
        "UPDATE jobs SET run_at_ms = ? WHERE lane = +? AND lane <> '' AND state = 'ready' AND run_at_ms > ?",
        (stamp(now), lane, stamp(now)),
    )
    _refresh(connection, lane, busy=_busy(connection, lane))


def cancel_waiting(connection: Connection, user_id: str, kinds: Sequence[str], *, now: datetime) -> int:
    """Cancel a person's waiting jobs of some kinds; return how many."""
    rows = connection.execute(
        "UPDATE jobs SET state = 'cancelled', ended_at_ms = ? WHERE user_id = ? AND state = 'ready'"
        " AND kind IN (SELECT value FROM json_each(?)) RETURNING lane",
        (stamp(now), user_id, msgspec.json.encode(list(kinds)).decode()),
    ).fetchall()
    for lane in {row["lane"] for row in rows}:
        _refresh(connection, lane, busy=_busy(connection, lane))
    return len(rows)


def cancel_key(connection: Connection, key: str, *, now: datetime) -> bool:
    """Cancel the waiting job of this key, if it waits."""
    row = connection.execute(
        "UPDATE jobs SET state = 'cancelled', ended_at_ms = ? WHERE key = ? AND state = 'ready' RETURNING lane",
        (stamp(now), key),
    ).fetchone()
    if row is not None:
        _refresh(connection, row["lane"], busy=_busy(connection, row["lane"]))
    return row is not None


def _busy(connection: Connection, lane: str) -> bool:
    return bool(
        connection.execute("SELECT 1 FROM jobs WHERE lane = ? AND lane <> '' AND state = 'leased'", (lane,)).fetchone()
    )


@dataclass(frozen=True)
class Waiting:
    """A job of a lane that waits or runs."""

    key: str
    state: str
    created_at: datetime
    attempts: int


def open_in_lane(connection: Connection, lane: str) -> Waiting | None:
    """Return the oldest job of a lane that waits or runs."""
    columns = "SELECT key, state, created_at_ms, attempts FROM jobs WHERE lane = +?1 AND lane <> '' AND state ="
    row = connection.execute(
        f"SELECT * FROM ({columns} 'leased' UNION ALL {columns} 'ready') ORDER BY created_at_ms LIMIT 1", (lane,)
    ).fetchone()
    return row and Waiting(row["key"], row["state"], unstamp(row["created_at_ms"]), row["attempts"])


# --- leases that nobody holds any more -------------------------------------------------------------


def free_leases(
    connection: Connection, *, now: datetime, on_buried: Callable[[Connection, Job, str], None] | None = None
) -> tuple[int, int]:
    """Free what the last process held when it died; return (freed, buried). Run once, under the daemon's lock.

    `on_buried` is told of each job that is given up on, with the reason, in the same commit.
    """
    buried = 0
    rows = connection.execute("SELECT * FROM jobs WHERE state = 'leased'").fetchall()
    for row in rows:
        job, crashes = _job(row), row["crashes"] + 1
        connection.execute("UPDATE jobs SET crashes = ? WHERE id = ?", (crashes, job.id))
        if crashes >= CRASHES_ALLOWED:
            reason = f"It was in flight each of the {crashes} times the daemon died."
            bury(connection, job, reason=reason, error="Crash", now=now)
            if on_buried is not None:
                on_buried(connection, job, reason)
            buried += 1
        else:
            _settle(connection, job, "state = 'ready'")
    connection.execute(
        "DELETE FROM lanes WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.lane = lanes.lane AND state = 'ready')"
    )
    return len(rows) - buried, buried


def any_held(connection: Connection) -> bool:
    """Say whether some worker holds a job."""
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'leased')").fetchone()[0])


def rescue(connection: Connection, *, now: datetime) -> int:
    """Free jobs whose lease ran out: their worker hangs. Return how many."""
    rows = connection.execute(
        "SELECT * FROM jobs WHERE state = 'leased' AND leased_until_ms <= ?", (stamp(now),)
    ).fetchall()
    for row in rows:
        _settle(connection, _job(row), "state = 'ready'")
        connection.touch(row["queue"])
    return len(rows)


def prune(connection: Connection, *, before: datetime) -> int:
    """Forget finished and cancelled jobs that ended before an instant; return how many."""
    return connection.execute(
        "DELETE FROM jobs WHERE state IN ('done', 'cancelled') AND ended_at_ms < ?", (stamp(before),)
    ).rowcount


# --- pauses --------------------------------------------------------------------------------------


def pause(connection: Connection, queue: str, *, until: datetime, reason: str, now: datetime) -> bool:
    """Claim nothing from a queue until then; return True if it was not paused before."""
    was = connection.execute(
        "SELECT 1 FROM queue_pauses WHERE queue = ? AND until_ms > ?", (queue, stamp(now))
    ).fetchone()
    connection.execute(
        "INSERT INTO queue_pauses (queue, until_ms, reason, since_ms) VALUES (?, ?, ?, ?) ON CONFLICT (queue) DO UPDATE"
        " SET since_ms = CASE WHEN until_ms > excluded.since_ms THEN since_ms ELSE excluded.since_ms END,"
        " until_ms = excluded.until_ms, reason = excluded.reason",
        (queue, stamp(until), reason, stamp(now)),
    )
    connection.touch(queue)  # a pause may end sooner than the one before
    return was is None


def unpause(connection: Connection, queue: str) -> bool:
    """Let a queue go on; return True if it was paused."""
    connection.touch(queue)
    return bool(connection.execute("DELETE FROM queue_pauses WHERE queue = ?", (queue,)).rowcount)


# --- dead letters ----------------------------------------------------------------------------------


def revive(connection: Connection, job_id: str, *, now: datetime) -> bool:
    """Put a dead letter back to work under the same key; return False if it is not dead (any more)."""
    row = connection.execute("SELECT * FROM jobs WHERE id = ? AND state = 'dead'", (job_id,)).fetchone()
    if row is None:
        return False
    patience = KINDS[row["kind"]].patience if row["kind"] in KINDS else timedelta(hours=24)
    connection.execute(
        "UPDATE jobs SET state = 'ready', attempts = 0, crashes = 0, replays = replays + 1, ended_at_ms = NULL,"
        " run_at_ms = ?, deadline_ms = ? WHERE id = ?",
        (stamp(now), stamp(now + patience), job_id),
    )
    _announce(connection, row["queue"], row["lane"], stamp(now), is_due=True)
    return True


def shorten(connection: Connection, job_id: str, *, deadline: datetime) -> None:
    """Let a job end no later than at `deadline`."""
    connection.execute("UPDATE jobs SET deadline_ms = min(deadline_ms, ?) WHERE id = ?", (stamp(deadline), job_id))


def discard(connection: Connection, job_id: str, reason: str, *, now: datetime) -> bool:
    """End a dead letter for good; return False if it is not dead."""
    row = connection.execute("SELECT * FROM jobs WHERE id = ? AND state = 'dead'", (job_id,)).fetchone()
    if row is None:
        return False
    connection.execute(
        "UPDATE jobs SET state = 'cancelled', ended_at_ms = ?, errors = ? WHERE id = ?",
        (stamp(now), _with(_job(row), reason, "", now), job_id),
    )
    return True


def bury_done(connection: Connection, key: str, *, reason: str, error: str, now: datetime) -> bool:
    """Turn a finished job into a dead letter: the world said afterwards that its effect failed."""
    row = connection.execute("SELECT * FROM jobs WHERE key = ? AND state = 'done'", (key,)).fetchone()
    if row is None:
        return False
    connection.execute(
        "UPDATE jobs SET state = 'dead', ended_at_ms = ?, errors = ? WHERE id = ?",
        (stamp(now), _with(_job(row), reason, error, now), row["id"]),
    )
    return True


def again(connection: Connection, key: str, *, run_at: datetime) -> bool:
    """Let a finished job run once more under its key: its effect came undone."""
    row = connection.execute(
        "UPDATE jobs SET state = 'ready', ended_at_ms = NULL, run_at_ms = ? WHERE key = ? AND state = 'done'"
        " RETURNING queue, lane",
        (stamp(run_at), key),
    ).fetchone()
    if row is None:
        return False
    _announce(connection, row["queue"], row["lane"], stamp(run_at))
    return True


def bury_at_once(connection: Connection, job: NewJob, *, reason: str, error: str, now: datetime) -> None:
    """Keep something as a dead letter that never was a running job: an unreadable part of a webhook."""
    if enqueue(connection, job, now=now):
        row = connection.execute("SELECT * FROM jobs WHERE key = ?", (job.key,)).fetchone()
        connection.execute(
            "UPDATE jobs SET state = 'dead', ended_at_ms = ?, errors = ? WHERE id = ?",
            (stamp(now), _with(_job(row), reason, error, now), row["id"]),
        )
        _refresh(connection, job.lane, busy=_busy(connection, job.lane))


def is_of_kind(connection: Connection, job_id: str, kind: Kind) -> bool:
    """Say whether a job of this id and kind is known."""
    return bool(job_id) and bool(
        connection.execute("SELECT 1 FROM jobs WHERE id = ? AND kind = ?", (job_id, kind.name)).fetchone()
    )


def waiting(connection: Connection) -> int:
    """Return how many jobs could run now or soon."""
    return connection.execute("SELECT count(*) FROM jobs WHERE state = 'ready'").fetchone()[0]


def busy(connection: Connection, kinds: Sequence[str], *, until: datetime) -> bool:
    """Say whether work of these kinds runs, or will by then."""
    return bool(
        connection.execute(
            "SELECT 1 FROM jobs WHERE kind IN (SELECT value FROM json_each(?)) AND (state = 'leased' OR (state = 'ready'"
            " AND run_at_ms <= ?)) LIMIT 1",
            (msgspec.json.encode(list(kinds)).decode(), stamp(until)),
        ).fetchone()
    )


def kinds(connection: Connection) -> list[str]:
    """Return the kinds of all jobs in order of arrival."""
    return [row["kind"] for row in connection.execute("SELECT kind FROM jobs ORDER BY rowid")]
