"""Phone calls: asked for, dialled, reported on. May import: jobs, scope, binding, the domain.

A slot is UNIQUE: person, kind, local date and attempt name the one intended call, so it is never placed twice.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain import call_minutes
from ivy.domain.calls import CallKind, CallOutcome, CallState, Report, join, state_after, step, without_words
from ivy.domain.jobs import CALL
from ivy.store import jobs
from ivy.store.binding import Connection, Row
from ivy.store.jobs import NewJob
from ivy.store.scope import Scope

OPEN = "('dialing', 'live')"
NOTHING_HEARD = Report()
NOT_YET = (CallState.DUE, CallState.QUEUED)
UNDER_WAY = (CallState.DIALING, CallState.LIVE)


@dataclass(frozen=True)
class Call:
    """One call as it stands; `day` is the person's local date, `snapshot` what it was dialled with."""

    id: str
    user_id: str
    kind: CallKind
    day: date
    due_at: datetime
    state: CallState = CallState.DUE
    chosen: bool = False
    attempt: int = 1
    first_id: str = ""
    asked_by: str = "schedule"
    direction: str = "out"
    slot: str = ""
    reason: str = ""
    provider: str = ""
    provider_call_id: str = ""
    to_number: str = ""
    language: str = ""
    prompt: str = ""
    snapshot: dict[str, str] = field(default_factory=dict[str, str])
    report: Report = NOTHING_HEARD
    outcome: CallOutcome | None = None
    reserved_seconds: int = 0
    placed_at: datetime | None = None
    ended_at: datetime | None = None
    proved_at: datetime | None = None
    trace_id: str = ""

    @property
    def chain(self) -> str:
        """The first attempt of its chain."""
        return self.first_id or self.id


@dataclass(frozen=True)
class Dialled:
    """How a call is placed: all that is kept of it before the request leaves."""

    provider: str
    to_number: str
    language: str
    prompt: str
    snapshot: dict[str, str]
    reserved_seconds: int


def slot_of(user_id: str, kind: CallKind, day: date, attempt: int = 1) -> str:
    """Return the name of the one call of a kind that a person has on a local date."""
    return f"{user_id}:{kind.value}:{day.isoformat()}" + (f":{attempt}" if attempt > 1 else "")


def job_key(call_id: str) -> str:
    """Return the name of the job that places a call."""
    return f"call:{call_id}"


def ask(scope: Scope, call: Call, *, now: datetime) -> bool:
    """Ask for a call, once a slot; return False if that slot has had its call. A call without a slot is its own."""
    added = scope.execute(
        "INSERT INTO calls (id, user_id, kind, direction, slot, day, chosen, attempt, first_id, asked_by, state, due_at_ms,"
        " trace_id) VALUES (:id, :user, :kind, 'out', :slot, :day, :chosen, :attempt, :first, :asked_by, 'due', :due,"
        " :trace) ON CONFLICT (slot) DO NOTHING",
        id=call.id,
        kind=call.kind.value,
        slot=call.slot or f"asked:{call.id}",
        day=call.day.isoformat(),
        chosen=call.chosen,
        attempt=call.attempt,
        first=call.first_id or None,
        asked_by=call.asked_by,
        due=stamp(call.due_at),
        trace=call.trace_id,
    ).rowcount
    if added:
        job = NewJob(
            id=f"{call.id}.call",
            kind=CALL,
            key=job_key(call.id),
            due_at=call.due_at,
            payload={"call": call.id},
            user_id=scope.user_id,
            trace_id=call.trace_id,
        )
        jobs.enqueue(scope.connection, job, now=now)
    return bool(added)


def look_again(connection: Connection, provider: str, *, now: datetime) -> None:
    """Let calls that wait for us, not for the person, be decided anew: what kept their provider may be over."""
    rows = connection.execute(
        "SELECT jobs.key FROM jobs JOIN calls ON calls.id = substr(jobs.key, 6) WHERE jobs.queue = 'calls'"
        " AND jobs.kind = 'call' AND jobs.state = 'ready' AND jobs.run_at_ms > ? AND calls.state = 'queued'"
        " AND calls.provider IN ('', ?)",
        (stamp(now), provider),
    ).fetchall()
    for row in rows:
        jobs.move(connection, row["key"], run_at=now)


def answer(scope: Scope, call: Call, provider: str, *, now: datetime) -> None:
    """Write down that somebody calls us, once however often the provider asks."""
    scope.execute(
        "INSERT INTO calls (id, user_id, kind, direction, slot, day, chosen, state, provider, provider_call_id, to_number,"
        " language, prompt, snapshot, reserved_seconds, due_at_ms, placed_at_ms, trace_id, asked_by) VALUES (:id, :user,"
        " 'inbound', 'in', :slot, :day, 1, 'dialing', :provider, :theirs, :number, :language, :prompt, :snapshot, :reserved,"
        " :now, :now, :trace, 'person') ON CONFLICT DO NOTHING",
        id=call.id,
        slot=f"in:{call.provider_call_id or call.id}",
        day=call.day.isoformat(),
        provider=provider,
        theirs=call.provider_call_id or None,
        number=call.to_number,
        language=call.language,
        prompt=call.prompt,
        snapshot=_json(call.snapshot),
        reserved=call.reserved_seconds,
        now=stamp(now),
        trace=call.trace_id,
    )


def prove(scope: Scope, call_id: str, *, now: datetime) -> bool:
    """The person tapped that it is they who call; return False if that call is over."""
    return bool(
        scope.execute(
            "UPDATE calls SET proved_at_ms = :now WHERE user_id = :user AND id = :id AND state IN ('dialing', 'live')",
            id=call_id,
            now=stamp(now),
        ).rowcount
    )


# --- looking -----------------------------------------------------------------------------------------


def load(scope: Scope, call_id: str) -> Call | None:
    row = scope.execute("SELECT * FROM calls WHERE user_id = :user AND id = :id", id=call_id).fetchone()
    return row and _call(row)


def find(connection: Connection, call_id: str) -> Call | None:
    """Return whosever call this is: a provider names calls, not people."""
    row = connection.execute("SELECT * FROM calls WHERE id = ?", (call_id,)).fetchone()
    return row and _call(row)


def of_provider(connection: Connection, provider: str, provider_call_id: str) -> Call | None:
    row = connection.execute(
        "SELECT * FROM calls WHERE provider = ? AND provider_call_id = ?", (provider, provider_call_id)
    ).fetchone()
    return row and _call(row)


def of_day(scope: Scope, day: date, kind: CallKind | None = None) -> list[Call]:
    """Return a person's calls of a local date, the first asked for first."""
    rows = scope.execute(
        "SELECT * FROM calls WHERE user_id = :user AND day = :day AND (:kind IS NULL OR kind = :kind) ORDER BY due_at_ms, id",
        day=day.isoformat(),
        kind=kind and kind.value,
    )
    return [_call(row) for row in rows]


def recent(scope: Scope, limit: int = 10) -> list[Call]:
    """Return a person's last calls, the newest first."""
    rows = scope.execute("SELECT * FROM calls WHERE user_id = :user ORDER BY due_at_ms DESC LIMIT +:limit", limit=limit)
    return [_call(row) for row in rows]


def last_prompt(scope: Scope, kind: CallKind) -> str:
    """Return the name of what the person's last call of a kind was made with; "" if none was dialled."""
    row = scope.execute(
        "SELECT prompt FROM calls WHERE user_id = :user AND kind = :kind AND placed_at_ms IS NOT NULL"
        " ORDER BY due_at_ms DESC LIMIT 1",
        kind=kind.value,
    ).fetchone()
    return str(row["prompt"]) if row else ""


def everyones(connection: Connection, *, since: datetime, user_id: str | None = None, limit: int = 200) -> list[Call]:
    """Return calls since then, the newest first. For operators."""
    rows = connection.execute(
        "SELECT * FROM calls WHERE due_at_ms >= ?1 AND (?2 IS NULL OR user_id = ?2) ORDER BY due_at_ms DESC LIMIT +?3",
        (stamp(since), user_id, limit),
    )
    return [_call(row) for row in rows]


def lines_in_use(connection: Connection) -> int:
    """Return how many calls are under way, those included of which nothing was heard yet."""
    return connection.execute(f"SELECT count(*) FROM calls WHERE state IN {OPEN}").fetchone()[0]


def last_placed(connection: Connection, *, now: datetime) -> datetime | None:
    """Return when a call was last dialled: they are paced. One that is still to come was seen by a clock that was ahead."""
    at = connection.execute(
        "SELECT max(placed_at_ms) AS at FROM calls WHERE placed_at_ms IS NOT NULL AND placed_at_ms <= +?", (stamp(now),)
    ).fetchone()["at"]
    return None if at is None else unstamp(at)


_SECONDS = "coalesce(sum(CASE WHEN state IN ('dialing', 'live') THEN reserved_seconds ELSE spoken_seconds END), 0)"
"""What calls took; what is still under way counts as long as it may last."""


def seconds_of_person(scope: Scope, since: datetime) -> int:
    """Return how long a person's calls since then took, or may still take."""
    return scope.execute(
        f"SELECT {_SECONDS} FROM calls WHERE user_id = :user AND placed_at_ms >= :since",
        since=stamp(since),
    ).fetchone()[0]


def seconds_of_all(connection: Connection, since: datetime) -> int:
    """Return how long everybody's calls since then took, or may still take."""
    return connection.execute(f"SELECT {_SECONDS} FROM calls WHERE placed_at_ms >= ?", (stamp(since),)).fetchone()[0]


def attempts(scope: Scope, day: date) -> int:
    """Return how many calls of a local date were dialled, or came in."""
    return scope.execute(
        "SELECT count(*) FROM calls WHERE user_id = :user AND day = :day AND placed_at_ms IS NOT NULL",
        day=day.isoformat(),
    ).fetchone()[0]


def failed_by_fault(scope: Scope, day: date) -> bool:
    """Say whether a call of a local date did not happen by a fault that is not the person's, and none took place after it.

    The morning's call tells nothing of the evening's: who was not asked how it went owes no answer.
    """
    found = [call for call in of_day(scope, day) if call.kind is not CallKind.NOTICE]
    spoke = [call.due_at for call in found if call.outcome is CallOutcome.COMPLETED]
    failed = (call for call in found if (call.outcome or call.state) in (CallOutcome.FAILED, CallState.ABANDONED))
    return any(all(at <= call.due_at for at in spoke) for call in failed)


# --- its way -----------------------------------------------------------------------------------------


def begin(connection: Connection, call: Call, dialled: Dialled, *, most_lines: int, now: datetime) -> bool:
    """Mark a call as leaving, unless every line is taken or somebody else did; return whether it may be dialled."""
    if lines_in_use(connection) >= most_lines:
        return False
    return bool(
        connection.execute(
            "UPDATE calls SET state = 'dialing', reason = '', provider = ?, to_number = ?, language = ?, prompt = ?,"
            " snapshot = ?, reserved_seconds = ?, placed_at_ms = ? WHERE id = ? AND state IN ('due', 'queued')",
            (
                dialled.provider,
                dialled.to_number,
                dialled.language,
                dialled.prompt,
                _json(dialled.snapshot),
                dialled.reserved_seconds,
                stamp(now),
                call.id,
            ),
        ).rowcount
    )


def placed(connection: Connection, call_id: str, provider_call_id: str) -> None:
    """Remember what the provider calls it; a report may have said so before."""
    connection.execute(
        "UPDATE calls SET provider_call_id = ? WHERE id = ? AND provider_call_id IS NULL", (provider_call_id, call_id)
    )


def move(connection: Connection, call: Call, to: CallState, reason: str, *, now: datetime) -> Call | None:
    """Bring a call to another state, with the reason in plain words; return it, or None if it moved on meanwhile."""
    before = find(connection, call.id)
    if before is None or before.state is not call.state:
        return None
    step(before.state, to)
    over = to in (CallState.ABANDONED, CallState.FAILED)
    row = connection.execute(
        "UPDATE calls SET state = ?, reason = ?, ended_at_ms = CASE WHEN ? THEN ? ELSE ended_at_ms END,"
        " outcome = CASE WHEN ? THEN 'failed' ELSE outcome END WHERE id = ? RETURNING *",
        (to.value, reason, over, stamp(now), to is CallState.FAILED, call.id),
    ).fetchone()
    return _call(row)


def hear(connection: Connection, report: Report, *, at: datetime) -> tuple[Call, Call] | None:
    """Join a report to its call; return the call before and after, or None if it is nobody's or nothing new.

    Each event is kept once; a call that we do not know yet by the provider's id is known by ours.
    """
    report = without_words(report)
    call = find(connection, report.our_id) if report.our_id else None
    call = call or of_provider(connection, report.provider, report.provider_call_id)
    key = f"{'+'.join(report.seen) or 'snapshot'}:{report.provider_call_id}"
    connection.execute(
        "INSERT INTO call_events (provider, key, call_id, report, at_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (report.provider, key, call and call.id, _json(report), stamp(at)),
    )
    if call is None:
        return None
    joined = join(call.report, report)
    if joined == call.report:
        return None
    state = state_after(call.state, joined)
    outcome = joined.outcome
    row = connection.execute(
        "UPDATE calls SET report = ?, state = ?, outcome = ?, spoken_seconds = ?,"
        " provider_call_id = coalesce(provider_call_id, ?), provider = CASE WHEN provider = '' THEN ? ELSE provider END,"
        " ended_at_ms = coalesce(ended_at_ms, ?) WHERE id = ? RETURNING *",
        (
            _json(joined),
            state.value,
            outcome.value if outcome else "",
            call_minutes.counted(0, joined.duration_seconds, over=True),
            report.provider_call_id or None,
            report.provider,
            stamp(joined.ended_at or at) if joined.is_over else None,
            call.id,
        ),
    ).fetchone()
    return call, _call(row)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


@lru_cache(maxsize=64)
def _report(text: str) -> Report:
    """A call is looked at many times while it goes on, its words each time the same."""
    return msgspec.json.decode(text, type=Report)


def _call(row: Row) -> Call:
    return Call(
        id=row["id"],
        user_id=row["user_id"],
        kind=CallKind(row["kind"]),
        day=date.fromisoformat(row["day"]),
        state=CallState(row["state"]),
        chosen=bool(row["chosen"]),
        attempt=row["attempt"],
        first_id=row["first_id"] or "",
        asked_by=row["asked_by"],
        direction=row["direction"],
        slot=row["slot"],
        reason=row["reason"],
        provider=row["provider"],
        provider_call_id=row["provider_call_id"] or "",
        to_number=row["to_number"],
        language=row["language"],
        prompt=row["prompt"],
        snapshot=msgspec.json.decode(row["snapshot"], type=dict[str, str]),
        report=_report(row["report"]),
        outcome=CallOutcome(row["outcome"]) if row["outcome"] else None,
        reserved_seconds=row["reserved_seconds"],
        due_at=unstamp(row["due_at_ms"]),
        placed_at=None if row["placed_at_ms"] is None else unstamp(row["placed_at_ms"]),
        ended_at=None if row["ended_at_ms"] is None else unstamp(row["ended_at_ms"]),
        proved_at=None if row["proved_at_ms"] is None else unstamp(row["proved_at_ms"]),
        trace_id=row["trace_id"],
    )
