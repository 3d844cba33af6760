"""What came in since a moment, for the one who waits for it: `ivy whatsapp probe`. May import: inbox, binding."""

from dataclasses import dataclass

from ivy.store import inbox
from ivy.store.binding import Connection


@dataclass(frozen=True)
class Kept:
    """A webhook on the disk; `position` grows with each, `sealed` is empty once its retention is over."""

    position: int
    id: str
    sealed: bytes
    received_at_ms: int


def last_position(connection: Connection) -> int:
    """Return where the inbox ends now."""
    return connection.execute("SELECT COALESCE(MAX(rowid), 0) FROM webhook_inbox").fetchone()[0]


def after(connection: Connection, source: str, position: int, *, limit: int = 200) -> list[Kept]:
    """Return what a source sent behind a position, in its order."""
    rows = connection.execute(
        "SELECT rowid, id, body, received_at_ms FROM webhook_inbox WHERE source = ? AND rowid > ? ORDER BY rowid LIMIT +?",
        (source, position, limit),
    )
    return [Kept(row["rowid"], row["id"], row["body"] or b"", row["received_at_ms"]) for row in rows]


def is_kept(connection: Connection, source: str, body: bytes) -> bool:
    """Say whether these very bytes were kept."""
    found = connection.execute(
        "SELECT 1 FROM webhook_inbox WHERE source = ? AND sha256 = ?", (source, inbox.digest(body))
    )
    return found.fetchone() is not None
