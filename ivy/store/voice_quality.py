"""How the last days' calls sounded. May import: binding, the domain."""

from datetime import datetime, timedelta

import msgspec

from ivy.clock import stamp
from ivy.domain.calls import Report
from ivy.domain.voice_quality import Summary, quality, summary
from ivy.store.binding import Connection

LOOKED_BACK = timedelta(days=7)
MOST = 500
"""The newest calls say enough."""


def of_last_days(connection: Connection, *, now: datetime) -> Summary:
    """Return how the calls of the last LOOKED_BACK sounded, the newest MOST of them."""
    rows = connection.execute(
        "SELECT report FROM calls WHERE placed_at_ms >= ? AND outcome IN ('completed', 'declined', 'opted_out')"
        " ORDER BY placed_at_ms DESC LIMIT +?",
        (stamp(now - LOOKED_BACK), MOST),
    )
    return summary(filter(None, (quality(msgspec.json.decode(row["report"], type=Report)) for row in rows)))
