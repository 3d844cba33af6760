"""Where the next poll of a channel begins, and what the last one brought. May import: inbox, binding, the ground.

Each key has a cursor of its own: another agent's messages are counted in another way, and none may be waited for in vain.
"""

from datetime import datetime, timedelta

from ivy.clock import stamp, unstamp
from ivy.store import inbox
from ivy.store.binding import Connection
from ivy.store.inbox import Arrival

TOO_OLD = timedelta(days=1)
"""What was written so long before the first poll of all was for another program, or for nobody."""
OVERLAP = timedelta(hours=1)
"""How far behind the last poll of the key before a new key looks: what is seen twice is known by its id."""


def begin(connection: Connection, channel: str, key_digest: str, *, now: datetime) -> int:
    """Return where the next poll with this key begins; 0, which is all that the vendor keeps, for one that is new."""
    row = connection.execute(
        "SELECT next_offset FROM poll_cursors WHERE channel = ? AND key_digest = ?", (channel, key_digest)
    ).fetchone()
    if row is not None:
        connection.execute(  # a key that comes back: who wrote with the one between is not its maker
            "UPDATE poll_cursors SET begun_ms = ?3 WHERE channel = ?1 AND key_digest = ?2"
            " AND begun_ms < (SELECT max(begun_ms) FROM poll_cursors WHERE channel = ?1)",
            (channel, key_digest, stamp(now)),
        )
        return row["next_offset"]
    last = connection.execute("SELECT max(at_ms) AS at_ms FROM poll_cursors WHERE channel = ?", (channel,)).fetchone()
    if last["at_ms"] is not None:  # perhaps another agent: no chat is open there until they write in it
        connection.execute(
            "UPDATE conversation_windows SET expires_at_ms = min(expires_at_ms, ?) WHERE channel = ?",
            (stamp(now), channel),
        )
    since = now - TOO_OLD if last["at_ms"] is None else unstamp(last["at_ms"]) - OVERLAP
    connection.execute(
        "INSERT INTO poll_cursors (channel, key_digest, since_ms, begun_ms, at_ms) VALUES (?, ?, ?, ?, ?)",
        (channel, key_digest, stamp(since), stamp(now), stamp(now)),
    )
    return 0


def keep(connection: Connection, arrival: Arrival, key_digest: str, offset: int, *, now: datetime) -> None:
    """Keep what a poll of `arrival.source` brought, and go on behind it: both, or neither."""
    inbox.keep(connection, arrival)
    # A clock that was ahead at the first poll must not make what is written later too old.
    connection.execute(
        "UPDATE poll_cursors SET next_offset = ?1, at_ms = ?3, since_ms = min(since_ms, ?3), begun_ms = min(begun_ms, ?3)"
        " WHERE channel = ?4 AND key_digest = ?2",
        (offset, key_digest, stamp(now), arrival.source),
    )


def is_too_old(connection: Connection, channel: str, written_at: datetime) -> bool:
    """Say whether something was written before Ivy began to listen there; never of what has no time (1970)."""
    row = connection.execute("SELECT max(since_ms) AS at_ms FROM poll_cursors WHERE channel = ?", (channel,)).fetchone()
    return row["at_ms"] is not None and 0 < stamp(written_at) < row["at_ms"]


def begun_at(connection: Connection, channel: str) -> datetime | None:
    """Return since when the newest key is in use; None where nothing was ever polled."""
    row = connection.execute("SELECT max(begun_ms) AS at_ms FROM poll_cursors WHERE channel = ?", (channel,)).fetchone()
    return None if row["at_ms"] is None else unstamp(row["at_ms"])
