"""Whether this machine's clock is wrong, judged by what the others say. May import: the standard library.

Every answer of a vendor has the time of its clock in `Date` (RFC 9110, 6.6.1), in whole seconds, cut off.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

NOTABLE, GRAVE = timedelta(seconds=60), timedelta(minutes=5)
"""From the second on signatures with a time in them are refused, ours by vendors and theirs by us."""
HERE = ("127.0.0.1", "localhost", "::1")
HEARD_WITHIN = timedelta(hours=1)


@dataclass
class Skew:
    """What each vendor's clock said last, beside ours; `now` tells our time."""

    now: Callable[[], datetime]
    heard: dict[str, tuple[datetime, timedelta]] = field(default_factory=dict[str, tuple[datetime, timedelta]])

    def hear(self, host: str, date: str) -> None:
        """Take in the date of an answer; one that cannot be read is none, and this machine's own proves nothing."""
        if host in HERE:
            return
        at = self.now()
        try:
            theirs = parsedate_to_datetime(date)
            self.heard[host] = (at, at - theirs)
        except (ValueError, TypeError):  # the latter for a date without a zone
            return

    def ahead(self) -> timedelta | None:
        """Return by how much our clock is ahead, at least, by all who were heard in the last hour; None if nobody was.

        One vendor with a wrong clock proves nothing: the mildest word counts.
        """
        since = self.now() - HEARD_WITHIN
        lately = [ahead for at, ahead in self.heard.values() if at >= since]
        return min(lately, key=abs, default=None)
