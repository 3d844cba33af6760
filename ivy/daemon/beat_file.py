"""The file beside the database that tells when the daemon last lived. May import: the standard library."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

STALE = timedelta(minutes=3)
"""A sign of life that is older is none."""


def beat_path(database: Path) -> Path:
    return database.with_name(database.name + ".beat")


def last_beat(database: Path) -> datetime | None:
    """Return when the daemon last showed that it lives; None if none died or runs on this file."""
    try:
        return datetime.fromtimestamp(beat_path(database).stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def touch(database: Path) -> None:
    """Show that the daemon lives."""
    path = beat_path(database)
    path.touch(mode=0o600)
    os.utime(path)


def forget(database: Path) -> None:
    """The daemon ends as it should: that it does not run is no news then."""
    beat_path(database).unlink(missing_ok=True)
