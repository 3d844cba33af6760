"""All that was written down of one turn, to go through it again. May import: exchanges, turns, scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ivy.clock import stamp
from ivy.store import exchanges, turns
from ivy.store.binding import Connection, Row
from ivy.store.exchanges import Kept
from ivy.store.scope import within
from ivy.store.turns import Step


@dataclass(frozen=True)
class Recorded:
    """One turn as its rows have it; `ran` by the key of a tool call, `sent` by a message's id."""

    turn_id: str
    user_id: str
    person: str
    prompt: str
    state: str
    started_at_ms: int
    steps: tuple[Step, ...]
    kept: Mapping[str, Kept]
    used: Mapping[str, Row]
    ran: Mapping[str, Row]
    sent: Mapping[str, Row]


def load(connection: Connection, turn_id: str) -> Recorded:
    """Return all that is kept of a turn that there is."""
    row = connection.execute(
        "SELECT t.*, u.name FROM turns t JOIN users u ON u.id = t.user_id WHERE t.id = ?", (turn_id,)
    ).fetchone()
    steps = turns.steps(within(connection, row["user_id"]), turn_id)
    calls = [str(step.payload["call"]) for step in steps if step.payload.get("call")]
    used = _by(connection, "id", "SELECT * FROM ai_usage WHERE turn_id = ?", turn_id)
    return Recorded(
        turn_id,
        row["user_id"],
        row["name"],
        row["prompt"],
        row["state"],
        row["started_at_ms"],
        steps,
        {each: kept for each in calls if (kept := exchanges.load(connection, each)) is not None},
        used,
        _by(connection, "key", "SELECT * FROM tool_executions WHERE turn_id = ? ORDER BY rowid", turn_id),
        _by(connection, "id", "SELECT * FROM messages_v2 WHERE turn_id = ? AND direction = 'out'", turn_id),
    )


def _by(connection: Connection, column: str, sql: str, value: str) -> dict[str, Row]:
    return {row[column]: row for row in connection.execute(sql, (value,))}


def turn_of(connection: Connection, kind: str, thing: str) -> str | None:
    """Return the turn that a message, tool call or model call is part of."""
    table = {"message": "messages_v2", "tool call": "tool_executions", "model call": "ai_usage"}.get(kind)
    if table is None:
        return None
    row = connection.execute(
        f"SELECT turns.id FROM {table} JOIN turns ON turns.id = turn_id WHERE {table}.id = ?", (thing,)
    ).fetchone()
    return row and row["id"]


def latest(connection: Connection, *, since: datetime, limit: int) -> list[str]:
    """Return the turns since an instant that asked a model something, the newest first: of these at most `limit`."""
    rows = connection.execute(
        "SELECT id FROM turns WHERE started_at_ms >= ? AND EXISTS (SELECT 1 FROM turn_steps s WHERE s.turn_id = turns.id"
        " AND s.kind = 'answer') ORDER BY started_at_ms DESC, id DESC LIMIT +?",
        (stamp(since), limit),
    )
    return [row["id"] for row in rows]
