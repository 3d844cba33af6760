"""How quick and how sure Ivy has been: latencies by role, tools that did their work. May import: the ground.

Spans are in milliseconds, and None where nothing was measured. Nobody is named.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ivy.clock import stamp
from ivy.store.binding import Connection

TARGETS_MS = (5_000, 3_000, 2_000)
"""A-m-latency: what answers should take less than, in the plan's three phases."""
TOOL_TARGETS = (0.90, 0.95, 0.98)
"""A-m-tools: the part of tool calls that should succeed, in the same phases."""

OUT_OF_SCOPE = "out_of_scope"
"""The tool by which a model says no to what is no coaching."""


@dataclass(frozen=True)
class RoleLatency:
    """One role: how long its model took for a call, and how long people waited for the replies that it gave.

    A reply counts from the first message it answers to when it left, and for the role that spoke last.
    """

    role: str
    calls: int
    p50_ms: int | None
    p95_ms: int | None
    replies: int
    reply_p50_ms: int | None
    reply_p95_ms: int | None


@dataclass(frozen=True)
class ToolSuccess:
    """Tool calls that did their work, that said no to what they were asked (no fault of Ivy's), and that broke."""

    done: int
    refused: int
    faults: int

    @property
    def rate(self) -> float | None:
        """The part that succeeded of what could have; None of nothing."""
        return self.done / (self.done + self.faults) if self.done + self.faults else None


@dataclass(frozen=True)
class Measures:
    """What was measured since an instant."""

    since: datetime
    roles: tuple[RoleLatency, ...]
    tools: ToolSuccess
    out_of_scope: int = 0
    """How often somebody asked for what Ivy is not for, and was told so (F3)."""


def measures(connection: Connection, *, since: datetime) -> Measures:
    calls = _calls(connection, stamp(since))
    replies = _replies(connection, stamp(since))
    roles = [_role(role, calls.get(role, []), replies.get(role, [])) for role in {**calls, **replies}]
    return Measures(since, tuple(roles), _tools(connection, stamp(since)), _out_of_scope(connection, stamp(since)))


def _role(role: str, calls: Sequence[int], replies: Sequence[int]) -> RoleLatency:
    calls, replies = sorted(calls), sorted(replies)
    return RoleLatency(
        role,
        len(calls),
        percentile(calls, 0.5),
        percentile(calls, 0.95),
        len(replies),
        percentile(replies, 0.5),
        percentile(replies, 0.95),
    )


def _calls(connection: Connection, since_ms: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in connection.execute(
        "SELECT role, latency_ms FROM ai_usage WHERE at_ms >= ? AND status = 'done' AND latency_ms IS NOT NULL"
        " ORDER BY role = 'primary' DESC, role = 'fallback' DESC, role",
        (since_ms,),
    ):
        found.setdefault(row["role"], []).append(row["latency_ms"])
    return found


def _replies(connection: Connection, since_ms: int) -> dict[str, list[int]]:
    rows = connection.execute(
        "SELECT (SELECT role FROM ai_usage WHERE turn_id = m.turn_id AND status = 'done' ORDER BY at_ms DESC, rowid DESC"
        " LIMIT 1) AS role, min(sent_at_ms) FILTER (WHERE direction = 'out')"
        " - min(at_ms) FILTER (WHERE direction = 'in') AS took"
        " FROM messages_v2 m WHERE at_ms >= ? AND turn_id IS NOT NULL GROUP BY turn_id",
        (since_ms,),
    )
    found: dict[str, list[int]] = {}
    for row in rows:
        if row["role"] is not None and row["took"] is not None:
            found.setdefault(row["role"], []).append(max(0, row["took"]))
    return found


def _tools(connection: Connection, since_ms: int) -> ToolSuccess:
    row = connection.execute(
        "SELECT coalesce(sum(status = 'done'), 0), coalesce(sum(status IN ('failed', 'refused')), 0)"
        " FROM tool_executions WHERE at_ms >= ?",
        (since_ms,),
    ).fetchone()
    faults = connection.execute("SELECT count(*) FROM tool_faults WHERE at_ms >= ?", (since_ms,)).fetchone()[0]
    return ToolSuccess(row[0], row[1], faults)


def _out_of_scope(connection: Connection, since_ms: int) -> int:
    return connection.execute(
        "SELECT count(*) FROM tool_executions WHERE at_ms >= ? AND tool = ?", (since_ms, OUT_OF_SCOPE)
    ).fetchone()[0]


def percentile(ordered: Sequence[int], part: float) -> int | None:
    """Return the smallest of these that at least `part` of them do not exceed; None of nothing."""
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else None
