"""Puts a backup back: proved whole, brought to this program's schema and settled, and only then in its place.

May import: packing, restored, migrate, the domain. The caller holds the daemon's lock on the database. A bare database file,
such as a replica leaves, is taken too; it brings no files with it.
"""

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from ivy.clock import stamp, unstamp
from ivy.domain import backups as rules
from ivy.errors import StoreError, UsageError
from ivy.store import backups, migrate, restored, snapshots
from ivy.store.archives import Damaged, Lock
from ivy.store.backups import Backup
from ivy.store.binding import Error
from ivy.store.files import NoRoom, place_of
from ivy.store.packing import CONFIGURATION, DATABASE, Manifest, created, header_of, read, sync
from ivy.store.restored import Settled
from ivy.store.settings import open_reader, open_writer

WORK = ".restoring"
SQLITE = b"SQLite format 3\x00"
BESIDES = ("", "-wal", "-shm")
CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True)
class Found:
    """A backup that was proved whole. `manifest` None: a bare database file. `schema` is the number of its last migration."""

    taken_at: datetime
    schema: int
    counts: dict[str, int]
    manifest: Manifest | None = field(repr=False, default=None)


@dataclass(frozen=True)
class Order:
    """What is to be put where. `worked_until`: how long the Ivy that was backed up went on; None: not known.

    `configuration`: where the backup's ivy.toml goes if none is there; None: nowhere.
    """

    source: Path
    database: Path
    media: Path
    lock: Callable[[], Lock]
    """Asked only for a sealed file."""
    now: datetime
    actor: str
    replace: bool = False
    worked_until: Callable[[datetime], datetime | None] = lambda _taken_at: None
    configuration: Path | None = None
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    tell: Callable[[str], None] = lambda _line: None


@dataclass(frozen=True)
class Restored:
    """What was done. `replaced`: where the database that was there lies now, if there was one."""

    found: Found
    worked_until: datetime
    migrated: tuple[str, ...]
    settled: Settled
    replaced: Path | None
    media_replaced: Path | None
    configuration: Path | None


def is_sealed(source: Path) -> bool:
    """Say whether a file is a sealed backup, and not a bare database. Raises: Damaged if it is neither, OSError."""
    with source.open("rb") as file:
        start = file.read(len(SQLITE))
    if start == SQLITE:
        return False
    header_of(source)
    return True


def check(order: Order) -> Found:
    """Prove a backup and change nothing: it is read as if it were put back, in a private folder that goes again."""
    place = next(each for each in (order.database.parent, *order.database.parent.parents) if each.is_dir())
    work = place / f"{WORK}-check-{os.getpid()}"
    try:
        _check_room(order, place)
        work.mkdir(mode=0o700)
        return _unpack(order, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def put_back(order: Order) -> Restored:
    """Put a backup in its place. Raises: StoreError; then nothing was changed."""
    if order.database.exists() and not order.replace:
        raise StoreError(
            f"There is a database at {order.database}; --replace puts it aside, --to restores somewhere else."
        )
    folder = order.database.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(f"{WORK}*"):  # of one that was killed: we hold the lock
        shutil.rmtree(left, ignore_errors=True)
    work = folder / WORK
    try:
        _check_room(order, folder)
        work.mkdir(mode=0o700)
        found = _unpack(order, work)
        until = _worked_until(order, found.taken_at, work / DATABASE)
        order.tell("settling what was under way")
        migrated, settled = _prepare(order, work / DATABASE, found, until)
        return _swap(order, work, found, until, migrated, settled)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise NoRoom(f"The disk is full: the backup could not be put into {folder}.") from None
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _check_room(order: Order, folder: Path) -> None:
    needed, free = 2 * order.source.stat().st_size, order.free(folder)  # a newer schema may write every page anew
    if rules.lacking(needed, free):
        raise NoRoom(
            f"Restoring needs {rules.size(needed + rules.HEADROOM)} at {folder}, and {rules.size(free)} are free."
        )


# --- proving -----------------------------------------------------------------------------------------


def _unpack(order: Order, work: Path) -> Found:
    """Read a backup into a folder and prove it. Raises: StoreError, also for one that a newer program made."""
    copy = work / DATABASE
    manifest: Manifest | None = None
    if is_sealed(order.source):
        taken_at = unstamp(header_of(order.source).taken_at_ms)
        order.tell("reading the backup")
        manifest = read(order.source, order.lock(), into=work)
    else:
        order.tell("copying the database")
        snapshots.take(order.source, copy)
        try:
            with closing(open_reader(copy)) as connection:
                newest = snapshots.newest_moment(connection)
        except Error:
            raise StoreError(f"{order.source} is no database of Ivy's, or of a version from before backups.") from None
        taken_at = unstamp(newest or round(order.source.stat().st_mtime * 1000))
    order.tell("checking it")
    facts = snapshots.examine(copy)
    if manifest is not None and facts != manifest.facts:
        raise Damaged("The database in the backup does not hold what its list says.")
    with closing(open_reader(copy)) as connection:
        migrate.check(connection, migrate.shipped())
    return Found(taken_at, facts.schema, facts.counts, manifest)


def _worked_until(order: Order, taken_at: datetime, copy: Path) -> datetime:
    """Return the end of the gap: as told, else when the database that is replaced was last written, else now."""
    told = order.worked_until(taken_at)
    if told is not None:
        if told < taken_at:
            raise UsageError(
                "--worked-until is before the backup was made; `backup` says that nothing was done after it."
            )
        if told > order.now + CLOCKS_DIFFER:
            raise UsageError("--worked-until has not come yet.")
        return told
    if taken_at > order.now + CLOCKS_DIFFER:
        raise UsageError("The backup is of a time that has not come yet by this machine's clock: set the clock first.")
    last = _last_written(order.database, taken_at, copy)
    return max(taken_at, order.now if last is None else min(last, order.now))


def _last_written(database: Path, taken_at: datetime, copy: Path) -> datetime | None:
    """Return when a database was last written, by its files' times: it may be damaged; `taken_at` if nothing was done since."""
    times = [path.stat().st_mtime for path in _files_of(database)[:2] if path.exists()]
    if not times:
        return None
    try:
        with closing(open_reader(database)) as connection, closing(open_reader(copy)) as backed_up:
            # An empty database, as `ivy init` makes it, or an older life of it, is idle and proves nothing.
            same_life = snapshots.newest_moment(connection) >= snapshots.newest_moment(backed_up) > 0
            if same_life and snapshots.is_idle_since(connection, stamp(taken_at)):
                return taken_at
    except Error:  # damaged, or of another schema: its files' times are left
        pass
    return unstamp(round(max(times) * 1000))


# --- putting in place --------------------------------------------------------------------------------


def _prepare(order: Order, copy: Path, found: Found, until: datetime) -> tuple[tuple[str, ...], Settled]:
    """Bring the copy to this program's schema, and settle what was under way in it."""
    connection = open_writer(copy)
    try:
        migrated = migrate.migrate(connection)
        connection.execute("BEGIN IMMEDIATE")
        settled = restored.settle(
            connection,
            taken_at=found.taken_at,
            worked_until=until,
            now=order.now,
            file=order.source.name,
            actor=order.actor,
        )
        if found.manifest is not None:
            backups.keep(connection, _as_known(order.source, found.taken_at))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    return tuple(migrated), settled


def _as_known(source: Path, taken_at: datetime) -> Backup:
    """The database does not know of the backup that it is: that was written down after it was made."""
    return Backup(taken_at, source.name, source.stat().st_size, 0.0, verified=True, error="")


def _swap(
    order: Order, work: Path, found: Found, until: datetime, migrated: tuple[str, ...], settled: Settled
) -> Restored:
    """Put the old database aside, with its log, which belongs to no other; then the new one in its place."""
    aside = f".replaced-{order.now:%Y%m%dT%H%M%SZ}"
    there = order.database.exists()
    media_aside = None if found.manifest is None else _put_files(order, work / "media", aside)
    configuration = _put_configuration(order, work / CONFIGURATION)
    for path in _files_of(order.database):
        if path.exists():
            ending = path.name.removeprefix(order.database.name)
            path.rename(order.database.with_name(f"{order.database.name}{aside}{ending}"))
    (work / DATABASE).rename(order.database)
    sync(order.database.parent)
    replaced = order.database.with_name(order.database.name + aside) if there else None
    return Restored(found, until, migrated, settled, replaced, media_aside, configuration)


def _files_of(database: Path) -> list[Path]:
    return [database.with_name(database.name + ending) for ending in BESIDES]


def _put_files(order: Order, new: Path, aside: str) -> Path | None:
    """Put people's files in their place; return where those that were there lie now, None if they stay among the new ones."""
    old = order.media.with_name(order.media.name + aside)
    try:
        if order.media.exists():
            order.media.rename(old)
    except OSError:  # it is a disk of its own
        old = order.media
    moved = old if old != order.media and old.exists() else None
    order.media.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        for path in new.glob("??/*"):
            _put_file(path, place_of(order.media, path.name))
    except BaseException:  # a full disk, most likely: what was there comes back
        if moved is not None:
            shutil.rmtree(order.media, ignore_errors=True)
            moved.rename(order.media)
        raise
    return moved


def _put_file(path: Path, target: Path) -> None:
    """Put one file in its place, whole or not at all, on whichever disk that is."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        path.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = target.with_name(f"{target.name}.part")
        part.unlink(missing_ok=True)
        try:
            with path.open("rb") as source, created(part) as file:
                shutil.copyfileobj(source, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    sync(target.parent)


def _put_configuration(order: Order, found: Path) -> Path | None:
    if order.configuration is None or order.configuration.exists() or not found.exists():
        return None
    with created(order.configuration) as file:
        file.write(found.read_bytes())
    return order.configuration
