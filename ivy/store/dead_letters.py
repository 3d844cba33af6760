"""The dead letters as a plan: whose, why, and what a replay would do with each. May import: jobs, scope, the domain.

A plan names letters by id; running it skips those that are not dead any more, so running it twice is running it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.jobs import REMINDER
from ivy.domain.replay import Circumstances, Fate, cause, error_name, fate, is_poisoned
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


@dataclass(frozen=True)
class Replayed:
    """What has become of a letter that was sent back to work; `cause` says why it is dead again."""

    id: str
    state: str
    cause: str


_FACTS = (
    "SELECT jobs.*, coalesce(users.name, '') AS person, coalesce(users.status, '') AS person_status,"
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
    rows = connection.execute(
        _FACTS,
        {
            "reminder": REMINDER.name,
            "since": None if wanted.since is None else stamp(wanted.since),
            "kind": wanted.kind,
            "user": wanted.user_id,
            "ids": msgspec.json.encode(ids).decode(),
        },
    )
    letters = [_letter(row, now) for row in rows]
    return [letter for letter in letters if _fits(letter, wanted)][: wanted.limit]


def _fits(letter: Letter, wanted: Wanted) -> bool:
    if wanted.fate is not None and letter.fate is not wanted.fate:
        return False
    return wanted.error is None or wanted.error.lower() in f"{letter.error} {letter.reason}".lower()


def _letter(row: Row, now: datetime) -> Letter:
    errors = msgspec.json.decode(row["errors"], type=tuple[Mishap, ...])
    last = errors[-1] if errors else Mishap("", "", "no reason is kept", 0)
    circumstances = Circumstances(
        kind=row["kind"],
        due_at=unstamp(row["due_at_ms"]),
        status=row["person_status"],
        asked_for=bool(row["asked_for"]),
        delivered=bool(row["delivered"]),
        unheard=bool(row["unheard"]),
        bytes_kept=bool(row["bytes_kept"]),
    )
    return Letter(
        id=row["id"],
        kind=row["kind"],
        queue=row["queue"],
        key=row["key"],
        user_id=row["user_id"],
        person=row["person"],
        due_at=circumstances.due_at,
        died_at=unstamp(row["ended_at_ms"]),
        attempts=row["attempts"],
        replays=row["replays"],
        error=error_name(last.error),
        reason=last.reason,
        cause=cause(last.reason),
        poison=is_poisoned([error.error for error in errors]),
        fate=fate(circumstances, now),
        trace_id=row["trace_id"],
    )


def load(connection: Connection, job_id: str, *, now: datetime) -> Letter:
    """Return one dead letter by its id or its beginning. Raises: UsageError if it is none."""
    found = find(connection, Wanted(ids=(job_id,)), now=now)
    if not found:
        state = job_records.load(connection, job_id).state
        raise UsageError(f"Job {job_id} is no dead letter: it is {state}. `ivy jobs show {job_id}` tells more.")
    return found[0]


# --- the plan --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Letters of one kind, cause and fate."""

    kind: str
    cause: str
    error: str
    fate: Fate
    people: int
    poison: int
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What a replay would do: `paused` has the reasons of queues in which letters would wait."""

    letters: tuple[Letter, ...]
    groups: tuple[Group, ...]
    paused: dict[str, str]

    @property
    def people(self) -> int:
        return len({letter.user_id for letter in self.letters if letter.user_id})

    @property
    def running(self) -> tuple[str, ...]:
        """The ids that go back to work, in order of age."""
        return tuple(letter.id for letter in self.letters if letter.fate.runs)


def plan(connection: Connection, wanted: Wanted, *, now: datetime) -> Plan:
    """Say what a replay of these letters would do. Raises: UsageError."""
    letters = find(connection, wanted, now=now)
    sets: dict[tuple[str, str, str, Fate], list[Letter]] = {}
    for letter in letters:
        sets.setdefault((letter.kind, letter.cause, letter.error, letter.fate), []).append(letter)
    groups = [_group(key, members) for key, members in sets.items()]
    groups.sort(key=lambda group: (not group.fate.runs, -len(group.ids), group.kind, group.cause))
    queues = {letter.queue for letter in letters if letter.fate.runs}
    paused = {
        row["queue"]: row["reason"]
        for row in connection.execute("SELECT queue, reason FROM queue_pauses WHERE until_ms > ?", (stamp(now),))
        if row["queue"] in queues
    }
    return Plan(tuple(letters), tuple(groups), paused)


def _group(key: tuple[str, str, str, Fate], members: Sequence[Letter]) -> Group:
    kind, why, error, what = key
    people = len({letter.user_id for letter in members if letter.user_id})
    poison = sum(letter.poison for letter in members)
    return Group(kind, why, error, what, people, poison, tuple(letter.id for letter in members))


# --- the act ---------------------------------------------------------------------------------------


def replay(
    connection: Connection, due: Sequence[tuple[str, datetime]], *, actor: str, reason: str, now: datetime
) -> list[str]:
    """Send letters back to work, each at its time, and write that into the audit log; return the ids that were dead."""
    revived: list[str] = []
    for job_id, run_at in due:
        if not jobs.revive(connection, job_id, now=now):
            continue
        revived.append(job_id)
        if run_at > now:
            key = connection.execute("SELECT key FROM jobs WHERE id = ?", (job_id,)).fetchone()["key"]
            jobs.move(connection, key, run_at=run_at)
    _audit(connection, "replay-dlq", revived, actor=actor, reason=reason, now=now)
    return revived


def discard(connection: Connection, ids: Sequence[str], *, actor: str, reason: str, now: datetime) -> list[str]:
    """End letters for good and write why into the audit log; return the ids that were dead."""
    ended = [job_id for job_id in ids if jobs.discard(connection, job_id, f"discarded: {reason}", now=now)]
    _audit(connection, "dlq discard", ended, actor=actor, reason=reason, now=now)
    return ended


def _audit(connection: Connection, action: str, ids: Sequence[str], *, actor: str, reason: str, now: datetime) -> None:
    if ids:
        subject = f"{len(ids)} dead letters" if len(ids) > 1 else f"job {ids[0]}"
        audit(
            connection,
            at_ms=stamp(now),
            actor=actor,
            action=action,
            reason=reason,
            subject=subject,
            details={"ids": list(ids)},
        )


def became(connection: Connection, ids: Sequence[str]) -> list[Replayed]:
    """Return what has become of letters that were sent back to work."""
    rows = connection.execute(
        "SELECT id, state, errors FROM jobs WHERE id IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(list(ids)).decode(),),
    )
    return [Replayed(row["id"], row["state"], _last_cause(row) if row["state"] == "dead" else "") for row in rows]


def _last_cause(row: Row) -> str:
    errors = msgspec.json.decode(row["errors"], type=tuple[Mishap, ...])
    return cause(errors[-1].reason) if errors else ""
