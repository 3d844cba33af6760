"""What came of an experiment: each arm's days, returns and people, and the one sentence that may be said of them.

May import: the domain. Days are planned ones that are closed, from the day on which somebody got their arm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ivy.domain.retention import LEAST, Cell, Share, cell, clustered
from ivy.domain.streaks import COMEBACK_SPAN, Outcome

PLANNED = (Outcome.KEPT, Outcome.SKIPPED, Outcome.MISSED)
NOT_KEPT = (Outcome.SKIPPED, Outcome.MISSED)
_AFTER = tuple(timedelta(days=number + 1) for number in range(COMEBACK_SPAN.days))


@dataclass(frozen=True)
class Days:
    """One person's days in an arm. `returns` of the `misses` were followed by a kept day within 48 hours.

    `stayed`: they were there 30 days after they got their arm; None while that is not known yet.
    """

    kept: int = 0
    planned: int = 0
    returns: int = 0
    misses: int = 0
    stayed: bool | None = None


@dataclass(frozen=True)
class Counted:
    """So many of so many, over all people of an arm; the interval knows that days of one person are alike."""

    of_them: int
    all: int
    share: Share | None


@dataclass(frozen=True)
class Arm:
    """An arm with the value it had when people got it. All is None where they are fewer than LEAST, and one or more."""

    arm: str
    value: float
    people: int | None
    days: Counted | None
    comebacks: Counted | None
    retention: Cell | None


def days_of(events: Iterable[tuple[date, Outcome]], last: date, *, stayed: bool | None) -> Days:
    """Return what became of somebody's days up to `last`; a miss counts once the two days after it are over by then."""
    known = {day: outcome for day, outcome in events if day <= last}
    kept = {day for day, outcome in known.items() if outcome is Outcome.KEPT}
    misses = [day for day, outcome in known.items() if outcome in NOT_KEPT and day + COMEBACK_SPAN <= last]
    returns = sum(any(miss + after in kept for after in _AFTER) for miss in misses)
    return Days(len(kept), sum(each in PLANNED for each in known.values()), returns, len(misses), stayed)


def arm_of(arm: str, value: float, people: Sequence[Days]) -> Arm:
    """Return what may be told of an arm."""
    if 0 < len(people) < LEAST:
        return Arm(arm, value, None, None, None, None)
    due = [each.stayed for each in people if each.stayed is not None]
    return Arm(
        arm,
        value,
        len(people),
        _counted([(each.kept, each.planned) for each in people]),
        _counted([(each.returns, each.misses) for each in people]),
        cell(arm, sum(due), len(due)),
    )


def _counted(each: Sequence[tuple[int, int]]) -> Counted:
    return Counted(sum(some for some, _ in each), sum(whole for _, whole in each), clustered(each))


def verdict(arms: Sequence[Arm], *, until: date | None) -> str:
    """Return the one sentence, about days kept, whatever else looks better; `until` is its last day if it still runs.

    Nothing is said for an arm unless its interval lies above that of every other.
    """
    shares = [(each.days.share if each.days is not None else None, each.arm) for each in arms]
    known = sorted(((share.share, share, arm) for share, arm in shares if share is not None), key=lambda each: each[0])
    if len(known) < len(arms) or len(known) < 2:
        return f"Too few to tell: not every arm has {LEAST} people and a planned day."
    _, best, name = known[-1]
    if any(best.overlaps(share) for _, share, _ in known[:-1]):
        return "Too few to tell: the intervals of the days kept overlap."
    said = f"More of the planned days were kept with {name} than with any other arm: the intervals do not overlap."
    if until is None:
        return said
    return f"{said} It runs until {until}: looked at often enough, chance makes such a difference on some day."
