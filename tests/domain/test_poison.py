"""Failures known again by where they happen, not by what they say."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.ids import uuid7
from ivy.domain.poison import fingerprint, is_poison
from ivy.domain.streaks import Streak, after_day
from ivy.domain.workouts import IllegalChange, WorkoutState, change
from ivy.errors import VendorBusy


def raised_by(action: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as caught:
        action()
    return caught.value


def illegal(to: WorkoutState) -> BaseException:
    return raised_by(lambda: change(WorkoutState.DONE, to))


def outside() -> None:
    raise KeyError("who knows")


def test_an_error_is_known_by_its_type_and_ivys_innermost_function() -> None:
    assert fingerprint(illegal(WorkoutState.REST)) == "ivy.domain.workouts.IllegalChange@ivy.domain.workouts:change"
    busy = raised_by(lambda: after_day(Streak(last_day="x"), None, None))  # type: ignore[arg-type]
    assert fingerprint(busy) == "builtins.TypeError@ivy.domain.streaks:after_day"


def test_the_frame_that_counts_is_ivys_own_even_below_a_library() -> None:
    error = raised_by(lambda: uuid7("now", None))  # type: ignore[arg-type]
    assert fingerprint(error).endswith("@ivy.domain.ids:uuid7")


def test_the_message_does_not_count() -> None:
    assert fingerprint(illegal(WorkoutState.REST)) == fingerprint(illegal(WorkoutState.SKIPPED))


def test_an_error_from_elsewhere_or_never_raised_has_a_name_too() -> None:
    assert fingerprint(raised_by(outside)) == "builtins.KeyError@elsewhere"
    assert fingerprint(VendorBusy("whatsapp", "503")) == "ivy.errors.VendorBusy@elsewhere"


def test_a_group_is_known_by_its_leaves_in_any_order() -> None:
    one, two = illegal(WorkoutState.REST), raised_by(outside)
    group = BaseExceptionGroup("a", [one, BaseExceptionGroup("b", [two, one])])
    assert fingerprint(group) == "+".join(sorted([fingerprint(one), fingerprint(two)]))
    assert fingerprint(group) == fingerprint(BaseExceptionGroup("c", [two, one]))
    assert fingerprint(BaseExceptionGroup("nursery", [one])) == fingerprint(one)


@given(st.lists(st.sampled_from("ab"), max_size=6))
def test_poison_is_the_third_equal_failure_in_a_row(fingerprints: list[str]) -> None:
    assert is_poison(fingerprints) == ("".join(fingerprints).endswith(("aaa", "bbb")))


def test_the_error_itself_is_the_one_that_was_raised() -> None:
    assert isinstance(illegal(WorkoutState.REST), IllegalChange)
