"""`ivy review`: what waits for a human is listed, shown, and closed with a note, once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ivy.cli import options, review
from ivy.domain.safety import Risk
from ivy.errors import UsageError
from ivy.store import people, reviews
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
FIRST, SECOND = "01932f00-0000-7000-8000-000000000001", "01932f11-0000-7000-8000-000000000002"


@pytest.fixture
def folder(tmp_path: Path, database: Path) -> Iterator[Path]:
    """A configuration beside a database in which Ana spoke of danger twice."""
    (tmp_path / "seal").write_text("ab" * 32, encoding="utf-8")
    (tmp_path / "seal").chmod(0o600)
    (tmp_path / "ivy.toml").write_text(f'[store]\npath = "{database}"\nseal_key_file = "seal"\n', encoding="utf-8")
    connection = open_writer(database, throwaway=True)
    connection.execute("BEGIN")
    people.add(connection, NewPerson("ana", "Ana", "active", "en-US", "UTC", "USD", "+12025550143"), now=NOW)
    scope = within(connection, "ana")
    for number, review_id in enumerate((FIRST, SECOND)):
        reviews.open_review(
            scope, review_id, Risk.SELF_HARM, source="chat", ref=f"m{number}", words=f"words {number}", now=NOW
        )
    connection.execute("COMMIT")
    connection.close()
    token = options.given_config.set(str(tmp_path / "ivy.toml"))
    yield tmp_path
    options.given_config.reset(token)


def ivy(*arguments: str) -> str:
    result = CliRunner().invoke(review.command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_reviews_are_listed_shown_and_closed_with_a_note(folder: Path) -> None:
    assert len(json.loads(ivy("list", "--json"))) == 2
    assert "words 0" in ivy("show", FIRST)
    assert "stays quiet" in ivy("close", FIRST[:9], "--note", "called her")
    assert "begins things" in ivy("close", SECOND, "--note", "she is with her sister")
    assert json.loads(ivy("list", "--json")) == []
    closed = json.loads(ivy("list", "--all", "--json"))
    assert [each["note"] for each in closed] == ["called her", "she is with her sister"]
    assert "closed" in ivy("list", "--all")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "nothing"), "No review has the id"),
        (("show", "01932f"), "2 reviews have the id"),
        (("close", FIRST, "--note", " "), "Say in --note"),
    ],
)
def test_a_wrong_word_is_one_plain_line(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        CliRunner().invoke(review.command, arguments, catch_exceptions=False)


def test_what_is_closed_is_not_closed_again(folder: Path) -> None:
    ivy("close", FIRST, "--note", "looked")
    with pytest.raises(UsageError, match="is closed since"):
        CliRunner().invoke(review.command, ("close", FIRST, "--note", "again"), catch_exceptions=False)


def test_nobody_without_a_note(folder: Path) -> None:
    assert isinstance(review.command, typer.Typer)
    assert CliRunner().invoke(review.command, ("close", FIRST)).exit_code == 2
