"""Times as people type them, placed in their own calendar. May import: the standard library and the rules of time.

Nothing here reads a clock: `now` and the zone come in. What has two readings is asked, never guessed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from ivy.domain.clock_said import Clock, is_waking, read_hour
from ivy.domain.dates_said import Said
from ivy.domain.days_said import add_length, find_day
from ivy.domain.lengths_said import parse_duration as parse_duration
from ivy.domain.lengths_said import read_length
from ivy.domain.phrase_said import read_phrase
from ivy.domain.repeats_said import find_repeat, is_repeat
from ivy.domain.said import Unclear as Unclear
from ivy.domain.said import Words, language
from ivy.domain.schedule import to_instant, to_wall
from ivy.domain.time_words import USUAL_HOUR, time_words
from ivy.domain.when import When as When
from ivy.domain.when import describe_day, describe_when

__all__ = [
    "Unclear",
    "When",
    "describe_day",
    "describe_when",
    "parse_day",
    "parse_duration",
    "parse_span",
    "parse_when",
]

_FURTHEST = timedelta(days=366)
_SMALL_HOURS = 5  # until then, "tonight" is still the night of yesterday
_SPAN_LEADS = ("from", "between", "desde", "entre", "de")
_SPAN_JOINTS = ("-", "to", "until", "till", "til", "hasta", "a")


def parse_when(text: str, *, now: datetime, zone: str, locale: str) -> When:
    """Read a time that is still to come, at most a year ahead. Raises: Unclear, with what to write instead."""
    return _Placing(now, zone, locale).place(read_phrase(time_words(text), locale))


def parse_span(text: str, *, now: datetime, zone: str, locale: str) -> tuple[When, When | None]:
    """Read a time with its end, if it names one: "from 2 to 3pm", "tomorrow 2pm for an hour". Raises: Unclear."""
    words = time_words(text)
    placing = _Placing(now, zone, locale)
    for at in range(len(words)):
        if found := _hours_from(words, at):
            (start, end), rest = found
            return placing.place_span(rest, start, end)
        if found := _length_from(words, at):
            length, rest = found
            begin = placing.place(read_phrase(rest, locale))
            if begin.all_day:
                raise Unclear("When does it start? Write the time too.")
            return begin, placing.later(begin, length)
    return placing.place(read_phrase(words, locale)), None


def parse_day(text: str, *, now: datetime, zone: str, locale: str, future: bool = False) -> date:
    """Read a day without a time, as for a log: "yesterday", "el lunes pasado", "3 Dec".

    What has no year or week is looked for behind today, or ahead of it if `future`; today counts. Raises: Unclear.
    """
    said = read_phrase(time_words(text), locale)
    timed = said.clocks or (said.ahead is not None and said.ahead.elapsed)
    if said.exact is not None:
        return _local(said.exact, zone).date()
    day = None
    if not (timed or is_repeat(said) or said.starting):
        day = find_day(said, to_wall(now, zone).date(), future=future, locale=locale)
    if day is None:
        raise Unclear('Which day is that? Write just the day, such as "yesterday", "last Monday" or 2026-12-03.')
    return day


def _local(exact: datetime, zone: str) -> datetime:
    return exact if exact.tzinfo is None else to_wall(exact, zone)


class _Placing:
    """Puts what was said on the calendar of one zone."""

    def __init__(self, now: datetime, zone: str, locale: str) -> None:
        self.now, self.zone, self.locale = now, zone, locale
        self.local = to_wall(now, zone)
        self.spanish = language(locale) == "es"

    def place(self, said: Said) -> When:
        if is_repeat(said):
            return self._repeat(said)
        if said.starting:
            raise Unclear(
                'From when? Write one time, such as "tomorrow at 2 pm", or how often, such as "every day at 2 pm".'
            )
        if said.exact is not None:
            return self._exact(said)
        if len(said.clocks) > 1:
            raise Unclear("Two times of day are named there. Write one at a time.")
        if said.ahead is not None and not said.clocks and not said.part:
            return self._ahead(said)
        if said.ahead is not None and said.ahead.elapsed:
            raise Unclear('Is that a time, or how long from now? Write one of them, such as "in 20 minutes".')
        return self._once(said)

    def place_span(self, rest: Sequence[str], start: Clock, end: Clock) -> tuple[When, When]:
        """Place a span of hours on the day that the rest of the phrase names."""
        said = read_phrase(rest, self.locale) if _means_something(rest) else Said()
        if said.clocks:
            raise Unclear("Two times are named there. Write one at a time.")
        start = _before(start, end)
        begin = self.place(replace(said, clocks=[start]))
        ends = sorted(clock for _, clock in end.choices("", spanish=self.spanish))
        later = [clock for clock in ends if clock > begin.wall.time()]
        day = begin.day if later else begin.day + timedelta(days=1)
        wall = datetime.combine(day, (later or ends)[0])
        return begin, self._at(wall, repeat="")

    def later(self, begin: When, length: timedelta) -> When:
        instant = begin.instant + length
        return When(to_wall(instant, self.zone), instant)

    # --- one time -----------------------------------------------------------------------------------

    def _exact(self, said: Said) -> When:
        exact = said.exact
        if exact is None or replace(said, exact=None, weekdays=[]) != Said():
            raise Unclear("Two different times are named there. Write one at a time.")
        wall = _local(exact, self.zone)
        if any(weekday != wall.weekday() for weekday in said.weekdays):
            raise Unclear(f"{describe_day(wall.date(), self.locale)} is another day of the week. Which day is it?")
        return self._checked(When(wall, exact.astimezone(UTC)) if exact.tzinfo else self._at(wall))

    def _ahead(self, said: Said) -> When:
        """Place "in 20 minutes" by elapsed time, "in 3 days" by the calendar at the same time of day."""
        length = said.ahead
        if length is None or replace(said, ahead=None) != Said():
            raise Unclear("Two different times are named there. Write one at a time.")
        start = self.now.replace(microsecond=0).astimezone(UTC)
        if length.days or length.months:
            start = to_instant(datetime.combine(add_length(self.local.date(), length), self.local.time()), self.zone)
        instant = start.replace(microsecond=0) + length.elapsed
        return self._checked(When(to_wall(instant, self.zone), instant))

    def _once(self, said: Said) -> When:
        day = find_day(said, self.local.date(), future=True, locale=self.locale)
        if said.part and not said.clocks and said.part not in USUAL_HOUR:
            raise Unclear('At what time? Write it such as "tomorrow at 5 am".')
        if day is not None and not said.clocks and not said.part:
            return self._whole_day(day)
        clock = said.clocks[0] if said.clocks else Clock(USUAL_HOUR[said.part], sure=True)
        wall = self._soonest(clock, said.part) if day is None else self._on(day, clock, said.part)
        return self._checked(self._at(wall))

    def _whole_day(self, day: date) -> When:
        midnight = datetime.combine(day, time())
        when = When(midnight, to_instant(midnight, self.zone), all_day=True)
        if day < self.local.date():
            raise self._passed(when)
        return self._near_enough(when)

    def _soonest(self, clock: Clock, part: str) -> datetime:
        """Return the next time that a clock shows an hour; of a bare one, within the waking hours."""
        choices = clock.choices(part, spanish=self.spanish)
        walls = sorted(
            datetime.combine(self.local.date() + timedelta(days=days + after), chosen)
            for days in (-1, 0, 1)
            for after, chosen in choices
            if len(choices) == 1 or is_waking(chosen)
        )
        return next(wall for wall in walls if self._is_ahead(wall))

    def _on(self, day: date, clock: Clock, part: str) -> datetime:
        """Return the time of a clock on a named day: the waking half if it is not past."""
        today = self.local.date()
        walls = [
            datetime.combine(day + timedelta(days=self._days_on(day, after, chosen)), chosen)
            for after, chosen in clock.usual(part, spanish=self.spanish)
        ]
        return next((wall for wall in walls if day == today and self._is_ahead(wall)), walls[0])

    def _days_on(self, day: date, after_midnight: int, chosen: time) -> int:
        """Return 1 if the small hours of "tonight" are tomorrow's; of another day they leave a doubt."""
        if after_midnight and day != self.local.date():
            raise Unclear("Is that at the start or at the end of the day? Write 12:01 am or 11:59 pm, and the day.")
        still_night = self.local.hour < _SMALL_HOURS and self._is_ahead(datetime.combine(day, chosen))
        return 0 if still_night else after_midnight

    # --- many ---------------------------------------------------------------------------------------

    def _repeat(self, said: Said) -> When:
        repeat = find_repeat(said, self.local.date(), self.locale)
        first = next((wall for wall in repeat.walls() if self._is_ahead(wall)), None)
        if first is None:
            raise Unclear("That day never comes. Write it another way.")
        return self._at(first, repeat=repeat.cron())

    # --- checks -------------------------------------------------------------------------------------

    def _at(self, wall: datetime, repeat: str = "") -> When:
        """Return the moment of a wall time; one that a clock change skips becomes the first that exists."""
        instant = to_instant(wall, self.zone)
        return When(to_wall(instant, self.zone), instant, repeat=repeat)

    def _is_ahead(self, wall: datetime) -> bool:
        return to_instant(wall, self.zone) > self.now

    def _checked(self, when: When) -> When:
        if when.instant <= self.now:
            raise self._passed(when)
        return self._near_enough(when)

    def _near_enough(self, when: When) -> When:
        if when.instant - self.now > _FURTHEST:
            raise Unclear("That is more than a year away. Ivy plans a year ahead at most.")
        return when

    def _passed(self, when: When) -> Unclear:
        said = describe_when(when, self.locale)
        return Unclear(f"{said} has already passed. Write a time that is still to come.")


# --- spans -----------------------------------------------------------------------------------------


def _hours_from(words: list[str], at: int) -> tuple[tuple[Clock, Clock], list[str]] | None:
    """Read "from 2 to 3pm" or "2-3pm" at a word; return its ends and the words around it."""
    cursor = Words(words)
    cursor.at = at
    between = cursor.phrase(*_SPAN_LEADS) in {"between", "entre"}
    start = read_hour(cursor)
    if start is None or not cursor.take(*(("and", "y") if between else _SPAN_JOINTS)):
        return None
    end = read_hour(cursor)
    return None if end is None else ((start, end), [*words[:at], *words[cursor.at :]])


def _length_from(words: list[str], at: int) -> tuple[timedelta, list[str]] | None:
    """Read "for an hour" at a word; return it and the words around it."""
    cursor = Words(words)
    cursor.at = at
    if not cursor.take("for", "por", "durante", ","):
        return None
    length = read_length(cursor)
    if length is None or length.months or length.days or cursor.peek() in {"from", "ago", "later"}:
        return None
    return length.elapsed, [*words[:at], *words[cursor.at :]]


def _before(start: Clock, end: Clock) -> Clock:
    """Return the start as meant by a sure end: "2-3pm" starts in the afternoon, "11-1pm" in the morning."""
    if start.sure or not end.sure or end.ends_day:
        return start
    last = time(end.hour, end.minute)
    earlier = [hour for hour in (start.hour % 12, start.hour % 12 + 12) if time(hour, start.minute) < last]
    return Clock(earlier[-1], start.minute, sure=True) if earlier else start


def _means_something(words: Sequence[str]) -> bool:
    return any(word not in {",", ".", "on", "el", "the"} for word in words)
