"""Keeps the house: frees hung leases, sees to alerts, notices other processes, forgets what is past its time.

May import: the store and below.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    tidied = watched = counted = listened = told = float("-inf")
    began, quiet = context.clock.now(), EVERY
    while True:
        found, now = await context.store.write(look, context, began), trio.current_time()
        if found.freed:
            logger.warning("%s jobs were freed: their leases ran out", found.freed)
        looks: list[Look] = []
        if now - watched >= WATCH_EVERY:
            watched = now
            looks += await _watches(context, began)
        if now - counted >= COUNT_EVERY:
            counted = now
            looks.append(partial(count, context=context))
        if now - listened >= LISTEN_EVERY:
            listened = now
            looks.append(partial(voice_watch.watch, now=context.clock.now()))
        if looks:
            await context.store.write(_together, looks)
        may_tell = now - told >= TELL_EVERY and operator_ways.wanted(context)
        if may_tell and await context.store.write(tell_operator.ask, context):
            told = now
        if now - tidied >= TIDY_EVERY:
            tidied = now
            await context.store.write(tidy, context)
            await media.tidy(context.store, context.files, now=context.clock.now())
        changed = context.store.wake_of(ANYTHING)
        await trio.sleep(EVERY)
        await _rest(context, changed, quiet - EVERY, found.held_until)
        quiet = EVERY if changed.is_set() else min(2 * quiet, IDLE_EVERY)


async def _watches(context: Context, began: datetime) -> list[Look]:
    """Return what looks for trouble, with what it needs to know of the outside."""
    now, room = context.clock.now(), await context.files.room()
    ahead = None if context.skew is None else context.skew.ahead()
    looks: list[Look] = [
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


async def _rest(context: Context, changed: trio.Event, seconds: float, held_until: datetime | None) -> None:
    """Sleep until something is committed or a lease runs out, each time twice as long: some troubles are those of silence."""
    if held_until is not None:
        seconds = min(seconds, (held_until - context.clock.now()).total_seconds())
    if seconds > 0 and not changed.is_set():
        with trio.move_on_after(seconds):
            await changed.wait()


@dataclass(frozen=True)
class Found:
    """What one look did: how many jobs it freed; and when the next lease runs out."""

    freed: int
    held_until: datetime | None


def look(connection: Connection, context: Context, began: datetime) -> Found:
    """Free jobs whose worker hangs; see whether anything is heard of what was sent. `began`: when this process did."""
    now = context.clock.now()
    freed = jobs.rescue(connection, now=now)
    health.watch(connection, now, listening_since=began)
    return Found(freed, jobs.next_lease_end(connection))


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
