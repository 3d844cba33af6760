"""Not more requests of a kind in a minute than the vendor takes. May import: the clock."""

from collections import deque
from datetime import timedelta

from ivy.clock import Clock

MINUTE = timedelta(seconds=60)
OTHERS = ("messages", "statuses", "upload", "look up")
"""What is counted each by itself, beside "updates", the polls. Source: developer manual v1, "Rate limits"."""


class Pace:
    """The requests of the last minute, by kind. Half of them may go at once; the others keep their distance."""

    def __init__(self, clock: Clock, *, polls: int, others: int) -> None:
        self._clock = clock
        self._limits = {"updates": polls, **dict.fromkeys(OTHERS, others)}
        self._asked = {kind: deque[float]() for kind in self._limits}

    def wait(self, kind: str) -> timedelta:
        """Return how long a request of a kind has to wait; zero if it may go now."""
        now, asked, limit = self._clock.now().timestamp(), self._asked[kind], self._limits[kind]
        while asked and not now - MINUTE.total_seconds() < asked[0] <= now:  # a clock that was set back counts as new
            asked.popleft()
        free_at = now
        if asked and len(asked) >= limit // 2:
            free_at = asked[-1] + MINUTE.total_seconds() / limit
        if len(asked) >= limit:
            free_at = max(free_at, asked[-limit] + MINUTE.total_seconds())
        return timedelta(seconds=max(0.0, free_at - now))

    def count(self, kind: str) -> None:
        """Note a request that leaves now."""
        self._asked[kind].append(self._clock.now().timestamp())
