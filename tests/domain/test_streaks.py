"""Streaks from days: counted in the person's favour, the same however the days arrive."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ivy.domain.streaks import (
    COMEBACK_SPAN,
    MILESTONES,
    RESERVE_DAYS,
    Outcome,
    Streak,
    after_day,
    comes_back_from,
    kept_of_last,
    milestone,
    replay,
    spared,
    worth_telling,
)

FIRST = date(2026, 3, 1)
K, R, E, S, M = Outcome.KEPT, Outcome.REST, Outcome.EXCUSED, Outcome.SKIPPED, Outcome.MISSED
V = Outcome.RESERVE
NOT_KEPT = [S, M]

_days = st.integers(0, 60).map(lambda n: FIRST + timedelta(days=n))
_history = st.dictionaries(_days, st.sampled_from(Outcome), max_size=40)
_events = st.lists(st.tuples(_days, st.sampled_from(Outcome)), max_size=60)


def days(*outcomes: Outcome | None) -> Streak:
    """Replay a run of days from FIRST; None is a day of which nothing is known."""
    return replay((FIRST + timedelta(days=n), outcome) for n, outcome in enumerate(outcomes) if outcome is not None)


@given(_events)
def test_replaying_equals_hearing_of_each_day_in_order(events: list[tuple[date, Outcome]]) -> None:
    streak = Streak()
    for day in sorted({day for day, _ in events}):
        streak = after_day(streak, day, [outcome for when, outcome in events if when == day][-1])
    assert streak == replay(events)


@given(_history, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(history: dict[date, Outcome], chance: Random) -> None:
    shuffled = list(history.items())
    chance.shuffle(shuffled)
    assert replay(shuffled) == replay(history.items())


@given(_history, st.sampled_from(Outcome))
def test_hearing_of_a_day_twice_changes_nothing(history: dict[date, Outcome], again: Outcome) -> None:
    streak = replay(history.items())
    for day in history:
        assert after_day(streak, day, again) == streak


@given(_events)
def test_the_longest_is_never_less_than_the_current_and_never_decreases(events: list[tuple[date, Outcome]]) -> None:
    streak = Streak()
    for day, outcome in sorted(dict(events).items()):
        moved = after_day(streak, day, outcome)
        assert moved.longest >= moved.current >= 0
        assert moved.longest >= streak.longest
        assert moved.current <= streak.current + 1
        assert moved.last_day == day
        streak = moved


@given(_history)
def test_the_reserve_is_never_below_none_nor_above_two(history: dict[date, Outcome]) -> None:
    streak = Streak()
    for day, outcome in sorted(history.items()):
        before, streak = streak, after_day(streak, day, outcome)
        assert 0 <= streak.reserve_left(day) <= RESERVE_DAYS
        assert list(streak.reserve_used) == sorted(set(streak.reserve_used))
        assert streak.reserve_left(day) >= before.reserve_left(day) - 1
        spends = outcome in (S, M, V) and before.current > 0 and before.reserve_left(day) > 0
        assert (day in streak.reserve_used) == spends
    assert streak.reserve_left(FIRST + timedelta(days=61 + 14)) == RESERVE_DAYS


@given(_history, _days)
def test_a_day_spent_on_request_keeps_the_streak(history: dict[date, Outcome], day: date) -> None:
    earlier = {when: outcome for when, outcome in history.items() if when < day}
    before = replay(earlier.items())
    after = after_day(before, day, V)
    assert (after.current, after.longest) == (before.current, before.longest)
    if before.reserve_left(day) and before.current:
        assert after.reserve_left(day) == before.reserve_left(day) - 1


def test_seven_kept_days_give_one_back() -> None:
    last = FIRST + timedelta(days=8)
    assert days(K, V, *[K] * 6).reserve_left(last) == 1
    assert days(K, V, *[K] * 7).reserve_left(last) == 2
    assert days(K, V, V, *[K] * 6, M).current == 0
    assert days(K, V, V, *[K] * 7, M) == Streak(8, 8, FIRST + timedelta(days=10), (date(2026, 3, 3), date(2026, 3, 11)))
    assert (
        days(K, V, *[K] * 4, M, *[K] * 6).reserve_left(FIRST + timedelta(days=12)) == 0
    )  # counted from the last one spent


def test_what_was_promised_is_kept_though_an_earlier_day_took_the_last_one() -> None:
    assert days(K, M, V, K).current == 2
    assert days(K, M, S, V, K).current == 2
    assert days(K, M, S, V, M).current == 0


@given(_history, st.lists(st.sampled_from([R, E]), max_size=5))
def test_rest_and_excused_days_cost_nothing(history: dict[date, Outcome], rests: list[Outcome]) -> None:
    before = replay(history.items())
    after = before
    for n, outcome in enumerate(rests):
        after = after_day(after, FIRST + timedelta(days=61 + n), outcome)
    assert (after.current, after.longest) == (before.current, before.longest)


@given(_history)
def test_a_kept_day_always_adds_one(history: dict[date, Outcome]) -> None:
    before = replay(history.items())
    assert after_day(before, FIRST + timedelta(days=61), K).current == before.current + 1


def at(*outcomes: Outcome) -> dict[date, Outcome]:
    """Return days from the day after FIRST on, so that FIRST itself can be spoken of later."""
    return {FIRST + timedelta(days=n): outcome for n, outcome in enumerate(outcomes, start=1)}


@given(_history, _days, st.sampled_from([K, R, E]))
@example(at(V, K, V, S, K, K), FIRST, K)
def test_a_good_word_about_an_earlier_day_never_shortens_a_streak(
    history: dict[date, Outcome], day: date, word: Outcome
) -> None:
    assume(history.get(day) not in (K, word))
    excused = spared(history.items(), day, word)
    before, after = replay(history.items()), replay((history | {day: word} | dict.fromkeys(excused, E)).items())
    assert after.current >= before.current and after.longest >= before.longest
    assert all(each > day and history[each] in (S, M, V) for each in excused)


def test_what_the_reserve_covered_stays_covered_when_an_earlier_day_was_kept_after_all() -> None:
    history = at(M, K, K, K, M, M, K)
    assert replay(history.items()).current == 4
    assert replay([*history.items(), (FIRST, K)]).current == 1  # the first miss has something to protect now
    assert spared(history.items(), FIRST, K) == (FIRST + timedelta(days=6),)
    assert replay((history | {FIRST: K, FIRST + timedelta(days=6): E}).items()).current == 5


def test_a_rest_day_that_is_told_later_ends_nothing_that_went_on() -> None:
    history = at(K, M, M, K, K, S, K, K, K, K, S, K, M)
    third = FIRST + timedelta(days=2)
    assert replay(history.items()).current == 1
    assert replay((history | {third: R}).items()).current == 0
    excused = spared(history.items(), third, R)
    assert excused and replay((history | {third: R} | dict.fromkeys(excused, E)).items()).current >= 1


def test_only_a_good_word_spares_anything() -> None:
    history = at(M, K, K, K, M, M, K)
    assert all(spared(history.items(), FIRST, word) == () for word in (S, M, V))
    assert spared((history | {FIRST: K}).items(), FIRST, E) == ()


@pytest.mark.parametrize("miss", NOT_KEPT)
def test_the_third_miss_in_fourteen_days_ends_the_streak(miss: Outcome) -> None:
    assert days(K, K, K, miss, miss).current == 3
    assert days(K, K, K, miss, miss, miss) == Streak(
        0, 3, FIRST + timedelta(days=5), (date(2026, 3, 4), date(2026, 3, 5))
    )


def test_the_reserve_fills_up_again_after_fourteen_days() -> None:
    quiet = [None] * 12
    assert days(K, M, M, *quiet, M).current == 1  # the first miss is 14 days old
    assert days(K, M, M, *quiet[:-1], M).current == 0


def test_a_miss_with_nothing_to_protect_leaves_the_reserve_alone() -> None:
    assert days(M, M, M, K, M, M) == Streak(1, 1, FIRST + timedelta(days=5), (date(2026, 3, 5), date(2026, 3, 6)))


def test_days_of_which_nothing_is_known_are_neutral() -> None:
    assert days(K, None, None, None, K).current == 2


def test_the_last_word_on_a_day_wins() -> None:
    assert replay([(FIRST, M), (FIRST, K)]).current == 1
    assert replay([(FIRST, K), (FIRST, M)]).current == 0


@given(_events, _days, st.integers(1, 40))
def test_kept_of_the_last_days_counts_each_planned_day_once(
    events: list[tuple[date, Outcome]], today: date, span: int
) -> None:
    kept, planned = kept_of_last(events, today, span)
    last_word = dict(events)
    window = [last_word.get(today - timedelta(days=n)) for n in range(span)]
    assert kept == window.count(K)
    assert planned == kept + window.count(S) + window.count(M)
    assert kept <= planned <= span


def test_eighteen_of_twenty_one() -> None:
    events = [(FIRST + timedelta(days=n), M if n in (3, 9, 15) else K) for n in range(30)]
    assert kept_of_last(events, FIRST + timedelta(days=20)) == (18, 21)


@given(st.integers(0, 21), st.integers(0, 21))
def test_days_kept_are_told_where_something_was_left_out_and_most_was_kept(kept: int, left_out: int) -> None:
    assert worth_telling(kept, kept + left_out) is (0 < left_out < kept)


@given(_history, _days)
def test_a_day_excused_for_a_fault_is_as_if_nothing_had_been_planned(history: dict[date, Outcome], day: date) -> None:
    others = {when: outcome for when, outcome in history.items() if when != day}
    excused, without = replay((others | {day: E}).items()), replay(others.items())
    assert (excused.current, excused.longest) == (without.current, without.longest)
    later = FIRST + timedelta(days=61)
    assert after_day(excused, later, M) == after_day(without, later, M)


@pytest.mark.parametrize(
    ("outcomes", "back_from"),
    [
        ((K, M), 1),
        ((K, S), 1),
        ((M,), 0),
        ((K, M, None), 1),
        ((K, M, R), 1),
        ((M, M), 1),
        ((K, M, None, None), None),
        ((M, K), None),
        ((K,), None),
        ((R, E), None),
        ((), None),
    ],
)
def test_the_first_kept_day_within_two_after_a_miss_comes_back(
    outcomes: tuple[Outcome | None, ...], back_from: int | None
) -> None:
    events = [(FIRST + timedelta(days=n), outcome) for n, outcome in enumerate(outcomes) if outcome is not None]
    day = FIRST + timedelta(days=len(outcomes))
    expected = None if back_from is None else FIRST + timedelta(days=back_from)
    assert comes_back_from([*events, (day, K), (day + timedelta(days=1), M)], day) == expected


@given(_history, _days)
def test_nobody_comes_back_twice_from_one_miss(history: dict[date, Outcome], day: date) -> None:
    kept = sorted(each for each, outcome in history.items() if outcome is K)
    back = [miss for each in kept if (miss := comes_back_from(history.items(), each)) is not None]
    assert len(back) == len(set(back))
    miss = comes_back_from(history.items(), day)
    assert miss is None or (history[miss] in NOT_KEPT and timedelta(0) < day - miss <= COMEBACK_SPAN)


@given(st.integers(0, 400), st.integers(0, 400))
def test_a_milestone_is_the_highest_one_passed(before: int, after: int) -> None:
    found = milestone(Streak(before), Streak(after))
    passed = [mark for mark in MILESTONES if before < mark <= after]
    assert found == (passed[-1] if passed else None)


def test_a_year_of_kept_days_meets_each_milestone_once() -> None:
    streak, met = Streak(), list[int]()
    for n in range(400):
        after = after_day(streak, FIRST + timedelta(days=n), K)
        if mark := milestone(streak, after):
            met.append(mark)
        streak = after
    assert met == [3, 7, 14, 30, 60, 100, 365]
