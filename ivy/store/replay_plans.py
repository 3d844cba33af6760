"""Plans of replays: what was shown, and what becomes of each letter by it. May import: binding, the domain."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.replay_plan import What
from ivy.errors import UsageError
from ivy.store.binding import Connection, Row
from ivy.store.job_records import LAST_LETTER

DRAFTS_KEPT = timedelta(days=1)
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class CauseSeen:
    """Why letters died, how many, and from when to when."""

    error: str
    cause: str
    letters: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Health:
    """How a channel does since the last letter died: `good` of `sent` messages were taken, the first at `since`."""

    channel: str
    good: int
    sent: int
    since: datetime | None
    left_alone: str = ""
    """Why it is left alone now, if it is."""


@dataclass(frozen=True)
class Facts:
    """What a plan shows beside its lines."""

    causes: tuple[CauseSeen, ...] = ()
    health: tuple[Health, ...] = ()
    paused: dict[str, str] = field(default_factory=dict[str, str])
    """Queues in which letters would wait, and why."""
    running: str = ""
    """Another plan that ran when this one was made, with `elsewhere` letters, which are left to it."""
    elsewhere: int = 0


@dataclass(frozen=True)
class Line:
    """What becomes of one letter. Letters of one `bundle` are one message, for which the line that `speaks` stands."""

    place: int
    job_id: str
    kind: str
    user_id: str | None
    bundle: int
    what: What
    speaks: bool
    note: str
    run_at: datetime | None
    wall: str
    cost_micros: int
    died_at: datetime
    replays: int
    state: str = ""
    message_id: str | None = None


@dataclass(frozen=True)
class Plan:
    """A plan as it is kept."""

    id: str
    state: str
    made_at: datetime
    rate: float
    facts: Facts
    known: tuple[str, ...]
    lines: tuple[Line, ...]
    actor: str = ""
    reason: str = ""
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    stopped_by: str = ""

    @property
    def going(self) -> tuple[Line, ...]:
        """The lines that go back to work."""
        return tuple(line for line in self.lines if line.what.goes)

    @property
    def people(self) -> int:
        return len({line.user_id for line in self.lines if line.user_id})


# --- made ------------------------------------------------------------------------------------------


def keep_draft(connection: Connection, plan: Plan) -> None:
    """Keep a plan that is only shown so far; drafts of yesterday and plans of long ago are forgotten."""
    _forget(connection, plan.made_at)
    now = stamp(plan.made_at)
    connection.execute(
        "INSERT INTO replay_plans (id, made_at_ms, rate, facts, known) VALUES (?, ?, ?, ?, ?)",
        (plan.id, now, plan.rate, msgspec.json.encode(plan.facts).decode(), _json(plan.known)),
    )
    for line in plan.lines:
        connection.execute(
            "INSERT INTO replay_plan_lines (plan_id, place, job_id, kind, user_id, bundle, what, speaks, note, run_at_ms,"
            " wall, cost_micros, died_at_ms, replays, state, state_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(plan.id, line.place, line.job_id, line.kind, line.user_id, line.bundle, line.what.value),
                *(int(line.speaks), line.note, None if line.run_at is None else stamp(line.run_at), line.wall),
                *(line.cost_micros, stamp(line.died_at), line.replays, "waiting" if line.what.goes else "left", now),
            ),
        )


def _forget(connection: Connection, now: datetime) -> None:
    old = (
        "SELECT id FROM replay_plans WHERE (state = 'draft' AND made_at_ms < ?1)"
        " OR (state IN ('stopped', 'done') AND ended_at_ms < ?2)"
    )
    marks = (stamp(now - DRAFTS_KEPT), stamp(now - KEPT))
    connection.execute(f"DELETE FROM replay_plan_lines WHERE plan_id IN ({old})", marks)
    connection.execute(f"DELETE FROM replay_plans WHERE id IN ({old})", marks)


def load(connection: Connection, given: str) -> Plan:
    """Return a plan by its id or the beginning of it. Raises: UsageError."""
    rows = connection.execute(
        "SELECT * FROM replay_plans WHERE id >= ? AND id < ? LIMIT 2", (given, given + LAST_LETTER)
    ).fetchall()
    if not given or not rows:
        raise UsageError(f"There is no plan {given!r}: `ivy replay-dlq --dry-run` makes one.")
    if len(rows) > 1:
        raise UsageError(f"{given!r} is the beginning of several plans' ids: give more of it.")
    return _plan(connection, rows[0])


def _plan(connection: Connection, row: Row) -> Plan:
    lines = connection.execute("SELECT * FROM replay_plan_lines WHERE plan_id = ? ORDER BY place", (row["id"],))
    return Plan(
        id=row["id"],
        state=row["state"],
        made_at=unstamp(row["made_at_ms"]),
        rate=row["rate"],
        facts=msgspec.json.decode(row["facts"], type=Facts),
        known=tuple(msgspec.json.decode(row["known"], type=list[str])),
        lines=tuple(map(line_of, lines)),
        actor=row["actor"],
        reason=row["reason"],
        begun_at=_instant(row["begun_at_ms"]),
        ended_at=_instant(row["ended_at_ms"]),
        stopped_by=row["stopped_by"],
    )


def line_of(row: Row) -> Line:
    """Return a line as it is kept."""
    return Line(
        place=row["place"],
        job_id=row["job_id"],
        kind=row["kind"],
        user_id=row["user_id"],
        bundle=row["bundle"],
        what=What(row["what"]),
        speaks=bool(row["speaks"]),
        note=row["note"],
        run_at=_instant(row["run_at_ms"]),
        wall=row["wall"],
        cost_micros=row["cost_micros"],
        died_at=unstamp(row["died_at_ms"]),
        replays=row["replays"],
        state=row["state"],
        message_id=row["message_id"],
    )


# --- what it shows ---------------------------------------------------------------------------------


def sent_since(connection: Connection, channel: str, since: datetime) -> tuple[int, int, datetime | None]:
    """Return of the messages that left by a channel after an instant how many were taken, how many there were, and when."""
    row = connection.execute(
        "SELECT count(*) AS sent, sum(state IN ('sent', 'delivered', 'read')) AS good,"
        " min(CASE WHEN state IN ('sent', 'delivered', 'read') THEN sent_at_ms END) AS first FROM messages_v2"
        " WHERE direction = 'out' AND channel = ? AND sent_at_ms > ? AND kind <> 'reaction'",
        (channel, stamp(since)),
    ).fetchone()
    return row["good"] or 0, row["sent"], _instant(row["first"])


def in_running(connection: Connection) -> tuple[str, frozenset[str]]:
    """Return the plan that runs, "" for none, and the letters that wait in it."""
    rows = connection.execute(
        "SELECT p.id, l.job_id FROM replay_plans p LEFT JOIN replay_plan_lines l ON l.plan_id = p.id AND l.state = 'waiting'"
        " WHERE p.state = 'running'"
    ).fetchall()
    return (rows[0]["id"] if rows else ""), frozenset(row["job_id"] for row in rows if row["job_id"])


def paused_queues(connection: Connection, *, now: datetime) -> dict[str, str]:
    """Return the queues that are paused, and why."""
    rows = connection.execute("SELECT queue, reason FROM queue_pauses WHERE until_ms > ?", (stamp(now),))
    return {row["queue"]: row["reason"] for row in rows}


def _instant(ms: int | None) -> datetime | None:
    return None if ms is None else unstamp(ms)


def _json(values: Any) -> str:
    return msgspec.json.encode(list(values)).decode()
