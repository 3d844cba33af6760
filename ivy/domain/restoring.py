"""What becomes of unfinished work when a database is put back from a backup. May import: the domain.

Between the backup and the end of the Ivy it is of lies a gap: what waited then was perhaps done, and nothing says so. Nothing
is done twice for that: what would be heard by a person is left to the operator, or is over.
"""

from datetime import datetime
from enum import Enum

from ivy.domain.jobs import BACKFILL, EASING, EMBED, INBOUND, MEDIA, PREWRITE, SEND, TELL_OPERATOR, TURN


class Fate(Enum):
    GOES_ON = "goes on"
    """It changes only this database, or is the operator's: a second time harms nobody."""
    ASK = "left to the operator"
    """Somebody waits for it, or got it already: a dead letter, which `ivy replay-dlq` shows as perhaps the second."""
    OVER = "over"
    """Its time was in the gap."""


_GOES_ON = frozenset(kind.name for kind in (EMBED, PREWRITE, BACKFILL, TELL_OPERATOR, EASING))
_ASK = frozenset(kind.name for kind in (INBOUND, TURN, SEND, MEDIA))
"""What had arrived and was not read yet was read since, and answered."""


def fate(kind: str, run_at: datetime, worked_until: datetime, *, leased: bool) -> Fate:
    """Say what becomes of a job that was ready, or held by a worker, at the moment of the backup."""
    if kind in _GOES_ON:
        return Fate.GOES_ON
    if kind in _ASK:  # whenever it was to run: what it waited for may have come sooner
        return Fate.ASK
    return Fate.OVER if leased or run_at <= worked_until else Fate.GOES_ON
