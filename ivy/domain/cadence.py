"""How often somebody is phoned after the first weeks: when they are asked, and which of their slots change by it.

May import: the rules of slots. Source: E1 and E2 (calls are the core of month one; by month six daily ones had lost their
effect). It tapers by agreement: nothing changes without their tap.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile

from ivy.domain.schedule import walls
from ivy.domain.slots import USUAL, By, SlotKind

FIRST_WEEKS = timedelta(days=28)
"""From the first call that took place; then they are asked."""
ONCE_MORE = timedelta(days=56)
"""After "keep it as it is" they are asked again, for the last time."""
FEWER_DAYS = 3
_SPREAD = (1, 3, 5)
"""Monday, Wednesday, Friday."""
_A_SUNDAY = datetime(2026, 11, 22, 23, 59)  # noqa: DTZ001 - wall time is naive
_DAILY = (SlotKind.MORNING, SlotKind.EVENING)


class Pace(StrEnum):
    """What they may choose."""

    KEEP = "keep"
    FEWER = "fewer"
    """Three calls a week of the daily ones, and the weekly planning call."""
    WEEKLY = "weekly"
    """Just the weekly planning call; what else was a call is a text."""


@dataclass(frozen=True)
class Asked:
    """How often they were asked so far; `day` is the local date of the last question or, once there is one, of its `answer`."""

    times: int = 0
    day: date | None = None
    answer: str = ""


@dataclass(frozen=True)
class Booked:
    """When and how somebody is contacted: local HH:MM, and days as cron has them."""

    kind: SlotKind
    by: By
    at: str
    days: str


def may_ask(first_call: date | None, asked: Asked, today: date) -> bool:
    """Say whether somebody may be asked today: once, and once more where they said "keep". All are local dates."""
    if first_call is None:
        return False
    if asked.times == 0:
        return today >= first_call + FIRST_WEEKS
    kept = asked.day if asked.answer == Pace.KEEP else None
    return asked.times == 1 and kept is not None and today >= kept + ONCE_MORE


def fewer_of(slots: Sequence[Booked]) -> SlotKind | None:
    """Return which daily call would stay on three days a week, if there is anything to taper; None if there is not."""
    phoned = _phoned(slots)
    if not phoned or (len(phoned) == 1 and _three_of(phoned[0].days) == phoned[0].days):
        return None
    return phoned[0].kind


def tapered(slots: Sequence[Booked], pace: Pace) -> tuple[Booked, ...]:
    """Return the slots that a pace changes, the daily ones first; () for KEEP, and where nobody is phoned daily.

    What is a text stays one, and no slot is called off: what was a call and is none any more is a text.
    """
    phoned = _phoned(slots)
    if pace is Pace.KEEP or not phoned:
        return ()
    wanted = [replace(each, by=By.TEXT) for each in phoned]
    if pace is Pace.FEWER:
        wanted[0] = replace(phoned[0], days=_three_of(phoned[0].days))
    else:
        wanted += [replace(each, by=By.TEXT) for each in slots if each.kind is SlotKind.MONTHLY]
    return tuple(each for each in (*wanted, _weekly(slots)) if each not in slots)


def _phoned(slots: Sequence[Booked]) -> list[Booked]:
    """Return the daily slots that are calls, the morning first."""
    return [each for kind in _DAILY for each in slots if each.kind is kind and each.by is By.VOICE]


def _weekly(slots: Sequence[Booked]) -> Booked:
    usual = USUAL[SlotKind.WEEKLY]
    found = next((each for each in slots if each.kind is SlotKind.WEEKLY), None)
    return replace(found, by=By.VOICE) if found else Booked(SlotKind.WEEKLY, By.VOICE, usual.at, usual.days)


def _three_of(days: str) -> str:
    """Return three of somebody's days of the week, as cron has them: Monday, Wednesday and Friday where those are theirs."""
    theirs = _weekdays(days)
    if len(theirs) <= FEWER_DAYS:
        return days
    chosen = [day for day in _SPREAD if day in theirs]
    chosen += [day for day in theirs if day not in chosen][: FEWER_DAYS - len(chosen)]
    return ",".join(str(day % 7) for day in sorted(chosen))


@lru_cache(maxsize=64)
def _weekdays(days: str) -> tuple[int, ...]:
    """Return days of the week, Monday 1 to Sunday 7. Kept, since reading a cron line takes milliseconds."""
    week = takewhile(lambda wall: wall - _A_SUNDAY <= timedelta(days=7), walls(f"0 12 * * {days}", _A_SUNDAY))
    return tuple(wall.isoweekday() for wall in week)
