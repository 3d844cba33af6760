"""Spans in which something is allowed: the 24-hour conversation window, quiet hours. May import: the domain."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from ivy.domain.schedule import to_instant, to_wall

WINDOW = timedelta(hours=24)
MARGIN = timedelta(minutes=15)
"""The window is taken for closed this long before its end: Meta's clock decides, and a send takes time."""


@dataclass(frozen=True)
class QuietHours:
    """Local wall time, from `start` up to `end`; over midnight when `end` is earlier, none when they are equal."""

    start: time
    end: time


def window_after(message_sent_at: datetime) -> datetime:
    """Return when the window opened by a person's message expires, by the vendor's time of that message."""
    return message_sent_at + WINDOW


def window_open(expires_at: datetime | None, now: datetime) -> bool:
    """Say whether free text may still be sent, with `MARGIN` to spare."""
    return expires_at is not None and now < expires_at - MARGIN


def quiet_until(quiet: QuietHours | None, zone: str, now: datetime) -> datetime | None:
    """Return the instant at which the quiet hours around `now` end, or None outside of them."""
    if quiet is None:
        return None
    wall = to_wall(now, zone)
    if not _within(quiet, wall.time()):
        return None
    end = datetime.combine(wall.date(), quiet.end)
    if end <= wall:
        end += timedelta(days=1)
    until = to_instant(end, zone)
    # In the repeated hour of autumn the first "02:30" is over, and it is quiet until the second.
    return until if now < until else now + (end - wall)


def _within(quiet: QuietHours, wall: time) -> bool:
    if quiet.start <= quiet.end:
        return quiet.start <= wall < quiet.end
    return wall >= quiet.start or wall < quiet.end
