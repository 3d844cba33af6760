"""Whose turn it is to dial: one moment for each of those that are due at once, in the order in which they asked."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ivy.daemon.lines import LAST, Turns

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_those_that_are_due_at_once_get_moments_one_after_the_other() -> None:
    turns = Turns()
    got = [turns.of(f"call-{n}", NOON, 2.0, earliest=NOON) for n in range(4)]
    assert got == [NOON + n * SECOND / 2 for n in range(4)]


def test_a_moment_is_kept_until_it_comes_and_is_gone_then() -> None:
    turns = Turns()
    turns.of("first", NOON, 1.0, earliest=NOON)
    at = turns.of("second", NOON, 1.0, earliest=NOON)
    assert turns.of("second", NOON + SECOND / 2, 1.0, earliest=NOON + SECOND / 2) == at == NOON + SECOND
    assert turns.of("second", at, 1.0, earliest=at) == at
    assert turns.of("second", at, 1.0, earliest=at) == at + SECOND  # asked once more: it is a new dial


def test_who_may_not_leave_at_its_moment_keeps_its_place_for_the_next() -> None:
    turns = Turns()
    turns.of("first", NOON, 1.0, earliest=NOON)
    at, later = turns.of("second", NOON, 1.0, earliest=NOON), NOON + 1.2 * SECOND
    assert turns.of("second", at, 1.0, earliest=later) == later
    assert turns.of("second", later, 1.0, earliest=later) == later


def test_a_call_that_was_not_made_after_all_is_forgotten() -> None:
    turns = Turns()
    for name in ("first", "gone"):
        turns.of(name, NOON, 1.0, earliest=NOON)
    later = NOON + LAST + 2 * SECOND
    turns.of("a", later, 1.0, earliest=later)
    turns.of("b", later, 1.0, earliest=later)
    assert set(turns.waiting) == {"b"}


def test_a_clock_that_is_set_back_holds_up_nobody() -> None:
    turns, ahead = Turns(), NOON + timedelta(hours=2)
    for name in ("first", "second"):
        turns.of(name, ahead, 1.0, earliest=ahead)
    assert turns.of("third", NOON, 1.0, earliest=NOON) == NOON
    assert turns.of("second", NOON, 1.0, earliest=NOON) == NOON + SECOND


def test_who_lost_its_moment_to_another_is_not_sent_to_the_end_of_the_line() -> None:
    turns = Turns()
    for number in range(100):
        turns.of(str(number), NOON, 1.0, earliest=NOON)
    assert turns.of("1", NOON + SECOND, 1.0, earliest=NOON) == NOON + SECOND
    turns.keep("1", NOON + 2 * SECOND)
    assert turns.of("1", NOON + 2 * SECOND, 1.0, earliest=NOON) == NOON + 2 * SECOND


@given(waits=st.lists(st.integers(0, 30), min_size=1, max_size=40), per_second=st.sampled_from([0.5, 1.0, 3.0]))
def test_no_two_moments_are_closer_to_each_other_than_the_pace(waits: list[int], per_second: float) -> None:
    turns, now, given_out = Turns(), NOON, list[datetime]()
    for number, tenths in enumerate(waits):
        now += timedelta(milliseconds=100 * tenths)
        given_out.append(turns.of(str(number), now, per_second, earliest=now))
        assert given_out[-1] >= now
    pace = timedelta(seconds=1 / per_second)
    assert all(later - earlier >= pace for earlier, later in pairwise(given_out))
