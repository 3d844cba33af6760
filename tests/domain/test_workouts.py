"""What may become of a workout."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.streaks import Outcome
from ivy.domain.workouts import IllegalChange, WorkoutState, change, counts_for_streak, outcome_of, unheard
from ivy.errors import IvyError

P, D, H, S, R = (WorkoutState(name) for name in ("planned", "done", "partial", "skipped", "rest"))
ILLEGAL = {(D, S), (D, R), (H, R)}

_states = st.sampled_from(WorkoutState)


@given(_states, _states)
def test_what_was_done_is_not_lost_to_a_stray_word(state: WorkoutState, to: WorkoutState) -> None:
    if (state, to) in ILLEGAL:
        with pytest.raises(IllegalChange, match=f"{state.value} cannot become {to.value}"):
            change(state, to)
    else:
        assert change(state, to) is to


@given(_states, _states)
def test_every_state_is_reached_by_undoing_first(state: WorkoutState, to: WorkoutState) -> None:
    assert change(change(state, WorkoutState.PLANNED), to) is to


@given(_states)
def test_hearing_the_same_twice_changes_nothing(state: WorkoutState) -> None:
    assert change(state, state) is state


def test_an_illegal_change_is_told_to_a_person_as_one_line() -> None:
    assert issubclass(IllegalChange, IvyError) and issubclass(IllegalChange, ValueError)


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_partial_workout_counts_from_the_persons_own_minimum(done: int, minimum: int) -> None:
    assert counts_for_streak(done, minimum) == (done >= minimum and done > 0)


def test_unknown_minutes_count_in_the_persons_favour() -> None:
    assert counts_for_streak(None, 20)


def test_each_state_has_its_outcome() -> None:
    assert {state: outcome_of(state) for state in WorkoutState} == {
        P: None,
        D: Outcome.KEPT,
        H: Outcome.KEPT,
        S: Outcome.SKIPPED,
        R: Outcome.REST,
    }
    assert outcome_of(H, minimum_met=False) is Outcome.SKIPPED
    assert outcome_of(D, minimum_met=False) is Outcome.KEPT


@pytest.mark.parametrize(
    ("states", "fault", "unsure", "expected"),
    [
        ([P], False, False, Outcome.MISSED),
        ([P, P], False, False, Outcome.MISSED),
        ([P], True, False, Outcome.EXCUSED),
        ([P], False, True, Outcome.EXCUSED),
        ([P, S], False, False, Outcome.EXCUSED),
        ([P, H], False, False, Outcome.EXCUSED),
        ([P, D], False, False, None),
        ([D], True, True, None),
        ([S], False, False, None),
        ([], True, True, None),
    ],
)
def test_a_day_without_a_word_is_missed_only_if_that_is_sure(
    states: list[WorkoutState], fault: bool, unsure: bool, expected: Outcome | None
) -> None:
    assert unheard(states, fault=fault, unsure=unsure) is expected
