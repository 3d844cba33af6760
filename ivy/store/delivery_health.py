"""What is heard of the messages that left: for `domain/silence.py`, and to see that a fault is over.

May import: binding, the domain.
"""

from datetime import datetime, timedelta

from ivy.clock import stamp, unstamp
from ivy.domain.silence import LOOK_BACK, PATIENCE, PEOPLE, Sending
from ivy.store.binding import Connection

MOST = 2_000
"""So many of the latest messages are looked at: silence shows in the last three."""


def sendings(connection: Connection, channel: str, *, now: datetime) -> list[Sending]:
    """Return the messages that the channel took in the last hour, newest first, and whether anything was heard of each."""
    rows = connection.execute(
        "SELECT coalesce(m.user_id, m.recipient) AS person, m.sent_at_ms, m.state <> 'accepted' OR EXISTS ("
        " SELECT 1 FROM message_statuses s WHERE s.channel = m.channel AND s.external_id = m.external_id) AS heard"
        " FROM messages_v2 m WHERE m.channel = ? AND m.sent_at_ms IS NOT NULL AND m.sent_at_ms BETWEEN ? AND ?"
        " AND m.direction = 'out' AND m.external_id IS NOT NULL ORDER BY m.sent_at_ms DESC LIMIT +?",
        (channel, stamp(now - LOOK_BACK), stamp(now), MOST),
    )
    return [Sending(row["person"], unstamp(row["sent_at_ms"]), bool(row["heard"])) for row in rows]


def is_unheard(connection: Connection, channel: str, *, now: datetime, after: timedelta = PATIENCE) -> bool:
    """Say whether the channel took a message in the last hour of which nothing was heard for as long as a word may take."""
    return bool(
        connection.execute(
            "SELECT 1 FROM messages_v2 m WHERE m.channel = ? AND m.sent_at_ms IS NOT NULL AND m.sent_at_ms BETWEEN ? AND ?"
            " AND m.direction = 'out' AND m.external_id IS NOT NULL AND m.state = 'accepted' AND NOT EXISTS ("
            " SELECT 1 FROM message_statuses s WHERE s.channel = m.channel AND s.external_id = m.external_id) LIMIT 1",
            (channel, stamp(now - LOOK_BACK), stamp(now - after)),
        ).fetchone()
    )


def people(connection: Connection, channel: str) -> int:
    """Return how many people could be written to on a channel, counted up to the number that matters."""
    return connection.execute(
        "SELECT count(*) FROM (SELECT DISTINCT identities.user_id FROM channel_identities identities"
        " JOIN users ON users.id = identities.user_id WHERE identities.channel = ? AND identities.valid_to_ms IS NULL"
        " AND users.status = 'active' LIMIT +?)",
        (channel, PEOPLE),
    ).fetchone()[0]


def delivered_since(connection: Connection, channel: str, since: datetime) -> bool:
    """Say whether a message that left after an instant has been delivered."""
    return bool(
        connection.execute(
            "SELECT 1 FROM message_statuses s JOIN messages_v2 m ON m.channel = s.channel AND m.external_id = s.external_id"
            " WHERE s.channel = ?1 AND s.at_ms >= ?2 - 1000 AND s.state IN ('delivered', 'read') AND m.sent_at_ms > ?2"
            " LIMIT 1",  # the vendor cuts its seconds off
            (channel, stamp(since)),
        ).fetchone()
    )
