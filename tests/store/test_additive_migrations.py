"""A program goes on with a newer file whose migrations only added, and refuses every other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivy.errors import StoreError
from ivy.store import migrate
from ivy.store.binding import Connection
from ivy.store.migrate import Migration, only_adds
from ivy.store.settings import open_writer
from tests.cases import each_case

FIRST = Migration(1, "0001_first", "-- one\nCREATE TABLE a (x INTEGER NOT NULL) STRICT;\n")
ADDS = Migration(2, "0002_adds", "-- two\nALTER TABLE a ADD COLUMN y TEXT;\nCREATE TABLE b (z TEXT) STRICT;\n")
CHANGES = Migration(3, "0003_changes", "-- three\nUPDATE a SET x = x + 1;\n")
ADDS_MORE = Migration(3, "0003_adds", "-- three\nCREATE INDEX b_by_z ON b (z);\n")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Connection]:
    connection = open_writer(tmp_path / "empty" / "ivy.db", throwaway=True)
    yield connection
    connection.close()


def test_an_older_program_goes_on_with_what_was_only_added(empty: Connection) -> None:
    migrate.migrate(empty, [FIRST, ADDS, ADDS_MORE])
    assert migrate.migrate(empty, [FIRST]) == []
    assert migrate.pending(empty, [FIRST]) == []
    assert migrate.version(empty) == 3
    assert migrate.migrate(empty, [FIRST, ADDS, ADDS_MORE]) == []


def test_one_change_among_additions_is_refused_by_those_who_do_not_know_it(empty: Connection) -> None:
    migrate.migrate(empty, [FIRST, ADDS, CHANGES])
    for known in ([FIRST], [FIRST, ADDS]):
        with pytest.raises(StoreError, match="newer than this program"):
            migrate.check(empty, known)
    migrate.check(empty, [FIRST, ADDS, CHANGES])


def test_an_edited_migration_is_refused_in_a_newer_file_too(empty: Connection) -> None:
    migrate.migrate(empty, [FIRST, ADDS])
    with pytest.raises(StoreError, match="0001_first was edited"):
        migrate.check(empty, [Migration(1, "0001_first", FIRST.sql + "-- a word\n")])


def test_a_version_that_no_list_explains_is_refused(empty: Connection) -> None:
    migrate.migrate(empty, [FIRST, ADDS])
    empty.execute("PRAGMA user_version = 9999")
    with pytest.raises(StoreError, match="newer than this program"):
        migrate.check(empty, [FIRST])


@each_case(
    ("sql", "adds"),
    [
        ("-- only a note\n", True),
        (
            "CREATE TABLE b (z TEXT NOT NULL);\nCREATE UNIQUE INDEX b_once ON b (z);\nINSERT INTO b VALUES ('x');\n",
            True,
        ),
        ("CREATE VIEW v AS SELECT x FROM a;\n", True),
        ("CREATE VIRTUAL TABLE f USING fts5 (words);\n", True),
        ("CREATE INDEX a_by_x ON a (x) WHERE x > 0;\n", True),
        ("ALTER TABLE a ADD COLUMN y TEXT;\n", True),
        ("ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 0;\n", True),
        ("alter table a\n  add column y text;  -- may be left out\n", True),
        ("ALTER TABLE a ADD COLUMN y INTEGER NOT NULL;\n", False),
        ("CREATE UNIQUE INDEX a_once ON a (x);\n", False),
        ("CREATE TRIGGER t AFTER INSERT ON a BEGIN\n    DELETE FROM a;\nEND;\n", False),
        ("CREATE TABLE b (z);\nCREATE TRIGGER t AFTER INSERT ON b BEGIN\n    DELETE FROM b;\nEND;\n", True),
        ("INSERT INTO a VALUES (1);\n", False),
        ("CREATE TABLE b (z);\nINSERT OR IGNORE INTO a SELECT 1;\n", False),
        ("UPDATE a SET x = 1;\n", False),
        ("DELETE FROM a;\n", False),
        ("DROP TABLE a;\n", False),
        ("DROP INDEX a_by_x;\n", False),
        ("CREATE TABLE a_new (x);\nDROP TABLE a;\nALTER TABLE a_new RENAME TO a;\n", False),
        ("ALTER TABLE a DROP COLUMN x;\n", False),
        ("-- a note\n-- CREATE TABLE b (z);\nPRAGMA user_version = 7;\n", False),
    ],
)
def test_the_form_of_each_statement_decides(sql: str, adds: bool) -> None:
    assert only_adds(sql) is adds


def test_the_shipped_migrations_since_the_promise_keep_it_or_are_known_not_to() -> None:
    changing = [each.name for each in migrate.shipped() if each.number > 21 and not only_adds(each.sql)]
    assert changing == []
