"""Worlds to play in: the real daemon and emulated vendors on a clock that jumps."""

from pathlib import Path

import pytest

from ivy.store.migrate import migrate
from ivy.store.settings import open_writer
from tests.journeys.play import Lives


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as migrations leave it, made once and copied."""
    path = tmp_path_factory.mktemp("template") / "ivy.db"
    connection = open_writer(path, throwaway=True)
    try:
        migrate(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    return path


@pytest.fixture
def lives(tmp_path: Path, migrated: Path) -> Lives:
    """Opens worlds on one folder. The test itself asks for `autojump_clock`."""
    return Lives(tmp_path, migrated)
