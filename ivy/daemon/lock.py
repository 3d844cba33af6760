"""One daemon per file: a lock on a file beside the database. May import: errors."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ivy.errors import StoreError


def lock_path(database: Path) -> Path:
    return database.with_name(database.name + ".lock")


@contextmanager
def hold(database: Path) -> Generator[None]:
    """Hold the daemon's lock. Raises: StoreError if another process has it."""
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(lock_path(database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(handle, 32).decode(errors="replace").strip()
            raise StoreError(
                f"A daemon works on {database} already (process {owner or 'unknown'}); stop it first."
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def is_held(database: Path) -> bool:
    """Say whether a daemon runs on this file."""
    if not lock_path(database).exists():
        return False
    handle = os.open(lock_path(database), os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
