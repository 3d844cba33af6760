"""Reminders: what to say, and in `schedules` when. May import: scope, schedules, the domain.

A new time always gets a new schedule, since a slot's job is known by its schedule: an old slot never stands for a new one.
"""

from dataclasses import dataclass
from datetime import datetime

from ivy.clock import stamp, unstamp
from ivy.domain.jobs import REMINDER
from ivy.store import schedules
from ivy.store.binding import Row
from ivy.store.scope import Scope


@dataclass(frozen=True)
class Reminder:
    """`wall` (naive local) and `at` are the next time; `at` is None when none is left. `fired_at`: when it last went out."""

    id: str
    text: str
    cron: str
    zone: str
    wall: datetime
    at: datetime | None
    fired_at: datetime | None


@dataclass(frozen=True)
class Timing:
    """When: once at a naive local `wall`, or each time `cron` says. `schedule_id` is new with every timing."""

    schedule_id: str
    zone: str
    wall: datetime | None = None
    cron: str = ""


_SELECT = (
    "SELECT r.id, r.text, r.cron, r.fired_at_ms, s.zone, s.next_wall, s.next_at_ms FROM reminders r"
    " JOIN schedules s ON s.kind = :kind AND s.ref_id = r.id AND s.user_id = r.user_id WHERE r.user_id = :user"
)


def add(scope: Scope, reminder_id: str, text: str, timing: Timing, *, now: datetime) -> Reminder:
    """Write a reminder down with its schedule. Raises: BadCron, UnknownZone."""
    scope.execute(
        "INSERT INTO reminders (id, user_id, text, cron, created_at_ms) VALUES (:id, :user, :text, :cron, :now)",
        id=reminder_id,
        text=text,
        cron=timing.cron,
        now=stamp(now),
    )
    return _scheduled(scope, reminder_id, timing, now)


def _scheduled(scope: Scope, reminder_id: str, timing: Timing, now: datetime) -> Reminder:
    schedules.remove(scope, REMINDER, reminder_id)
    schedules.add(
        scope.connection,
        schedule_id=timing.schedule_id,
        kind=REMINDER,
        user_id=scope.user_id,
        zone=timing.zone,
        cron=timing.cron,
        wall=timing.wall,
        ref_id=reminder_id,
        now=now,
    )
    found = load(scope, reminder_id)
    assert found is not None  # noqa: S101 - written a moment ago
    return found


def load(scope: Scope, reminder_id: str) -> Reminder | None:
    """Return a reminder that is not deleted, whether it waits or has gone out."""
    row = scope.execute(
        f"{_SELECT} AND r.id = :id AND r.state <> 'deleted'", kind=REMINDER.name, id=reminder_id
    ).fetchone()
    return row and _reminder(row)


def waiting(scope: Scope) -> list[Reminder]:
    """Return what is still to go out, the next first."""
    rows = scope.execute(
        f"{_SELECT} AND r.state = 'waiting' ORDER BY s.next_at_ms IS NULL, s.next_at_ms, r.id", kind=REMINDER.name
    )
    return [_reminder(row) for row in rows]


def fired_since(scope: Scope, since: datetime) -> list[Reminder]:
    """Return what went out since an instant, the latest first."""
    rows = scope.execute(
        f"{_SELECT} AND r.state <> 'deleted' AND r.fired_at_ms >= :since ORDER BY r.fired_at_ms DESC, r.id",
        kind=REMINDER.name,
        since=stamp(since),
    )
    return [_reminder(row) for row in rows]


def count(scope: Scope) -> int:
    """Return how many wait."""
    return scope.execute("SELECT count(*) FROM reminders WHERE user_id = :user AND state = 'waiting'").fetchone()[0]


def fire(scope: Scope, reminder_id: str, *, now: datetime) -> Reminder | None:
    """Note that a reminder goes out now and return it; one that does not recur is done. For the handler's write.

    None: it is not to go out, because it was deleted, has gone out already, or was given a later time meanwhile.
    """
    reminder = load(scope, reminder_id)
    if reminder is None or (not reminder.cron and reminder.at is not None):
        return None
    changed = scope.execute(
        "UPDATE reminders SET fired_at_ms = :now, state = CASE WHEN cron = '' THEN 'done' ELSE state END"
        " WHERE user_id = :user AND id = :id AND state = 'waiting'",
        now=stamp(now),
        id=reminder_id,
    ).rowcount
    return reminder if changed else None


def soon(scope: Scope, *, now: datetime, limit: int) -> list[str]:
    """Return the next reminders as lines for a model: local time, text, and whether they recur."""
    coming = [each for each in waiting(scope) if each.at is not None and each.at >= now][:limit]
    return [f"{each.wall:%a %Y-%m-%d %H:%M} {each.text}{' (recurs)' if each.cron else ''}" for each in coming]


def reword(scope: Scope, reminder_id: str, text: str) -> None:
    scope.execute("UPDATE reminders SET text = :text WHERE user_id = :user AND id = :id", text=text, id=reminder_id)


def retime(scope: Scope, reminder_id: str, timing: Timing, *, now: datetime) -> Reminder:
    """Give a reminder another time, or another rhythm; one that has gone out waits again."""
    scope.execute(
        "UPDATE reminders SET cron = :cron, state = 'waiting' WHERE user_id = :user AND id = :id AND state <> 'deleted'",
        cron=timing.cron,
        id=reminder_id,
    )
    return _scheduled(scope, reminder_id, timing, now)


def snooze(scope: Scope, reminder: Reminder, timing: Timing, *, new_id: str, now: datetime) -> Reminder:
    """Let a reminder come (again) once at `timing.wall`; one that recurs keeps its rhythm, beside a copy called `new_id`."""
    if reminder.cron:
        return add(scope, new_id, reminder.text, timing, now=now)
    return retime(scope, reminder.id, timing, now=now)


def delete(scope: Scope, reminder_id: str) -> bool:
    """Forget a reminder and its schedule; return False if it does not wait."""
    schedules.remove(scope, REMINDER, reminder_id)
    return bool(
        scope.execute(
            "UPDATE reminders SET state = 'deleted' WHERE user_id = :user AND id = :id AND state = 'waiting'",
            id=reminder_id,
        ).rowcount
    )


def _reminder(row: Row) -> Reminder:
    return Reminder(
        id=row["id"],
        text=row["text"],
        cron=row["cron"],
        zone=row["zone"],
        wall=datetime.fromisoformat(row["next_wall"]),
        at=None if row["next_at_ms"] is None else unstamp(row["next_at_ms"]),
        fired_at=None if row["fired_at_ms"] is None else unstamp(row["fired_at_ms"]),
    )
