"""`ivy send`: an approved template is queued and its typing audited; everything else is refused by the rule it breaks."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from ivy.adapters.whatsapp.pack import pack
from ivy.agent.desk import Desk
from ivy.cli import options, send
from ivy.cli.app import COMMANDS
from ivy.config import Config
from ivy.daemon import rate_card
from ivy.domain.consent import Purpose
from ivy.domain.routing import For
from ivy.domain.templates import find
from ivy.errors import UsageError
from ivy.store import consents, outbox, people, templates
from ivy.store.binding import Connection
from ivy.store.people import NewPerson
from ivy.store.scope import Scope, within
from ivy.store.settings import open_writer

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""12:00 in New York."""
NAME, VALUES = "account_notice", {"date": "24 November", "change": "calls are switched off"}


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    """Ana, who agreed to messages, and two templates: one approved in English, one still under review."""
    opened = open_writer(database, throwaway=True)
    people.add(opened, NewPerson("ana", "Ana", "active", "en-US", "America/New_York", "USD", "+12025550143"), now=NOON)
    people.alias(opened, "ana", "whatsapp", "phone", "12025550143", now=NOON)
    consents.record(within(opened, "ana"), Purpose.MESSAGES, granted=True, proof="a test", now=NOON)
    for number, (name, status) in enumerate(((NAME, "APPROVED"), ("missed_call", "PENDING"))):
        definition = find(pack(), name, "en")
        assert definition is not None
        templates.submitted(
            opened,
            "whatsapp",
            definition,
            before=None,
            vendor_id=str(number),
            status=status,
            category="UTILITY",
            now=NOON,
        )
    yield opened
    opened.close()


@pytest.fixture
def ana(connection: Connection) -> Scope:
    return within(connection, "ana")


def desk(now: datetime = NOON) -> Desk:
    numbers = iter(range(100))
    return Desk(now, lambda: f"m{next(numbers)}", Config(), "whatsapp", "trace", rate_card.load("", Path()))


def queue(scope: Scope, name: str = NAME, values: dict[str, str] = VALUES, now: datetime = NOON) -> send.Queued:
    return send.queue(scope, people.load(scope), name, values, desk(now))


def test_an_approved_template_is_queued_as_what_nobody_asked_for(ana: Scope) -> None:
    queued = queue(ana)
    assert (queued.template, queued.language, queued.held_until) == (NAME, "en", None)
    message = outbox.outgoing(ana.connection, queued.message)
    assert (message.state, message.asked_for, message.purpose) == ("queued", False, For.NOTICE)
    assert message.body == queued.text
    assert "calls are switched off" in message.body


def test_in_quiet_hours_it_is_queued_and_said_to_be_held(ana: Scope) -> None:
    night = NOON + timedelta(hours=11)  # 23:00 there
    held_until = queue(ana, now=night).held_until
    assert held_until is not None
    assert night < held_until < night + timedelta(hours=12)


@pytest.mark.parametrize(
    ("name", "values", "rule"),
    [
        ("nothing", {}, "no template is called 'nothing'"),
        ("missed_call", {}, "missed_call is not approved (it is PENDING): wait"),
        ("plan_due", {}, "plan_due is not approved (it was never submitted): submit it"),
        (NAME, {"date": "today"}, "account_notice lacks a value for 'change'"),
        (NAME, {**VALUES, "name": "Ana"}, "account_notice has no variable 'name'"),
        (NAME, {**VALUES, "change": " "}, "the value for 'change' of account_notice is empty"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_rule(ana: Scope, name: str, values: dict[str, str], rule: str) -> None:
    with pytest.raises(UsageError) as refused:
        queue(ana, name, values)
    assert str(refused.value).startswith("Not sent: ")
    assert rule in str(refused.value)
    assert ana.connection.execute("SELECT count(*) FROM messages_v2").fetchone()[0] == 0


def test_who_may_not_be_written_to_is_not(ana: Scope) -> None:
    people.set_status(ana, "stopped")
    with pytest.raises(UsageError, match="they said stop"):
        queue(ana)
    people.set_status(ana, "active")
    consents.record(ana, Purpose.MESSAGES, granted=False, proof="a test", now=NOON + timedelta(minutes=1))
    with pytest.raises(UsageError, match="no consent to messages"):
        queue(ana)


def test_a_template_that_became_dearer_is_refused(ana: Scope) -> None:
    ana.connection.execute("UPDATE templates SET category = 'MARKETING' WHERE name = ?", (NAME,))
    with pytest.raises(UsageError, match="became marketing"):
        queue(ana)


def test_without_an_address_nothing_is_queued(ana: Scope) -> None:
    ana.connection.execute("DELETE FROM channel_identities")
    ana.connection.execute("UPDATE users SET phone = NULL")
    with pytest.raises(UsageError, match="no address on whatsapp"):
        queue(ana)


@pytest.fixture
def typed(connection: Connection, database: Path, tmp_path: Path) -> Connection:
    (tmp_path / "ivy.toml").write_text(f'[store]\npath = "{database}"\n', encoding="utf-8")
    options.given_config.set(str(tmp_path / "ivy.toml"))
    return connection


def ivy(*words: str) -> str:
    alone = Typer()
    alone.command()(send.command)
    result = CliRunner().invoke(alone, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_it_is_among_the_commands() -> None:
    assert COMMANDS["send"][0] == send.__name__


def test_typed_it_is_queued_and_the_audit_log_says_who_did_it(typed: Connection) -> None:
    values = ("--value", "date=24 November", "--value", "change=a = b")
    told = json.loads(ivy("ana", "--template", NAME, *values, "--json"))
    assert "a = b" in told["text"]
    assert typed.execute("SELECT state FROM messages_v2 WHERE id = ?", (told["message"],)).fetchone()[0] == "queued"
    (audited,) = typed.execute("SELECT action, reason FROM audit_log WHERE action = 'send'").fetchall()
    assert tuple(audited) == ("send", f"the template {NAME}")
    assert "Queued as" in ivy("ana", "--template", NAME, *values)


def test_without_a_name_those_that_may_be_sent_are_suggested(typed: Connection) -> None:
    (suggested,) = json.loads(ivy("ana", "--json"))["templates"]
    assert (suggested["name"], suggested["language"], suggested["values"]) == (NAME, "en", ["date", "change"])
    assert NAME in ivy("ana")


def test_a_value_without_its_name_is_a_wrong_word(typed: Connection) -> None:
    with pytest.raises(UsageError, match="NAME=TEXT"):
        ivy("ana", "--template", NAME, "--value", "24 November")
    assert typed.execute("SELECT count(*) FROM messages_v2").fetchone()[0] == 0
