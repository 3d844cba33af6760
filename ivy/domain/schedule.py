"""When a wish in local time comes true: zones, wall clock to instant, occurrences of a cron line.

May import: the standard library, croniter (inside functions: it is slow to load) and the errors.

Cron lines are read over naive local time, because a cron library that sees the zone doubles jobs in autumn; this file
alone turns wall time into instants: in a gap the first valid instant after it, in a fold the first occurrence only.
It is also the one place that builds a `ZoneInfo`, so that the rules of the `tzdata` package always win.
"""

import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from ivy.errors import IvyError

# The system's zone files are looked at first by default, and old ones are an hour wrong in six places in 2026.
zoneinfo.reset_tzpath(())
ZoneInfo.clear_cache()

_NOT_PLACES = frozenset({"Factory", "localtime", "posixrules"})
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))
_FIELD = re.compile(r"[0-9a-zA-Z*,/#-]+")
_BY_CHANCE = re.compile(r"(?<![a-z])[hr](?![a-z])", re.IGNORECASE)  # croniter draws these anew each time it is asked
_ANY_DAY = datetime.combine(date(2026, 1, 1), time())


class UnknownZone(IvyError, ValueError):
    """No such time zone in the tz database."""


class BadCron(IvyError, ValueError):
    """A cron line that cannot be read, or that never comes due."""


@dataclass(frozen=True)
class Occurrence:
    """One firing: `wall` is the naive local time that was asked for, `instant` (UTC) is when it comes true.

    `wall.date()` is the day it counts for. In a gap the local clock already shows a later time at `instant`, and
    where clocks jump over midnight (America/Nuuk) even a later date.
    """

    wall: datetime
    instant: datetime


def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name such as "America/Bogota", by the `tzdata` package. Raises: UnknownZone."""
    try:
        if name in _NOT_PLACES:
            raise ValueError(name)
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:  # a folder ("America") is an OSError, a missing file a KeyError
        raise UnknownZone(
            f'"{name}" is not a time zone. Write one like "America/Bogota" or "Europe/London".'
        ) from error


def to_wall(instant: datetime, zone_name: str) -> datetime:
    """Return the naive local time that a clock on the wall shows at an aware instant."""
    return instant.astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)


def local_date(instant: datetime, zone_name: str) -> date:
    """Return the person's own date at an aware instant."""
    return instant.astimezone(zone(zone_name)).date()


def to_instant(wall: datetime, zone_name: str) -> datetime:
    """Return the UTC instant of a naive local time: after a gap the first valid one, in a fold the first of the two."""
    place = zone(zone_name)
    instant = wall.replace(tzinfo=place, fold=0).astimezone(UTC)
    if instant.astimezone(place).replace(tzinfo=None) == wall.replace(fold=0):
        return instant
    return _end_of_gap(wall.replace(tzinfo=place, fold=1).astimezone(UTC), instant, place)


def _end_of_gap(before: datetime, after: datetime, place: ZoneInfo) -> datetime:
    """Return the whole second at which the local clock jumped: later than `before`, not later than `after`."""
    low, high = before.replace(microsecond=0), after.replace(microsecond=0)
    old = low.astimezone(place).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(place).utcoffset() == old:
            low = middle
        else:
            high = middle
    return high


def walls(cron: str, after_wall: datetime) -> Iterator[datetime]:
    """Yield the naive local times of a cron line, strictly after another and rising. Raises: BadCron."""
    from croniter import CroniterError, croniter

    _check_shape(cron)
    try:
        upcoming = croniter(cron, after_wall)
        while True:
            yield upcoming.get_next(datetime)
    except CroniterError as error:
        raise BadCron(f'The schedule "{cron}" cannot be read, or never comes due.') from error


def next_wall(cron: str, after_wall: datetime) -> datetime:
    """Return the first naive local time of a cron line strictly after another. Raises: BadCron."""
    return next(walls(cron, after_wall))


def occurrences(cron: str, zone_name: str, after: datetime) -> Iterator[Occurrence]:
    """Yield what is due strictly after an aware instant, each instant later than the one before, without end.

    Times that one gap swallows meet at one instant and are one occurrence, under the first of their wall times.
    Raises: BadCron, UnknownZone.
    """
    last = after.astimezone(UTC)
    upcoming = walls(cron, to_wall(last, zone_name))
    while True:
        wall = next(upcoming)
        instant = to_instant(wall, zone_name)
        # Not later: the second pass of an hour that comes twice, or another time swallowed by the same gap.
        if instant > last:
            last = instant
            yield Occurrence(wall, instant)


def next_occurrence(cron: str, zone_name: str, after: datetime) -> Occurrence:
    """Return the first firing strictly after an aware instant. Raises: BadCron, UnknownZone."""
    return next(occurrences(cron, zone_name, after))


def occurrences_between(cron: str, zone_name: str, after: datetime, until: datetime) -> list[Occurrence]:
    """Return the firings strictly after one aware instant and not later than another. Raises: BadCron, UnknownZone."""
    return list(takewhile(lambda due: due.instant <= until, occurrences(cron, zone_name, after)))


def check_cron(line: str) -> None:
    """Raise BadCron, in words for the person who wrote the line, unless it can be read and comes due some day."""
    next_wall(line, _ANY_DAY)


def _check_shape(line: str) -> None:
    """Refuse what croniter takes but Ivy does not mean: seconds, years, nicknames, and fields drawn by chance."""
    fields = line.split()
    if len(fields) != len(_FIELDS):
        raise BadCron(
            f'The schedule "{line}" does not have five parts: minute, hour, day of the month, month '
            'and day of the week, such as "30 6 * * 1-5".'
        )
    for field, (name, lowest, highest) in zip(fields, _FIELDS, strict=True):
        if not _FIELD.fullmatch(field) or _BY_CHANCE.search(field):
            raise BadCron(f'"{field}" cannot stand for the {name} in the schedule "{line}".')
        wrong = [number for number in re.findall(r"(?<![/#0-9])[0-9]+", field) if not lowest <= int(number) <= highest]
        if wrong:
            raise BadCron(f"The {name} in the schedule goes from {lowest} to {highest}, so {wrong[0]} cannot be.")
