"""How fast one person may be written to on WhatsApp. May import: the standard library.

Meta allows a pair one message per 6 s on average and lends up to 45 ahead, paid back in silence; Ivy borrows 10.
Source: Cloud API reference, "Pair rate limits".
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

PACE = timedelta(seconds=6)
BURST = 10


def next_allowed(sent: Sequence[datetime], now: datetime) -> datetime:
    """Return the first instant, `now` at the earliest, at which one more message keeps within the bucket.

    `sent` are the instants of earlier sends to the same person, in any order; those of the last hour do.
    """
    if not sent:
        return now
    paid_off = min(sent)  # when the bucket is full again
    for instant in sorted(sent):
        paid_off = max(paid_off, instant) + PACE
    return max(now, paid_off - (BURST - 1) * PACE)
