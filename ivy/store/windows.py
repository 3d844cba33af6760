"""Until when a person may be written to freely on a channel. May import: scope, the domain."""

from datetime import datetime, timedelta

from ivy.clock import stamp, unstamp
from ivy.domain.windows import window_after
from ivy.store.scope import Scope

VENDORS_GRAIN = timedelta(seconds=1)
"""A vendor tells the time of a message in whole seconds, cut off."""


def extend(scope: Scope, channel: str, expires_at: datetime) -> None:
    """Keep the window open until then, if it was not open for longer."""
    scope.execute(
        "INSERT INTO conversation_windows (user_id, channel, expires_at_ms) VALUES (:user, :channel, :at)"
        " ON CONFLICT DO UPDATE SET expires_at_ms = max(expires_at_ms, excluded.expires_at_ms)",
        channel=channel,
        at=stamp(expires_at),
    )


def close(scope: Scope, channel: str, *, sent_at: datetime, now: datetime) -> None:
    """The vendor says that the window was closed when we sent, and its view counts, unless they wrote since."""
    scope.execute(
        "UPDATE conversation_windows SET expires_at_ms = min(expires_at_ms, :now) WHERE user_id = :user AND channel = :channel"
        " AND expires_at_ms < :since",
        channel=channel,
        now=stamp(now),
        since=stamp(window_after(sent_at - VENDORS_GRAIN)),
    )


def latest_first(scope: Scope) -> list[tuple[str, datetime]]:
    """Return the channels with a window and when it closes or closed, the one that the person wrote on last first."""
    rows = scope.execute(
        "SELECT channel, expires_at_ms FROM conversation_windows AS door WHERE user_id = :user ORDER BY"
        " (SELECT max(rowid) FROM messages_v2 WHERE user_id = :user AND channel = door.channel AND direction = 'in') DESC"
    )
    return [(row["channel"], unstamp(row["expires_at_ms"])) for row in rows]


def expires_at(scope: Scope, channel: str) -> datetime | None:
    """Return when the window closes or closed; None if it never opened."""
    row = scope.execute(
        "SELECT expires_at_ms FROM conversation_windows WHERE user_id = :user AND channel = :channel", channel=channel
    ).fetchone()
    return None if row is None else unstamp(row["expires_at_ms"])
