"""Addresses that must not be written to until their owner writes from there. May import: binding, the ground."""

from datetime import datetime

from ivy.clock import stamp
from ivy.store.binding import Connection

SAID_STOP = "they said stop there"
"""The reason that only their own START lifts."""


def block(connection: Connection, channel: str, value: str, reason: str, *, now: datetime) -> None:
    """Let nothing be sent to an address. Another reason never takes the place of their own word."""
    connection.execute(
        "INSERT INTO blocked_addresses (channel, value, reason, at_ms) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT DO UPDATE SET reason = excluded.reason, at_ms = excluded.at_ms"
        " WHERE blocked_addresses.reason <> ?5 OR excluded.reason = ?5",
        (channel, value, reason, stamp(now), SAID_STOP),
    )


def unblock(connection: Connection, channel: str, value: str, *, starts: bool) -> None:
    """Let an address be written to again, since its owner wrote from there; after a stop only a START (`starts`) does."""
    connection.execute(
        "DELETE FROM blocked_addresses WHERE channel = ? AND value = ? AND (? OR reason <> ?)",
        (channel, value, starts, SAID_STOP),
    )


def reason(connection: Connection, channel: str, value: str) -> str | None:
    """Return why an address must not be written to; None if it may be."""
    row = connection.execute(
        "SELECT reason FROM blocked_addresses WHERE channel = ? AND value = ?", (channel, value)
    ).fetchone()
    return row and row["reason"]


def is_blocked(connection: Connection, channel: str, value: str) -> bool:
    return bool(
        connection.execute(
            "SELECT 1 FROM blocked_addresses WHERE channel = ? AND value = ?", (channel, value)
        ).fetchone()
    )
