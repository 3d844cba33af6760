"""A copy of the database at one moment, while others write to it, and the proof that a copy is whole. May import: the ground.

SQLite itself copies (`VACUUM INTO`): one reading transaction, on a connection of its own, that holds up no writer.
"""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from ivy.domain import chain
from ivy.errors import StoreError
from ivy.store import chains, migrate
from ivy.store.binding import Connection, DatabaseError, Error
from ivy.store.settings import check_ours, open_reader

Stop = Callable[[], bool]
"""Asked often while something long goes on; True ends it."""
LOOK_EVERY = 20_000
"""Steps of SQLite's machine between two such questions: a few milliseconds."""
SHOWN = 3


class Stopped(StoreError):
    """It was ended before its end, because somebody asked for it."""


class Facts(msgspec.Struct, frozen=True):
    """What a whole copy holds. `counts`: rows by table; `ledger_head`: the hash of the last of `ledger_rows` gifts."""

    schema: int
    counts: dict[str, int]
    ledger_rows: int
    ledger_head: str


def never() -> bool:
    """Let something long go on to its end."""
    return False


def size_of(database: Path) -> int:
    """Return how many bytes a copy may take, asked of SQLite: the daemon must not open the file by itself."""
    try:
        with closing(open_reader(database)) as connection:
            pages, length = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
            return pages * length
    except Error as error:
        raise StoreError(f"{database} cannot be read: {error}.") from None


def take(database: Path, to: Path, *, stop: Stop = never) -> None:
    """Copy a database that others may be writing to. Only its owner can read the copy, `to`, which must not exist yet.

    Raises: StoreError, Stopped; what was written so far is the caller's to remove.
    """
    os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(open_reader(database)) as connection:
            check_ours(connection)
            connection.execute("PRAGMA query_only = OFF")  # the file is open read-only all the same
            connection.set_progress_handler(stop, LOOK_EVERY)
            connection.execute("VACUUM INTO ?", (str(to),))
    except Error as error:
        raise (
            Stopped("The copying was stopped.") if stop() else StoreError(f"{database} cannot be copied: {error}.")
        ) from None


def examine(copy: Path, *, stop: Stop = never) -> Facts:
    """Prove that a copy is whole: pages, references, the chains of hashes; return what it holds. Raises: StoreError, Stopped."""
    try:
        with closing(open_reader(copy)) as connection:
            connection.set_progress_handler(stop, LOOK_EVERY)
            return _examined(connection)
    except DatabaseError as error:
        raise Stopped("The checking was stopped.") if stop() else StoreError(f"The copy is damaged: {error}.") from None


def _examined(connection: Connection) -> Facts:
    check_ours(connection)
    said = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
    if said != ["ok"]:
        raise StoreError(f"The copy is damaged: {'; '.join(said[:SHOWN])}.")
    if loose := connection.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreError(f"A row of {loose[0]} refers to one of {loose[2]} that is not there.")
    ledger = _ledger(connection)
    if ledger.bad:
        raise StoreError(f"The ledger of gifts is wrong from row {ledger.bad} on: {ledger.why}.")
    audit = chains.check_audit(connection)
    if audit.bad:
        raise StoreError(f"The audit log is wrong from row {audit.bad} on: {audit.why}.")
    return Facts(migrate.version(connection), count(connection), ledger.rows, ledger.head)


def _ledger(connection: Connection) -> chain.Checked:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'donations'").fetchone():
        return chain.check((), whole=True)  # it is older than the ledger
    return chains.check_ledger(connection)


def count(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has, by its name."""
    names = [
        row["name"]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        )
    ]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def files_named(copy: Path) -> dict[str, int]:
    """Return the people's files that a database holds, as bytes by digest."""
    with closing(open_reader(copy)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'media'").fetchone():
            return {}
        rows = connection.execute("SELECT sha256, max(bytes) FROM media WHERE state = 'kept' GROUP BY sha256")
        return {row[0]: row[1] for row in rows}


def newest_moment(connection: Connection) -> int:
    """Return when something last came or was done, as milliseconds of the epoch: by the database's own rows; 0 for nothing."""
    looked_at = ("jobs.created_at_ms", "jobs.ended_at_ms", "webhook_inbox.received_at_ms", "messages_v2.state_at_ms")
    newest = [
        connection.execute("SELECT max({1}) FROM {0}".format(*each.split("."))).fetchone()[0] for each in looked_at
    ]
    return max((at for at in newest if at is not None), default=0)


def is_idle_since(connection: Connection, at_ms: int) -> bool:
    """Say whether nothing came or was done after an instant, and nothing was under way."""
    held = connection.execute("SELECT 1 FROM jobs WHERE state = 'leased' LIMIT 1").fetchone()
    return held is None and newest_moment(connection) <= at_ms
