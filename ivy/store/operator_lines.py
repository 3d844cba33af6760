"""When the operator's own phone last wrote: what opens a window for alerts. May import: binding."""

from datetime import datetime

from ivy.clock import stamp, unstamp
from ivy.store.binding import Connection


def wrote(connection: Connection, channel: str, at: datetime) -> None:
    """Note that they wrote at a time, by their vendor's clock."""
    connection.execute(
        "INSERT INTO operator_lines (channel, wrote_at_ms) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET wrote_at_ms = max(wrote_at_ms, excluded.wrote_at_ms)",
        (channel, stamp(at)),
    )


def shut(connection: Connection, channel: str, before: datetime) -> None:
    """Let the window that they opened be closed: what was sent into it did not arrive."""
    connection.execute(
        "UPDATE operator_lines SET wrote_at_ms = min(wrote_at_ms, ?) WHERE channel = ?", (stamp(before), channel)
    )


def wrote_at(connection: Connection, channel: str) -> datetime | None:
    """Return when they last wrote; None if they never did."""
    row = connection.execute("SELECT wrote_at_ms FROM operator_lines WHERE channel = ?", (channel,)).fetchone()
    return None if row is None else unstamp(row["wrote_at_ms"])
