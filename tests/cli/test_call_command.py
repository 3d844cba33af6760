"""`ivy call`: what a call would be, and one that is asked for while nobody runs."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from ivy.cli import call as call_command
from ivy.cli import options
from ivy.errors import ConfigError, UsageError
from ivy.store import people
from ivy.store.people import NewPerson
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
VOICE = "[voice]\nenabled = true\n[operator]\nphone = '+12025550143'\n"


@pytest.fixture
def folder(tmp_path: Path, database: Path) -> Path:
    """Ana, who can be phoned, and Ben, who gave no number."""
    (tmp_path / "ivy.toml").write_text(f'[store]\npath = "{database}"\n{VOICE}', encoding="utf-8")
    with closing(open_writer(database, throwaway=True)) as connection:
        for name, phone in (("Ana", "+12025550143"), ("Ben", None)):
            people.add(connection, NewPerson(name.lower(), name, "active", "es-US", "UTC", "USD", phone), now=NOW)
    options.given_config.set(str(tmp_path / "ivy.toml"))
    return tmp_path


@pytest.fixture
def ivy_call(folder: Path) -> Any:
    app = typer.Typer()
    app.command()(call_command.command)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, words, catch_exceptions=False)

    return run


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "data/ivy.db")) as connection:
        return connection.execute(sql).fetchall()


def test_a_dry_run_shows_the_prompt_the_variables_and_the_cost_and_asks_for_nothing(
    ivy_call: Any, folder: Path
) -> None:
    shown = ivy_call("Ana", "--kind", "morning", "--dry-run")
    assert shown.exit_code == 0
    assert "morning call to Ana (+12025550143)" in shown.output and "nothing is dialled" in shown.output
    told = json.loads(ivy_call("Ana", "--kind", "morning", "--dry-run", "--json").stdout)
    assert (told["person"], told["kind"], told["to"]) == ("Ana", "morning", "+12025550143")
    assert 0 < told["tokens"] <= 3500 and told["usd_at_most"] > 0
    assert told["variables"]["ivy_kind"] == "morning"
    assert rows(folder, "SELECT * FROM calls") == [] and rows(folder, "SELECT * FROM jobs") == []


def test_a_call_is_queued_where_no_daemon_runs_and_stands_in_the_audit_log(ivy_call: Any, folder: Path) -> None:
    asked = ivy_call("Ana")
    assert asked.exit_code == 0
    assert "is queued; the daemon is not running" in asked.stderr
    assert rows(folder, "SELECT user_id, kind, state, asked_by, chosen FROM calls") == [
        ("ana", "test", "due", "operator", 0)
    ]
    assert rows(folder, "SELECT kind FROM jobs") == [("call",)]
    assert rows(folder, "SELECT action, reason, subject FROM audit_log") == [("call", "test", "ana")]


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("Ben",), UsageError, "Ben has no number"),
        (("Ana", "--kind", "inbound"), UsageError, "--kind can be"),
        (("Ana", "--kind", "lunch"), UsageError, "--kind can be"),
    ],
)
def test_what_cannot_be_called_is_one_plain_line(
    ivy_call: Any, folder: Path, words: tuple[str, ...], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        ivy_call(*words)
    assert rows(folder, "SELECT * FROM calls") == []


def test_where_nobody_is_phoned_no_call_is_queued(ivy_call: Any, folder: Path) -> None:
    text = (folder / "ivy.toml").read_text().replace("enabled = true", "enabled = false")
    (folder / "ivy.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"voice\.enabled is false"):
        ivy_call("Ana")
    assert rows(folder, "SELECT * FROM calls") == []
