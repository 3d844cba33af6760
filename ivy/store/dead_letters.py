"""The dead letters: whose, why, and what a replay would do with each. May import: jobs, scope, the domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.jobs import REMINDER, SEND
from ivy.domain.replay import Circumstances, Failure, Fate, cause, error_name, fate, is_poisoned, spreads
from ivy.errors import UsageError
from ivy.store import job_records, jobs
from ivy.store.binding import Connection, Row
from ivy.store.job_records import Mishap
from ivy.store.scope import audit


@dataclass(frozen=True)
class Wanted:
    """Which letters: each filter narrows. `error` is part of the error's name or of its reason."""

    ids: tuple[str, ...] = ()
    kind: str | None = None
    error: str | None = None
    since: datetime | None = None
    user_id: str | None = None
    fate: Fate | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Letter:
    """One dead letter, and what a replay would do with it now."""

    id: str
    kind: str
    queue: str
    key: str
    user_id: str | None
    person: str
    due_at: datetime
    died_at: datetime
    attempts: int
    replays: int
    error: str
    reason: str
    cause: str
    poison: bool
    fate: Fate
    trace_id: str
    lane: str
    failing_since: datetime
    """When the first of the failures was that are kept of it."""
    message_id: str
    """The message that it is about; "" for other work."""
    circumstances: Circumstances


_FACTS = (
    "SELECT jobs.*, coalesce(users.name, '') AS person, m.id AS message_id, m.purpose AS purpose,"
    " CASE WHEN jobs.user_id IS NOT NULL AND users.id IS NULL THEN 'erased' ELSE coalesce(users.status, '') END"
    "  AS person_status,"
    " coalesce(m.asked_for, jobs.kind <> :reminder) AS asked_for,"
    " (m.external_id IS NULL AND (m.resends > 0 OR m.state IN ('sending', 'unknown'))) AS unheard,"
    " (m.id IN (SELECT our_id FROM message_statuses WHERE state IN ('delivered', 'read') AND our_id <> '')"
    "  OR m.state IN ('delivered', 'read')) AS delivered,"
    " (json_extract(jobs.payload, '$.arrival') IS NULL OR w.body IS NOT NULL) AS bytes_kept"
    " FROM jobs LEFT JOIN users ON users.id = jobs.user_id"
    " LEFT JOIN messages_v2 m ON m.id = json_extract(jobs.payload, '$.message')"
    " LEFT JOIN webhook_inbox w ON w.id = json_extract(jobs.payload, '$.arrival')"
    " WHERE jobs.state = 'dead' AND (:since IS NULL OR jobs.ended_at_ms >= :since)"
    " AND (:kind IS NULL OR jobs.kind = :kind) AND (:user IS NULL OR jobs.user_id = :user)"
    " AND (:ids = '[]' OR jobs.id IN (SELECT value FROM json_each(:ids)))"
    " ORDER BY jobs.due_at_ms, jobs.id"
)


def find(connection: Connection, wanted: Wanted, *, now: datetime) -> list[Letter]:
    """Return the dead letters that fit, the oldest first. Raises: UsageError for an id that no job has."""
    ids = [job_records.load(connection, given).id for given in wanted.ids]
    since = None if wanted.since is None else stamp(wanted.since)
    rows = _rows(connection, ids, since=since, kind=wanted.kind, user=wanted.user_id)
    poisonous = _poisonous(connection)
    letters = [_letter(row, poisonous, now) for row in rows]
    return [letter for letter in letters if _fits(letter, wanted)][: wanted.limit]


def still_dead(connection: Connection, ids: Sequence[str], *, now: datetime) -> dict[str, Letter]:
    """Return those of these jobs that are dead letters now, by id."""
    rows = _rows(connection, ids) if ids else []
    return {row["id"]: _letter(row, frozenset(), now) for row in rows}


def _rows(
    connection: Connection,
    ids: Sequence[str],
    *,
    since: int | None = None,
    kind: str | None = None,
    user: str | None = None,
) -> list[Row]:
    marks = {"reminder": REMINDER.name, "since": since, "kind": kind, "user": user, "ids": _json(ids)}
    return connection.execute(_FACTS, marks).fetchall()


def _poisonous(connection: Connection) -> frozenset[str]:
    """Return the fingerprints of which it is known, from any letter, that they come again each time."""
    found: set[str] = set()
    for row in connection.execute("SELECT errors, attempts, replays FROM jobs WHERE state = 'dead'"):
        failures = _failures(row)
        if is_poisoned(failures, since_replay=_since_replay(row)) and spreads(failures[-1]):
            found.add(failures[-1].fingerprint)
    return frozenset(found)


def _since_replay(row: Row) -> int | None:
    """Return how many failures are younger than the latest replay; a death that a status told of is no attempt."""
    return max(1, row["attempts"]) if row["replays"] else None


def _mishaps(row: Row) -> tuple[Mishap, ...]:
    return msgspec.json.decode(row["errors"], type=tuple[Mishap, ...])


def _failures(row: Row) -> list[Failure]:
    return [Failure(each.error, each.reason) for each in _mishaps(row)]


def _fits(letter: Letter, wanted: Wanted) -> bool:
    if wanted.fate is not None and letter.fate is not wanted.fate:
        return False
    return wanted.error is None or wanted.error.lower() in f"{letter.error} {letter.reason}".lower()


def _letter(row: Row, poisonous: frozenset[str], now: datetime) -> Letter:
    mishaps, failures = _mishaps(row), _failures(row)
    last = mishaps[-1] if mishaps else Mishap("", "", "no reason is kept", 0)
    circumstances = _circumstances(row)
    died_at = unstamp(row["ended_at_ms"])
    return Letter(
        id=row["id"],
        kind=row["kind"],
        queue=row["queue"],
        key=row["key"],
        user_id=row["user_id"],
        person=row["person"],
        due_at=circumstances.due_at,
        died_at=died_at,
        attempts=row["attempts"],
        replays=row["replays"],
        error=error_name(last.error),
        reason=last.reason,
        cause=cause(last.reason),
        poison=last.error in poisonous or is_poisoned(failures, since_replay=_since_replay(row)),
        fate=fate(circumstances, now),
        trace_id=row["trace_id"],
        lane=row["lane"],
        failing_since=datetime.fromisoformat(mishaps[0].at) if mishaps and mishaps[0].at else died_at,
        message_id=row["message_id"] or "",
        circumstances=circumstances,
    )


def _circumstances(row: Row) -> Circumstances:
    given = row["deadline_ms"] - row["due_at_ms"]
    is_short = row["kind"] == SEND.name and given < SEND.patience.total_seconds() * 1000
    return Circumstances(
        kind=row["kind"],
        due_at=unstamp(row["due_at_ms"]),
        status=row["person_status"],
        asked_for=bool(row["asked_for"]),
        delivered=bool(row["delivered"]),
        unheard=bool(row["unheard"]),
        bytes_kept=bool(row["bytes_kept"]),
        purpose=row["purpose"] or "",
        to_stranger=row["message_id"] is not None and row["user_id"] is None,
        good_until=unstamp(row["deadline_ms"]) if is_short else None,
    )


def load(connection: Connection, job_id: str, *, now: datetime) -> Letter:
    """Return one dead letter by its id or its beginning. Raises: UsageError if it is none."""
    found = find(connection, Wanted(ids=(job_id,)), now=now)
    if not found:
        state = job_records.load(connection, job_id).state
        raise UsageError(f"Job {job_id} is no dead letter: it is {state}. `ivy jobs show {job_id}` tells more.")
    return found[0]


def discard(connection: Connection, ids: Sequence[str], *, actor: str, reason: str, now: datetime) -> list[str]:
    """End letters for good and write why into the audit log, of each; return the ids that were dead."""
    ended = [job_id for job_id in ids if jobs.discard(connection, job_id, f"discarded: {reason}", now=now)]
    for job_id in ended:
        audit(
            connection,
            at_ms=stamp(now),
            actor=actor,
            action="dlq discard",
            reason=reason,
            subject=f"job {job_id}",
            details={"ids": [job_id], "became": "discarded", "plans": _plans_with(connection, job_id)},
        )
    return ended


def _plans_with(connection: Connection, job_id: str) -> list[str]:
    """Return the plans of replays, drafts apart, in which a letter has a line."""
    rows = connection.execute(
        "SELECT p.id FROM replay_plan_lines l JOIN replay_plans p ON p.id = l.plan_id"
        " WHERE l.job_id = ? AND p.state <> 'draft' ORDER BY p.begun_at_ms",
        (job_id,),
    )
    return [row["id"] for row in rows]


def take_over(connection: Connection, key: str, letter_id: str) -> None:
    """Let the job of this key go on as the replay of a letter: what that died of is not forgotten."""
    connection.execute(
        "UPDATE jobs SET replays = old.replays + 1, errors = old.errors FROM"
        " (SELECT replays, errors FROM jobs WHERE id = ?2) AS old WHERE jobs.key = ?1",
        (key, letter_id),
    )


def _json(values: Sequence[str]) -> str:
    return msgspec.json.encode(list(values)).decode()
