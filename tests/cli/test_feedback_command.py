"""`ivy feedback`: what people say went wrong is listed, leads on to its cause, and is closed with a note, once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivy.cli import feedback as command
from ivy.cli import options, satisfaction_view
from ivy.errors import UsageError
from ivy.store import feedback, people, ratings
from ivy.store.feedback import Kind
from ivy.store.people import NewPerson
from ivy.store.ratings import Satisfaction
from ivy.store.scope import within
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
FIRST, SECOND = "01932f00-0000-7000-8000-000000000001", "01932f11-0000-7000-8000-000000000002"


@pytest.fixture
def folder(tmp_path: Path, database: Path) -> Iterator[Path]:
    """A configuration beside a database in which Ana complained of an answer, and of a day that was not missed."""
    (tmp_path / "seal").write_text("ab" * 32, encoding="utf-8")
    (tmp_path / "seal").chmod(0o600)
    (tmp_path / "ivy.toml").write_text(f'[store]\npath = "{database}"\nseal_key_file = "seal"\n', encoding="utf-8")
    connection = open_writer(database, throwaway=True)
    connection.execute("BEGIN")
    people.add(connection, NewPerson("ana", "Ana", "active", "en-US", "UTC", "USD", "+12025550143"), now=NOW)
    scope = within(connection, "ana")
    feedback.keep(scope, FIRST, Kind.WRONG, "that's  wrong", "in-1", message_id="out-1", turn_id="turn-1", now=NOW)
    feedback.keep(scope, SECOND, Kind.APPEAL, "2026-11-20 was not missed", "2026-11-20", now=NOW)
    ratings.ask(scope, "r1", "out-1", None, now=NOW)
    ratings.ask(scope, "r2", "out-1", None, now=NOW)
    ratings.give(scope, "r1", 4, now=NOW)
    connection.execute("COMMIT")
    connection.close()
    token = options.given_config.set(str(tmp_path / "ivy.toml"))
    yield tmp_path
    options.given_config.reset(token)


def ivy(*arguments: str) -> str:
    result = CliRunner().invoke(command.command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_complaint_leads_to_why_and_to_a_replay(folder: Path) -> None:
    assert [each["words"] for each in json.loads(ivy("list", "--json"))] == [
        "that's wrong",
        "2026-11-20 was not missed",
    ]
    shown = ivy("show", FIRST[:9])
    assert "ivy why out-1" in shown and "ivy replay turn-1" in shown and "ivy why in-1" in shown
    assert "ivy users excuse ana 2026-11-20" in ivy("show", SECOND)


def test_it_is_closed_once_with_a_note(folder: Path) -> None:
    assert "Closed: Ana" in ivy("close", FIRST, "--note", "the zone was wrong")
    with pytest.raises(UsageError, match="is closed"):
        ivy("close", FIRST, "--note", "again")
    with pytest.raises(UsageError, match="--note"):
        ivy("close", SECOND, "--note", " ")
    assert [each["id"] for each in json.loads(ivy("list", "--json"))] == [SECOND]
    closed = json.loads(ivy("list", "--all", "--json"))[0]
    assert closed["note"] == "the zone was wrong" and closed["closed_by"]
    assert "closed" in ivy("show", FIRST)


def test_what_nobody_said_is_not_found(folder: Path) -> None:
    for which in ("0193", "zzz"):
        with pytest.raises(UsageError):
            ivy("show", which)


def test_the_mean_is_told_with_its_targets(folder: Path) -> None:
    connection = open_writer(folder / "data" / "ivy.db", throwaway=True)
    found = ratings.satisfaction(connection, since=NOW)
    connection.close()
    assert found == Satisfaction(NOW, 2, 1, 4.0)
    assert "4.00 of 5 (targets 4.0 / 4.5); 1 of 2 answered." in satisfaction_view.words(found)
    assert "no answer yet" in satisfaction_view.words(Satisfaction(NOW, 2, 0, None))
