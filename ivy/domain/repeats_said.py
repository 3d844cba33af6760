"""What a phrase repeats, as a cron line over local time. May import: the standard library and the grammar of phrases."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ivy.domain.clock_said import Clock
from ivy.domain.dates_said import Said
from ivy.domain.days_said import add_length, find_day
from ivy.domain.lengths_said import Length
from ivy.domain.phrase_said import REPEATS_OFFERED
from ivy.domain.said import Unclear, language
from ivy.domain.time_words import USUAL_HOUR

_LONGEST_WAIT = 8 * 366 + 1  # from one 29 February to the next, past a year without one


@dataclass(frozen=True)
class Repeat:
    """Days by weekday (Monday 0), by day of the month (0: any, 32: the last), by month (0: any); times within them."""

    weekdays: frozenset[int]
    day: int
    month: int
    times: tuple[time, ...]
    first_day: date

    def cron(self) -> str:
        hours = ",".join(str(clock.hour) for clock in self.times)
        day = "L" if self.day == 32 else str(self.day or "*")
        return f"{self.times[0].minute} {hours} {day} {self.month or '*'} {_cron_weekdays(self.weekdays)}"

    def walls(self) -> Iterator[datetime]:
        """Yield the naive local times in order, from the first day on."""
        for step in range(_LONGEST_WAIT):
            day = self.first_day + timedelta(days=step)
            if self._includes(day):
                yield from (datetime.combine(day, clock) for clock in self.times)

    def _includes(self, day: date) -> bool:
        if self.weekdays:
            return day.weekday() in self.weekdays
        last = (day + timedelta(days=1)).day == 1
        return self.month in {0, day.month} and (self.day in {0, day.day} or (self.day == 32 and last))


def is_repeat(said: Said) -> bool:
    return bool(said.every) or said.many or said.last_of_month


def find_repeat(said: Said, today: date, locale: str) -> Repeat:
    """Return the rule that a phrase names. Raises: Unclear if it lacks a time or a day, or names what cron cannot say."""
    starts_on_weekday = said.starting and said.every in {"day", "month"} and len(said.weekdays) == 1 and not said.many
    weekdays = frozenset[int]() if starts_on_weekday else frozenset(said.weekdays)
    day, month = _day_and_month(said, weekdays)
    first_day = _first_day(said, today, by_weekday=starts_on_weekday, by_date=not month and not day, locale=locale)
    if said.weekday_mode or said.ahead is not None or said.exact is not None:
        raise Unclear(REPEATS_OFFERED)
    return Repeat(weekdays, day, month, _times(said, daily=not (weekdays or day), locale=locale), first_day)


def _day_and_month(said: Said, weekdays: frozenset[int]) -> tuple[int, int]:
    """Return the day of the month (0: any, 32: the last) and the month (0: any) of a rule."""
    if said.every == "year":
        if not said.month or weekdays:
            raise Unclear('On which day of the year? Write it such as "every year on 3 December at 9 am".')
        return said.day, said.month
    if said.every == "month" or said.last_of_month:
        return _day_of_month(said, weekdays), 0
    if said.every == "week" and not weekdays:
        raise Unclear('On which day of the week? Write it such as "every Monday at 7 am".')
    if said.day and not said.starting:
        raise Unclear(REPEATS_OFFERED)
    return 0, 0


def _day_of_month(said: Said, weekdays: frozenset[int]) -> int:
    if weekdays or said.month or bool(said.day) == said.last_of_month or said.every not in {"month", ""}:
        raise Unclear('On which day of the month? Write it such as "every month on the 15th at 9 am".')
    if said.day > 28:
        raise Unclear(f'Not every month has a day {said.day}. Write "the last day of every month", or a day up to 28.')
    return 32 if said.last_of_month else said.day


def _first_day(said: Said, today: date, *, by_weekday: bool, by_date: bool, locale: str) -> date:
    """Return the day from which a rule counts: today, or the one after "starting"."""
    start = Said(offset=said.offset, dates=said.dates, week=said.week, months_on=said.months_on)
    if by_weekday:
        start.weekdays = said.weekdays
    if by_date:
        start.day, start.month, start.year = said.day, said.month, said.year
    if start == Said():
        return today
    if not said.starting:
        raise Unclear(REPEATS_OFFERED)
    if start.week is not None and not start.weekdays:
        monday = today - timedelta(days=today.weekday())
        return max(today, monday + timedelta(days=7 * start.week))
    if start.months_on and not start.day:
        return add_length(today.replace(day=1), Length(months=1))
    day = find_day(start, today, future=True, locale=locale)
    if day is None or day < today:
        raise Unclear("That start has already passed. Write a day that is still to come.")
    return day


def _times(said: Said, *, daily: bool, locale: str) -> tuple[time, ...]:
    """Return the times of day of a rule, rising. A cron line holds several only if they share their minutes."""
    clocks = said.clocks or ([Clock(USUAL_HOUR[said.part], sure=True)] if said.part in USUAL_HOUR else [])
    if not clocks:
        raise Unclear('At what time? Write it such as "every Monday at 7 am".')
    chosen = [clock.usual(said.part, spanish=language(locale) == "es")[0] for clock in clocks]
    if any(after_midnight for after_midnight, _ in chosen) and not daily:
        raise Unclear("Is that midnight at the start or at the end of the day? Write 12:01 am or 11:59 pm.")
    times = tuple(sorted({clock for _, clock in chosen}))
    if len({clock.minute for clock in times}) > 1:
        raise Unclear("Those times do not share their minutes. Write them one at a time.")
    return times


def _cron_weekdays(weekdays: frozenset[int]) -> str:
    if not weekdays or len(weekdays) == 7:
        return "*"
    if weekdays == frozenset(range(5)):
        return "1-5"
    return ",".join(str(number) for number in sorted((weekday + 1) % 7 for weekday in weekdays))
