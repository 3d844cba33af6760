"""The words about days of a file that was made before a reserve day could be asked for: all of them stay, in their order."""

from pathlib import Path

import pytest

from ivy.store import migrate, streaks
from ivy.store.binding import IntegrityError
from ivy.store.scope import within
from ivy.store.settings import open_writer

BEFORE = 20
ADD = "INSERT INTO streak_events (user_id, day, outcome, source, at_ms) VALUES ('ana', ?, ?, 'text', 1)"


def test_every_word_stays_and_the_new_one_is_taken(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "ivy.db", throwaway=True)
    migrate.migrate(connection, migrate.shipped()[:BEFORE])
    connection.execute(
        "INSERT INTO users (id, name, status, locale, zone, currency, created_at_ms)"
        " VALUES ('ana', 'Ana', 'active', 'en-US', 'America/New_York', 'USD', 1)"
    )
    for day, outcome in (("2026-11-22", "missed"), ("2026-11-21", "kept"), ("2026-11-22", "excused")):
        connection.execute(ADD, (day, outcome))
    with pytest.raises(IntegrityError):
        connection.execute(ADD, ("2026-11-23", "reserve"))
    before = [tuple(row) for row in connection.execute("SELECT * FROM streak_events ORDER BY id")]
    migrate.migrate(connection)
    assert [tuple(row) for row in connection.execute("SELECT * FROM streak_events ORDER BY id")] == before
    connection.execute(ADD, ("2026-11-23", "reserve"))
    with pytest.raises(IntegrityError):
        connection.execute(ADD, ("2026-11-23", "perhaps"))
    ana = within(connection, "ana")
    assert [outcome.value for _, outcome in streaks.events(ana)] == ["kept", "excused", "reserve"]
    assert streaks.current(ana).current == 1
    connection.close()
