"""`ivy users say`, `ivy users release`, and what `ivy users show` tells of a chat that a human answers."""

import json
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from ivy.agent.desk import Desk
from ivy.agent.listening import listen
from ivy.agent.questions import Heard
from ivy.cli.app import app
from ivy.config import Config
from ivy.daemon import rate_card
from ivy.domain.ids import uuid7
from ivy.domain.inbound import Sender, Text
from ivy.domain.streaks import Outcome
from ivy.domain.windows import window_after
from ivy.errors import UsageError
from ivy.store import messages, people, streaks, windows
from ivy.store.scope import within
from ivy.store.settings import open_writer

ANA = ("--name", "Ana", "--phone", "+57 300 123 4567", "--zone", "bogota", "--locale", "en-US")
HOSTILE = "my invoice is \x1b[31mwrong\x1b[0m"


@dataclass(frozen=True)
class Typed:
    """Types a command in this process, which is quicker; an error is printed as the program would."""

    folder: Path

    def __call__(self, *words: str) -> "subprocess.CompletedProcess[str]":
        result = CliRunner().invoke(app, ["--config", str(self.folder / "ivy.toml"), *words])
        error = "" if isinstance(result.exception, SystemExit | None) else f"ivy: {result.exception}\n"
        code = 2 if isinstance(result.exception, UsageError) else result.exit_code
        return subprocess.CompletedProcess(words, code, result.stdout, result.stderr + error)


def rows(program: Typed, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(program.folder / "data/ivy.db")) as connection, connection:
        return connection.execute(sql).fetchall()


def writes(program: Typed, *texts: str, window: bool = True) -> str:
    """Let Ana write to Ivy a moment ago, as the daemon takes it in; return her id."""
    now, chance = datetime.now(UTC), Random(1)
    desk = Desk(now, lambda: uuid7(now, chance), Config(), "whatsapp", "trace", rate_card.load("", program.folder))
    with closing(open_writer(program.folder / "data/ivy.db")) as connection:
        user_id = people.find(connection, "Ana").id
        scope = within(connection, user_id)
        if window:
            windows.extend(scope, "whatsapp", window_after(now))
        for number, text in enumerate(texts):
            event = Text(Sender("whatsapp", phone="+573001234567"), f"wamid.{number}", now, text)
            message_id = desk.new_id()
            messages.receive(connection, message_id, user_id, event, text, needs_answer=True, trace_id="trace", now=now)
            listen(scope, people.load(scope), Heard(text, message_id, event.external_id), desk)
        if connection.in_transaction:
            connection.execute("COMMIT")
    return user_id


@pytest.fixture
def typed(ready: Any) -> Typed:
    return Typed(ready.folder)


@pytest.fixture
def asked(typed: Typed) -> Typed:
    """The program beside somebody who asked for a human."""
    typed("onboard", *ANA, "--consent", "yes")
    writes(typed, "agent", HOSTILE)
    return typed


def said(program: Typed) -> list[tuple[Any, ...]]:
    return rows(program, "SELECT body, state FROM messages_v2 WHERE direction = 'out' ORDER BY rowid")[1:]


def test_status_says_who_asks_for_a_human_and_what_to_type(asked: Typed) -> None:
    told = asked("status").stdout
    assert "Ana asks for a human." in told
    assert "ivy users say" in told and "ivy users release" in told


def test_show_tells_the_words_of_a_chat_that_a_human_answers(asked: Typed) -> None:
    told = asked("users", "show", "Ana")
    assert told.returncode == 0
    assert "a human answers" in told.stdout
    assert "agent" in told.stdout and "my invoice is" in told.stdout
    assert "\x1b" not in told.stdout  # what somebody wrote steers no terminal
    assert "ivy users release" in told.stderr
    words = json.loads(asked("users", "show", "Ana", "--json").stdout)["words"]
    assert [(each["who"], each["text"]) for each in words][::2] == [("Ana", "agent"), ("Ana", HOSTILE)]
    assert rows(asked, "SELECT count(*) FROM audit_log WHERE action = 'users show'") == [(2,)]


def test_of_no_other_chat_are_words_shown(typed: Typed) -> None:
    typed("onboard", *ANA, "--consent", "yes")
    writes(typed, "my secret is 7")
    told = typed("users", "show", "Ana")
    assert "secret" not in told.stdout
    assert json.loads(typed("users", "show", "Ana", "--json").stdout)["words"] == []


def test_say_queues_what_the_person_will_read(asked: Typed) -> None:
    done = asked("users", "say", "Ana", "Sorry! It is mended.")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Queued for Ana." in done.stdout
    assert said(asked) == [("Sorry! It is mended.", "queued")]
    assert rows(asked, "SELECT count(*) FROM jobs WHERE kind = 'send' AND state = 'ready'") == [(2,)]
    assert rows(asked, "SELECT subject FROM audit_log WHERE action = 'users say'") == rows(
        asked, "SELECT id FROM users"
    )


def test_the_words_are_not_in_the_audit_log(asked: Typed) -> None:
    asked("users", "say", "Ana", "Sorry about the invoice")
    kept = str(rows(asked, "SELECT * FROM audit_log"))
    assert "invoice" not in kept and "Ana" not in kept


def test_a_long_text_goes_in_parts(asked: Typed) -> None:
    asked("users", "say", "Ana", "Word. " * 1200)
    assert len(said(asked)) == 2


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_is_not_said(asked: Typed, text: str) -> None:
    done = asked("users", "say", "Ana", text)
    assert (done.returncode, done.stderr) == (2, "ivy: There is nothing to say.\n")
    assert said(asked) == []


@pytest.mark.parametrize("words", [("say", "nobody", "hello"), ("release", "nobody")])
def test_somebody_unknown_is_said_so(asked: Typed, words: tuple[str, ...]) -> None:
    done = asked("users", *words)
    assert done.returncode == 2
    assert done.stderr.startswith("ivy: Nobody is known as 'nobody'")


def test_release_gives_the_chat_back_and_ends_the_alarm(asked: Typed) -> None:
    done = asked("users", "release", "Ana")
    assert (done.returncode, done.stdout) == (0, "Ivy answers Ana again.\n")
    assert rows(asked, "SELECT handed_over_at_ms FROM users") == [(None,)]
    assert said(asked)[-1][0].startswith("Ivy here again.")
    assert "asks for a human" not in asked("status").stdout
    again = asked("users", "release", "Ana")
    assert (again.returncode, again.stderr) == (2, "ivy: Ana talks with Ivy already.\n")


def test_release_after_the_window_closed_says_nothing_to_them(typed: Typed) -> None:
    typed("onboard", *ANA, "--consent", "yes")
    writes(typed, "agent", window=False)
    assert typed("users", "release", "Ana").returncode == 0
    assert said(typed) == []


def test_a_missed_day_is_excused_by_a_humans_word(asked: Typed) -> None:
    with closing(open_writer(asked.folder / "data/ivy.db")) as connection:
        scope = within(connection, people.find(connection, "Ana").id)
        streaks.record(scope, date(2026, 11, 20), Outcome.MISSED, source="day_close", now=datetime.now(UTC))
        if connection.in_transaction:
            connection.execute("COMMIT")
    done = asked("users", "excuse", "Ana", "2026-11-20")
    assert (done.returncode, done.stdout) == (0, "2026-11-20 costs Ana nothing any more.\n")
    again = asked("users", "excuse", "Ana", "2026-11-20")
    assert "is no missed day of Ana's" in again.stderr
    assert "is no day: write it as" in asked("users", "excuse", "Ana", "friday").stderr
    said = [body for (body,) in rows(asked, "SELECT body FROM messages_v2 WHERE direction = 'out'")]
    assert "costs you nothing" in said[-1]
