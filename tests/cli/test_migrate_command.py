"""`ivy migrate`: a copy first, once, never beside a daemon, never in another program's file."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ivy.daemon import lock
from ivy.store import migrate
from ivy.store.settings import open_writer

SHIPPED = migrate.shipped()
NAMES = [migration.name for migration in SHIPPED]


@pytest.fixture
def older(here: Any) -> Path:
    """A database that lacks the newest migration, with a person's row in it."""
    path = here.folder / "data/ivy.db"
    for part in path.parent.iterdir():
        part.unlink()
    connection = open_writer(path)
    migrate.migrate(connection, SHIPPED[:-1])
    connection.execute("INSERT INTO switches VALUES ('spend', 'block', 1, 'ana')")
    connection.close()
    return path


def test_a_missing_database_is_made(ready: Any) -> None:
    (ready.folder / "data/ivy.db").unlink()
    assert json.loads(ready("migrate", "--json").stdout)["migrations"] == NAMES
    assert json.loads(ready("migrate", "--json").stdout)["migrations"] == []


def test_a_dry_run_says_what_would_be_done_and_does_nothing(here: Any, older: Path) -> None:
    before = older.read_bytes()
    assert here("migrate", "--dry-run").stdout == f"would apply {NAMES[-1]}\n"
    assert older.read_bytes() == before


def test_an_older_database_is_copied_first(here: Any, older: Path) -> None:
    assert here("migrate").stdout == f"applied {NAMES[-1]}\n"
    [copy] = older.parent.glob("ivy.db.before-*")
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as connection, connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == SHIPPED[-2].number
        assert connection.execute("SELECT value FROM switches").fetchall() == [("block",)]
    assert here("migrate").stdout == "The database is up to date.\n"


def test_other_commands_refuse_an_older_database_and_name_the_mend(ready: Any, older: Path) -> None:
    done = ready("users", "list", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"ivy: The database lacks {NAMES[-1]}; run `ivy migrate`.\n"


def test_a_newer_database_is_refused_everywhere(here: Any) -> None:
    with closing(sqlite3.connect(here.folder / "data/ivy.db")) as connection, connection:
        connection.execute("PRAGMA user_version = 9999")
    for words in (
        ["migrate"],
        ["migrate", "--dry-run"],
        ["users", "list"],
        ["onboard", "--name", "A", "--phone", "", "--zone", "UTC"],
    ):
        done = here(*words)
        assert done.returncode == 1
        assert "newer than this program" in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_missing_database_is_said_with_the_command_that_makes_it(here: Any) -> None:
    (here.folder / "data/ivy.db").unlink()
    done = here("users", "list")
    assert done.returncode == 1
    assert done.stderr == "ivy: There is no database at data/ivy.db; `ivy init` makes one.\n"


def test_beside_a_daemon_it_refuses(ready: Any, older: Path) -> None:
    with lock.hold(older):
        done = ready("migrate")
        assert ready("migrate", "--dry-run").returncode == 0
    assert done.returncode == 1
    assert "stop it first" in done.stderr
    assert list(older.parent.glob("*.before-*")) == []


@pytest.mark.parametrize("command", [["migrate"], ["users", "list"], ["daemon"]])
def test_what_is_no_database_is_refused_and_left_as_it_is(ready: Any, command: list[str]) -> None:
    path = ready.folder / "data/ivy.db"
    path.write_text("Dear diary, " * 400)
    before = path.read_bytes()
    done = ready(*command)
    assert done.returncode == 1
    assert done.stderr == "ivy: data/ivy.db cannot be read: file is not a database.\n"
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_as_it_is(here: Any) -> None:
    path = here.folder / "data/ivy.db"
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA application_id = 7")
    before = path.read_bytes()
    done = here("migrate")
    assert (done.returncode, "another program" in done.stderr) == (1, True)
    assert path.read_bytes() == before
