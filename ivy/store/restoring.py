"""Puts a backup back: proved whole, brought to this program's schema and settled, and only then in its place.

May import: packing, in_place, restored, migrate, the domain. The caller holds the daemon's lock on the database. A bare
database file, such as a replica leaves, is taken too; it brings no files with it.
"""

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
from ivy.store import backups, in_place, migrate, restored, snapshots
from ivy.store.archives import Damaged, Lock
from ivy.store.backups import Backup
from ivy.store.binding import Error
from ivy.store.files import NoRoom
from ivy.store.in_place import Plan, files_of
from ivy.store.packing import CONFIGURATION, DATABASE, Manifest, header_of, read
from ivy.store.restored import Settled
from ivy.store.settings import open_reader, open_writer

WORK = ".restoring"
SQLITE = b"SQLite format 3\x00"
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
    """Put a backup in its place, after the end of a restore that was cut off. Raises: StoreError; then nothing was changed."""
    ended = in_place.finish(order.database)
    if order.database.exists() and not order.replace:
        first = "A restore that was cut off has been ended now. " if ended else ""
        raise StoreError(
            f"{first}There is a database at {order.database}; --replace puts it aside, --to restores somewhere else."
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
        return _put_in_place(order, work, found, until, migrated, settled)
    except OSError as error:
        if error.errno in in_place.FULL:
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
    times = [path.stat().st_mtime for path in files_of(database)[:2] if path.exists()]
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


def _put_in_place(
    order: Order, work: Path, found: Found, until: datetime, migrated: tuple[str, ...], settled: Settled
) -> Restored:
    """Put the old database and its files aside, and the new ones in their place: once decided, done to its end."""
    configuration = order.configuration
    if configuration is not None and (configuration.exists() or not (work / CONFIGURATION).exists()):
        configuration = None
    plan = Plan(
        order.database.name,
        f".replaced-{order.now:%Y%m%dT%H%M%SZ}",
        there=order.database.exists(),
        media="" if found.manifest is None else str(order.media.absolute()),
        media_there=order.media.exists(),
        configuration="" if configuration is None else str(configuration.absolute()),
    )
    put = in_place.put(work, order.database, plan)
    return Restored(found, until, migrated, settled, put.replaced, put.media_replaced, configuration)
