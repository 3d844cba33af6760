"""Less of what nobody answers: how seldom somebody is nudged who does not react. May import: the standard library.

Source: E13 (prompts work for weeks, then fade). After three nudges in a row without an answer they come half as often;
after seven they are asked once whether to keep, lessen or stop them, and until they say so it is one a week. How many
contacts a day there may be is counted when one leaves (`store/unasked.py`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

HALVE_AFTER = 3
ASK_AFTER = 7
WEEK = timedelta(days=7)
USUAL = timedelta(hours=12)
"""Between two nudges, where nothing else says how often they come."""
SLACK = timedelta(hours=2)
"""The same local time may come this much sooner: clocks change, and a call may be a little late."""


@dataclass(frozen=True)
class Nudged:
    """How somebody took what they did not ask for. `unanswered`: nudges in a row."""

    unanswered: int = 0
    last_at: datetime | None = None
    asked: bool = False
    """Whether they were asked "keep, less, stop?" since they last answered."""


class Nudge(Enum):
    SEND = "send"
    ASK = "ask"
    """Instead of the nudge, "keep, less, stop?", once."""
    LEAVE_OUT = "leave_out"


def may_nudge(seen: Nudged, now: datetime, *, usual: timedelta = USUAL) -> Nudge:
    """Decide about one nudge that is due. `usual` is the time between two of them while they are answered."""
    if seen.last_at is not None and now - seen.last_at < _gap(seen, usual) - SLACK:
        return Nudge.LEAVE_OUT
    return Nudge.ASK if seen.unanswered >= ASK_AFTER and not seen.asked else Nudge.SEND


def _gap(seen: Nudged, usual: timedelta) -> timedelta:
    if seen.unanswered < HALVE_AFTER:
        return timedelta(0)
    halved = usual * 2
    return max(WEEK, halved) if seen.unanswered >= ASK_AFTER and seen.asked else halved
