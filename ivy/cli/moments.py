"""Instants and spans as operators type and read them: UTC, and how long ago. May import: errors."""

import re
from datetime import UTC, date, datetime, timedelta

from ivy.errors import UsageError

_SPAN = re.compile(r"(\d+)\s*(s|m|min|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}


def since(text: str | None, now: datetime) -> datetime | None:
    """Read "90m", "2h", "7d" as that long ago, or an ISO date or instant (UTC unless it says). Raises: UsageError."""
    if text is None:
        return None
    if found := _SPAN.fullmatch(text.strip().lower()):
        seconds = int(found[1]) * _SECONDS[found[2]]
        if seconds > 10**10:
            raise UsageError(f"{text!r} is longer ago than anything.")
        return now - timedelta(seconds=seconds)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time: write 2h, 7d, 2026-11-30, or 2026-11-30T08:15.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def day(text: str | None, default: date) -> date:
    """Read an ISO date. Raises: UsageError."""
    if text is None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day: write it as 2026-11-30.") from None


def shown(instant: datetime | None) -> str:
    """Return an instant for a table, in UTC to the second."""
    return "" if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def near(instant: datetime, now: datetime) -> str:
    """Return an instant as briefly as it is clear, in UTC: 10:04, or with its day where that is not today's."""
    there, here = instant.astimezone(UTC), now.astimezone(UTC)
    return f"{there:%H:%M}" if there.date() == here.date() else f"{there:%a %d %b %H:%M}"


def span(length: timedelta) -> str:
    """Return a length in its largest whole unit: 45 s, 3 min, 2 h, 4 d."""
    seconds = max(0, int(length.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size * (2 if unit != "min" else 1):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def dollars(micros: int, places: int = 2) -> str:
    """Return micro-dollars as dollars, by default to the cent; six places lose nothing."""
    return f"${micros / 1_000_000:,.{places}f}"
