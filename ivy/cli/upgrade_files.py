"""What an upgrade does to the database's files, as a program of its own: it runs as the user whom they belong to.

    python -m ivy.cli.upgrade_files copy DATABASE TO
    python -m ivy.cli.upgrade_files restore SNAPSHOT DATABASE ASIDE

May import: the store, clock, errors.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ivy.errors import IvyError, StoreError
from ivy.store import inbox, snapshots
from ivy.store.settings import open_reader, open_writer


def copy(database: Path, to: Path) -> None:
    """Copy a database whole, durably, in one rename. Raises: StoreError."""
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    try:
        snapshots.take(database, part)
        _sync(part)
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    _sync(to.parent)


def restore(snapshot: Path, database: Path, aside: Path) -> int:
    """Put a snapshot in a database's place, and into it what arrived since; the replaced file stays as `aside`.

    Return how many arrivals were taken over. Cut off anywhere, it can be done again: the database's name always leads to
    a whole file. Nobody may have the database open. Raises: StoreError.
    """
    if not aside.exists():
        with closing(open_writer(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        aside.hardlink_to(database)
        _sync(database.parent)
    part = database.with_name(f"{database.name}.restoring")
    copy(snapshot, part)
    with closing(open_reader(aside)) as replaced, closing(open_writer(part)) as restored:
        arrivals = inbox.since(replaced, inbox.newest(restored))
        with restored:
            restored.execute("BEGIN IMMEDIATE")
            kept = sum(inbox.keep(restored, each) for each in arrivals)
        restored.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for path in (database, aside):  # readers leave these behind, and another file's must not be taken for its own
        for leftover in ("-wal", "-shm"):
            path.with_name(path.name + leftover).unlink(missing_ok=True)
    part.replace(database)
    _sync(database.parent)
    return kept


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def main(words: Sequence[str]) -> None:
    """Do what is asked for, and say how many arrivals were taken over; end with one plain line and 1 if it cannot be done."""
    os.umask(0o077)
    try:
        match words:
            case ["copy", database, to]:
                copy(Path(database), Path(to))
            case ["restore", snapshot, database, aside]:
                print(restore(Path(snapshot), Path(database), Path(aside)))
            case _:
                raise StoreError("copy DATABASE TO, or restore SNAPSHOT DATABASE ASIDE")
    except (IvyError, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
