"""A database with people's files, what backs it up and puts it back, and a process to do either in."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from ivy.store import people
from ivy.store.archives import Lock
from ivy.store.backup_files import Made, Order, make
from ivy.store.binding import Connection
from ivy.store.files import place_of
from ivy.store.people import NewPerson
from ivy.store.restoring import Order as RestoreOrder
from ivy.store.settings import open_reader, open_writer
from ivy.store.snapshots import count

KEY = "ab" * 32
LOCK = Lock(keys=(KEY,))
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
SMALL_FRAME = 4096


def fill(database: Path, files: int = 3) -> list[str]:
    """Put a person, some text and some files into a database; return the files' digests."""
    media, chance, digests = database.parent / "media", Random(1), list[str]()
    with closing(open_writer(database)) as connection:
        people.add(
            connection, NewPerson("ana", "Ana", "active", "en-US", "America/New_York", "USD", "+12025550101"), now=NOW
        )
        for number in range(files):
            content = chance.randbytes(5000 + number)
            digests.append(hashlib.sha256(content).hexdigest())
            place = place_of(media, digests[-1])
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            note_file(connection, number, digests[-1], len(content))
    return digests


def note_file(connection: Connection, number: int, digest: str, size: int) -> None:
    connection.execute(
        "INSERT INTO messages_v2 (id, user_id, channel, direction, kind, body, state, at_ms, state_at_ms, trace_id)"
        " VALUES (?1, 'ana', 'whatsapp', 'in', 'image', '', 'received', 1, 1, 't')",
        (f"m{number}",),
    )
    connection.execute(
        "INSERT INTO media (id, user_id, message_id, channel, direction, type, vendor_id, declared, claimed, voice, state,"
        " mime, bytes, width, height, sha256, received_at_ms, expires_at_ms) VALUES (?1, 'ana', ?1, 'whatsapp', 'in', 'image',"
        " 'v', '', '', 0, 'kept', 'image/png', ?2, 1, 1, ?3, 1, 9999999999999)",
        (f"m{number}", size, digest),
    )


def order_of(database: Path, target: Path, **more: Any) -> Order:
    order = Order(database, database.parent / "media", target, LOCK, "1.2.3", frame=SMALL_FRAME, now=lambda: NOW)
    return replace(order, **more)


def back_up(database: Path, folder: Path, **more: Any) -> Made:
    folder.mkdir(exist_ok=True)
    return make(order_of(database, folder / "a.ivybackup", **more))


def at_once(taken_at: datetime) -> datetime:
    """The Ivy that was backed up was stopped before."""
    return taken_at


def little_room(_folder: Path) -> int:
    return 40 << 20


def restore_order(source: Path, folder: Path, **more: Any) -> RestoreOrder:
    order = RestoreOrder(
        source, folder / "ivy.db", folder / "media", lambda: LOCK, NOW + timedelta(hours=1), actor="ana: ivy restore"
    )
    return replace(order, **more)


def rows(database: Path, table: str, order: str = "rowid") -> list[tuple[Any, ...]]:
    with closing(open_reader(database)) as connection:
        return [tuple(row) for row in connection.execute(f'SELECT * FROM "{table}" ORDER BY {order}')]


def contents(database: Path) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Yield each table with all of its rows."""
    with closing(open_reader(database)) as connection:
        for table in count(connection):
            yield table, sorted((tuple(row) for row in connection.execute(f'SELECT * FROM "{table}"')), key=repr)


def names_in(*folders: Path) -> list[str]:
    return sorted(path.name for folder in folders for path in folder.iterdir())


def in_a_process(function: Callable[[], object]) -> int:
    """Run something in a child; return its exit code, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            function()
            os._exit(0)
        except BaseException:
            os._exit(1)
    _child, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
