"""How many planned days in a row were kept, from what happened on each local date. May import: the standard library.

A day without an event is neutral: nothing was planned, so nothing was missed. Corrections are made by replaying.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum

RESERVE_DAYS = 2
RESERVE_SPAN = timedelta(days=14)
REFILLED_BY = 7
"""So many days kept since a reserve day was last spent or given back give one back before its span is over."""
MILESTONES = (3, 7, 14, 30, 60, 100, 365)
COMEBACK_SPAN = timedelta(days=2)
"""A return within 48 hours, counted in the person's days: on one of the two after the one that was not kept."""


class Outcome(Enum):
    """What became of a day; a partial workout is KEPT or SKIPPED by the person's own minimum."""

    KEPT = "kept"
    REST = "rest"
    EXCUSED = "excused"
    RESERVE = "reserve"
    """The person asked for one of their reserve days."""
    SKIPPED = "skipped"
    MISSED = "missed"


@dataclass(frozen=True)
class Streak:
    """`reserve_used` are the days covered by the reserve that still count against it, oldest first.

    `refilling` are the days kept since the last of them was spent or given back.
    """

    current: int = 0
    longest: int = 0
    last_day: date | None = None
    reserve_used: tuple[date, ...] = ()
    refilling: int = 0

    def reserve_left(self, today: date) -> int:
        """Return how many reserve days can be spent on `today`, 0 to RESERVE_DAYS."""
        return RESERVE_DAYS - len(_still_counting(self.reserve_used, today))


def after_day(streak: Streak, day: date, outcome: Outcome) -> Streak:
    """Return the streak after `day`; a day not after the last one heard of changes nothing (replay to correct it)."""
    if streak.last_day is not None and day <= streak.last_day:
        return streak
    moved = replace(streak, last_day=day, reserve_used=_still_counting(streak.reserve_used, day))
    if outcome is Outcome.KEPT:
        current = streak.current + 1
        return _refilled(replace(moved, current=current, longest=max(streak.longest, current)))
    if outcome in (Outcome.REST, Outcome.EXCUSED) or moved.current == 0:
        return moved  # at zero there is nothing to protect, so the reserve is kept for later
    if len(moved.reserve_used) < RESERVE_DAYS:
        return replace(moved, reserve_used=(*moved.reserve_used, day), refilling=0)
    # One that was promised is kept, even where a word about an earlier day took the last one since.
    return moved if outcome is Outcome.RESERVE else replace(moved, current=0)


def replay(events: Iterable[tuple[date, Outcome]]) -> Streak:
    """Return the streak that all events make, by date; of several for one date the last in `events` wins."""
    streak = Streak()
    for day, outcome in sorted(dict(events).items()):
        streak = after_day(streak, day, outcome)
    return streak


def spared(events: Iterable[tuple[date, Outcome]], day: date, outcome: Outcome) -> tuple[date, ...]:
    """Return the later days that are to be excused, in order, as `day` turns out to have been kept, or to cost nothing.

    A good word about an earlier day gives a reserve day something to protect there, which is then missing later: what it
    covered until now stays covered, so that nobody's streak grows shorter by saying that they did it.
    """
    heard = dict(events)
    if outcome not in (Outcome.KEPT, Outcome.REST, Outcome.EXCUSED) or heard.get(day) is Outcome.KEPT:
        return ()
    if all(each <= day for each in heard):  # as most words: about the newest day
        return ()
    at_zero, excused = _at_zero(heard), list[date]()
    heard[day] = outcome
    while ended := [each for each in sorted(_at_zero(heard) - at_zero) if each > day]:
        heard[ended[0]] = Outcome.EXCUSED
        excused.append(ended[0])
    return tuple(excused)


def kept_of_last(events: Iterable[tuple[date, Outcome]], today: date, days: int = 21) -> tuple[int, int]:
    """Return how many of the last `days` days, today included, were kept, and how many were planned.

    Rest, excused and reserve days were not planned.
    """
    first = today - timedelta(days=days - 1)
    outcomes = [outcome for day, outcome in dict(events).items() if first <= day <= today]
    kept = outcomes.count(Outcome.KEPT)
    return kept, kept + outcomes.count(Outcome.SKIPPED) + outcomes.count(Outcome.MISSED)


def worth_telling(kept: int, planned: int) -> bool:
    """Say whether days kept of those planned tell more than a streak does, and something good: source E5.

    Where none was left out the streak says it all; where most were, nobody is told so for having done one.
    """
    return kept < planned < 2 * kept


def comes_back_from(events: Iterable[tuple[date, Outcome]], day: date) -> date | None:
    """Return the day not kept that keeping `day` comes back from, or None; days between that cost nothing do not count.

    Only the first kept day after it comes back.
    """
    neutral = (Outcome.REST, Outcome.EXCUSED, Outcome.RESERVE)
    earlier = [(when, outcome) for when, outcome in dict(events).items() if when < day and outcome not in neutral]
    last, outcome = max(earlier, key=lambda event: event[0], default=(day, Outcome.KEPT))
    return last if outcome is not Outcome.KEPT and day - last <= COMEBACK_SPAN else None


def milestone(before: Streak, after: Streak) -> int | None:
    """Return the highest milestone reached between the two, or None."""
    return max((mark for mark in MILESTONES if before.current < mark <= after.current), default=None)


def _at_zero(events: dict[date, Outcome]) -> set[date]:
    """Return the days after which there is no streak."""
    streak, days = Streak(), set[date]()
    for day, outcome in sorted(events.items()):
        streak = after_day(streak, day, outcome)
        if not streak.current:
            days.add(day)
    return days


def _refilled(streak: Streak) -> Streak:
    """Return the streak after one more kept day has filled up its reserve."""
    if not streak.reserve_used:
        return replace(streak, refilling=0)
    if streak.refilling + 1 < REFILLED_BY:
        return replace(streak, refilling=streak.refilling + 1)
    return replace(streak, reserve_used=streak.reserve_used[1:], refilling=0)


def _still_counting(used: tuple[date, ...], day: date) -> tuple[date, ...]:
    return tuple(earlier for earlier in used if day - earlier < RESERVE_SPAN)
