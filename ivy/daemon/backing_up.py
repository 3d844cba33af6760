"""Makes one backup into the configured folder, in a thread beside the writer, and removes the oldest after it was proved.

May import: the store and below. What goes wrong is an alert and a row, and no dead letter: the next one comes by itself.
"""

from dataclasses import dataclass
from datetime import timedelta

import trio

from ivy import __version__, log
from ivy.daemon.backup_room import BackupRoom
from ivy.daemon.backup_watch import FAILED, LASTS, OLD
from ivy.daemon.context import Context, Later, Outcome
from ivy.domain import backups as rules
from ivy.domain.advice import Advice, Severity
from ivy.errors import StoreError
from ivy.store import alerts, backups
from ivy.store.archives import keys_of, seal_key_ids
from ivy.store.backup_files import Busy, Made, Order, make, prune
from ivy.store.backups import Backup
from ivy.store.binding import Connection
from ivy.store.snapshots import Stopped

logger = log.get(__name__)
BUSY_AGAIN = timedelta(minutes=10)


@dataclass
class _Flag:
    """Tells a thread that nobody waits for it any more."""

    is_up: bool = False


async def back_up(room: BackupRoom, context: Context) -> Outcome:
    """Make a backup now, unless another is being made."""
    began, flag = context.clock.now(), _Flag()
    path = room.folder / rules.name_of(began)
    order = Order(
        context.store.path,
        context.files.folder,
        path,
        room.lock,
        __version__,
        configuration=room.configuration,
        seal_keys=tuple(seal_key_ids(keys_of(context.config.store.seal_key.reveal()))),
        now=context.clock.now,
        stop=lambda: flag.is_up,
    )
    try:
        made = await _made(order, room, flag, context.config.backup.keep)
    except Busy as error:
        logger.info("the backup waits: %s", error)
        return Later(context.clock.now() + BUSY_AGAIN)
    except (StoreError, OSError) as error:
        reason = str(error)
        logger.error("no backup was made: %s", reason)
        return lambda connection: _failed(connection, Backup(began, str(path), 0, 0.0, False, reason), context)
    logger.info("backup %s: %s in %.1f s", made.path, rules.size(made.bytes), made.seconds)
    done = Backup(made.taken_at, str(made.path), made.bytes, made.seconds, True, "")
    return lambda connection: _made_well(connection, done, context)


async def _made(order: Order, room: BackupRoom, flag: _Flag, keep: int) -> Made:
    """Work in a thread; one that is cancelled ends soon, and leaves nothing. Raises: StoreError, OSError."""
    failure: StoreError | OSError | None = None
    made: Made | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_raise_when_cancelled, flag)
        try:
            made = await room.threads.run(_make_and_prune, order, keep)
        except Stopped:
            await trio.lowlevel.checkpoint_if_cancelled()
            raise
        except (StoreError, OSError) as error:
            failure = error  # out there, so that it is itself and no group of one
        nursery.cancel_scope.cancel()
    if made is None:
        raise failure or StoreError("The backup was not made.")
    return made


async def _raise_when_cancelled(flag: _Flag) -> None:
    try:
        await trio.sleep_forever()
    finally:
        flag.is_up = True


def _make_and_prune(order: Order, keep: int) -> Made:
    made = make(order)
    for gone in prune(order.target.parent, keep, made=made.path):
        logger.info("an old backup was removed: %s", gone)
    return made


def _made_well(connection: Connection, backup: Backup, context: Context) -> None:
    backups.keep(connection, backup)
    now = context.clock.now()
    for key in (FAILED, OLD):
        alerts.resolve(connection, key, at=now, now=now)


def _failed(connection: Connection, backup: Backup, context: Context) -> None:
    backups.keep(connection, backup)
    now = context.clock.now()
    advice = Advice(
        Severity.WARNING,
        FAILED,
        f"No backup was made: {backup.error.rstrip('.')}.",
        "Mend what it names; the next is tried within the hour, `ivy backup` makes one at once.",
        lasts=LASTS,
    )
    alerts.raise_alert(connection, advice, at=now, now=now)
