"""How much of what a number may do is used: free replies a month, people reached a day; and what the month cost.

May import: scope, binding, the domain. Counted from messages and their statuses each time, so nothing can drift.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ivy.clock import stamp, unstamp
from ivy.domain.messaging_limit import UNLIMITED
from ivy.store.binding import Connection
from ivy.store.scope import Scope

TIER = "people_a_day"
"""The limit's name: unique people reached outside a window in 24 hours."""
TIER_SPAN = timedelta(hours=24)
ALL = 1_000_000_000

FREE_TEXT = (
    "coalesce(m.kind, '') <> 'template' AND coalesce(m.window_open, 1) = 1"
    " AND coalesce(m.price_category, '') IN ('', 'service')"
    " AND coalesce(m.price_type, '') <> 'free_entry_point'"  # after an ad nothing is charged, so nothing is used up
)
"""Of a message `m`: one of those of which a month has some for nothing."""
_OUTSIDE = (
    "m.channel = :channel AND m.sent_at_ms IS NOT NULL AND m.sent_at_ms > :since AND m.direction = 'out'"
    " AND m.window_open = 0 AND m.state <> 'failed'"
)


@dataclass(frozen=True)
class Priced:
    """This month's messages of one price category and type, as the vendor named them ("" while it has not)."""

    category: str
    type: str
    messages: int
    micros: int


def month_of(now: datetime) -> datetime:
    """Return when the calendar month began, in UTC."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def free_replies(connection: Connection, channel: str, *, now: datetime, up_to: int = ALL) -> int:
    """Return how many free-form messages were delivered this month; counting stops at `up_to`.

    A message counts when the first word of its delivery says, by the vendor's clock, that it was delivered.
    """
    return connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM message_statuses s"
        " LEFT JOIN messages_v2 m ON m.channel = s.channel AND m.external_id = s.external_id"
        " WHERE s.channel = ? AND s.at_ms >= ? AND s.at_ms <= ? AND s.state IN ('delivered', 'read')"
        f" AND {FREE_TEXT} AND NOT EXISTS (SELECT 1 FROM message_statuses earlier WHERE earlier.channel = s.channel"
        " AND earlier.external_id = s.external_id AND earlier.state = CASE s.state WHEN 'read' THEN 'delivered' ELSE 'read' END"
        " AND earlier.at_ms + (s.state = 'delivered') <= s.at_ms) LIMIT +?)",  # at the same moment it was delivered first
        (channel, stamp(month_of(now)), stamp(now), up_to),
    ).fetchone()[0]


def delivered(connection: Connection, channel: str, *, now: datetime, up_to: int = ALL) -> int:
    """Return how many words of a delivery came for this month, up to `up_to`: no fewer than `free_replies`, and soon counted."""
    return connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM message_statuses WHERE channel = ? AND at_ms BETWEEN ? AND ?"
        " AND state IN ('delivered', 'read') LIMIT +?)",
        (channel, stamp(month_of(now)), stamp(now), up_to),
    ).fetchone()[0]


def people_outside(connection: Connection, channel: str, *, now: datetime) -> int:
    """Return how many people were reached outside their windows in the last 24 hours; what failed reached nobody."""
    return connection.execute(
        f"SELECT count(DISTINCT m.user_id) FROM messages_v2 m WHERE {_OUTSIDE}",
        {"channel": channel, "since": stamp(now - TIER_SPAN)},
    ).fetchone()[0]


def was_reached_outside(scope: Scope, channel: str, *, now: datetime) -> bool:
    """Say whether this person is among them already: another message to them uses nothing more up."""
    return bool(
        scope.execute(
            f"SELECT 1 FROM messages_v2 m WHERE m.user_id = :user AND {_OUTSIDE} LIMIT 1",
            channel=channel,
            since=stamp(now - TIER_SPAN),
        ).fetchone()
    )


def tier_free_at(connection: Connection, channel: str, *, now: datetime) -> datetime | None:
    """Return when one more person may be reached outside a window; None if one may be now."""
    most = tier(connection, channel)
    rows = connection.execute(
        f"SELECT max(m.sent_at_ms) FROM messages_v2 m WHERE {_OUTSIDE} AND m.user_id IS NOT NULL"
        " GROUP BY m.user_id ORDER BY 1",
        {"channel": channel, "since": stamp(now - TIER_SPAN)},
    )
    last = [row[0] for row in rows]
    return None if most is None or len(last) < most else unstamp(last[len(last) - most]) + TIER_SPAN


def month_prices(connection: Connection, *, now: datetime) -> list[Priced]:
    """Return what this month's messages cost (UTC days), the dearest first."""
    rows = connection.execute(
        "SELECT coalesce(m.price_category, '') AS category, coalesce(m.price_type, '') AS type, count(*) AS messages,"
        " sum(amount_micros) AS micros FROM cost_ledger LEFT JOIN messages_v2 m ON m.id = cost_ledger.id"
        " WHERE cost_ledger.kind = 'message' AND day BETWEEN ? AND ? GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2",
        (month_of(now).date().isoformat(), now.astimezone(UTC).date().isoformat()),
    )
    return [Priced(row["category"], row["type"], row["messages"], row["micros"]) for row in rows]


def remember_limit(connection: Connection, channel: str, name: str, value: int, *, at: datetime) -> None:
    """Keep what the vendor said of a limit, unless it has said something since."""
    connection.execute(
        "INSERT INTO channel_limits (channel, name, value, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT (channel, name)"
        " DO UPDATE SET value = excluded.value, at_ms = excluded.at_ms WHERE excluded.at_ms >= channel_limits.at_ms",
        (channel, name, value, stamp(at)),
    )


def limit(connection: Connection, channel: str, name: str = TIER) -> int | None:
    """Return a limit of a channel; None while the vendor has not said it."""
    row = connection.execute(
        "SELECT value FROM channel_limits WHERE channel = ? AND name = ?", (channel, name)
    ).fetchone()
    return row and row["value"]


def tier(connection: Connection, channel: str) -> int | None:
    """Return how many people may be reached outside a window in 24 hours; None without a limit, or while it is not known."""
    most = limit(connection, channel)
    return None if most is None or most >= UNLIMITED else most
