"""When somebody may be asked how good Ivy is for them: seldom, after something good, never after bad news.

May import: the standard library.
"""

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

EVERY = timedelta(days=14)
"""Between two questions, and before the first."""
LOOKED_BACK = timedelta(hours=48)
"""What is bad news for so long."""
GOOD_FOR = timedelta(minutes=10)
"""How long a kept plan is just now."""
LOW = 2
"""Stars up to which it is asked what went wrong."""
TARGETS = (4.0, 4.5)
"""Of the plan, out of five."""


class Bad(Enum):
    """What makes it no moment to ask."""

    MISSED_DAY = "a day was missed"
    REFUSED = "something they asked for was not done"
    FAILED_CALL = "a call did not come about"
    CARE = "they were in danger"
    COMPLAINT = "they complained"
    REVERSED_GIFT = "a gift was taken back"


@dataclass(frozen=True)
class Moment:
    """All that decides. `bad`: what happened within LOOKED_BACK; `others_open`: questions that wait for their answer."""

    now: datetime
    known_since: datetime
    kept_at: datetime | None = None
    """When they last kept a plan."""
    asked_at: datetime | None = None
    bad: Set[Bad] = field(default_factory=frozenset[Bad])
    others_open: int = 0
    window_open: bool = False
    may_begin: bool = True
    """False while they said stop, a human answers or looks first, or the operator switched it off."""
    is_quiet: bool = False
    """Whether it is within their quiet hours."""
    unasked_today: int = 0
    unasked_per_day: int = 2


def why_not(moment: Moment) -> str:
    """Return why they are not asked now, in plain words; "" if they may be."""
    now = moment.now
    if moment.kept_at is None or now - moment.kept_at > GOOD_FOR:
        return "no plan was kept just now"
    if not moment.may_begin:
        return "they are not to be written to unasked now"
    if not moment.window_open:
        return "the window is closed"
    if moment.is_quiet:
        return "quiet hours"
    if moment.unasked_today >= moment.unasked_per_day:
        return f"{moment.unasked_per_day} unasked contacts today already"
    if moment.others_open:
        return "another question is open"
    if now - (moment.asked_at or moment.known_since) < EVERY:
        return "asked not long ago" if moment.asked_at else "they have not been here for long"
    return f"bad news: {', '.join(sorted(each.value for each in moment.bad))}" if moment.bad else ""
