"""When a person is free: the times of a day at which something fits between what is booked. May import: schedule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ivy.domain.schedule import local_date, to_instant, to_wall

FIRST, LAST = time(7), time(21)
"""The day in which free times are offered; who wants another hour writes it in the chat."""
STEP = timedelta(minutes=30)
NOTICE = timedelta(minutes=15)
"""Nothing is offered sooner than this."""

Span = tuple[datetime, datetime]
"""From and to, as instants; it is over at its end."""


@dataclass(frozen=True)
class Calendar:
    """What is booked, in a zone, as of an instant."""

    busy: Sequence[Span]
    zone: str
    now: datetime


def free_times(calendar: Calendar, day: date, length: timedelta) -> list[time]:
    """Return the local times of a day at which something of a length fits, in order."""
    return [wall.time() for wall in _starts(calendar, day, length)]


def free_days(calendar: Calendar, ahead: int, length: timedelta) -> list[date]:
    """Return the days from today on, today included, that have a free time; `ahead` days are looked at."""
    today = local_date(calendar.now, calendar.zone)
    days = (today + timedelta(days=number) for number in range(ahead))
    return [day for day in days if next(_starts(calendar, day, length), None) is not None]


def is_free(calendar: Calendar, day: date, clock: time, length: timedelta) -> bool:
    """Say whether a time is still one that would be offered."""
    return clock in free_times(calendar, day, length)


def _starts(calendar: Calendar, day: date, length: timedelta) -> Iterator[datetime]:
    wall, last = datetime.combine(day, FIRST), datetime.combine(day, LAST)
    begin, end = to_instant(wall, calendar.zone), to_instant(last, calendar.zone) + length
    near = [span for span in calendar.busy if span[0] < end and begin < span[1]]
    while wall <= last:
        starts = to_instant(wall, calendar.zone)
        ends = starts + length
        # An hour that the clocks leave out in spring cannot be kept.
        exists = to_wall(starts, calendar.zone) == wall
        if exists and starts >= calendar.now + NOTICE and not any(one < ends and starts < other for one, other in near):
            yield wall
        wall += STEP
