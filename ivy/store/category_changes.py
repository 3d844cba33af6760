"""What the channel said lately of each template's category: the newest notice counts. May import: binding, the ground."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ivy.clock import stamp, unstamp
from ivy.store.binding import Connection

FIELD = "template_category_update"


@dataclass(frozen=True)
class CategoryChange:
    """A notice as the channel sent it, and when."""

    details: dict[str, Any]
    at: datetime


def newest(connection: Connection, channel: str, *, since: datetime) -> list[CategoryChange]:
    """Return each template's newest notice, of those that came after an instant."""
    rows = connection.execute(
        "SELECT details, at_ms FROM channel_notices WHERE channel = ? AND field = ? AND at_ms >= ? ORDER BY at_ms, id",
        (channel, FIELD, stamp(since)),
    )
    found: dict[tuple[str, str], CategoryChange] = {}
    for row in rows:
        details = msgspec.json.decode(row["details"], type=dict[str, Any])
        template = (str(details.get("message_template_name")), str(details.get("message_template_language")))
        found[template] = CategoryChange(details, unstamp(row["at_ms"]))
    return list(found.values())
