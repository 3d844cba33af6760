"""What the doctor and the status say of backups: whether there are any, how old, where, and whether a replica is safe.

May import: findings, frame, moments, the store, the daemon's room of backups.
"""

import os
import shutil
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from ivy.cli import frame
from ivy.cli.findings import Finding, look, missing, not_needed, ok
from ivy.cli.frame import Setup
from ivy.cli.moments import span
from ivy.config import BackupSection, Config
from ivy.domain import backups as rules
from ivy.domain.advice import day
from ivy.errors import ConfigError, StoreError
from ivy.store import backups, binding
from ivy.store.backups import Standing
from ivy.store.binding import Connection

BY_HAND = timedelta(days=7)
"""A backup made by hand counts for so long."""
LARGEST_LOG = 512 << 20
PAGE = "docs/backup.md"


def standing(connection: Connection) -> Standing:
    """Return how backups stand; a database of an older version knows of none."""
    return backups.standing(connection) if backups.can_be_kept(connection) else Standing()


def of(where: Setup, now: datetime) -> list[Finding]:
    """Look at the backups of a set-up, also of one whose database is not there yet, or cannot be read."""
    stands = Standing()
    if where.database.exists():
        with (
            suppress(StoreError),
            frame.look_into(where.database) as connection,
        ):  # said where the database is looked at
            stands = standing(connection)
    return findings(where.config, where.folder, where.database, stands, now)


def findings(config: Config, folder: Path, database: Path, stands: Standing, now: datetime) -> list[Finding]:
    """Look at the folder, its key and its disk, at the newest backup, and at what a replica needs."""
    return [*_place(config, folder, database), _newest(config.backup, stands, now), *_replica(config, database)]


def _place(config: Config, folder: Path, database: Path) -> list[Finding]:
    section = config.backup
    if not section.folder:
        return [not_needed("backups' folder", "backup.folder is empty: only `ivy backup` makes any")]
    from ivy.daemon import backup_room

    place = folder / section.folder
    try:
        backup_room.check(config)
    except ConfigError as error:
        mend = f"see {PAGE}" if section.key else "ivy init makes one and says which line to paste"
        return [missing("backups' folder", str(error), mend)]
    if not place.is_dir():
        return [missing("backups' folder", f"there is none at {place}", f"mkdir -m 700 {place}, or mount its disk")]
    if not os.access(place, os.W_OK | os.X_OK):
        return [missing("backups' folder", f"{place} cannot be written to", "chown it to who runs the daemon")]
    found = [_key(config)]
    room = f"{place}, {rules.size(shutil.disk_usage(place).free)} free"
    if database.parent.exists() and place.stat().st_dev == database.parent.stat().st_dev:
        mend = "copy the files to another machine, or mount another disk there: this one takes both along"
        return [*found, look("backups' folder", f"{room}, on the disk of the database", mend)]
    return [*found, ok("backups' folder", room)]


def lost_key(error: str) -> str:
    """Return what to type where a configuration cannot be read for want of the backups' key; nothing for another reason."""
    if not error.startswith("backup.key_file: ") or "FileNotFoundError" not in error:
        return ""
    path = error.removeprefix("backup.key_file: ").partition(" cannot be read")[0]
    return f"put your copy of the key there; for a first one: (umask 077; openssl rand -hex 32 > {path})"


def _key(config: Config) -> Finding:
    keys = set(config.backup.key.reveal().split())
    if keys & set(config.store.seal_key.reveal().split()):
        return look("backups' key", "it is the seal key of [store] too", "openssl rand -hex 32 > secrets/backup_key")
    return ok("backups' key", "there; keep a copy away from this machine: nothing else opens them")


def _newest(section: BackupSection, stands: Standing, now: datetime) -> Finding:
    by_itself = bool(section.folder)
    every = timedelta(hours=section.every_hours)
    limit = rules.WORRY_AFTER * every if by_itself else BY_HAND
    mend = "ivy backup" if by_itself else f"set backup.folder and backup.key_file ({PAGE}), or `ivy backup FILE`"
    good, last = stands.last_good, stands.last
    failed = "" if last is None or last.verified else f"; the last attempt failed: {last.error}"
    if good is None and not (failed or by_itself or stands.has_people):
        return not_needed("newest backup", "there is none, and nobody in the database yet")
    if good is None:
        return look("newest backup", f"there is none{failed}", mend)
    found = f"{span(now - good.at)} old, {rules.size(good.bytes)}, read again after it was written{failed}"
    if now - good.at > limit or failed:
        return look("newest backup", found, mend)
    return ok("newest backup", found)


def _replica(config: Config, database: Path) -> list[Finding]:
    if not config.backup.replica:
        return []
    safe = ".".join(map(str, binding.SAFE_WITH_A_REPLICA))
    if tuple(int(part) for part in binding.LIBRARY.split()[1].split(".")) < binding.SAFE_WITH_A_REPLICA:
        found = f"{binding.LIBRARY} can damage a file that two programs move the log of"
        return [missing("replica", found, f"pip install pysqlite3 (SQLite {safe} or newer), or backup.replica = false")]
    log = database.with_name(f"{database.name}-wal")
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        found = f"the write-ahead log has {rules.size(log.stat().st_size)}: nothing moves it into the file"
        return [look("replica", found, "start Litestream, or set backup.replica = false")]
    return [ok("replica", f"Litestream moves the log; its own SQLite must be {safe} or newer too")]


def line(section: BackupSection, stands: Standing, now: datetime) -> str:
    """Return what `ivy status` says of backups, and of having been put back lately."""
    said = _line(section, stands, now)
    if stands.restored_at is None or stands.restored_from is None or now - stands.restored_at > BY_HAND:
        return said
    return f"{said} Restored {span(now - stands.restored_at)} ago from one of {day(stands.restored_from)}."


def _line(section: BackupSection, stands: Standing, now: datetime) -> str:
    good, last = stands.last_good, stands.last
    every = timedelta(hours=section.every_hours)
    if good is None:
        said = "none yet" if section.folder else "none: set backup.folder, or type `ivy backup FILE`"
    else:
        said = f"the newest is {span(now - good.at)} old, {rules.size(good.bytes)}"
    if last is not None and not last.verified:
        return f"Backups: {said}; the last attempt, {span(now - last.at)} ago, failed: {last.error.rstrip('.')}."
    if section.folder and good is not None:
        said += f"; the next comes in {span(good.at + every - now)}" if good.at + every > now else "; the next is due"
    return f"Backups: {said}."
