"""A sign of life once a minute: a file beside the database, and an address that waits for it. May import: web, the store and below.

A dead daemon can tell nobody. Who looks from outside sees how old the file is (`ivy alerts check`), or is no longer asked.
"""

import time
from datetime import datetime, timedelta

import trio

from ivy import log
from ivy.daemon import beat_file
from ivy.daemon.context import Context
from ivy.daemon.web import OLDEST_BEAT
from ivy.domain.advice import Advice, Severity, day
from ivy.domain.runbook import AlertKind
from ivy.errors import VendorError
from ivy.store import alerts
from ivy.store.binding import Connection

logger = log.get(__name__)
EVERY = 60.0
PATIENCE = 10.0
DOWN, UNHEARD = AlertKind.DAEMON.of("down"), AlertKind.NOT_TOLD.of("heartbeat")
DOWN_FOR, TOLD_FOR = timedelta(minutes=5), timedelta(days=1)
UNHEARD_FOR = timedelta(minutes=5)


async def run(context: Context) -> None:
    """Say whether the one before died, then show every minute that this one lives, while its writer commits."""
    await context.store.write(_tell_of_the_gap, beat_file.last_beat(context.store.path), context.clock.now())
    unheard = await context.store.read(alerts.find_open, UNHEARD)
    unheard_since = None if unheard is None else unheard.first_at
    while True:
        if (silent := time.monotonic() - context.store.beat) < OLDEST_BEAT:
            beat_file.touch(context.store.path)
            unheard_since = await _beat(context, unheard_since)
        else:
            logger.error("the writer last committed %.0f s ago: no sign of life is given", silent)
        await trio.sleep(EVERY)


async def _beat(context: Context, unheard_since: datetime | None) -> datetime | None:
    """Ask the address that waits for it; return since when it does not answer."""
    now = context.clock.now()
    if context.pulse is None:
        if unheard_since is not None:
            await context.store.write(alerts.resolve, UNHEARD, at=now, now=now)
        return None
    try:
        with trio.fail_after(PATIENCE):
            await context.pulse.beat()
    except (VendorError, trio.TooSlowError) as error:
        reason = error.reason if isinstance(error, VendorError) else "it does not answer in time"
        logger.warning("operator.heartbeat_url was not reached: %s", reason)
        since = unheard_since or now
        if now - since >= UNHEARD_FOR:
            await context.store.write(_tell_unheard, reason, now)
        return since
    if unheard_since is not None:
        await context.store.write(alerts.resolve, UNHEARD, at=now, now=now)
    return None


def _tell_unheard(connection: Connection, reason: str, now: datetime) -> None:
    advice = Advice(
        Severity.WARNING, UNHEARD, f"The address that waits for Ivy's sign of life is not reached: {reason.rstrip('.')}.",
        "Mend operator.heartbeat_url, or this machine's way out: whoever watches there takes Ivy for dead.",
    )  # fmt: skip
    alerts.raise_alert(connection, advice, at=now, now=now, again=False)


def _tell_of_the_gap(connection: Connection, last: datetime | None, now: datetime) -> None:
    if last is None or now - last < DOWN_FOR:
        return
    minutes = (now - last) // timedelta(minutes=1)
    advice = Advice(
        Severity.WARNING, DOWN,
        f"Ivy did not run for {minutes} minutes, from {day(last)} to {day(now)}, and was not stopped by anybody.",
        "Find out why in the log (`journalctl -u ivy`); what waited is done now, and what came too late is among the dead letters.",
        lasts=TOLD_FOR,
    )  # fmt: skip
    alerts.raise_alert(connection, advice, at=now, now=now)
    logger.warning("alert %s: %s", advice.severity, advice.title)
