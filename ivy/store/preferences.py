"""What a person likes, as they said or showed it: small values by key. May import: scope, the ground."""

from datetime import datetime

from ivy.clock import stamp
from ivy.store.scope import Scope


def remember(scope: Scope, key: str, value: str, *, source: str, now: datetime) -> None:
    """Keep a preference; the newest word wins. `source` says where it is from: text, call, page."""
    scope.execute(
        "INSERT INTO user_preferences (user_id, key, value, source, at_ms) VALUES (:user, :key, :value, :source, :at)"
        " ON CONFLICT (user_id, key) DO UPDATE SET value = excluded.value, source = excluded.source, at_ms = excluded.at_ms",
        key=key,
        value=value,
        source=source,
        at=stamp(now),
    )


def recall(scope: Scope, key: str) -> str | None:
    """Return what is kept under a key."""
    row = scope.execute("SELECT value FROM user_preferences WHERE user_id = :user AND key = :key", key=key).fetchone()
    return row and row["value"]


def forget(scope: Scope, key: str) -> None:
    scope.execute("DELETE FROM user_preferences WHERE user_id = :user AND key = :key", key=key)


def beginning(scope: Scope, start: str) -> dict[str, str]:
    """Return all that is kept under keys that begin so, by key."""
    rows = scope.execute(
        "SELECT key, value FROM user_preferences WHERE user_id = :user AND substr(key, 1, length(:start)) = :start"
        " ORDER BY key",
        start=start,
    )
    return {row["key"]: row["value"] for row in rows}
