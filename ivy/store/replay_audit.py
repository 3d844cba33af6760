"""What a plan of a replay decided about each letter, written into the audit log line by line. May import: replay_plans, scope.

Each line has one row of its own, in the commit that decides about it: with who, why, by which plan, and what became of it.
"""

from datetime import datetime

from ivy.clock import stamp
from ivy.store.binding import Connection
from ivy.store.replay_plans import Line, Plan
from ivy.store.scope import audit

RELEASED = "replay-dlq release"
"""It goes back to work, now or when its time comes."""
LEFT = "replay-dlq leave"
"""It stays a dead letter, as the plan had it."""
SKIPPED = "replay-dlq skip"
"""It was to go back to work, and has changed since the plan was made."""
ACTIONS = (RELEASED, LEFT, SKIPPED)


def left(connection: Connection, plan: Plan, *, now: datetime) -> None:
    """Write of a plan that begins what it leaves as it is: too late, opted out, poison, and whatever else does not go."""
    for line in plan.lines:
        if not line.what.goes:
            _line(connection, plan, line, LEFT, now=now, became="left as it was", note=line.note)


def skipped(connection: Connection, plan: Plan, line: Line, why: str, *, now: datetime) -> None:
    """Write of a line that it does not go back to work after all, and why."""
    _line(connection, plan, line, SKIPPED, now=now, became="left as it was", note=why)


def released(
    connection: Connection, plan: Plan, line: Line, *, run_at: datetime, message_id: str, now: datetime
) -> None:
    """Write of a line that it went back to work, until when it waits, and in which message; "" for work that is none."""
    became = "sent back to work" if run_at <= now else f"waits until {run_at.isoformat(timespec='seconds')}"
    _line(connection, plan, line, RELEASED, now=now, became=became, note=line.note, message=message_id)


def _line(
    connection: Connection,
    plan: Plan,
    line: Line,
    action: str,
    *,
    now: datetime,
    became: str,
    note: str,
    message: str = "",
) -> None:
    details = {
        "ids": [line.job_id],
        "plan": plan.id,
        "place": line.place,
        "what": line.what.value,
        "became": became,
        "note": note,
        "message": message,
    }
    audit(
        connection,
        at_ms=stamp(now),
        actor=plan.actor,
        action=action,
        reason=plan.reason,
        subject=f"job {line.job_id}",
        details=details,
    )
