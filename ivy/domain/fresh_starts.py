"""Mornings on which somebody who fell out of it is offered a fresh start. May import: the standard library.

Source: E12 (fresh starts help): Mondays, birthdays, and the first morning after a trip. It is part of what goes to them
that morning anyway, and never a contact of its own; how many days it has been is never said.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

QUIET_FOR = timedelta(days=7)
"""So long no day was kept."""
SHORTEST_TRIP = timedelta(hours=12)
"""A zone that was set wrongly is put right sooner."""
LONGEST_TRIP = timedelta(days=60)
"""Who comes back later than this had moved."""
LOOKED_BACK = timedelta(days=8)
"""A slot that comes once a week has come by then."""
_MONDAY = 0


class Fresh(StrEnum):
    """What makes a morning one."""

    WEEK = "week"
    BACK = "back"
    BIRTHDAY = "birthday"


@dataclass(frozen=True)
class Trip:
    """A person's last change of zone: where they lived `before`, and whether they came `back` by it. Instants are UTC.

    After a return there is no `before`: the next change begins a trip.
    """

    before: str = ""
    left_at: datetime | None = None
    back_at: datetime | None = None


def after_move(trip: Trip, old: str, new: str, now: datetime) -> Trip:
    """Return what is known of a trip once somebody has changed their zone from `old` to `new`."""
    away = now - (trip.left_at or now)
    if trip.before == new and away <= LONGEST_TRIP:
        return Trip(back_at=now) if away >= SHORTEST_TRIP else Trip()
    return Trip(before=old, left_at=now)


def fresh_day(day: date, back_on: date | None, birthday: date | None = None) -> Fresh | None:
    """Return what makes a local date one for a fresh start, the rarest if several things do.

    `back_on` is the first morning after a trip, `birthday` the date of theirs in that year.
    """
    if day == birthday:
        return Fresh.BIRTHDAY
    if day == back_on:
        return Fresh.BACK
    return Fresh.WEEK if day.weekday() == _MONDAY else None


def is_out_of_it(day: date, kept: date | None, since: date) -> bool:
    """Say whether somebody kept no day for a week; `kept` is the last one, `since` the date from which Ivy knows them."""
    return day - max(kept or since, since) >= QUIET_FOR
