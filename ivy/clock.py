"""What time it is, and how to wait for a time. May import: trio."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

import trio

LONGEST_SLEEP = timedelta(seconds=30)


class Clock(Protocol):
    """Wall-clock time in UTC. `virtual` clocks pass only while every task waits."""

    @property
    def virtual(self) -> bool: ...

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock, read each time: it may be set, and the machine may sleep."""

    virtual = False

    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """Trio's clock, counted from `start`: under `trio.testing.MockClock` a week passes in a moment."""

    virtual = True

    def __init__(self, start: datetime) -> None:
        self._start = self._now = start.astimezone(UTC)
        self._zero = self._at = trio.current_time()

    def now(self) -> datetime:
        if (at := trio.current_time()) != self._at:
            self._at, self._now = at, self._start + timedelta(seconds=at - self._zero)
        return self._now


async def sleep_until(clock: Clock, instant: datetime, *, unless: trio.Event | None = None) -> None:
    """Sleep until `instant`, or until something happens before.

    A real clock is looked at again at least every 30 s: it may be set, and machines sleep.
    """
    happens = trio.Event() if unless is None else unless
    while (left := instant - clock.now()) > timedelta(0) and not happens.is_set():
        with trio.move_on_after((left if clock.virtual else min(left, LONGEST_SLEEP)).total_seconds()):
            await happens.wait()


def stamp(instant: datetime) -> int:
    """Return the UTC milliseconds that the database keeps for an instant."""
    return round(instant.timestamp() * 1000)


def unstamp(milliseconds: int) -> datetime:
    """Return the instant kept as UTC milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
