"""Keeps the house: frees hung leases, sees to alerts, notices other processes, forgets what is past its time.

May import: the store and below.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import trio

from ivy import log
from ivy.daemon import backlog_watch, backup_watch, operator_ways, spend_watch, trouble, voice_watch
from ivy.daemon.context import Context
from ivy.daemon.handlers import health, media, tell_operator
from ivy.daemon.stillness import Stillness
from ivy.store import (
    alerts,
    exchanges,
    inbox,
    jobs,
    memory_backfill,
    memory_vectors,
    message_costs,
    spending,
    transcripts,
    upkeep,
)
from ivy.store.binding import Connection
from ivy.store.database import ANYTHING, external_changes
from ivy.store.scope import within

logger = log.get(__name__)
EVERY = 60.0
IDLE_EVERY = 900.0
"""While nobody writes anything, which is most of a night."""
WATCH_EVERY = 300.0
COUNT_EVERY = 600.0
"""Limits are counted from a month's messages and costs: seldom, since that grows with them."""
TELL_EVERY = 300.0
"""The operator is not told more often: what a storm brings after its first message is gathered in the next."""
TIDY_EVERY = 3600.0
LISTEN_EVERY = 6 * 3600.0
"""How calls sound is reckoned from all of the last days."""
PEOPLE_EMBEDDED = 500
"""Whose memories are asked to be embedded anew in one go, after a change of model."""
ALERTS_KEPT = timedelta(days=90)
LOOK_EVERY = 0.5
"""A switch that another process throws takes effect within a second."""
Look = Callable[[Connection], object]


async def sweep(context: Context) -> None:
    """Free jobs whose worker hangs, look for trouble, let the operator know; once an hour, forget what need not be kept."""
    await _Sweeper(context).run()


class _Sweeper:
    """What is done when; the times are trio's."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._began = context.clock.now()
        self._still = Stillness(context.store)
        self._watch_at = self._count_at = self._listen_at = self._tell_at = self._tidy_at = trio.current_time()
        self._watched = self._counted = 0
        """Of which state of the database these looks were."""
        self._rest, self._to_tell = EVERY, True

    async def run(self) -> None:
        store, still = self._context.store, self._still
        while True:
            news, now = store.wake_of(alerts.NEWS), trio.current_time()
            await still.read(self._context.clock.now())
            if not still.calm and (freed := await store.write(look, self._context, self._began)):
                logger.warning("%s jobs were freed: their leases ran out", freed)
            await self._look(now)
            await self._tell(now)
            await self._tidy(now)
            changed = store.wake_of(ANYTHING)
            if still.calm:
                await _until(now + self._calm_seconds(now), changed)
            if trio.current_time() < now + EVERY:
                await _until_news(now + EVERY, news, self._tell_at)
            self._to_tell = self._to_tell or news.is_set()
            self._rest = EVERY if changed.is_set() or not still.calm else min(2 * self._rest, IDLE_EVERY)

    async def _look(self, now: float) -> None:
        looks: list[Look] = []
        if now >= self._watch_at:
            self._watch_at, self._to_tell = now + WATCH_EVERY, True
            looks += await _watches(self._context, self._began, is_news=self._watched != self._still.state)
            self._watched = self._still.state
        if now >= self._count_at and self._counted != self._still.state:
            self._count_at, self._counted = now + COUNT_EVERY, self._still.state
            looks.append(partial(count, context=self._context))
        if now >= self._listen_at:
            self._listen_at = now + LISTEN_EVERY
            looks.append(partial(voice_watch.watch, now=self._context.clock.now()))
        if looks:
            await self._context.store.write(_together, looks)

    async def _tell(self, now: float) -> None:
        if self._to_tell and now >= self._tell_at:
            self._to_tell = False
            if operator_ways.wanted(self._context) and await self._context.store.write(
                tell_operator.ask, self._context
            ):
                self._tell_at = now + TELL_EVERY

    async def _tidy(self, now: float) -> None:
        if now >= self._tidy_at:
            self._tidy_at = now + TIDY_EVERY
            await self._context.store.write(tidy, self._context)
            await media.tidy(self._context.store, self._context.files, now=self._context.clock.now())

    def _calm_seconds(self, now: float) -> float:
        """Return how long to rest unless something is committed, each time twice as long: some troubles are those of silence.

        Where nothing is open the next chore is waited for: the database cannot tell of anything before. In a real daemon the
        watcher's commits end each rest, and the outside is looked at as often as ever.
        """
        seconds = self._still.seconds(self._context.clock.now())
        if seconds <= 0 or self._context.backups is not None:
            return self._rest
        chores = [self._tidy_at, self._listen_at]
        if not self._context.clock.virtual:
            chores.append(now + IDLE_EVERY)  # a disk fills up and a clock goes wrong without a commit
        if self._watched != self._still.state:
            chores.append(self._watch_at)
        if self._counted != self._still.state:
            chores.append(self._count_at)
        return max(EVERY, min(seconds, *(at - now for at in chores)))


async def _until(at: float, changed: trio.Event) -> None:
    """Sleep until an instant, or until something is committed."""
    with trio.move_on_at(at):
        await changed.wait()


async def _until_news(at: float, news: trio.Event, tell_at: float) -> None:
    """Sleep until a round is over, or until something may be told."""
    with trio.move_on_at(at):
        await news.wait()
        await trio.sleep_until(tell_at)


async def _watches(context: Context, began: datetime, *, is_news: bool) -> list[Look]:
    """Return what looks for trouble, with what it needs to know of the outside. `is_news`: the database may tell of some."""
    now, room = context.clock.now(), await context.files.room()
    ahead = None if context.skew is None else context.skew.ahead()
    looks: list[Look] = []
    if is_news or trouble.is_full(room) or backlog_watch.is_off(ahead):
        looks += [
            partial(health.watch, now=now, listening_since=began),
            partial(trouble.watch, now=now, free_bytes=room),
            partial(backlog_watch.watch, now=now, began=began, clock_ahead=ahead),
        ]
    if context.backups is not None:
        looks.append(partial(backup_watch.look, context=context, began=began))
    return looks


def _together(connection: Connection, looks: Sequence[Look]) -> None:
    """One commit for all that is looked at in one moment: most of it finds nothing to write."""
    for each in looks:
        each(connection)


def look(connection: Connection, context: Context, began: datetime) -> int:
    """Free jobs whose worker hangs, and return how many; see whether anything is heard of what was sent.

    `began`: when this process did.
    """
    now = context.clock.now()
    freed = jobs.rescue(connection, now=now)
    health.watch(connection, now, listening_since=began)
    return freed


def count(connection: Connection, context: Context) -> None:
    """Look at limits and at money."""
    now = context.clock.now()
    health.watch_limits(connection, now, context.rates)
    spend_watch.watch(connection, spending.caps_of(context.config.spend), now)


def tidy(connection: Connection, context: Context) -> None:
    """Forget finished jobs and raw webhooks whose retention is over."""
    settings, now = context.config.store, context.clock.now()
    jobs.prune(connection, before=now - timedelta(days=settings.keep_done_days))
    alerts.forget(connection, before=now - ALERTS_KEPT)
    transcripts.forget_before(connection, now - timedelta(days=context.config.calls.transcript_days))
    message_costs.settle_silent(connection, now=now)
    inbox.empty(connection, before=now - timedelta(days=settings.keep_raw_days))
    exchanges.empty(connection, before=now - timedelta(days=settings.keep_raw_days))
    for user_id in memory_vectors.people_behind(connection, limit=PEOPLE_EMBEDDED):
        memory_vectors.ask(within(connection, user_id), now=now)
    memory_backfill.ask(connection, now=now)
    upkeep.give_back_pages(connection)


async def watch_others(context: Context) -> None:
    """Twice a second, see whether another process (the CLI) committed, and wake everybody if so."""
    last = await context.store.write(external_changes)
    while True:
        await trio.sleep(LOOK_EVERY)
        now = await context.store.write(external_changes)
        if now != last:
            last = now
            context.store.wake()
