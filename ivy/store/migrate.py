"""Brings a database to this program's schema: numbered SQL files, forward only. May import: binding, settings.

sqlite-utils keeps the list of what was applied; beside it Ivy keeps each file's SHA-256 and refuses an edited one.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ivy.errors import StoreError
from ivy.store.binding import Connection, is_complete
from ivy.store.settings import APPLICATION_ID, check_ours

if TYPE_CHECKING:
    from sqlite_utils import Database

_PACKAGED = Path(__file__).parents[1] / "migrations"
_IN_REPOSITORY = Path(__file__).parents[2] / "migrations"


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def shipped(folder: Path | None = None) -> list[Migration]:
    """Return the migrations that came with this program, in order."""
    folder = folder or (_PACKAGED if _PACKAGED.is_dir() else _IN_REPOSITORY)
    return [Migration(int(path.name[:4]), path.stem, path.read_text()) for path in sorted(folder.glob("[0-9]*.sql"))]


def version(connection: Connection) -> int:
    """Return the number of the newest migration the file has; 0 for an empty one."""
    return connection.execute("PRAGMA user_version").fetchone()[0]


def check(connection: Connection, migrations: list[Migration]) -> None:
    """Raise `StoreError` unless the file is Ivy's, made by these very migrations, and what came after them only added."""
    check_ours(connection)
    newest = migrations[-1].number if migrations else 0
    if version(connection) > newest and not _only_added(connection, since=newest):
        raise StoreError(
            f"This database is at version {version(connection)}, newer than this program ({newest}). Install the newer Ivy."
        )
    for migration, applied in zip(migrations, _applied_hashes(connection), strict=False):
        if applied != migration.sha256:
            raise StoreError(f"Migration {migration.name} was edited after it was applied; restore the shipped file.")


def pending(connection: Connection, migrations: list[Migration]) -> list[Migration]:
    """Return what `migrate` would apply."""
    return [migration for migration in migrations if migration.number > version(connection)]


def migrate(connection: Connection, migrations: list[Migration] | None = None) -> list[str]:
    """Apply what is missing, each file in its own transaction; return the names. Twice is the same as once."""
    migrations = shipped() if migrations is None else migrations
    check(connection, migrations)
    todo = pending(connection, migrations)
    if not todo:
        return []
    from sqlite_utils import Database, Migrations

    book = Migrations("ivy")
    for migration in migrations:
        book(name=migration.name)(_applier(connection, migration))
    book.apply(Database(connection))
    return [migration.name for migration in todo]


def _applier(connection: Connection, migration: Migration) -> Callable[["Database"], None]:
    def apply(_db: "Database") -> None:
        for statement in statements(migration.sql):
            connection.execute(statement)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL)"
        )
        connection.execute("INSERT INTO schema_migrations VALUES (?, ?)", (migration.number, migration.sha256))
        connection.execute("CREATE TABLE IF NOT EXISTS schema_additive (number INTEGER PRIMARY KEY)")
        if only_adds(migration.sql):
            connection.execute("INSERT INTO schema_additive VALUES (?)", (migration.number,))
        connection.execute(f"PRAGMA user_version = {migration.number}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    return apply


def statements(sql: str) -> Iterator[str]:
    """Yield the statements of a file, each of which ends with a line; sqlite-utils looks for an end at every character."""
    lines: list[str] = []
    for line in sql.splitlines(keepends=True):
        lines.append(line)
        if ";" in line and is_complete("".join(lines)):
            yield "".join(lines)
            lines.clear()
    if (rest := "".join(lines)).strip():
        yield rest


_CREATED = re.compile(r"CREATE (?:VIRTUAL )?(?:TABLE|VIEW) (?:IF NOT EXISTS )?(\w+)", re.IGNORECASE)
_NEW_COLUMN = re.compile(r"ALTER TABLE \w+ ADD (?:COLUMN )?\w+ (?P<rules>.*)", re.IGNORECASE)
_INDEX = re.compile(r"CREATE INDEX ", re.IGNORECASE)
_OF_TABLE = re.compile(
    r"CREATE UNIQUE INDEX .*? ON (\w+)|CREATE TRIGGER .*? ON (\w+)|INSERT (?:OR \w+ )?INTO (\w+)", re.IGNORECASE
)
_NOTE = re.compile(r"--[^\n]*")


def only_adds(sql: str) -> bool:
    """Say whether a program that does not know this migration can work on: new tables, plain indexes, columns that may be left out.

    Judged by the form of each statement alone; whatever is not surely harmless counts as a change.
    """
    found = [" ".join(_NOTE.sub("", each).split()) for each in statements(sql)]
    new = {match[1] for each in found if (match := _CREATED.match(each))}
    return all(_adds(each, new) for each in found if each.strip("; "))


def _adds(statement: str, new: set[str]) -> bool:
    if _CREATED.match(statement) or _INDEX.match(statement):
        return True
    if column := _NEW_COLUMN.match(statement):
        rules = column["rules"].upper()
        return "NOT NULL" not in rules or "DEFAULT" in rules
    of = _OF_TABLE.match(statement)
    return of is not None and next(name for name in of.groups() if name) in new


def _only_added(connection: Connection, *, since: int) -> bool:
    """Say whether every migration the file has beyond `since` promises older programs that they can go on."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_additive'").fetchone():
        return False
    beyond = connection.execute(
        "SELECT number, number IN (SELECT number FROM schema_additive) AS adds FROM schema_migrations WHERE number > ?",
        (since,),
    ).fetchall()
    return all(row["adds"] for row in beyond) and version(connection) in {row["number"] for row in beyond}


def _applied_hashes(connection: Connection) -> list[str]:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'").fetchone():
        return []
    return [row["sha256"] for row in connection.execute("SELECT sha256 FROM schema_migrations ORDER BY number")]
