"""Lengths of time as people say them: "90 min", "1h30", "hora y media". May import: the standard library, said, numbers."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from ivy.domain.numbers_said import read_small
from ivy.domain.said import Unclear, Words, word_set
from ivy.domain.time_words import time_words

_UNITS: dict[str, str] = {
    **dict.fromkeys(word_set("s sec secs second seconds seg segs segundo segundos"), "second"),
    **dict.fromkeys(
        word_set("m min mins minute minutes minuto minutos minutico minuticos minutito minutitos '"), "minute"
    ),
    **dict.fromkeys(word_set("h hr hrs hs hour hours hora horas horita horitas"), "hour"),
    **dict.fromkeys(word_set("d day days dia dias"), "day"),
    **dict.fromkeys(word_set("w wk wks week weeks sem semana semanas"), "week"),
    **dict.fromkeys(word_set("fortnight fortnights"), "fortnight"),
    **dict.fromkeys(word_set("month months mes meses"), "month"),
    **dict.fromkeys(word_set("year years ano anos"), "year"),
}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400, "fortnight": 14 * 86_400}
_MONTHS = {"month": 1, "year": 12}
_FIGURE = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,2})?")
_HOURS_AND_MINUTES = re.compile(r"([0-9]{1,2}):([0-5][0-9])")

_PARTS_OF_ONE = {
    **dict.fromkeys(("half an", "half a", "a half", "half", "media", "medio"), Decimal("0.5")),
    **dict.fromkeys(("three quarters of an", "three quarters of a", "tres cuartos de"), Decimal("0.75")),
    **dict.fromkeys(("a quarter of an", "quarter of an", "a quarter", "un cuarto de", "cuarto de"), Decimal("0.25")),
    **dict.fromkeys(("a couple of", "a couple", "couple of", "un par de"), Decimal(2)),
}
_AND_PARTS = {
    **dict.fromkeys(("and a half", "y media", "y medio"), Decimal("0.5")),
    **dict.fromkeys(("and a quarter", "y cuarto", "y un cuarto"), Decimal("0.25")),
    **dict.fromkeys(("and three quarters", "y tres cuartos"), Decimal("0.75")),
}


@dataclass(frozen=True)
class Length:
    """Calendar months, calendar days, and elapsed time: "a month", "3 days" and "20 minutes" are not of one kind."""

    months: int = 0
    days: int = 0
    elapsed: timedelta = timedelta(0)

    def __add__(self, other: "Length") -> "Length":
        return Length(self.months + other.months, self.days + other.days, self.elapsed + other.elapsed)


def parse_duration(text: str) -> timedelta:
    """Read a length of time: "30 min", "1h30", "hora y media", "an hour and a half"; a day is 24 hours.

    Raises: Unclear.
    """
    words = Words(time_words(text))
    while words.take("for", "por", "about", "around", "como", "unos", "unas", "durante"):
        pass
    length = read_length(words)
    words.take(".")
    if words or length is None or length.months:
        raise Unclear('How long is that? Write it such as "30 min", "1h30" or "2 hours".')
    span = length.elapsed + timedelta(days=length.days)
    if not timedelta(0) < span <= timedelta(days=366):
        raise Unclear("A length of time has to be more than nothing, and a year at most.")
    return span


def read_length(words: Words) -> Length | None:
    """Step over one length of time and return it, or return None and stay."""
    start = words.at
    total = _one_part(words)
    while total is not None:
        before = words.at
        words.take("and", "y", "con", ",")
        more = _one_part(words) or _minutes_after_hours(words)
        if more is None:
            words.at = before
            return total
        total += more
    words.at = start
    return None


def _one_part(words: Words) -> Length | None:
    """Read a number and a unit: "20 min", "half an hour", "2 horas y media", "hora y media"."""
    start = words.at
    clock = _HOURS_AND_MINUTES.fullmatch(words.peek())
    if clock and _UNITS.get(words.peek(1)) == "hour":
        words.at += 2
        return Length(elapsed=timedelta(hours=int(clock[1]), minutes=int(clock[2])))
    amount = _amount(words)
    unit = _UNITS.get(words.peek())
    if unit is None or (amount is None and not _is_and_part_ahead(words)):
        words.at = start
        return None
    words.next()
    return _length((Decimal(1) if amount is None else amount) + _part_after(words), unit)


def _amount(words: Words) -> Decimal | None:
    if phrase := words.phrase(*_PARTS_OF_ONE):
        return _PARTS_OF_ONE[phrase]
    if _FIGURE.fullmatch(words.peek()):
        whole = Decimal(words.next().replace(",", "."))
        return whole + _part_after(words)
    small = read_small(words)
    if small is not None:
        return small + _part_after(words)
    return Decimal(1) if words.take("a", "an") else None


def _part_after(words: Words) -> Decimal:
    before = words.at
    phrase = words.phrase(*_AND_PARTS)
    # "an hour and a half hour" is two parts; "one and a half hours" and "an hour and a half" are one.
    if phrase and words.peek(-len(phrase.split()) - 1) in _UNITS and words.peek() in _UNITS:
        words.at = before
        return Decimal(0)
    return _AND_PARTS[phrase] if phrase else Decimal(0)


def _is_and_part_ahead(words: Words) -> bool:
    return words.peek(1) in {"y", "and"} and words.peek(2) in {"media", "medio", "cuarto", "a"}


def _minutes_after_hours(words: Words) -> Length | None:
    """Read the bare minutes of "1h30" and "1 hr 15"."""
    after_hour = _UNITS.get(words.peek(-1)) == "hour" or words.peek(-1) in {"and", "y", "con"}
    figure = words.peek()
    if not after_hour or not figure.isdigit() or len(figure) != 2 or int(figure) > 59:
        return None
    words.next()
    return Length(elapsed=timedelta(minutes=int(figure)))


def _length(amount: Decimal, unit: str) -> Length:
    if unit in _MONTHS:
        months = amount * _MONTHS[unit]
        if months != int(months):
            raise Unclear("Half a month has no sure length. Write it in days or weeks.")
        return Length(months=int(months))
    seconds = amount * _SECONDS[unit]
    if _SECONDS[unit] < _SECONDS["day"]:
        return Length(elapsed=timedelta(seconds=float(seconds)))
    days, rest = divmod(seconds, 86_400)
    return Length(days=int(days), elapsed=timedelta(seconds=float(rest)))
