"""Spans of days as people name them: "this month", "la semana pasada", "last 7 days", "november", "1 nov to 15 nov".

May import: the standard library and the reading of phrases.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ivy.domain.lengths_said import parse_duration
from ivy.domain.said import Unclear, fold
from ivy.domain.schedule import local_date
from ivy.domain.time_words import MONTHS, time_words
from ivy.domain.times import parse_day

_FIRST, _LAST = date(1970, 1, 1), date(2200, 12, 31)
_IDLE = re.compile(
    r"^(?:(?:in|on|for|of|during|over|from|since|the|en|de|del|desde|durante|el|la|los|las|todo|toda)\s+)+"
)
_TO = re.compile(r"\s+(?:to|until|till|through|hasta|al?|-)\s+")
_ROLLING = re.compile(r"(last|past|previous|next|ultim[oa]s|pasad[oa]s|proxim[oa]s)\s+(.+)")
_SINCE = re.compile(r"(?:since|desde)\s")
_EVER = frozenset({"all", "ever", "all time", "always", "total", "everything", "siempre", "todo"})
_WEEKS = {
    **dict.fromkeys(("this week", "week", "esta semana", "semana"), 0),
    **dict.fromkeys(("last week", "past week", "semana pasada", "pasada semana"), -1),
    **dict.fromkeys(("next week", "proxima semana", "semana que viene", "semana proxima", "semana entrante"), 1),
}
_MONTHS = {
    **dict.fromkeys(("this month", "month", "este mes", "mes"), 0),
    **dict.fromkeys(("last month", "past month", "mes pasado", "pasado mes"), -1),
    **dict.fromkeys(("next month", "proximo mes", "mes que viene", "mes proximo", "mes entrante"), 1),
}
_YEARS = {
    **dict.fromkeys(("this year", "year", "este ano", "ano"), 0),
    **dict.fromkeys(("last year", "ano pasado", "pasado ano"), -1),
    **dict.fromkeys(("next year", "proximo ano", "ano que viene"), 1),
}
_WEEKENDS = {
    **dict.fromkeys(("this weekend", "weekend", "este fin de semana", "fin de semana", "este finde", "finde"), 0),
    **dict.fromkeys(("last weekend", "fin de semana pasado", "finde pasado"), -1),
    **dict.fromkeys(("next weekend", "proximo fin de semana", "fin de semana que viene"), 1),
}


@dataclass(frozen=True)
class Period:
    """Days, the first and the last included."""

    first: date
    last: date

    @property
    def is_ever(self) -> bool:
        return self.first == _FIRST


def parse_period(text: str, *, now: datetime, zone: str, locale: str, future: bool = False) -> Period:
    """Read a span of days; what names no year lies behind today, or ahead of it if `future`. Raises: Unclear."""
    said = fold(text).strip(" .,!?¿¡")
    bare = _IDLE.sub("", said)
    today = local_date(now, zone)
    found = (
        _named(bare, today, future=future)
        or _rolling(said, today)
        or _rolling(bare, today)
        or _month(bare, today, future=future)
    )
    if found is not None:
        return found

    def day(words: str) -> date:
        return parse_day(words, now=now, zone=zone, locale=locale, future=future)

    ends = _TO.split(bare)
    if len(ends) != 2:
        only = day(bare or said)
        return Period(only, max(only, today) if _SINCE.match(said) else only)
    first, last = _with_shared_month(*ends)
    period = Period(day(first), day(last))
    if period.first > period.last:
        raise Unclear("That span ends before it begins. Write the first day and then the last.")
    return period


def _named(said: str, today: date, *, future: bool) -> Period | None:
    if said in _EVER:
        return Period(_FIRST, _LAST)
    monday = today - timedelta(days=today.weekday())
    if said in _WEEKS:
        first = monday + timedelta(weeks=_WEEKS[said])
        return Period(first, first + timedelta(days=6))
    if said in _WEEKENDS:
        saturday = monday + timedelta(weeks=_WEEKENDS[said], days=5)
        if saturday > today and not future:  # what was spent "this weekend" was spent on the last one
            saturday -= timedelta(weeks=1)
        return Period(saturday, saturday + timedelta(days=1))
    if said in _MONTHS:
        months = today.year * 12 + today.month - 1 + _MONTHS[said]
        return _whole_month(months // 12, months % 12 + 1)
    if said in _YEARS:
        year = today.year + _YEARS[said]
        return Period(date(year, 1, 1), date(year, 12, 31))
    return None


def _rolling(said: str, today: date) -> Period | None:
    """Read "last 7 days", "los últimos 30 días": today counts as one of them."""
    found = _ROLLING.fullmatch(said)
    if found is None:
        return None
    try:
        span = parse_duration(found[2].replace("months", "month").replace("meses", "mes"))
    except Unclear:
        return None
    if span % timedelta(days=1):
        return None
    rest = span - timedelta(days=1)
    return Period(today, today + rest) if found[1] in {"next", "proximos", "proximas"} else Period(today - rest, today)


def _month(said: str, today: date, *, future: bool) -> Period | None:
    """Read "november", "nov 2025", "2026-11", "2025"."""
    if iso := re.fullmatch(r"((?:19|20)[0-9]{2})(?:-(0[1-9]|1[0-2]))?", said):
        year = int(iso[1])
        return _whole_month(year, int(iso[2])) if iso[2] else Period(date(year, 1, 1), date(year, 12, 31))
    words = [word for word in time_words(said) if word not in {"of", "de", "del", ",", "mes"}]
    if not words or len(words) > 2 or words[0] not in MONTHS:
        return None
    month = MONTHS[words[0]]
    if len(words) == 2:
        return _whole_month(int(words[1]), month) if re.fullmatch(r"(?:19|20)[0-9]{2}", words[1]) else None
    off = (month < today.month) if future else -(month > today.month)
    return _whole_month(today.year + off, month)


def _whole_month(year: int, month: int) -> Period:
    return Period(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def _with_shared_month(first: str, last: str) -> tuple[str, str]:
    """Let "1 to 15 november" and "del 1 al 15 de noviembre" be of one month."""
    month = re.search(r"[a-z].*", last)
    return (f"{first} {month[0]}", last) if first.isdigit() and month else (first, last)
