"""What channels say became of our messages. May import: binding, the domain.

Statuses are kept as they come: some arrive before the send that caused them has returned.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.inbound import DeliveryError, Status
from ivy.store.binding import Connection

GRAIN_MS = 1000
"""A vendor tells times in whole seconds, cut off."""
RANK = {
    state: rank
    for rank, state in enumerate(("queued", "held", "sending", "unknown", "accepted", "sent", "delivered", "read"))
}


def keep_status(connection: Connection, status: Status) -> bool:
    """Keep a status; return False if it is known already."""
    return bool(
        connection.execute(
            "INSERT INTO message_statuses (channel, external_id, state, at_ms, our_id, errors) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (status.channel, status.external_id, status.state, stamp(status.at), status.our_id, _errors(status.errors)),
        ).rowcount
    )


def _errors(errors: Sequence[DeliveryError]) -> str:
    return msgspec.json.encode(list(errors)).decode()


def statuses_of(connection: Connection, channel: str, external_id: str) -> list[Status]:
    """Return the statuses that were kept for a vendor's id; what they said of the price is not."""
    rows = connection.execute(
        "SELECT * FROM message_statuses WHERE channel = ? AND external_id = ?", (channel, external_id)
    ).fetchall()
    return [
        Status(
            row["channel"],
            row["external_id"],
            row["state"],
            unstamp(row["at_ms"]),
            row["our_id"],
            errors=tuple(msgspec.json.decode(row["errors"], type=list[DeliveryError])),
        )
        for row in rows
    ]


def states_of_our_id(connection: Connection, channel: str, our_id: str) -> set[str]:
    """Return what was said of a sending that is no row of a person's."""
    rows = connection.execute(
        "SELECT state FROM message_statuses WHERE channel = ? AND our_id = ? AND our_id <> ''", (channel, our_id)
    )
    return {row["state"] for row in rows}


def failure_of(connection: Connection, channel: str, external_id: str) -> Status | None:
    """Return the status that says that the sending with this vendor's id failed, if one came."""
    return next((each for each in statuses_of(connection, channel, external_id) if each.state == "failed"), None)


def of_status(connection: Connection, status: Status) -> str | None:
    """Return the id of the message that a status speaks of: by our own id, else by the vendor's."""
    row = connection.execute(
        "SELECT id FROM messages_v2 WHERE direction = 'out' AND channel = ?2 AND (id = ?1 OR external_id = ?3)"
        " ORDER BY id = ?1 DESC LIMIT 1",
        (status.our_id, status.channel, status.external_id),
    ).fetchone()
    return row and row["id"]


def lone_unknown(connection: Connection, status: Status) -> str | None:
    """Return the one message of which nothing was heard since it left, if a status of no known message can only be its.

    For a channel with one person, whose statuses carry no id of ours: else the message would be sent once more.
    """
    rows = connection.execute(
        "SELECT id, sent_at_ms FROM messages_v2 WHERE direction = 'out' AND channel = ? AND external_id IS NULL"
        " AND state IN ('sending', 'unknown')",
        (status.channel,),
    ).fetchall()
    if len(rows) != 1 or rows[0]["sent_at_ms"] is None or rows[0]["sent_at_ms"] > stamp(status.at) + GRAIN_MS:
        return None
    return rows[0]["id"]


def adopt(connection: Connection, message_id: str, status: Status, *, now: datetime) -> None:
    """Take the vendor's id from a status for a message whose sending had no known outcome."""
    connection.execute(
        "UPDATE messages_v2 SET external_id = ?, state = 'accepted', state_at_ms = ?, reason = '' WHERE id = ?"
        " AND external_id IS NULL AND state IN ('sending', 'unknown')",
        (status.external_id, stamp(now), message_id),
    )


def name(connection: Connection, message_id: str, external_id: str) -> None:
    """Note the vendor's id of a sending whose outcome is still open; the message's state stays."""
    connection.execute(
        "UPDATE messages_v2 SET external_id = ? WHERE id = ? AND external_id IS NULL AND state IN ('sending', 'unknown')",
        (external_id, message_id),
    )


def keep_price(connection: Connection, message_id: str, status: Status) -> None:
    """Note what the channel said of a message's price; only some of its statuses say it."""
    connection.execute(
        "UPDATE messages_v2 SET price_type = coalesce(nullif(?, ''), price_type),"
        " price_category = coalesce(nullif(?, ''), price_category) WHERE id = ?",
        (status.price_type, status.price_category, message_id),
    )


def advance(connection: Connection, message_id: str, state: str, *, now: datetime) -> bool:
    """Move a message's state forward, never back; return True if it moved."""
    state = {"played": "read"}.get(state, state)
    if state not in RANK:
        return False
    row = connection.execute("SELECT state FROM messages_v2 WHERE id = ?", (message_id,)).fetchone()
    if row["state"] not in RANK or RANK[state] <= RANK[row["state"]]:
        return False
    connection.execute(
        "UPDATE messages_v2 SET state = ?, state_at_ms = ? WHERE id = ?", (state, stamp(now), message_id)
    )
    return True
