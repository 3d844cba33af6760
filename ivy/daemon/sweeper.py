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
    watch_at = count_at = listen_at = tell_at = tidy_at = trio.current_time()
    began, rest, to_tell = context.clock.now(), EVERY, True
    while True:
        news = context.store.wake_of(alerts.NEWS)
        calm, now = await context.store.read(is_calm, context.clock.now()), trio.current_time()
        if not calm and (freed := await context.store.write(look, context, began)):
            logger.warning("%s jobs were freed: their leases ran out", freed)
        looks: list[Look] = []
        if now >= watch_at:
            watch_at, to_tell = now + WATCH_EVERY, True
            looks += await _watches(context, began)
        if now >= count_at:
            count_at = now + COUNT_EVERY
            looks.append(partial(count, context=context))
        if now >= listen_at:
            listen_at = now + LISTEN_EVERY
            looks.append(partial(voice_watch.watch, now=context.clock.now()))
        if looks:
            await context.store.write(_together, looks)
        if to_tell and now >= tell_at:
            to_tell = False
            if operator_ways.wanted(context) and await context.store.write(tell_operator.ask, context):
                tell_at = now + TELL_EVERY
        if now >= tidy_at:
            tidy_at = now + TIDY_EVERY
            await context.store.write(tidy, context)
            await media.tidy(context.store, context.files, now=context.clock.now())
        changed = context.store.wake_of(ANYTHING)
        await _until_news(news, tell_at)
        if calm and not news.is_set():
            await _rest(rest - EVERY, changed)
        to_tell = to_tell or news.is_set()
        rest = EVERY if changed.is_set() or not calm else min(2 * rest, IDLE_EVERY)


async def _until_news(news: trio.Event, tell_at: float) -> None:
    """Sleep for a round, or until something may be told."""
    with trio.move_on_after(EVERY):
        await news.wait()
        await trio.sleep_until(tell_at)


async def _rest(seconds: float, changed: trio.Event) -> None:
    """Sleep on until something is committed, each time twice as long: some troubles are those of silence."""
    if seconds > 0 and not changed.is_set():
        with trio.move_on_after(seconds):
            await changed.wait()


async def _watches(context: Context, began: datetime) -> list[Look]:
    """Return what looks for trouble, with what it needs to know of the outside."""
    now, room = context.clock.now(), await context.files.room()
    ahead = None if context.skew is None else context.skew.ahead()
    looks: list[Look] = [
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


def is_calm(connection: Connection, now: datetime) -> bool:
    """Say whether nothing is under way that should be over by now: most of the time that is all there is to know."""
    return not (jobs.any_held(connection) or health.is_watchful(connection, now))


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
