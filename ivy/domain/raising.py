"""Whether the plan of a week is raised by one, now that it was kept for a while (E11). May import: the standard library.

People promise themselves more than they do. So a plan begins low, and grows by what was kept towards what they called realistic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

KEPT_WEEKS = 2
"""Full weeks in a row that were kept."""
BETWEEN = timedelta(weeks=2)
REFUSALS, REST = 2, timedelta(weeks=8)
"""After so many refusals in a row nothing is proposed for so long."""


@dataclass(frozen=True)
class Week:
    """A person's Monday to Sunday: workouts that were `planned`, how many of these were kept, and all that were kept."""

    monday: date
    planned: int
    planned_kept: int
    kept: int


@dataclass(frozen=True)
class Asked:
    """`last` is the Monday of the week in which one more was proposed last; None: never. `refused` counts in a row."""

    last: date | None = None
    refused: int = 0


def raised(
    plan: int, promised: int, weeks: Sequence[Week], asked: Asked, *, this_week: date, begins: bool
) -> int | None:
    """Return the plan to propose instead of `plan` workouts a week, or None.

    `weeks` are full ones, the newest last, before `this_week`'s end; `promised` is what they called realistic, 0 for nothing.
    `begins`: Ivy may propose something now: nobody is cared for, paused, or finding their way back.
    """
    if not begins or not 0 < plan < promised or not _is_time(asked, this_week):
        return None
    last = weeks[-KEPT_WEEKS:]
    return (
        plan + 1 if len(last) == KEPT_WEEKS and _in_a_row(last) and all(_is_kept(each, plan) for each in last) else None
    )


def _is_time(asked: Asked, this_week: date) -> bool:
    if asked.last is None:
        return True
    return this_week - asked.last >= (REST if asked.refused >= REFUSALS else BETWEEN)


def _is_kept(week: Week, plan: int) -> bool:
    """Say whether all that was planned was kept, and as much as the plan has: one of one is no week of three."""
    return 0 < week.planned == week.planned_kept and week.kept >= plan


def _in_a_row(weeks: Sequence[Week]) -> bool:
    return all(later.monday - each.monday == timedelta(weeks=1) for each, later in pairwise(weeks))
