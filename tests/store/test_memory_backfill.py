"""What was said and spent before there was a memory: remembered some at a time, once, and never what was forgotten."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from ivy.clock import stamp
from ivy.domain.inbound import Media, Sender, Text
from ivy.domain.jobs import BACKFILL
from ivy.store import memory_backfill, migrate, switches
from ivy.store.binding import Connection
from ivy.store.settings import open_writer

BEFORE = 12
"""The last migration before there was a memory."""
THEN = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANA, BEN = Sender("whatsapp", "US.1"), Sender("whatsapp", "US.2")


def says(connection: Connection, message_id: str, event: Text | Media, body: str, at: datetime = THEN) -> None:
    user = "ana" if event.sender == ANA else "ben"
    connection.execute(
        "INSERT INTO messages_v2 (id, user_id, channel, direction, kind, external_id, body, event, state, at_ms, state_at_ms)"
        " VALUES (?, ?, 'whatsapp', 'in', ?, ?, ?, ?, 'received', ?, ?)",
        (message_id, user, event.__struct_config__.tag, message_id, body, msgspec.json.encode(event).decode(),
         stamp(at), stamp(at)),
    )  # fmt: skip


def text(
    connection: Connection,
    message_id: str,
    body: str,
    *,
    who: Sender = ANA,
    at: datetime = THEN,
    forwarded: bool = False,
) -> None:
    says(connection, message_id, Text(who, message_id, at, body, forwarded=forwarded), body, at)


@pytest.fixture
def old(tmp_path: Path) -> Connection:
    """A file of two people from before there was a memory."""
    connection = open_writer(tmp_path / "ivy.db", throwaway=True)
    migrate.migrate(connection, migrate.shipped()[:BEFORE])
    for who in ("ana", "ben"):
        connection.execute(
            "INSERT INTO users (id, name, status, locale, zone, currency, created_at_ms)"
            " VALUES (?, ?, 'active', 'en-US', 'America/New_York', 'USD', 1)",
            (who, who),
        )
    return connection


def remembered(connection: Connection) -> list[str]:
    return [row["ref"] for row in connection.execute("SELECT ref FROM user_memory ORDER BY ref")]


def run(connection: Connection, *, most: int = 1000) -> int:
    """Do as many steps as there are, each as a job does; return how many."""
    for step in range(most):
        if not memory_backfill.ask(connection, now=NOW):
            return step
        memory_backfill.step(connection, now=NOW)
        connection.execute("UPDATE jobs SET state = 'done', ended_at_ms = 1 WHERE kind = ?", (BACKFILL.name,))
    return most


def test_their_own_words_and_their_expenses_are_remembered_and_nothing_else(old: Connection) -> None:
    text(old, "knee", "My left knee hurts when I run downhill")
    text(old, "hers", "The marathon training starts on Sunday", who=BEN)
    text(old, "ok", "ok")
    text(old, "sent-on", "Dear customer, your invoice is attached", forwarded=True)
    says(
        old,
        "note",
        Media(ANA, "note", THEN, type="audio", media_id="m1", mime="audio/ogg", voice=True),
        "my sister lives in Bogotá now",
    )
    says(
        old,
        "file",
        Media(ANA, "file", THEN, type="audio", media_id="m2", mime="audio/ogg"),
        "a recording of somebody else's meeting",
    )
    old.execute(
        "INSERT INTO expenses (id, user_id, amount_minor, currency, description, plain, category, day, created_at_ms)"
        " VALUES ('coffee', 'ana', 450, 'USD', 'flat white at the station', ' flat white ', 'food', '2026-03-04', ?),"
        "        ('gone', 'ana', 900, 'USD', 'taken back later on', ' taken back ', 'food', '2026-03-04', ?)",
        (stamp(THEN), stamp(THEN)),
    )
    old.execute("UPDATE expenses SET deleted_at_ms = 5 WHERE id = 'gone'")
    migrate.migrate(old)
    assert remembered(old) == []
    assert run(old) == 3  # of ana's messages, her expenses, and ben's messages
    assert remembered(old) == ["coffee", "hers", "knee", "note"]
    (said_at,) = {row["at_ms"] for row in old.execute("SELECT at_ms FROM user_memory WHERE ref IN ('knee', 'note')")}
    assert said_at == stamp(THEN)
    assert run(old) == 0


def test_many_are_done_in_steps_and_a_step_done_twice_changes_nothing(
    old: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_backfill, "AT_ONCE", 10)
    for number in range(35):  # several of one moment: none may fall between two steps
        text(old, f"m{number:02d}", f"run number {number} went well today", at=THEN + timedelta(minutes=number // 7))
    migrate.migrate(old)
    old.execute("SAVEPOINT cut_off")
    memory_backfill.step(old, now=NOW)
    old.execute("ROLLBACK TO cut_off")
    old.execute("RELEASE cut_off")
    assert run(old, most=2) == 2
    assert remembered(old) == [f"m{number:02d}" for number in range(15, 35)]  # the newest first
    assert run(old) == 2
    assert remembered(old) == [f"m{number:02d}" for number in range(35)]


def test_what_was_forgotten_meanwhile_stays_forgotten(old: Connection) -> None:
    text(old, "secret", "my therapist moved me to a new plan")
    text(old, "plain", "swimming on Tuesdays works best for me")
    migrate.migrate(old)
    old.execute("INSERT INTO unheard_messages (message_id, user_id, at_ms) VALUES ('secret', 'ana', 1)")
    run(old)
    assert remembered(old) == ["plain"]


def test_while_memory_is_off_it_waits_and_goes_on_after_that(old: Connection) -> None:
    text(old, "knee", "My left knee hurts when I run downhill")
    migrate.migrate(old)
    memory_backfill.ask(old, now=NOW)
    switches.set_value(old, "memory", "off", by="test", now=NOW)
    assert memory_backfill.step(old, now=NOW) == 0 and run(old) == 0
    old.execute("UPDATE jobs SET state = 'done', ended_at_ms = 1")
    switches.set_value(old, "memory", "semantic", by="test", now=NOW)
    assert run(old) == 1
    assert remembered(old) == ["knee"]


def test_a_file_that_never_was_without_a_memory_has_nothing_to_do(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "new.db", throwaway=True)
    migrate.migrate(connection)
    assert memory_backfill.left(connection) is None
    assert not memory_backfill.ask(connection, now=NOW)
    connection.close()
