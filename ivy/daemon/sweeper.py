"""Keeps the house: frees hung leases, sees to alerts, notices other processes, forgets what is past its time.

May import: the store and below.
"""

from datetime import datetime, timedelta

import trio

from ivy import log
from ivy.daemon import trouble
from ivy.daemon.context import Context
from ivy.daemon.handlers import health, media, tell_operator
from ivy.store import alerts, inbox, jobs, transcripts, upkeep
from ivy.store.binding import Connection
from ivy.store.database import ANYTHING, external_changes

logger = log.get(__name__)
EVERY = 30.0
IDLE_EVERY = 900.0
"""While nobody writes anything, which is most of a night."""
WATCH_EVERY = 60.0
MAIL_EVERY = 300.0
"""The operator is not mailed more often: what a storm brings after its first mail is gathered in the next."""
TIDY_EVERY = 3600.0
ALERTS_KEPT = timedelta(days=90)
LOOK_EVERY = 1.0


async def sweep(context: Context) -> None:
    """Free jobs whose worker hangs, look for trouble, let the operator know; once an hour, forget what need not be kept."""
    tidied = watched = mailed = float("-inf")
    began, quiet = context.clock.now(), EVERY
    while True:
        freed = await context.store.write(jobs.rescue, now=context.clock.now())
        if freed:
            logger.warning("%s jobs were freed: their leases ran out", freed)
        looked = trio.current_time() - watched >= WATCH_EVERY
        if looked:
            watched = trio.current_time()
            may_mail = trio.current_time() - mailed >= MAIL_EVERY
            if await context.store.write(watch, context, began, await context.files.room(), may_mail=may_mail):
                mailed = trio.current_time()
        if trio.current_time() - tidied >= TIDY_EVERY:
            tidied = trio.current_time()
            await context.store.write(tidy, context)
            await media.tidy(context.store, context.files, now=context.clock.now())
        changed = context.store.wake_of(ANYTHING)
        await trio.sleep(EVERY)
        if looked:  # and as long as nothing is committed: an idle house is looked at less often
            await _rest(context, changed, quiet)
            quiet = EVERY if changed.is_set() else min(2 * quiet, IDLE_EVERY)


async def _rest(context: Context, changed: trio.Event, quiet: float) -> None:
    """Sleep until something is committed or a lease runs out, each time twice as long: some troubles are those of silence."""
    held_until = await context.store.read(jobs.next_lease_end)
    idle = quiet - EVERY
    if held_until is not None:
        idle = min(idle, (held_until - context.clock.now()).total_seconds())
    with trio.move_on_after(max(0.0, idle)):
        await changed.wait()


def watch(connection: Connection, context: Context, began: datetime, free_bytes: int, *, may_mail: bool) -> bool:
    """Look at what no webhook says; return True if the operator is about to be told what is news."""
    now = context.clock.now()
    health.watch(connection, now, context.rates, listening_since=began)
    trouble.watch(connection, now, free_bytes=free_bytes)
    return may_mail and tell_operator.ask(connection, context)


def tidy(connection: Connection, context: Context) -> None:
    """Forget finished jobs and raw webhooks whose retention is over."""
    settings, now = context.config.store, context.clock.now()
    jobs.prune(connection, before=now - timedelta(days=settings.keep_done_days))
    alerts.forget(connection, before=now - ALERTS_KEPT)
    transcripts.forget_before(connection, now - timedelta(days=context.config.calls.transcript_days))
    inbox.empty(connection, before=now - timedelta(days=settings.keep_raw_days))
    upkeep.give_back_pages(connection)


async def watch_others(context: Context) -> None:
    """Once a second, see whether another process (the CLI) committed, and wake everybody if so."""
    last = await context.store.write(external_changes)
    while True:
        await trio.sleep(LOOK_EVERY)
        now = await context.store.write(external_changes)
        if now != last:
            last = now
            context.store.wake()
