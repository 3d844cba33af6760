"""The dates within a phrase: "3 Dec", "el 15", "2026-12-04". May import: the standard library, the words of time."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from ivy.domain.clock_said import Clock
from ivy.domain.lengths_said import Length
from ivy.domain.numbers_said import UNITS, is_figure
from ivy.domain.said import Unclear, Words, language, region
from ivy.domain.time_words import MONTHS, WEEKDAYS

_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[t ](.*))?")
_NUMERIC = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})(?:\2([0-9]{2,4}))?")
ORDINAL = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|ro|er|do|to|o)")
_FIRST = ("first", "primero", "primer")


@dataclass
class Said:
    """What a phrase names; empty parts were not named."""

    ahead: Length | None = None  # "in 20 minutes", "3 days ago" (negative days)
    offset: int | None = None  # days from today
    dates: list[date] = field(default_factory=list[date])
    exact: datetime | None = None  # a full ISO date and time: naive local, or aware
    month: int = 0
    day: int = 0
    year: int = 0
    months_on: int = 0
    weekdays: list[int] = field(default_factory=list[int])
    weekday_mode: str = ""  # next, this, coming, last
    week: int | None = None
    clocks: list[Clock] = field(default_factory=list[Clock])
    part: str = ""
    every: str = ""  # day, week, month, year
    last_of_month: bool = False
    many: bool = False  # the days of the week were said to repeat
    starting: bool = False


class DateGrammar:
    """Reads the dates of a phrase into what was `said`; the grammar of whole phrases goes on from it."""

    def __init__(self, words: Words, locale: str) -> None:
        self.words, self.said = words, Said()
        self.month_first = language(locale) == "en" and region(locale) in {"US", "PH"}
        self.spanish = language(locale) == "es"

    def _date(self) -> bool:
        word = self.words.peek()
        if iso := _ISO.fullmatch(word):
            return self._iso(iso)
        if numeric := _NUMERIC.fullmatch(word):
            # "7.30" is a time, "3.12.2026" a date.
            return (numeric[2] != "." or numeric[4] is not None) and self._numeric(numeric)
        return self._day_and_month() or self._month_and_day() or self._day_alone()

    def _iso(self, found: re.Match[str]) -> bool:
        self.words.next()
        try:
            if found[2]:
                self._only_once(self.said.exact is not None)
                self.said.exact = datetime.fromisoformat(found[0].upper().replace(" ", "T"))
            else:
                self.said.dates.append(date.fromisoformat(found[1]))
        except ValueError as error:
            raise Unclear(
                f'"{found[0]}" is not in the calendar. Write it such as 2026-12-04 or 2026-12-04 14:00.'
            ) from error
        return True

    def _numeric(self, found: re.Match[str]) -> bool:
        first, second = int(found[1]), int(found[3])
        month, day = (first, second) if self.month_first and found[2] != "." else (second, first)
        if month > 12 >= day:
            month, day = day, month
        self.words.next()
        year = int(found[4] or 0)
        return self._named(month, day, year + 2000 if 0 < year < 100 else year)

    def _day_and_month(self) -> bool:
        """Read "3 Dec", "3rd of December 2026", "3 de diciembre del 2026"."""
        start = self.words.at
        day = self._ordinal_or_figure()
        self.words.take("of", "de")
        month = MONTHS.get(self.words.peek(), 0)
        if not day or not month:
            self.words.at = start
            return False
        self.words.next()
        return self._named(month, day, self._year())

    def _month_and_day(self) -> bool:
        """Read "Dec 3", "December the 3rd, 2026"."""
        start = self.words.at
        month = MONTHS.get(self.words.peek(), 0)
        if not month or (self.words.peek() == "mar" and self._is_weekday()):
            return False
        self.words.next()
        self.words.take(".")
        self.words.take("the")
        day = self._ordinal_or_figure()
        if not day:
            self.words.at = start
            return False
        return self._named(month, day, self._year())

    def _day_alone(self) -> bool:
        """Read "the 15th", "el 15", "día 15"."""
        start, before = self.words.at, self.words.peek(-1)
        if self.words.phrase("the first day", "first day", "el primer dia", "primer dia"):
            self._only_once(self.said.day != 0)
            self.said.day = 1
            return True
        article = self.words.phrase("el dia", "el", "the", "dia", "day")
        if article and self._day_and_month():
            return True
        word = self.words.peek()
        shown = article or before in {"el", "dia"} or (before in WEEKDAYS and self._is_day_after_weekday(word))
        if not (ORDINAL.fullmatch(word) or word in _FIRST or (word.isdigit() and shown)):
            self.words.at = start
            return False
        return self._day_of_month(word)

    def _is_day_after_weekday(self, word: str) -> bool:
        """Tell "lunes 15" and "Tuesday 24 at 9" (days) from "Monday 7" (an hour)."""
        if self.words.peek(1) in {"am", "pm", "h", "hrs", "oclock"}:
            return False
        later = self.words.all[self.words.at + 1 :]
        return (word.isdigit() and int(word) > 12) or any(
            next_one in {"at", "@", "las", "la"} or ":" in next_one for next_one in later
        )

    def _day_of_month(self, word: str) -> bool:
        day = self._ordinal_or_figure()
        if not 1 <= day <= 31:
            raise Unclear(f'"{word}" is not a day of the month.')
        self._only_once(self.said.day != 0)
        self.said.day = day
        return True

    def _ordinal_or_figure(self) -> int:
        """Step over a day of the month and return it, or return 0."""
        word = self.words.peek()
        ordinal = ORDINAL.fullmatch(word)
        if ordinal or (word.isdigit() and len(word) <= 2):
            self.words.next()
            return int(ordinal[1]) if ordinal else int(word)
        if word in _FIRST:
            self.words.next()
            return 1
        if self.spanish and word in UNITS and self.words.peek(1) == "de" and self.words.peek(2) in MONTHS:
            return UNITS[self.words.next()]
        return 0

    def _year(self) -> int:
        start = self.words.at
        self.words.take(",", ".")
        self.words.take("de", "del", "of")
        word = self.words.peek()
        if (
            word.isdigit()
            and len(word) == 4
            and word[:2] in {"19", "20"}
            and self.words.peek(1) not in {"h", "hrs", "hours"}
        ):
            return int(self.words.next())
        self.words.at = start
        return 0

    def _named(self, month: int, day: int, year: int) -> bool:
        self._only_once(self.said.month != 0)
        try:
            date(year or 2028, month, day)  # a leap year
        except ValueError as error:
            raise Unclear("There is no such day in the calendar. Write it such as 3 Dec or 2026-12-03.") from error
        self.said.month, self.said.day, self.said.year = month, day, year
        return True

    def _is_weekday(self) -> bool:
        """ "mar" is Tuesday unless a number beside it makes it March; in English only if a date follows it."""
        word, ahead = self.words.peek(), self.words.peek(1)
        if word != "mar":
            return word in WEEKDAYS
        dated = is_figure(ahead) and (self.words.peek(2) in MONTHS or self.words.peek(3) in MONTHS)
        return dated or (self.spanish and not is_figure(ahead))

    def _only_once(self, named_before: bool) -> None:
        if named_before:
            raise Unclear("Two different times are named there. Write one at a time.")
