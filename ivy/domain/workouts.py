"""What may become of a workout, and what it means for the streak. May import: the errors and the domain."""

from collections.abc import Collection
from enum import Enum

from ivy.domain.streaks import Outcome
from ivy.errors import IvyError

LONGEST_MINIMUM = 180
"""Minutes that a workout done in part may have to last to count."""


class WorkoutState(Enum):
    PLANNED = "planned"
    DONE = "done"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    REST = "rest"


class IllegalChange(IvyError, ValueError):
    """A workout cannot go from one state to the other; going back to planned first always works."""


_ALLOWED: dict[WorkoutState, frozenset[WorkoutState]] = {
    WorkoutState.PLANNED: frozenset(WorkoutState),
    WorkoutState.DONE: frozenset({WorkoutState.PLANNED, WorkoutState.PARTIAL}),
    WorkoutState.PARTIAL: frozenset({WorkoutState.PLANNED, WorkoutState.DONE, WorkoutState.SKIPPED}),
    WorkoutState.SKIPPED: frozenset(WorkoutState),
    WorkoutState.REST: frozenset(WorkoutState),
}
"""What was done is never lost to a stray "skip": that takes an undo (back to planned) first."""

_OUTCOMES = {
    WorkoutState.DONE: Outcome.KEPT,
    WorkoutState.SKIPPED: Outcome.SKIPPED,
    WorkoutState.REST: Outcome.REST,
}


def change(state: WorkoutState, to: WorkoutState) -> WorkoutState:
    """Return the new state; hearing the same twice changes nothing. Raises: IllegalChange."""
    if to is not state and to not in _ALLOWED[state]:
        raise IllegalChange(f"A workout that is {state.value} cannot become {to.value}.")
    return to


def counts_for_streak(minutes_done: int | None, minimum_minutes: int) -> bool:
    """Say whether a partial workout keeps the day; unknown minutes count, none at all never do."""
    return minutes_done is None or minutes_done >= max(minimum_minutes, 1)


def outcome_of(state: WorkoutState, *, minimum_met: bool = True) -> Outcome | None:
    """Return what the state means for its day, or None while it is open; `minimum_met` decides a partial one."""
    if state is WorkoutState.PARTIAL:
        return Outcome.KEPT if minimum_met else Outcome.SKIPPED
    return _OUTCOMES.get(state)


def unheard(states: Collection[WorkoutState], *, fault: bool, unsure: bool) -> Outcome | None:
    """Return what a day counts as once its time to be spoken of is over; None if it is settled without that.

    A `fault` of ours or a provider's on the day, and a day that is `unsure` (of travel, of a close that came late, or with
    a word about one workout and none about another), cost nothing.
    """
    if WorkoutState.PLANNED not in states or WorkoutState.DONE in states:
        return None
    has_word = any(state is not WorkoutState.PLANNED for state in states)
    return Outcome.EXCUSED if fault or unsure or has_word else Outcome.MISSED
