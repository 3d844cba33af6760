"""What a channel says about the account itself, and what Ivy has no words for. May import: binding, the ground."""

from typing import Any

import msgspec

from ivy.store.binding import Connection


def keep(connection: Connection, channel: str, field: str, event: str, details: dict[str, Any], *, at_ms: int) -> None:
    """Keep a notice, once: a webhook that is read again adds nothing."""
    connection.execute(
        "INSERT INTO channel_notices (channel, field, event, details, at_ms) SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS"
        " (SELECT 1 FROM channel_notices WHERE channel = ?1 AND field = ?2 AND event = ?3 AND details = ?4 AND at_ms = ?5)",
        (channel, field, event, msgspec.json.encode(details).decode(), at_ms),
    )
