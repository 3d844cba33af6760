"""What `ivy doctor` looks at on this machine: SQLite, the database, time zones, the clock, the disk, the ports.

May import: findings, frame, the store, the daemon's lock. Nothing is started or written.
"""

import os
import shutil
import socket
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ivy.cli import frame
from ivy.cli.findings import Finding, look, missing, not_needed, ok
from ivy.config import Config
from ivy.errors import StoreError
from ivy.store import in_place

RESTORE = "`ivy restore FILE --replace` with the last backup"
SPARE_BYTES, LEAST_BYTES = 1 << 30, 100 << 20
OLDEST_ZONES = timedelta(days=540)
NOT_BEFORE = datetime(2026, 11, 1, tzinfo=UTC)
"""This program did not exist earlier: a clock that says so is wrong."""


def sqlite() -> list[Finding]:
    """Say which SQLite serves, and whether it loads sqlite-vec."""
    try:
        from ivy.store import binding

        connection = binding.connect("file::memory:")
        try:
            vectors = connection.execute("SELECT vec_version()").fetchone()[0]
        finally:
            connection.close()
    except (StoreError, ImportError) as error:
        return [missing("SQLite", str(error), "pip install pysqlite3 sqlite-vec")]
    number = tuple(int(part) for part in binding.LIBRARY.split()[1].split("."))
    found = f"{binding.LIBRARY}, sqlite-vec {vectors}"
    if number < binding.SAFE_WITH_A_REPLICA:
        safe = ".".join(map(str, binding.SAFE_WITH_A_REPLICA))
        return [
            look("SQLite", found, f"before a replica reads this file: pip install pysqlite3 (SQLite {safe} or newer)")
        ]
    return [ok("SQLite", found)]


def database(path: Path) -> list[Finding]:
    """Say whether the database is there, whole, of this version and closed to others."""
    if in_place.decided(path) is not None:
        found = f"a restore was cut off while it was put at {path}"
        return [missing("database", found, "start the daemon, or type `ivy migrate`: either ends it")]
    if not path.exists():
        return [missing("database", f"there is none at {path}", "ivy init")]
    try:
        frame.check_database(path)
        with frame.look_into(path) as connection:
            said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
    except StoreError as error:
        return [missing("database", str(error), f"ivy migrate, or {RESTORE}"), *closed(path)]
    if said != "ok":
        return [missing("database", f"damaged: {said}", f"stop ivy daemon and type {RESTORE}")]
    size = path.stat().st_size / (1 << 20)
    return [ok("database", f"{path}, version {version}, {size:.1f} MB, whole"), *closed(path)]


def closed(path: Path) -> list[Finding]:
    """Say who else can read the database."""
    found: list[Finding] = []
    for what, place, mode in (("database's file", path, 0o600), ("database's folder", path.parent, 0o700)):
        actual = stat.S_IMODE(place.stat().st_mode)
        if actual & 0o077:
            found.append(look(what, f"others can open it (mode {actual:04o})", f"chmod {mode:o} {place}"))
        else:
            found.append(ok(what, f"only its owner opens it (mode {actual:04o})"))
    return found


def media(folder: Path) -> list[Finding]:
    """Say whether people's files can be kept: the folder, or the one it will be made in."""
    place = next(each for each in (folder, *folder.parents) if each.exists())
    if not place.is_dir():
        return [missing("files' folder", f"{place} is no folder", "set media.folder to another place")]
    if not os.access(place, os.W_OK | os.X_OK):
        mend = f"chown {frame.system_user()} {place}, or set media.folder"
        return [missing("files' folder", f"{place} cannot be written to", mend)]
    if place != folder:
        return [ok("files' folder", f"{folder} will be made")]
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        return [look("files' folder", f"others can open it (mode {mode:04o})", f"chmod 700 {folder}")]
    found = f"{folder}, {shutil.disk_usage(folder).free / (1 << 30):.1f} GB free"
    return [ok("files' folder", found)]


def zones(now: datetime) -> list[Finding]:
    """Say how old the rules of the time zones are: governments change them a few times a year."""
    import tzdata

    version = tzdata.IANA_VERSION
    if now - datetime(int(version[:4]), 1, 1, tzinfo=UTC) > OLDEST_ZONES:
        return [look("time zones", f"the rules of {version} are old", "pip install --upgrade tzdata")]
    return [ok("time zones", f"tzdata {version}")]


def clock(now: datetime) -> list[Finding]:
    if now < NOT_BEFORE:
        return [missing("clock", f"it says {now:%Y-%m-%d}, which is past", "timedatectl set-ntp true")]
    return [ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")]


def disk(path: Path) -> list[Finding]:
    """Say how much room the database has to grow."""
    place = next(folder for folder in (path.parent, *path.parent.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / (1 << 30):.1f} GB free at {place}"
    if free < LEAST_BYTES:
        return [missing("disk", found, "make room: Ivy cannot keep what arrives")]
    return (
        [look("disk", found, "make room: 1 GB is little for copies and logs")]
        if free < SPARE_BYTES
        else [ok("disk", found)]
    )


def ports(config: Config, *, running: bool) -> list[Finding]:
    """Say whether the daemon's two addresses are free, or its own."""
    server = config.server
    return [
        _port("public port", "server.port", server.host, server.port, running=running),
        _port("probes' port", "server.ops_port", server.ops_host, server.ops_port, running=running),
    ]


def _port(what: str, key: str, host: str, port: int, *, running: bool) -> Finding:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except (OSError, OverflowError) as error:
        if running:
            return ok(what, f"{host}:{port}, in use by our daemon")
        reason = getattr(error, "strerror", None) or str(error)
        return missing(what, f"{host}:{port} cannot be used: {reason}", f"set another {key}, or stop what uses it")
    if running:
        return look(
            what, f"{host}:{port} is free, though a daemon runs", "restart ivy daemon: the configuration was changed"
        )
    return ok(what, f"{host}:{port} is free")


def daemon(database: Path, *, running: bool) -> list[Finding]:
    from ivy.daemon.lock import lock_path

    if not running:
        return [not_needed("daemon", "it is not running; `ivy daemon` starts it")]
    return [ok("daemon", f"process {lock_path(database).read_text().strip()} is running")]
