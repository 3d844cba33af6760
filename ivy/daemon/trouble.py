"""What is the matter with Ivy itself, as alerts: a vendor left alone, a queue that rests, a full disk. The sweeper asks.

May import: the store and below.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from ivy.daemon import alarms, retirements
from ivy.domain.advice import Advice, Severity
from ivy.domain.runbook import AlertKind
from ivy.errors import Cause
from ivy.store import alerts, breakers, overview
from ivy.store.binding import Connection
from ivy.store.files import RESERVE
from ivy.store.overview import OpenBreaker

DISK = AlertKind.DISK.of()
PROVIDER = "provider:"
FAILS_FOR = timedelta(minutes=5)
"""A channel that is back by then was a moment's trouble."""
WELL_AFTER = timedelta(minutes=10)
"""A queue that was not paused again for so long goes on: its trial comes some seconds after each pause."""
LITTLE_ROOM, ENOUGH_ROOM = 512 << 20, 640 << 20
"""Bytes of disk. Below the first `/readyz` complains too; above the second all is well."""


def is_full(free_bytes: int) -> bool:
    """Say whether a disk with so much room is worth an alert."""
    return free_bytes < LITTLE_ROOM


def watch(connection: Connection, now: datetime, *, free_bytes: int) -> None:
    """Open and end alerts by what is seen now. `free_bytes`: of the disk that people's files are on."""
    left_alone = overview.open_breakers(connection)
    channels = [each for each in left_alone if each.name in breakers.CHANNELS]
    for each in channels:
        if each.since <= now - FAILS_FOR:
            alarms.hold(connection, _left_alone(each.name, each.reason), now, now)
    _end(connection, AlertKind.CHANNEL, [each.name for each in channels], now)
    _watch_providers(connection, [each for each in left_alone if each.name not in breakers.CHANNELS], now)
    for pause in overview.pauses(connection, now=now):
        alarms.hold(connection, _paused(pause.queue, pause.reason), now, now)
    _end(connection, AlertKind.QUEUE, [each.queue for each in overview.pauses(connection, now=now - WELL_AFTER)], now)
    if is_full(free_bytes):
        alarms.hold(connection, _little_room(free_bytes), now, now)
    elif free_bytes >= ENOUGH_ROOM:
        alarms.clear(connection, DISK, now)


def _watch_providers(connection: Connection, left_alone: Collection[OpenBreaker], now: datetime) -> None:
    """One alert for each key, each account's money and each model, however many models it keeps from answering."""
    advice = {each.name: _provider(each) for each in left_alone}
    for each in left_alone:
        if each.cause or each.since <= now - FAILS_FOR:
            alarms.hold(connection, advice[each.name], now, now)
    still = {each.key.removeprefix(PROVIDER) for each in advice.values()}
    _end(connection, PROVIDER, still, now)


def _provider(breaker: OpenBreaker) -> Advice:
    name, (account, _, model) = breaker.name, breaker.name.partition("/")
    why = breaker.reason.rstrip(".")
    goes_on = f"`ivy switch breaker:{name} auto` has it tried at once."
    match breaker.cause:
        case Cause.KEY:
            mend = f"Put a valid key into the file that the configuration names, and restart the daemon. {goes_on}"
            return Advice(
                Severity.CRITICAL, AlertKind.PROVIDER_KEY.of(account), f"{account} refuses our key: {why}.", mend
            )
        case Cause.MONEY:
            mend = f"Add credit, or raise the limit, in {account}'s console: it is not asked before that. {goes_on}"
            return Advice(
                Severity.CRITICAL,
                AlertKind.PROVIDER_MONEY.of(account),
                f"{account} has no more money of ours: {why}.",
                mend,
            )
        case Cause.MODEL:
            mend = f"Name {_instead(name)} in ivy.toml, and restart the daemon."
            return Advice(
                Severity.CRITICAL,
                AlertKind.PROVIDER_MODEL.of(name),
                f"{account} has no {model or 'model'}: {why}.",
                mend,
            )
        case _:
            mend = f"Others answer meanwhile, if there are any; look at its vendor's status page. {goes_on}"
            return Advice(
                Severity.WARNING, AlertKind.PROVIDER_DOWN.of(name), f"{name} fails and is left alone: {why}.", mend
            )


def _instead(name: str) -> str:
    known = retirements.of(name)
    return "another model" if known is None else f"{known.replacement}, which its vendor gives as the next one,"


def _left_alone(channel: str, reason: str) -> Advice:
    return Advice(
        Severity.CRITICAL, AlertKind.CHANNEL.of(channel), f"{channel} fails and is left alone: {reason.rstrip('.')}.",
        f"Mend what it names, then `ivy switch channel.{channel} on`: messages wait meanwhile, or go another way.",
    )  # fmt: skip


def _paused(queue: str, reason: str) -> Advice:
    return Advice(
        Severity.CRITICAL, AlertKind.QUEUE.of(queue), f"Queue {queue} is paused: {reason.rstrip('.')}.",
        f"Mend what it names, then `ivy switch queue.{queue} on`: its work waits unharmed.",
    )  # fmt: skip


def _little_room(free: int) -> Advice:
    full = free < RESERVE
    return Advice(
        Severity.CRITICAL if full else Severity.WARNING, DISK,
        f"Only {free >> 20} MB of disk are free" + (": no picture or voice note is taken in." if full else "."),
        "Make room on the disk that holds the database and people's files, or shorten media.keep_days.",
    )  # fmt: skip


def _end(connection: Connection, kind: str, still: Collection[str], now: datetime) -> None:
    for alert in alerts.open_alerts(connection):
        if alert.key.startswith(kind) and alert.key.removeprefix(kind) not in still:
            alarms.clear(connection, alert.key, now)
