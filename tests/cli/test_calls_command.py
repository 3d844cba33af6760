"""`ivy calls show`: how a call sounded stands beside what came of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivy.cli import calls as calls_command
from ivy.cli import options
from ivy.domain.calls import CallKind, CallOutcome, Report, Spoken, Verdict
from ivy.store import calls, people
from ivy.store.calls import Call
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
HUNG_UP = Verdict(CallOutcome.COMPLETED, needs_words=True, by_person=True)
TALK = (
    Spoken("agent", "Hi.", 0.5, 2.0),
    Spoken("person", "I'll run at six.", 1.5, 3.0),
    Spoken("agent", "Good.", 4.2, 5),
)


@pytest.fixture
def folder(tmp_path: Path, database: Path) -> Iterator[Path]:
    """A call that was cut short, and one that nobody has dialled yet."""
    (tmp_path / "ivy.toml").write_text(f'[store]\npath = "{database}"\n', encoding="utf-8")
    connection = open_writer(database, throwaway=True)
    people.add(connection, NewPerson("ana", "Ana", "active", "en-US", "UTC", "USD", "+12025550143"), now=NOW)
    for name, kind in (("over", CallKind.MORNING), ("due", CallKind.EVENING)):
        calls.ask(within(connection, "ana"), Call(name, "ana", kind, NOW.date(), NOW), now=NOW)
    connection.execute("UPDATE calls SET state = 'dialing' WHERE id = 'over'")
    report = Report("retell", "call_1", "over", seen=("ended",), verdict=HUNG_UP, duration_seconds=8.0, spoken=TALK)
    calls.hear(connection, report, at=NOW)
    connection.close()
    token = options.given_config.set(str(tmp_path / "ivy.toml"))
    yield tmp_path
    options.given_config.reset(token)


def ivy(*words: str) -> str:
    result = CliRunner().invoke(calls_command.command, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_how_a_call_sounded_is_shown(folder: Path) -> None:
    told = ivy("show", "over")
    assert "answers after 1.2 s (half of them), 1 interruption, longest silence 3.0 s, hung up early" in told
    assert "quality" not in ivy("show", "due")


def test_programs_read_it_too(folder: Path) -> None:
    assert json.loads(ivy("show", "over", "--json"))["quality"] == {
        "answer_wait_ms": 1200,
        "interruptions": 1,
        "longest_silence": 3.0,
        "hung_up_early": True,
    }
    assert json.loads(ivy("show", "due", "--json"))["quality"] is None
