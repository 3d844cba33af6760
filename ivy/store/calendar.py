"""Appointments: the wall time and the zone are the intent, instants are computed from them. May import: scope, the domain.

An event of a cron line recurs without end; its occurrences are computed when they are asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, takewhile

from ivy.clock import stamp
from ivy.domain.invisible import strip_invisible
from ivy.domain.schedule import next_occurrence, occurrences, to_instant
from ivy.store.binding import Row
from ivy.store.scope import Scope

WALL = "%Y-%m-%dT%H:%M:%S"
LONGEST_TITLE = 400
"""What a form books has its note in its title."""
LOOK_AHEAD = timedelta(days=92)
"""How far the occurrences of a recurring event are held against what is booked."""
MOST_OF_ONE = 1000
"""Occurrences of one event in one answer."""
_TICK = timedelta(seconds=1)
_CLOCK_CHANGES = timedelta(days=1)


@dataclass(frozen=True)
class NewEvent:
    """What is to be booked, in naive local time. All day: from midnight to the midnight after the last day."""

    id: str
    title: str
    starts: datetime
    ends: datetime
    zone: str
    all_day: bool = False
    cron: str = ""


@dataclass(frozen=True)
class Slot:
    """One occurrence of an event: naive local times, and the instants at which they come true."""

    event: NewEvent
    starts: datetime
    ends: datetime
    starts_at: datetime
    ends_at: datetime


def first_slot(event: NewEvent) -> Slot:
    """Return the first occurrence: of a recurring event, the first that its cron line allows from its start on."""
    if event.cron:
        wall = next_occurrence(event.cron, event.zone, to_instant(event.starts, event.zone) - _TICK).wall
        return _slot(event, wall)
    return _slot(event, event.starts)


def _slot(event: NewEvent, starts: datetime) -> Slot:
    ends = starts + (event.ends - event.starts)
    starts_at, ends_at = to_instant(starts, event.zone), to_instant(ends, event.zone)
    if ends > starts and ends_at <= starts_at:  # all of it fell into the hour that is left out in spring
        ends_at = starts_at + (ends - starts)
    return Slot(event, starts, ends, starts_at, ends_at)


def book(scope: Scope, event: NewEvent, *, now: datetime) -> Slot:
    """Write an event down and return its first occurrence. Raises: BadCron, UnknownZone."""
    slot = first_slot(_clean(event))
    scope.execute(
        "INSERT INTO calendar_events (id, user_id, title, all_day, starts_wall, ends_wall, zone, starts_at_ms, ends_at_ms,"
        " cron, created_at_ms)"
        " VALUES (:id, :user, :title, :all_day, :starts, :ends, :zone, :starts_at, :ends_at, :cron, :now)",
        id=event.id,
        now=stamp(now),
        **_columns(slot),
    )
    return slot


def update(scope: Scope, event: NewEvent) -> Slot:
    """Write all of an event anew under its id and return its first occurrence. Raises: BadCron, UnknownZone."""
    slot = first_slot(_clean(event))
    scope.execute(
        "UPDATE calendar_events SET title = :title, all_day = :all_day, starts_wall = :starts, ends_wall = :ends,"
        " zone = :zone, starts_at_ms = :starts_at, ends_at_ms = :ends_at, cron = :cron"
        " WHERE user_id = :user AND id = :id AND state = 'booked'",
        id=event.id,
        **_columns(slot),
    )
    return slot


def _columns(slot: Slot) -> dict[str, str | int]:
    return {
        "title": slot.event.title,
        "all_day": slot.event.all_day,
        "starts": slot.starts.strftime(WALL),
        "ends": slot.ends.strftime(WALL),
        "zone": slot.event.zone,
        "starts_at": stamp(slot.starts_at),
        "ends_at": stamp(slot.ends_at),
        "cron": slot.event.cron,
    }


def _clean(event: NewEvent) -> NewEvent:
    """Return the event with its title on one line, without what nobody can see, and cut where it is too long."""
    return replace(event, title=" ".join(strip_invisible(event.title).split())[:LONGEST_TITLE])


def cancel(scope: Scope, event_id: str) -> bool:
    """Take an event, with all its occurrences, off the calendar; return False if it is not there."""
    return bool(
        scope.execute(
            "UPDATE calendar_events SET state = 'cancelled' WHERE user_id = :user AND id = :id AND state = 'booked'",
            id=event_id,
        ).rowcount
    )


def load(scope: Scope, event_id: str) -> NewEvent | None:
    """Return a booked event."""
    row = scope.execute(
        "SELECT * FROM calendar_events WHERE user_id = :user AND id = :id AND state = 'booked'", id=event_id
    ).fetchone()
    return row and _event(row)


def listed(scope: Scope, since: datetime, until: datetime) -> list[Slot]:
    """Return what lies wholly or partly between two instants, recurring events expanded, in order of time."""
    slots = [slot for event in _touching(scope, since, until) for slot in _between(event, since, until)]
    return sorted(slots, key=lambda slot: (slot.starts_at, slot.ends_at, slot.event.id))


def upcoming(scope: Scope, now: datetime) -> list[Slot]:
    """Return the next (or running) occurrence of every booked event that is not over, in order of time."""
    slots = [_next_slot(event, now) for event in _touching(scope, now, None)]
    return sorted((slot for slot in slots if slot), key=lambda slot: (slot.starts_at, slot.event.id))


def soon(scope: Scope, *, now: datetime, limit: int) -> list[str]:
    """Return what is booked in the next seven days as lines for a model: local time and title."""
    return [
        f"{slot.starts:%a %Y-%m-%d} {'all day' if slot.event.all_day else f'{slot.starts:%H:%M}-{slot.ends:%H:%M}'}"
        f" {slot.event.title}"
        for slot in listed(scope, now, now + timedelta(days=7))[:limit]
    ]


def counts(scope: Scope, now: datetime) -> tuple[int, int]:
    """Return how many booked events are not over, and how many of them recur."""
    row = scope.execute(
        "SELECT count(*) AS ahead, count(*) FILTER (WHERE cron <> '') AS recurring FROM calendar_events"
        " WHERE user_id = :user AND state = 'booked' AND (cron <> '' OR ends_at_ms > :now)",
        now=stamp(now),
    ).fetchone()
    return row["ahead"], row["recurring"]


def conflicts(scope: Scope, event: NewEvent) -> list[Slot]:
    """Return what is booked at the same time as an event that is not (or not yet so) in the calendar.

    All-day events are in nobody's way. A recurring event is held against the next 92 days from its start.
    """
    if event.all_day:
        return []
    first = first_slot(event)
    until = first.starts_at + LOOK_AHEAD if event.cron else first.ends_at
    wanted = _between(event, first.starts_at, until) if event.cron else [first]
    return [
        slot
        for slot in listed(scope, first.starts_at, until)
        if slot.event.id != event.id and not slot.event.all_day and any(_overlap(slot, each) for each in wanted)
    ]


def _overlap(one: Slot, other: Slot) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _touching(scope: Scope, since: datetime, until: datetime | None) -> Iterator[NewEvent]:
    rows = scope.execute(
        "SELECT * FROM calendar_events WHERE user_id = :user AND state = 'booked' AND (cron <> '' OR ends_at_ms >= :since)"
        " AND (:until IS NULL OR starts_at_ms < :until)",
        since=stamp(since),
        until=None if until is None else stamp(until),
    ).fetchall()
    return map(_event, rows)


def _between(event: NewEvent, since: datetime, until: datetime) -> list[Slot]:
    """Return the occurrences of an event that overlap a span of instants; one without length counts where it starts."""
    begun = takewhile(lambda slot: slot.starts_at < until, islice(_since(event, since), MOST_OF_ONE))
    return [slot for slot in begun if slot.ends_at > since or slot.starts_at >= since]


def _next_slot(event: NewEvent, now: datetime) -> Slot | None:
    return next((slot for slot in _since(event, now) if slot.ends_at > now or slot.starts_at >= now), None)


def _since(event: NewEvent, since: datetime) -> Iterator[Slot]:
    """Yield the occurrences of an event from a little before an instant on; without end if it recurs."""
    if not event.cron:
        return iter([_slot(event, event.starts)])
    length = event.ends - event.starts + _CLOCK_CHANGES
    after = max(to_instant(event.starts, event.zone), since - length) - _TICK
    return (_slot(event, due.wall) for due in occurrences(event.cron, event.zone, after))


def _event(row: Row) -> NewEvent:
    return NewEvent(
        id=row["id"],
        title=row["title"],
        starts=datetime.fromisoformat(row["starts_wall"]),
        ends=datetime.fromisoformat(row["ends_wall"]),
        zone=row["zone"],
        all_day=bool(row["all_day"]),
        cron=row["cron"],
    )
