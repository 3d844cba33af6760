"""Where the daemon's own backups go, and what seals them. May import: the configuration, the store."""

from dataclasses import dataclass
from pathlib import Path

from ivy.config import DEFAULT_PATH, Config
from ivy.errors import ConfigError, UsageError
from ivy.store.archives import Lock, keys_of
from ivy.threads import Threads


@dataclass(frozen=True)
class BackupRoom:
    """What a backup needs beside the database. `configuration`: ivy.toml, if it is where it usually is."""

    folder: Path
    lock: Lock
    configuration: Path | None
    threads: Threads


def room_of(config: Config, folder: Path, threads: Threads) -> BackupRoom | None:
    """Return the room, or None where the daemon makes no backups. Raises: ConfigError."""
    section = config.backup
    if not section.folder:
        return None
    check(config)
    toml = folder / DEFAULT_PATH
    lock = Lock(keys=keys_of(section.key.reveal()))
    return BackupRoom(folder / section.folder, lock, toml if toml.exists() else None, threads)


def check(config: Config) -> None:
    """Raise ConfigError for backups that could not be made, or not be kept."""
    section = config.backup
    if not section.folder:
        return
    if not section.key:
        raise ConfigError("backup.folder is set, and backup.key_file is not; `openssl rand -hex 32` makes a key.")
    try:
        Lock(keys=keys_of(section.key.reveal()))
    except UsageError as error:
        raise ConfigError(f"backup.key_file: {error}") from None
    if section.every_hours <= 0 or section.keep < 1:
        raise ConfigError("backup.every_hours must be above 0, and backup.keep at least 1.")
