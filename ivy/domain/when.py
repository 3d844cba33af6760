"""A time that a person named, and how to say it back. May import: the standard library, the words of time, said."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from ivy.domain.said import language, region
from ivy.domain.time_words import SHORT_MONTHS, SHORT_WEEKDAYS

_TWELVE_HOURS = ("US",)
_DAILY = {"en": "every day", "es": "todos los días"}
_EVERY = {"en": "every", "es": "cada"}
_AND = {"en": "and", "es": "y"}
_SIMPLE = re.compile(r"([0-9]+) ([0-9,]+) (\*|L|[0-9]+) (\*|[0-9]+) (\*|[0-7,-]+)")


@dataclass(frozen=True)
class When:
    """A moment, a whole day, or the first of many, in the person's own zone.

    `wall` is naive local time (midnight if `all_day`); `instant` is the same in UTC, which alone is exact for "in 20
    minutes" while an hour comes twice. `repeat` is a cron line over local time, "" for once; it is the truth of
    what repeats, and `wall` its first time.
    """

    wall: datetime
    instant: datetime
    all_day: bool = False
    repeat: str = ""

    @property
    def day(self) -> date:
        return self.wall.date()


def describe_when(when: When, locale: str) -> str:
    """Say a time so that the person can check it: "Tue 24 Nov, 14:00", "Tue 24 Nov, 2:00 pm" (en-US), "mar 24 nov".

    What repeats is said by its rule: "every Mon and Thu, 6:30 am".
    """
    if when.repeat:
        return _describe_repeat(when, locale)
    day = describe_day(when.day, locale)
    return day if when.all_day else f"{day}, {describe_clock(when.wall.time(), locale)}"


def describe_day(day: date, locale: str) -> str:
    """Say a day: "Tue 24 Nov", "mar 24 nov"."""
    tongue = language(locale)
    return f"{SHORT_WEEKDAYS[tongue][day.weekday()]} {day.day} {SHORT_MONTHS[tongue][day.month - 1]}"


def describe_clock(clock: time, locale: str) -> str:
    """Say a time of day: "14:00", or "2:00 pm" where people count to twelve."""
    if language(locale) == "en" and region(locale) in _TWELVE_HOURS:
        return f"{(clock.hour - 1) % 12 + 1}:{clock.minute:02d} {'pm' if clock.hour >= 12 else 'am'}"
    return f"{clock.hour:02d}:{clock.minute:02d}"


def _describe_repeat(when: When, locale: str) -> str:
    tongue, simple = language(locale), _SIMPLE.fullmatch(when.repeat)
    if simple is None:
        return f"{_EVERY[tongue]}: {when.repeat}"
    minute, hours, day, month, weekdays = simple.groups()
    clocks = [describe_clock(time(int(hour), int(minute)), locale) for hour in hours.split(",")]
    return f"{_days_of(day, month, weekdays, tongue)}, {_listed(clocks, tongue)}"


def _days_of(day: str, month: str, weekdays: str, tongue: str) -> str:
    if weekdays == "1-5":
        return "every weekday" if tongue == "en" else "de lunes a viernes"
    if weekdays != "*":
        names = [SHORT_WEEKDAYS[tongue][number] for number in _weekday_numbers(weekdays)]
        return f"{_EVERY[tongue]} {_listed(names, tongue)}"
    if month != "*":
        named = f"{day} {SHORT_MONTHS[tongue][int(month) - 1]}"
        return f"every year on {named}" if tongue == "en" else f"cada año el {named}"
    if day == "L":
        return "the last day of every month" if tongue == "en" else "el último día de cada mes"
    if day != "*":
        return f"day {day} of every month" if tongue == "en" else f"el día {day} de cada mes"
    return _DAILY[tongue]


def _weekday_numbers(field: str) -> list[int]:
    """Return the days of a cron field, Monday as 0 and first."""
    numbers: set[int] = set()
    for part in field.split(","):
        first, _, last = part.partition("-")
        numbers |= {(number - 1) % 7 for number in range(int(first), int(last or first) + 1)}
    return sorted(numbers)


def _listed(items: list[str], tongue: str) -> str:
    return f" {_AND[tongue]} ".join(part for part in (", ".join(items[:-1]), items[-1]) if part)
