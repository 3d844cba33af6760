"""One thing an operator should know, and the one thing to do about it. May import: runbook."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from ivy.domain.runbook import Key

LONGEST_WORD = 120
"""What a vendor says of itself is quoted up to this many letters."""

A_WEEK = timedelta(days=7)
A_MONTH = timedelta(days=30)
_MILLISECONDS_BEGIN = 10**11
"""Epoch numbers from here on (in seconds: the year 5138) are milliseconds."""


class Severity(StrEnum):
    """How soon it matters: for the record, this week, or now, because people are not served."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


@dataclass(frozen=True)
class Advice:
    """A fault, or with `resolved` the end of it. `key` is the same for both, and for each repetition."""

    severity: Severity
    key: Key
    title: str
    """What is the matter, as a sentence."""
    advice: str
    """The one thing to do, as a sentence."""
    resolved: bool = False
    until: datetime | None = None
    """When it ends by itself, if the vendor said so."""
    lasts: timedelta | None = None
    """How long it is worth showing when nothing ever says that it is over; None: until something does."""


def over(key: Key, title: str) -> Advice:
    """Return the end of a fault."""
    return Advice(Severity.INFO, key, title, "Nothing needs to be done.", resolved=True)


def word(details: Mapping[str, Any], *path: str) -> str:
    """Return what a vendor wrote at a path: a word or a number, on one line, cut to a bearable length; else ""."""
    value: Any = details
    for name in path:
        value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    line = " ".join(str(value).split())
    return line if len(line) <= LONGEST_WORD else f"{line[: LONGEST_WORD - 1]}…"


def instant(details: Mapping[str, Any], *path: str) -> datetime | None:
    """Return the instant at a path, in UTC: epoch seconds or milliseconds, as a number or in digits, or ISO 8601."""
    text = word(details, *path)
    try:
        if text.isdecimal():
            number = int(text)
            return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS_BEGIN else number, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def day(at: datetime) -> str:
    """Return an instant as an operator reads it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
