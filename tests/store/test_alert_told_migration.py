"""The alerts of a file in which mail was the only way: what was mailed is not mailed again, what was not is."""

from datetime import UTC, datetime
from pathlib import Path

from ivy.store import alerts, migrate
from ivy.store.settings import open_writer

BEFORE = next(number for number, each in enumerate(migrate.shipped()) if each.name.startswith("0024"))
ADD = (
    "INSERT INTO alerts (key, severity, title, advice, first_at_ms, last_at_ms, resolved_at_ms, told_at_ms)"
    " VALUES (?, 'critical', '', '', 1, 1, ?, ?)"
)
NOW = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)


def test_what_was_mailed_stays_mailed(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "ivy.db", throwaway=True)
    migrate.migrate(connection, migrate.shipped()[:BEFORE])
    for row in (
        ("open, told", None, 2),
        ("open, untold", None, None),
        ("over, its end untold", 3, None),
        ("over, told or never worth it", 3, 4),
    ):
        connection.execute(ADD, row)
    migrate.migrate(connection)
    assert [each.key for each in alerts.untold(connection, "mail", now=NOW)] == ["open, untold", "over, its end untold"]
    assert [each.key for each in alerts.untold(connection, "webhook", now=NOW)] == ["open, told", "open, untold"]
    connection.close()
