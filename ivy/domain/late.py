"""What to do with work whose time has passed. May import: the standard library."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

GRACE = timedelta(seconds=90)
"""Up to here nobody would call it late."""


@dataclass(frozen=True)
class Late:
    """What a kind of work is worth after its time: it is done, with an apology, up to `within`; None is for ever."""

    within: timedelta | None


ALWAYS = Late(within=None)
"""Done once, however late: an answer, a digest."""
SKIP = Late(within=timedelta(0))
"""Done on time or not at all: a call."""


def apologise_within(limit: timedelta) -> Late:
    """Done up to `limit` after its time: a reminder."""
    return Late(within=limit)


class Lateness(Enum):
    ON_TIME = "on_time"
    LATE = "late"
    """Do it, and say sorry where there is somebody to say it to."""
    TOO_LATE = "too_late"
    """Do not do it."""


def lateness(policy: Late, due: datetime, now: datetime) -> Lateness:
    """Judge work that was due at `due`; up to 90 s after, it is on time."""
    behind = now - due
    if behind <= GRACE:
        return Lateness.ON_TIME
    if policy.within is None or behind <= policy.within:
        return Lateness.LATE
    return Lateness.TOO_LATE
