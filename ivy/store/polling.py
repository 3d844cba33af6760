"""Where the next poll of a channel begins, and what the last one brought. May import: inbox, binding, the ground."""

from datetime import datetime

from ivy.clock import stamp
from ivy.store import inbox
from ivy.store.binding import Connection
from ivy.store.inbox import Arrival


def next_offset(connection: Connection, source: str) -> int | None:
    """Return where the next poll begins; None before the first."""
    row = connection.execute("SELECT next_offset FROM poll_cursors WHERE source = ?", (source,)).fetchone()
    return row and row["next_offset"]


def keep(connection: Connection, source: str, arrival: Arrival | None, offset: int, *, now: datetime) -> None:
    """Keep what a poll brought, if anything of it is wanted, and go on behind it: both, or neither."""
    if arrival is not None:
        inbox.keep(connection, arrival)
    connection.execute(
        "INSERT INTO poll_cursors (source, next_offset, at_ms) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset, at_ms = excluded.at_ms",
        (source, offset, stamp(now)),
    )
