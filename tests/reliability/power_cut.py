"""A process of its own for the power-cut test: SQLite on a disk that forgets what was not synced.

`python power_cut.py FOLDER SYNCHRONOUS SEED GROUPS` prints one JSON object: how many cuts, acknowledged and lost rows, and
files that were damaged. It imports apsw only: two SQLite libraries must never meet in one process, so the store's settings
are read from its source, not imported. The disk keeps the file systems' promises and no more: a write is on the disk after
the next sync of its file; before that, any part of it, in sectors of 512 bytes, may or may not be.
"""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import apsw

SETTINGS = Path(__file__).parents[2] / "ivy" / "store" / "settings.py"
SECTOR = 512
AMID_WRITES = 0.05
"""How often the power goes in the midst of a commit or a checkpoint."""


@dataclass
class Disk:
    """What is surely on the disk, and what was written since, per file."""

    synced: dict[str, bytearray] = field(default_factory=dict[str, bytearray])
    pending: dict[str, list[tuple[int, bytes | None]]] = field(
        default_factory=dict[str, list[tuple[int, bytes | None]]]
    )
    writes: int = 0
    before_a_write: Callable[[], None] | None = None

    def write(self, name: str, offset: int, data: bytes) -> None:
        self.writes += 1
        if self.before_a_write is not None:
            self.before_a_write()
        self.pending.setdefault(name, []).append((offset, data))

    def truncate(self, name: str, size: int) -> None:
        self.pending.setdefault(name, []).append((size, None))

    def sync(self, name: str) -> None:
        content = self.synced.setdefault(name, bytearray())
        for offset, data in self.pending.pop(name, []):
            apply(content, offset, data)

    def forget(self, name: str) -> None:
        self.synced.pop(name, None)
        self.pending.pop(name, None)

    def after_a_cut(self, chance: Random, *, torn: bool) -> dict[str, bytes]:
        """Return the files as they are found when power is back."""
        found: dict[str, bytes] = {}
        for name in {*self.synced, *self.pending}:
            content = bytearray(self.synced.get(name, b""))
            for offset, data in self.pending.get(name, []) if torn else []:
                if data is None:
                    if chance.random() < 0.5:
                        apply(content, offset, None)
                    continue
                for start in range(0, len(data), SECTOR):
                    if chance.random() < 0.5:
                        apply(content, offset + start, data[start : start + SECTOR])
            found[name] = bytes(content)
        return found


def apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


class ForgetfulVFS(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        super().__init__("forgetful", "")
        self.disk = disk

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802 - apsw's name
        return ForgetfulFile(name, flags, self.disk)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        self.disk.forget(Path(filename).name)


class ForgetfulFile(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], disk: Disk) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.name = Path(path).name if path else ""
        self.disk = disk

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self.disk.write(self.name, offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self.disk.truncate(self.name, newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self.disk.sync(self.name)


def settings_of_the_writer(synchronous: str) -> list[str]:
    """Return the statements of `settings.open_writer`, with `synchronous` as told; "as shipped" keeps the store's own."""
    source = SETTINGS.read_text()
    (shared,) = re.findall(r'_SHARED = """(.*?)"""', source, re.DOTALL)
    (writer,) = re.findall(r'_WRITER = "(.*?)"', source)
    (vacuum,) = re.findall(r'"(PRAGMA auto_vacuum = \w+)"', source)
    (journal,) = re.findall(r'"(PRAGMA journal_mode = \w+)"', source)
    (shipped,) = re.findall(r"PRAGMA synchronous = \{'OFF' if throwaway else '(\w+)'\}", source)
    chosen = shipped if synchronous == "as shipped" else synchronous
    statements = [each.strip() for each in (shared + writer).split(";") if each.strip()]
    return [*statements, vacuum, journal, f"PRAGMA synchronous = {chosen}"]


def open_as_the_store_does(path: Path, vfs: str, synchronous: str) -> apsw.Connection:
    connection = apsw.Connection(str(path), vfs=vfs)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # this disk has no shared memory for WAL
    for statement in settings_of_the_writer(synchronous):
        connection.execute(statement)
    connection.execute("PRAGMA wal_autocheckpoint = 40")  # checkpoints among the cuts, not after 4 MB
    return connection


def commit_group(connection: apsw.Connection, rows: list[int]) -> None:
    """Commit as the store's writer does: one transaction, a savepoint for each request."""
    connection.execute("BEGIN IMMEDIATE")
    for row in rows:
        connection.execute("SAVEPOINT one")
        connection.execute("INSERT INTO kept VALUES (?, ?)", (row, "x" * (row * 37 % 900)))
        connection.execute("RELEASE one")
    connection.execute("COMMIT")


def fetch(connection: Any, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def found_after(folder: Path, files: dict[str, bytes]) -> tuple[set[int], str]:
    """Put the files down, open them as after a restart, and return the rows and the verdict on the file."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    connection = apsw.Connection(str(folder / "ivy.db"))
    try:
        verdict = str(fetch(connection, "PRAGMA integrity_check")[0][0])
        return {row[0] for row in fetch(connection, "SELECT id FROM kept")}, verdict
    finally:
        connection.close()


def main(folder: Path, synchronous: str, seed: int, groups: int) -> dict[str, int]:
    chance, disk = Random(seed), Disk()
    vfs = ForgetfulVFS(disk)
    connection = open_as_the_store_does(folder / "ivy.db", "forgetful", synchronous)
    connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, filling TEXT) STRICT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    result = {"cuts": 0, "acknowledged": 0, "lost": 0, "damaged": 0, "writes": 0}
    acknowledged: set[int] = set()

    def cut(*, torn: bool) -> None:
        """The power goes: look at the disk as it would be, and go on as if it had not."""
        rows_found, verdict = found_after(folder / f"cut{result['cuts']}", disk.after_a_cut(chance, torn=torn))
        result["cuts"] += 1
        result["lost"] += len(acknowledged - rows_found)
        result["damaged"] += verdict != "ok"

    def cut_now_and_then() -> None:
        if chance.random() < AMID_WRITES:
            cut(torn=True)

    disk.before_a_write = cut_now_and_then
    for _group in range(groups):
        rows = list(range(len(acknowledged), len(acknowledged) + chance.randint(1, 12)))
        commit_group(connection, rows)
        acknowledged |= set(rows)
        cut(torn=chance.random() < 0.5)
    disk.before_a_write = None
    result |= {"acknowledged": len(acknowledged), "writes": disk.writes}
    connection.close()
    del vfs
    return result


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
