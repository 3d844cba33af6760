"""Whether the very same was written down before: a moment ago, and then it is asked about first. May import: scope, the domain."""

from datetime import datetime

from ivy.clock import stamp, unstamp
from ivy.domain.expenses import searchable
from ivy.domain.jobs import REMINDER
from ivy.domain.taint import plain
from ivy.store.calendar import WALL, NewEvent
from ivy.store.expenses import Expense
from ivy.store.reminders import Timing
from ivy.store.scope import Scope


def is_booked(scope: Scope, event: NewEvent, *, since: datetime) -> bool:
    """Say whether an event of this title and time was booked since then, and still is."""
    rows = scope.execute(
        "SELECT title FROM calendar_events WHERE user_id = :user AND state = 'booked' AND created_at_ms >= :since"
        " AND starts_wall = :starts AND ends_wall = :ends AND cron = :cron AND zone = :zone",
        since=stamp(since),
        starts=event.starts.strftime(WALL),
        ends=event.ends.strftime(WALL),
        cron=event.cron,
        zone=event.zone,
    )
    return any(plain(row["title"]) == plain(event.title) for row in rows)


def set_before(scope: Scope, text: str, timing: Timing) -> tuple[str, datetime] | None:
    """Return the waiting reminder of this text and time, and when it was set; None if there is none."""
    rows = scope.execute(
        "SELECT r.id, r.text, r.created_at_ms, s.next_wall FROM reminders r JOIN schedules s ON s.kind = :kind"
        " AND s.ref_id = r.id AND s.user_id = r.user_id WHERE r.user_id = :user AND r.state = 'waiting'"
        " AND r.cron = :cron AND s.zone = :zone ORDER BY r.created_at_ms DESC",
        kind=REMINDER.name,
        cron=timing.cron,
        zone=timing.zone,
    )
    for row in rows:
        same_time = timing.wall is None or datetime.fromisoformat(row["next_wall"]) == timing.wall
        if same_time and plain(row["text"]) == plain(text):
            return row["id"], unstamp(row["created_at_ms"])
    return None


def is_noted(scope: Scope, expense: Expense, *, since: datetime) -> bool:
    """Say whether an expense of this amount, day and words was written down since then, and not taken back."""
    return bool(
        scope.execute(
            "SELECT 1 FROM expenses WHERE user_id = :user AND deleted_at_ms IS NULL AND created_at_ms >= :since"
            " AND amount_minor = :amount AND currency = :currency AND plain = :plain AND day = :day LIMIT 1",
            since=stamp(since),
            amount=expense.money.amount_minor,
            currency=expense.money.currency,
            plain=searchable(expense.description),
            day=expense.day.isoformat(),
        ).fetchone()
    )
