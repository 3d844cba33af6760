"""Knows when a look at the database would find what the look before it found. May import: the store and below.

Most of a night nothing is written, nothing is open, and nothing waits: only the outside may change then.
"""

from datetime import datetime, timedelta

from ivy.daemon import backlog_watch
from ivy.daemon.handlers import health
from ivy.domain.jobs import Queue
from ivy.store import alerts, delivery_health, jobs, overview
from ivy.store.binding import Connection
from ivy.store.database import Store

LONGEST = timedelta(hours=6)
"""After so long everything is looked at anew: a date may have come that changes what is allowed."""


class Stillness:
    """What was read of the database last, and for how long that holds unless something is written."""

    def __init__(self, store: Store) -> None:
        self.calm = False
        """Whether nothing is under way that should be over by now."""
        self.state = 0
        """Another number whenever a look may find something else."""
        self._store = store
        self._written = -1
        self._until: datetime | None = None

    async def read(self, now: datetime) -> None:
        """Read anew, unless nothing was written since and no moment has come at which something is true by itself."""
        if self.seconds(now) <= 0:
            self._written = self._store.written
            self.calm, self._until = await self._store.read(stands, now)
            self.state += 1

    def seconds(self, now: datetime) -> float:
        """Return for how long what was read holds unless something is written: 0 or less where it holds no more."""
        if self._until is None or self._store.written != self._written:
            return 0
        return (self._until - now).total_seconds()


def stands(connection: Connection, now: datetime) -> tuple[bool, datetime]:
    """Return whether nothing is under way that should be over, and until when that and every alert stay as they are.

    Without a commit only these change: what is under way, open or to be told, and work that nobody begins when its time comes.
    """
    if jobs.any_held(connection) or health.is_watchful(connection, now):
        return False, now
    if (
        alerts.any_open(connection)
        or overview.open_breakers(connection)
        or delivery_health.is_unheard(connection, health.WATCHED, now=now, after=timedelta(0))
    ):
        return True, now
    due = [at for queue in Queue if (at := jobs.next_due(connection, queue)) is not None]
    waits = backlog_watch.LONG + timedelta(milliseconds=1)
    return True, min([now + LONGEST, *(at + waits for at in due)])
