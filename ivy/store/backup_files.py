"""Makes a backup file: a copy of the database beside it, sealed with people's files, read again, and only then named.

May import: packing, snapshots, archives, the domain. One at a time for a database; a killed one's remains go with the next.
"""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ivy.clock import stamp
from ivy.domain import backups
from ivy.errors import StoreError
from ivy.store import snapshots
from ivy.store.archives import COST, FRAME, Damaged, Lock, Sealing
from ivy.store.files import NoRoom
from ivy.store.packing import Manifest, Parts, created, pack, read, sync
from ivy.store.snapshots import Stop, never

PART, SNAPSHOT = ".part", ".snapshot-"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Busy(StoreError):
    """Another backup of this database is being made."""


@dataclass(frozen=True)
class Order:
    """What is to be backed up, and where to. `free` returns how many bytes a folder's disk still has."""

    database: Path
    media: Path
    target: Path
    lock: Lock
    program: str
    configuration: Path | None = None
    seal_keys: tuple[str, ...] = ()
    at_rest: bool = False
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    stop: Stop = never
    tell: Callable[[str], None] = lambda _line: None
    """Told in plain words what is being done."""
    frame: int = FRAME
    cost: int = COST


@dataclass(frozen=True)
class Made:
    """A backup that was read again after it was written."""

    path: Path
    taken_at: datetime
    bytes: int
    seconds: float
    manifest: Manifest = field(repr=False)


# --- making ------------------------------------------------------------------------------------------


def make(order: Order) -> Made:
    """Write a backup and read it again; return it. Whatever happens, nothing half made stays.

    Raises: StoreError (the database or the backup is damaged, or `target` exists), NoRoom, Busy, Stopped.
    """
    if order.target.exists():
        raise StoreError(f"{order.target} exists already; nothing is written over.")
    if not order.target.parent.is_dir():
        raise StoreError(f"There is no folder {order.target.parent}.")
    with _alone(order.database), _disk(order.target):
        clean(order.database, order.target.parent)
        snapshot = order.database.with_name(f"{order.database.name}{SNAPSHOT}{os.getpid()}")
        part = order.target.with_name(order.target.name + PART)
        try:
            return _make(order, snapshot, part)
        finally:
            _remove(snapshot)
            part.unlink(missing_ok=True)


def _make(order: Order, snapshot: Path, part: Path) -> Made:
    began = order.now()
    size = snapshots.size_of(order.database)
    _check_room(order, size)
    order.tell(f"copying the database ({backups.size(size)})")
    snapshots.take(order.database, snapshot, stop=order.stop)
    order.tell("checking the copy")
    facts = snapshots.examine(snapshot, stop=order.stop)
    named = snapshots.files_named(snapshot)
    _check_room(order, size, media=sum(named.values()), copied=True)
    order.tell(f"sealing it and {len(named)} files ({backups.size(sum(named.values()))})")
    part.unlink(missing_ok=True)
    with created(part) as file:
        seal = Sealing(
            file,
            order.lock,
            taken_at_ms=stamp(began),
            program=order.program,
            schema=facts.schema,
            frame=order.frame,
            cost=order.cost,
        )
        parts = Parts(snapshot, order.media, named, order.configuration, order.seal_keys, order.at_rest)
        manifest = pack(seal, parts, facts, stop=order.stop)
        seal.finish()
        file.flush()
        os.fsync(file.fileno())
    _remove(snapshot)
    order.tell("reading it again")
    if read(part, order.lock, stop=order.stop) != manifest:
        raise Damaged("What was written is not what was to be written.")
    try:
        os.link(part, order.target)  # unlike a renaming, it never replaces what somebody else put there
    except FileExistsError:
        raise StoreError(f"{order.target} exists already; nothing is written over.") from None
    except OSError:  # a file system without links
        part.rename(order.target)
    part.unlink(missing_ok=True)
    sync(order.target.parent)
    seconds = (order.now() - began).total_seconds()
    return Made(order.target, began, order.target.stat().st_size, max(0.0, seconds), manifest)


def _check_room(order: Order, size: int, *, media: int = 0, copied: bool = False) -> None:
    """Raise NoRoom, with the numbers, before a disk is filled: the copy lies beside the database, the backup elsewhere."""
    here, there = order.database.parent, order.target.parent
    needs = {here: 0 if copied else size, there: size + media}
    if here.stat().st_dev == there.stat().st_dev:
        needs = {there: sum(needs.values()) if here != there else 2 * size + media - (size if copied else 0)}
    for folder, needed in needs.items():
        free = order.free(folder)
        if needed and backups.lacking(needed, free):
            raise NoRoom(
                f"The backup needs {backups.size(needed + backups.HEADROOM)} at {folder}, and {backups.size(free)} are free."
            )


# --- the disk ----------------------------------------------------------------------------------------


def clean(database: Path, folder: Path) -> None:
    """Remove what a backup left that was killed: copies beside the database, and unfinished ones in a folder of ours."""
    for path in database.parent.glob(f"{database.name}{SNAPSHOT}*"):
        path.unlink(missing_ok=True)
    for path in folder.glob(f"*{PART}"):
        if backups.is_ours(path.name.removesuffix(PART)):
            path.unlink(missing_ok=True)


def prune(folder: Path, keep: int, *, made: Path | None = None) -> list[Path]:
    """Remove the oldest of the backups that were named by us; return them. Call it only after a new one, `made`, was proved.

    That one stays, whatever a clock that was once ahead has called the others.
    """
    gone = [folder / name for name in backups.to_remove((path.name for path in folder.iterdir()), keep)]
    gone = [path for path in gone if path != made]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


@contextmanager
def _alone(database: Path) -> Generator[None]:
    """Hold the one right to make a backup of a database. Raises: Busy."""
    handle = os.open(database.with_name(f"{database.name}.backup-lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"Another backup of {database} is being made.") from None
        yield
    finally:
        os.close(handle)


@contextmanager
def _disk(target: Path) -> Generator[None]:
    """Say in one line what a disk refused."""
    try:
        yield
    except NoRoom:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise NoRoom(f"The disk is full: {target} could not be written.") from None
        raise StoreError(f"{target} cannot be written: {error.strerror or error}.") from None


def _remove(snapshot: Path) -> None:
    for path in (snapshot, snapshot.with_name(f"{snapshot.name}-journal")):
        path.unlink(missing_ok=True)
