import stat
from pathlib import Path

import pytest

from ivy.errors import StoreError
from ivy.store.binding import Connection, connect
from ivy.store.database import Store
from ivy.store.migrate import migrate
from ivy.store.settings import APPLICATION_ID, open_reader, open_writer

FULL, MEMORY, INCREMENTAL = 2, 2, 2
SHARED = {
    "busy_timeout": 5000,
    "foreign_keys": 1,
    "mmap_size": 0,
    "temp_store": MEMORY,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "secure_delete": 1,
    "journal_mode": "wal",
    "auto_vacuum": INCREMENTAL,
    "application_id": APPLICATION_ID,
}
WRITER = {"synchronous": FULL, "wal_autocheckpoint": 1000, "journal_size_limit": 64 * 2**20, "cache_size": -65536}
READER = {"wal_autocheckpoint": 0, "cache_size": -16384, "query_only": 1}


def settings(connection: Connection, names: list[str]) -> dict[str, object]:
    rows = {name: connection.execute(f"PRAGMA {name}").fetchone() for name in names}
    return {name: row[0] if row else None for name, row in rows.items()}


async def test_the_live_writer_has_every_setting_of_the_reference(threaded_store: Store) -> None:
    wanted = {**SHARED, **WRITER}
    assert await threaded_store.write(settings, list(wanted)) == {**wanted, "mmap_size": 0}


async def test_every_reader_has_every_setting_of_the_reference(threaded_store: Store) -> None:
    wanted = {**SHARED, **READER}
    for _each_reader in range(5):
        assert await threaded_store.read(settings, list(wanted)) == wanted


async def test_only_a_throwaway_file_forgoes_the_sync(store: Store) -> None:
    assert await store.write(settings, ["synchronous"]) == {"synchronous": 0}


async def test_the_version_of_the_schema_is_in_the_file(threaded_store: Store) -> None:
    assert (await threaded_store.read(settings, ["user_version"]))["user_version"] != 0


def test_the_file_and_its_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "fresh" / "ivy.db"
    connection = open_writer(path)
    try:
        migrate(connection)
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
        assert modes == {"ivy.db": 0o600, "ivy.db-wal": 0o600, "ivy.db-shm": 0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        connection.close()


def test_a_file_that_is_no_database_is_refused_in_plain_words_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear Ana, this is not a database. " * 200)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"letter\.txt is not a database that can be used"):
        open_writer(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("application_id", [7, 0])
def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path, application_id: int) -> None:
    path = tmp_path / "theirs.db"
    theirs = open_as_another_program(path)
    theirs.executescript(f"PRAGMA application_id = {application_id}; CREATE TABLE notes (text);")
    theirs.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        open_writer(path)
    assert path.read_bytes() == before


def open_as_another_program(path: Path) -> Connection:
    return connect(path.as_uri())


def test_a_reader_does_not_make_a_file(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="unable to open"):
        open_reader(tmp_path / "nowhere.db")
    assert not (tmp_path / "nowhere.db").exists()
