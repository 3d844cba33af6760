"""Jobs as support staff read them: everything that is kept of each. May import: binding, the ground."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ivy.clock import unstamp
from ivy.errors import UsageError
from ivy.store.binding import Connection, Row

STATES = ("ready", "leased", "done", "dead", "cancelled")
SHORTEST_PREFIX = 6
LAST_LETTER = "\U0010ffff"


@dataclass(frozen=True)
class Mishap:
    """One failed attempt; `error` is its fingerprint, `reason` plain words."""

    at: str
    error: str
    reason: str
    claim: int


@dataclass(frozen=True)
class JobRecord:
    """A job and its history; `person` is the name of whose it is."""

    id: str
    kind: str
    queue: str
    lane: str
    key: str
    state: str
    user_id: str | None
    person: str
    created_at: datetime
    due_at: datetime
    run_at: datetime
    deadline: datetime
    ended_at: datetime | None
    leased_until: datetime | None
    attempts: int
    crashes: int
    replays: int
    claims: int
    trace_id: str
    payload: Mapping[str, Any]
    errors: tuple[Mishap, ...]

    @property
    def reason(self) -> str:
        """The last thing that went wrong, or why it was cancelled."""
        return self.errors[-1].reason if self.errors else ""


_SELECT = "SELECT jobs.*, coalesce(users.name, '') AS person FROM jobs LEFT JOIN users ON users.id = jobs.user_id"


def listed(
    connection: Connection, *, state: str | None = None, kind: str | None = None, user_id: str | None = None, limit: int
) -> list[JobRecord]:
    """Return jobs that fit, the newest first."""
    rows = connection.execute(
        f"{_SELECT} WHERE (?1 IS NULL OR jobs.state = ?1) AND (?2 IS NULL OR jobs.kind = ?2)"
        " AND (?3 IS NULL OR jobs.user_id = ?3) ORDER BY jobs.rowid DESC LIMIT +?4",
        (state, kind, user_id, limit),
    )
    return [record(row) for row in rows]


def load(connection: Connection, job_id: str) -> JobRecord:
    """Return the job of this id, or of this beginning of an id. Raises: UsageError."""
    rows = connection.execute(
        f"{_SELECT} WHERE jobs.id = ?1 OR (length(?1) >= ?2 AND jobs.id >= ?1 AND jobs.id < ?1 || ?3)"
        " ORDER BY jobs.id = ?1 DESC LIMIT 2",
        (job_id, SHORTEST_PREFIX, LAST_LETTER),
    ).fetchall()
    if not rows:
        raise UsageError(f"There is no job {job_id}; `ivy jobs list` shows them, done ones for a month.")
    if len(rows) > 1 and rows[0]["id"] != job_id:
        raise UsageError(f"Several jobs begin with {job_id}; give more of the id.")
    return record(rows[0])


def record(row: Row) -> JobRecord:
    """Return a row of `jobs`, with its person's name, as a record."""
    return JobRecord(
        id=row["id"],
        kind=row["kind"],
        queue=row["queue"],
        lane=row["lane"],
        key=row["key"],
        state=row["state"],
        user_id=row["user_id"],
        person=row["person"],
        created_at=unstamp(row["created_at_ms"]),
        due_at=unstamp(row["due_at_ms"]),
        run_at=unstamp(row["run_at_ms"]),
        deadline=unstamp(row["deadline_ms"]),
        ended_at=_maybe(row["ended_at_ms"]),
        leased_until=_maybe(row["leased_until_ms"]),
        attempts=row["attempts"],
        crashes=row["crashes"],
        replays=row["replays"],
        claims=row["claim_no"],
        trace_id=row["trace_id"],
        payload=msgspec.json.decode(row["payload"]),
        errors=msgspec.json.decode(row["errors"], type=tuple[Mishap, ...]),
    )


def _maybe(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else unstamp(milliseconds)
