"""The calls of a file that was made before a call could carry a message: all of them stay, and what points at them."""

from pathlib import Path

import pytest

from ivy.store import migrate
from ivy.store.binding import Connection, IntegrityError
from ivy.store.settings import open_writer

BEFORE = 10
ANA = (
    "INSERT INTO users (id, name, status, locale, zone, currency, created_at_ms)"
    " VALUES ('ana', 'Ana', 'active', 'en-US', 'America/New_York', 'USD', 1)"
)
ASK = (
    "INSERT INTO calls (id, user_id, kind, slot, day, state, outcome, report, due_at_ms, provider, provider_call_id)"
    " VALUES (?, 'ana', ?, ?, '2026-11-23', ?, ?, '{\"seen\":[\"ended\"]}', 1, 'retell', ?)"
)


def made_before(path: Path) -> Connection:
    connection = open_writer(path, throwaway=True)
    migrate.migrate(connection, migrate.shipped()[:BEFORE])
    connection.execute(ANA)
    for number, kind in enumerate(("morning", "evening", "inbound", "test")):
        connection.execute(ASK, (f"c{number}", kind, f"slot{number}", "analysed", "completed", f"call_{number}"))
        connection.execute("INSERT INTO transcripts VALUES (?, 'ana', '[]', 1)", (f"c{number}",))
    return connection


def about_calls(connection: Connection) -> list[tuple[object, ...]]:
    found = connection.execute("SELECT * FROM calls ORDER BY id").fetchall()
    kept = connection.execute("SELECT * FROM transcripts ORDER BY call_id").fetchall()
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'calls' AND type = 'index' ORDER BY name"
    ).fetchall()
    return [tuple(row) for row in (*found, *kept, *indexes)]


def test_every_call_its_words_and_the_indexes_are_kept(tmp_path: Path) -> None:
    connection = made_before(tmp_path / "data" / "ivy.db")
    before = about_calls(connection)
    migrate.migrate(connection, migrate.shipped()[: BEFORE + 1])
    assert len(before) > 8
    assert about_calls(connection) == before
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    names = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert "calls_before" not in names
    connection.close()


def test_a_message_may_have_its_call_now_and_only_one(tmp_path: Path) -> None:
    connection = made_before(tmp_path / "data" / "ivy.db")
    notice = ("n1", "notice", "notice:m1", "due", "", None)
    with pytest.raises(IntegrityError, match="CHECK"):
        connection.execute(ASK, notice)
    migrate.migrate(connection, migrate.shipped()[: BEFORE + 1])
    connection.execute(ASK, notice)
    with pytest.raises(IntegrityError, match="UNIQUE"):
        connection.execute(ASK, ("n2", *notice[1:]))
    with pytest.raises(IntegrityError, match="CHECK"):
        connection.execute(ASK, ("n3", "nonsense", "s3", "due", "", None))
    connection.close()


def test_what_points_at_a_call_is_guarded_as_before(tmp_path: Path) -> None:
    connection = made_before(tmp_path / "data" / "ivy.db")
    migrate.migrate(connection, migrate.shipped()[: BEFORE + 1])
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        connection.execute("DELETE FROM calls WHERE id = 'c1'")
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        connection.execute("INSERT INTO transcripts VALUES ('nobody', 'ana', '[]', 1)")
    connection.execute("DELETE FROM transcripts WHERE call_id = 'c1'")
    connection.execute("DELETE FROM calls WHERE id = 'c1'")
    connection.close()
