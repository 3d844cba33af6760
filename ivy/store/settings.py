"""How each connection is set: durability first. May import: binding."""

from pathlib import Path

from ivy.errors import StoreError
from ivy.store.binding import Connection, DatabaseError, connect

APPLICATION_ID = 0x49565931  # "IVY1": a wrong file is noticed

_SHARED = """
PRAGMA busy_timeout = 5000;
PRAGMA foreign_keys = ON;
PRAGMA mmap_size = 0;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA secure_delete = ON;
"""
_WRITER = "PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536;"
_READER = "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384; PRAGMA query_only = ON;"


def open_writer(path: Path, *, throwaway: bool = False, guest: bool = False) -> Connection:
    """Open a writing connection. Only a `throwaway` file (simulation) forgoes the sync of each commit.

    A `guest` works beside the daemon and leaves the moving of the WAL to it: older SQLite libraries can corrupt a file
    that two processes checkpoint. Raises: StoreError for what is no database of Ivy's.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_new = not path.exists()
    connection = connect(path.resolve().as_uri())
    try:
        if is_new:
            path.chmod(0o600)
        _set_writer(connection, throwaway=throwaway, guest=guest)
    except DatabaseError as error:
        connection.close()
        raise StoreError(f"{path} is not a database that can be used: {error}.") from error
    except StoreError:
        connection.close()
        raise
    return connection


def _set_writer(connection: Connection, *, throwaway: bool, guest: bool) -> None:
    connection.executescript(_SHARED + _WRITER)
    if is_blank(connection):
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    check_ours(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    if guest:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA synchronous = {'OFF' if throwaway else 'FULL'}")


def is_blank(connection: Connection) -> bool:
    """Say whether nobody has put anything into the file yet."""
    marked = connection.execute("PRAGMA application_id").fetchone()[0]
    return not marked and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def check_ours(connection: Connection) -> None:
    """Raise StoreError for another program's file."""
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID and not is_blank(connection):
        raise StoreError("This file is a database of another program; nothing was changed in it.")


def open_reader(path: Path) -> Connection:
    """Open a connection that cannot write and never checkpoints."""
    connection = connect(path.resolve().as_uri() + "?mode=ro")
    connection.executescript(_SHARED + _READER)
    return connection
