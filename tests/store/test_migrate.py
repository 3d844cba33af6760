from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ivy.daemon.preparing import prepare
from ivy.errors import StoreError
from ivy.store import migrate
from ivy.store.binding import Connection, OperationalError, connect
from ivy.store.migrate import Migration
from ivy.store.settings import open_writer

FIRST = Migration(1, "0001_first", "-- one\nCREATE TABLE a (x INTEGER NOT NULL) STRICT;\nINSERT INTO a VALUES (1);\n")
SECOND = Migration(
    2,
    "0002_second",
    "ALTER TABLE a ADD COLUMN y TEXT;\nCREATE TABLE b (z) ;\nINSERT INTO b VALUES ('; not the end');\n",
)
BROKEN = Migration(
    3, "0003_broken", "CREATE TABLE c (w);\nINSERT INTO a (x) VALUES (2);\nINSERT INTO nowhere VALUES (1);\n"
)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Connection]:
    connection = open_writer(tmp_path / "empty" / "ivy.db", throwaway=True)
    yield connection
    connection.close()


def dump(connection: Connection) -> list[tuple[object, ...]]:
    """Return what the file says of itself, and what Ivy's list of migrations says."""
    sql = "SELECT type, name, sql, NULL FROM sqlite_master UNION ALL SELECT 'applied', number, sha256, NULL FROM schema_migrations"
    stamps = "SELECT 'set', id, name, applied_at FROM _sqlite_migrations"
    return [tuple(row) for row in connection.execute(f"{sql} UNION ALL {stamps}")]


def test_each_migration_is_applied_once_and_twice_is_the_same_as_once(empty: Connection) -> None:
    assert migrate.migrate(empty) == [each.name for each in migrate.shipped()]
    once = dump(empty)
    assert migrate.migrate(empty) == []
    assert dump(empty) == once
    assert migrate.version(empty) == migrate.shipped()[-1].number


def test_the_shipped_migrations_are_numbered_without_a_gap_and_say_why() -> None:
    shipped = migrate.shipped()
    assert [each.number for each in shipped] == list(range(1, len(shipped) + 1))
    assert all(each.sql.startswith("-- ") for each in shipped)


def test_a_later_program_adds_only_what_is_missing(empty: Connection) -> None:
    assert migrate.migrate(empty, [FIRST]) == ["0001_first"]
    assert migrate.migrate(empty, [FIRST, SECOND]) == ["0002_second"]
    assert [tuple(row) for row in empty.execute("SELECT * FROM a, b")] == [(1, None, "; not the end")]


def test_an_edited_migration_is_refused_and_nothing_is_changed(empty: Connection) -> None:
    migrate.migrate(empty, [FIRST])
    before = dump(empty)
    edited = replace(FIRST, sql=FIRST.sql + "-- a harmless word\n")
    with pytest.raises(StoreError, match=r"0001_first was edited"):
        migrate.migrate(empty, [edited, SECOND])
    assert dump(empty) == before


def test_a_newer_file_is_refused_in_one_plain_line(empty: Connection) -> None:
    migrate.migrate(empty, [FIRST, replace(SECOND, sql="UPDATE a SET x = 2;\n")])
    with pytest.raises(StoreError) as refused:
        migrate.migrate(empty, [FIRST])
    assert "\n" not in str(refused.value) and "newer than this program" in str(refused.value)


def test_a_failing_migration_leaves_nothing_of_itself_and_can_be_run_again(empty: Connection) -> None:
    migrate.migrate(empty, [FIRST])
    with pytest.raises(OperationalError, match="nowhere"):
        migrate.migrate(empty, [FIRST, SECOND, BROKEN])
    assert migrate.version(empty) == 2  # what came before it stays: each is a transaction of its own
    assert [row["x"] for row in empty.execute("SELECT x FROM a")] == [1]
    assert not empty.in_transaction
    tables = {row["name"] for row in empty.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"a", "b"} <= tables and "c" not in tables
    mended = replace(BROKEN, sql="CREATE TABLE c (w);")
    assert migrate.migrate(empty, [FIRST, SECOND, mended]) == ["0003_broken"]


@pytest.mark.parametrize("application_id", [7, 0])
def test_another_programs_file_is_refused(tmp_path: Path, application_id: int) -> None:
    path = tmp_path / "theirs.db"
    theirs = connect(path.as_uri())
    theirs.executescript(f"PRAGMA application_id = {application_id}; CREATE TABLE notes (text);")
    with pytest.raises(StoreError, match="another program"):
        migrate.migrate(theirs)
    assert [row["name"] for row in theirs.execute("SELECT name FROM sqlite_master")] == ["notes"]
    theirs.close()


def test_a_file_is_copied_before_it_is_migrated_and_only_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data" / "ivy.db"
    everything = migrate.shipped()

    def ships(these: list[Migration]) -> None:
        def shipped(folder: Path | None = None) -> list[Migration]:
            return these

        monkeypatch.setattr(migrate, "shipped", shipped)

    ships(everything[:1])
    assert prepare(path) == [everything[0].name]
    assert copies(path) == []  # there was nothing to lose
    keep = open_writer(path)
    keep.execute("INSERT INTO task_crashes VALUES (1, 'before', '', 0)")
    keep.close()

    ships(everything)
    assert prepare(path) == [each.name for each in everything[1:]]
    (copy,) = copies(path)
    assert f"before-{everything[1].name}" in copy.name and copy.stat().st_mode & 0o777 == 0o600
    saved = connect(copy.as_uri() + "?mode=ro")
    assert migrate.version(saved) == 1
    assert saved.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert saved.execute("SELECT task FROM task_crashes").fetchone()[0] == "before"
    saved.close()

    assert prepare(path) == []
    assert copies(path) == [copy]


def copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.before-*"))
