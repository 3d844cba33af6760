"""Which vendors are left alone, and until when. May import: binding, the domain."""

from ivy.clock import stamp, unstamp
from ivy.domain.breaker import CLOSED, Breaker
from ivy.store.binding import Connection, Row


def load(connection: Connection, name: str) -> Breaker:
    row = connection.execute("SELECT * FROM breakers WHERE name = ?", (name,)).fetchone()
    return CLOSED if row is None else _read(row)


def all_of(connection: Connection) -> dict[str, Breaker]:
    """Return every breaker that has heard of a failure since its last success, by name."""
    return {row["name"]: _read(row) for row in connection.execute("SELECT * FROM breakers ORDER BY name")}


def save(connection: Connection, name: str, breaker: Breaker) -> None:
    if breaker == CLOSED:
        connection.execute("DELETE FROM breakers WHERE name = ?", (name,))
        return
    connection.execute(
        "INSERT INTO breakers (name, failures, opened_at_ms, until_ms, reason) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET failures = excluded.failures, opened_at_ms = excluded.opened_at_ms,"
        " until_ms = excluded.until_ms, reason = excluded.reason",
        (
            name,
            breaker.failures,
            None if breaker.opened_at is None else stamp(breaker.opened_at),
            None if breaker.until is None else stamp(breaker.until),
            breaker.reason,
        ),
    )


def _read(row: Row) -> Breaker:
    opened, until = row["opened_at_ms"], row["until_ms"]
    return Breaker(
        row["failures"],
        None if opened is None else unstamp(opened),
        None if until is None else unstamp(until),
        row["reason"],
    )
