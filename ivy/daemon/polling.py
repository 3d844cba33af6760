"""Asks a channel that cannot reach Ivy for what came, for ever, and keeps it. May import: the store and below.

The vendor's polls use nothing up: what came is kept in the same commit as where the next poll begins, so a crash repeats
or loses none, and what comes twice is known by its ids.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import trio

from ivy import log
from ivy.daemon import alarms
from ivy.daemon.context import Context
from ivy.domain.advice import Advice, Severity
from ivy.domain.runbook import AlertKind
from ivy.errors import StoreBusy, VendorBusy, VendorError
from ivy.ports import Polled, Polling
from ivy.store import polling
from ivy.store.binding import Connection
from ivy.store.binding import Error as DatabaseError

logger = log.get(__name__)
ANSWERS_WITHIN = 20.0
"""Seconds that a poll may take longer than it was to last."""
AFTER_REPLACED = timedelta(seconds=30)
ALONE_AFTER = timedelta(minutes=10)
"""How long nobody else polled until that is believed to be over."""
FAILS_FOR = timedelta(minutes=5)
LONGEST_WAIT = timedelta(minutes=5)
"""However long the vendor wants to be left alone, for what comes is asked for: nobody would hear that it lasts."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=1)


@dataclass
class _State:
    """What is known of the polls of this process. `offset`: None before the first."""

    alone_since: datetime
    offset: int | None = None
    failing_since: datetime | None = None
    pause: timedelta = FIRST_PAUSE
    may_be_open: bool = True
    """Alerts of an earlier life may still stand."""


async def run(context: Context) -> None:
    """Poll for ever; nothing to do where no channel is polled."""
    channel = context.polling
    if channel is None:
        return
    state = _State(context.clock.now())
    while True:
        await trio.sleep(channel.poll_wait().total_seconds())
        await trio.sleep((await _once(channel, state, context)).total_seconds())


async def _once(channel: Polling, state: _State, context: Context) -> timedelta:
    """Poll once; return how long to wait before the next. What goes wrong costs this poll, never the daemon."""
    try:
        return await _poll(channel, state, context)
    except (StoreBusy, DatabaseError) as error:  # nothing was kept, and the vendor gives it out again
        logger.error("what %s brought could not be kept: %s", channel.name, error)
        return FIRST_PAUSE
    except Exception:  # a bug of ours: the next answer may be another
        logger.exception("a poll of %s came to nothing", channel.name)
        return LONGEST_PAUSE


async def _poll(channel: Polling, state: _State, context: Context) -> timedelta:
    now, seconds = context.clock.now(), context.config.solo.timeout_seconds
    if state.offset is None:
        begin = partial(polling.begin, now=now)
        state.offset = await context.store.write(begin, channel.name, channel.key_digest)
    try:
        with trio.fail_after(seconds + ANSWERS_WITHIN):
            polled = await channel.poll(state.offset, seconds)
    except trio.TooSlowError:
        return await _failed(channel, VendorBusy(channel.name, "no answer to a poll"), state, context)
    except VendorError as error:
        return await _failed(channel, error, state, context)
    if polled is not None:
        await _keep(channel, polled, state, context)
    await _went_well(channel, state, context)
    return timedelta(0)


async def _keep(channel: Polling, polled: Polled, state: _State, context: Context) -> None:
    arrival = context.arrival(channel.name, polled.body)

    def write(connection: Connection) -> None:
        polling.keep(connection, arrival, channel.key_digest, polled.next_offset, now=arrival.received_at)

    await context.store.write(write)
    state.offset = polled.next_offset


# --- how it fares ------------------------------------------------------------------------------------


async def _went_well(channel: Polling, state: _State, context: Context) -> None:
    state.pause, state.failing_since = FIRST_PAUSE, None
    if not state.may_be_open:
        return
    now = context.clock.now()
    over = [AlertKind.POLL_KEY, AlertKind.POLL_FAILS]
    if now >= state.alone_since + ALONE_AFTER:
        over.append(AlertKind.POLL_REPLACED)
        state.may_be_open = False

    def write(connection: Connection) -> None:
        for kind in over:
            alarms.clear(connection, kind.of(channel.name), now)

    await context.store.write(write)


async def _failed(channel: Polling, error: VendorError, state: _State, context: Context) -> timedelta:
    """Note a failure, and let the operator know where it is theirs to mend; return how long to wait."""
    now = context.clock.now()
    logger.warning("a poll failed: %s", error)
    if isinstance(error, VendorBusy) and error.conflict:
        state.alone_since = now
        await _tell(_replaced(channel.name), state, context)
        return AFTER_REPLACED
    if not isinstance(error, VendorBusy):
        await _tell(_refused(channel.name, error.reason), state, context)
        return timedelta(seconds=context.config.retry.pause_seconds)
    state.failing_since = state.failing_since or now
    if now >= state.failing_since + FAILS_FOR:
        await _tell(_fails(channel.name, error.reason), state, context)
    pause, state.pause = state.pause, min(2 * state.pause, LONGEST_PAUSE)
    return min(error.after or pause * (0.5 + context.chance.random() / 2), LONGEST_WAIT)


async def _tell(advice: Advice, state: _State, context: Context) -> None:
    now = context.clock.now()
    state.may_be_open = True
    await context.store.write(alarms.hold, advice, now, now)


def _replaced(name: str) -> Advice:
    return Advice(
        Severity.CRITICAL, AlertKind.POLL_REPLACED.of(name),
        "Another program polls with Ivy's agent key: each takes the other's place.",
        "Stop the other one, or make the key anew in the agent's chat (Chat info > API key) and give it to Ivy alone.",
    )  # fmt: skip


def _refused(name: str, reason: str) -> Advice:
    return Advice(
        Severity.CRITICAL, AlertKind.POLL_KEY.of(name),
        f"Ivy hears nothing from WhatsApp: {reason.rstrip('.')}.",
        "Put the key of the agent's chat (Chat info > API key) into the file that solo.api_key_file names, and restart"
        " the daemon. What was written meanwhile is still given out, for 30 days.",
    )  # fmt: skip


def _fails(name: str, reason: str) -> Advice:
    return Advice(
        Severity.WARNING, AlertKind.POLL_FAILS.of(name),
        f"Ivy has heard nothing from WhatsApp for minutes: {reason.rstrip('.')}.",
        "It is asked on and on; look whether this machine reaches api.whatsapp.com. Nothing is lost for 30 days.",
    )  # fmt: skip
