"""When somebody may be phoned who did not ask for it: the hours of their country as data, and their own quiet hours.

May import: the domain, the ground, msgspec, phonenumbers. Source: `data/calling_hours.toml`, which quotes the laws.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
import phonenumbers

from ivy.domain.phones import region_of
from ivy.domain.schedule import to_instant, to_wall
from ivy.domain.windows import QuietHours, quiet_until
from ivy.errors import ConfigError

EVERYWHERE = ""
"""The country of the rule that holds wherever no other does."""
LOOK_AHEAD = timedelta(days=15)
"""Nowhere are there so many holidays in a row; a country without any window is closed for good."""
ROUNDS = 60
"""How often quiet hours and calling hours may push each other on, a few times a day."""
_SATURDAY, _SUNDAY = 5, 6

Window = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One country's hours, as the file has them: windows such as "09:00-20:00" of local wall time."""

    country: Annotated[str, msgspec.Meta(pattern="^([A-Z]{2})?$")]
    monday_to_friday: tuple[Window, ...]
    saturday: tuple[Window, ...]
    sunday: tuple[Window, ...]
    basis: Literal["law", "code", "careful"]
    source: str
    checked: date
    on_holidays: tuple[Window, ...] = ()
    holidays: tuple[date, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: tuple[Rule, ...]


Minutes = tuple[int, int]
"""From and to, in minutes of the day; the end, up to 1440, is not in it."""


@dataclass(frozen=True)
class Week:
    """The hours of one country, ready to be asked."""

    rule: Rule
    days: tuple[tuple[Minutes, ...], ...]
    """By weekday, Monday first."""
    on_holidays: tuple[Minutes, ...]
    holidays: frozenset[date]

    def on(self, day: date) -> tuple[Minutes, ...]:
        return self.on_holidays if day in self.holidays else self.days[day.weekday()]


@dataclass(frozen=True)
class CallingHours:
    """A file of calling hours that was read and found whole."""

    weeks: Mapping[str, Week]

    def of(self, country: str) -> Week:
        """Return the hours of a country (ISO), or those for everywhere else."""
        return self.weeks.get(country) or self.weeks[EVERYWHERE]

    def holidays_end(self, country: str) -> int | None:
        """Return the last year whose holidays are known; None where none are listed."""
        return max((day.year for day in self.of(country).holidays), default=None)


@dataclass(frozen=True)
class OwnHours:
    """What bounds an unasked call to one person: `country` (ISO) is that of their number, `zone` where they live."""

    zone: str
    quiet: QuietHours | None
    hours: CallingHours
    country: str


@dataclass(frozen=True)
class Opening:
    """When a person may next be phoned unasked; None is never. `rule` names what keeps it closed now, "" if nothing."""

    at: datetime | None
    rule: str


def load(text: str, name: str = "the calling hours") -> CallingHours:
    """Read a file of calling hours. Raises: ConfigError, naming what is wrong with `name`."""
    try:
        return _check(msgspec.convert(tomllib.loads(text), _File))
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as error:
        raise ConfigError(f"{name} is wrong: {error}") from None


def country_of(phone: str) -> str:
    """Return the country (ISO) of a number in E.164, by its calling code where nobody knows it; "" if it has none."""
    if region := region_of(phone):
        return region if region.isalpha() else EVERYWHERE
    try:
        region = phonenumbers.region_code_for_country_code(phonenumbers.parse(phone).country_code or 0)
    except phonenumbers.NumberParseException:
        return EVERYWHERE
    return region if region.isalpha() and region != "ZZ" else EVERYWHERE


def is_open(hours: CallingHours, country: str, zone: str, now: datetime) -> bool:
    """Say whether the hours of a country allow a call at this moment, by the wall clock of `zone`."""
    wall = to_wall(now, zone)
    minute = wall.hour * 60 + wall.minute
    return any(start <= minute < end for start, end in hours.of(country).on(wall.date()))


def next_allowed(hours: CallingHours, country: str, zone: str, now: datetime) -> datetime | None:
    """Return the first instant from `now` on that the hours of a country allow, or None if none comes in 15 days."""
    if is_open(hours, country, zone, now):
        return now
    return next((at for at in _openings(hours.of(country), zone, now) if is_open(hours, country, zone, at)), None)


def next_open(own: OwnHours, now: datetime) -> Opening:
    """Return when both a person's quiet hours and the hours of their country are over."""
    at, rule = now, ""
    for _round in range(ROUNDS):
        if quiet := quiet_until(own.quiet, own.zone, at):
            at, rule = quiet, rule or "their quiet hours"
        allowed = next_allowed(own.hours, own.country, own.zone, at)
        if allowed == at:
            return Opening(at, rule)
        rule = rule or f"the calling hours of {own.country or 'their country'}"
        if allowed is None:
            break
        at = allowed
    return Opening(None, rule)


def _openings(week: Week, zone: str, now: datetime) -> Iterator[datetime]:
    """Yield, in order, the instants after `now` at which a window begins; some lie in a gap and open nothing."""
    wall = to_wall(now, zone)
    for ahead in range(LOOK_AHEAD.days + 1):
        day = wall.date() + timedelta(days=ahead)
        starts = [datetime.combine(day, time(start // 60, start % 60)) for start, _end in week.on(day)]
        instants = {to_instant(start, zone) for start in starts}
        if ahead == 0:  # in the repeated hour of autumn a window that was open in the first pass opens again
            instants |= {now + (start - wall) for start in starts}
        yield from sorted(at for at in instants if at > now)


def _check(file: _File) -> CallingHours:
    weeks: dict[str, Week] = {}
    for rule in file.rules:
        if rule.country in weeks:
            raise ValueError(f"there are two rules for {rule.country or 'everywhere else'}")
        weeks[rule.country] = _week(rule)
    if EVERYWHERE not in weeks:
        raise ValueError('a rule with country = "" must say what holds everywhere else')
    return CallingHours(weeks)


def _week(rule: Rule) -> Week:
    workday, saturday, sunday = (_minutes(day, rule) for day in (rule.monday_to_friday, rule.saturday, rule.sunday))
    days = (*[workday] * _SATURDAY, saturday, sunday)
    return Week(rule, days, _minutes(rule.on_holidays, rule), frozenset(rule.holidays))


def _minutes(windows: tuple[str, ...], rule: Rule) -> tuple[Minutes, ...]:
    """Return windows in minutes of the day. Raises: ValueError unless they follow each other."""
    found = tuple((_minute(start), _minute(end)) for start, end in (window.split("-") for window in windows))
    bounds = [minute for window in found for minute in window]
    if any(later <= earlier for earlier, later in pairwise(bounds)):
        raise ValueError(
            f"the windows {', '.join(windows)} of {rule.country or 'everywhere else'} do not follow each other"
        )
    return found


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
