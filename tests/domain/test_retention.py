"""Who stayed: the seven days, intervals that hold what they promise, and small groups that nobody can work out."""

from datetime import date, timedelta
from fractions import Fraction
from math import isclose, sqrt

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.retention import (
    AROUND,
    BESIDE,
    FEW,
    HORIZONS,
    LEAST,
    Z,
    cells,
    clustered,
    hidden,
    is_over,
    wilson,
    window,
)

DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
COUNTS = st.integers(1, 400).flatmap(lambda people: st.tuples(st.integers(0, people), st.just(people)))


@given(DAYS, st.sampled_from(HORIZONS))
def test_the_days_around_a_horizon_are_seven_and_the_horizon_is_in_their_middle(began: date, horizon: int) -> None:
    first, last = window(began, horizon)
    assert (last - first).days == 6
    assert first + AROUND == began + timedelta(days=horizon) == last - AROUND


@given(DAYS, st.sampled_from(HORIZONS), st.integers(-5, 5))
def test_nobody_is_counted_before_their_seven_days_are_over(began: date, horizon: int, later: int) -> None:
    today = began + timedelta(days=horizon) + timedelta(days=later)
    assert is_over(began, horizon, today) == (later > AROUND.days)


# --- the interval ----------------------------------------------------------------------------------


@given(COUNTS)
def test_an_interval_holds_its_share_and_its_ends_are_where_the_test_just_fails(count: tuple[int, int]) -> None:
    of_them, people = count
    found = wilson(of_them, people)
    assert 0 <= found.low <= found.share <= found.high <= 1
    for end in (found.low, found.high):
        if 0 < end < 1:  # Wilson's ends are those p at which the share is just Z standard errors away
            assert isclose(abs(found.share - end), Z * sqrt(end * (1 - end) / people), rel_tol=1e-9, abs_tol=1e-12)


@given(COUNTS)
def test_who_left_mirrors_who_stayed(count: tuple[int, int]) -> None:
    of_them, people = count
    one, other = wilson(of_them, people), wilson(people - of_them, people)
    assert isclose(one.low, 1 - other.high, abs_tol=1e-12)
    assert isclose(one.high, 1 - other.low, abs_tol=1e-12)


@given(COUNTS, st.integers(2, 10))
def test_more_people_with_the_same_share_are_surer(count: tuple[int, int], times: int) -> None:
    few, many = wilson(*count), wilson(count[0] * times, count[1] * times)
    assert many.high - many.low < few.high - few.low


def test_a_known_interval() -> None:
    found = wilson(12, 20)  # R: binom::binom.wilson(12, 20)
    assert (round(found.low, 4), round(found.high, 4)) == (0.3866, 0.7812)


@given(st.lists(st.integers(0, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=12))
def test_days_of_few_people_are_never_surer_than_days_that_are_all_alike(days: list[tuple[int, int]]) -> None:
    found = clustered(days)
    planned = sum(each for _, each in days)
    if found is None:
        assert planned == 0
        return
    plain = wilson(sum(each for each, _ in days), planned)
    assert Fraction(sum(each for each, _ in days), planned) == Fraction(found.share).limit_denominator(planned)
    assert 0 <= found.low <= plain.low <= found.share <= plain.high <= found.high <= 1


def test_people_who_differ_widen_the_interval() -> None:
    alike = clustered([(5, 10)] * 10)
    apart = clustered([(10, 10), (0, 10)] * 5)
    assert alike is not None
    assert apart is not None
    assert alike.share == apart.share
    assert alike == wilson(50, 100)
    assert apart.high - apart.low > 2 * (alike.high - alike.low)


def test_one_person_says_nothing_of_others() -> None:
    found = clustered([(7, 10), (0, 0)])
    assert found is not None
    assert (found.share, found.low, found.high) == (0.7, 0.0, 1.0)


# --- groups too small ------------------------------------------------------------------------------

SIZES = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 12), max_size=8)


@given(SIZES)
def test_what_is_hidden_cannot_be_found_by_subtraction(sizes: dict[str, int]) -> None:
    out = hidden(sizes)
    assert {group for group, size in sizes.items() if 0 < size < LEAST} == {g for g, why in out.items() if why == FEW}
    assert sum(why == BESIDE for why in out.values()) <= 1
    together, whole = sum(sizes[group] for group in out), sum(sizes.values())
    assert together == 0 or together >= LEAST or together == whole  # of a whole that small nothing is told either


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), max_size=60))
def test_cells_tell_the_truth_or_nothing(people: list[tuple[str, bool]]) -> None:
    found = cells(people)
    assert [each.group for each in found] == sorted({group for group, _ in people})
    for each in found:
        size = sum(group == each.group for group, _ in people)
        if each.hidden:
            assert (each.people, each.retained, each.share) == (None, None, None)
        else:
            assert size >= LEAST
            assert (each.people, each.retained) == (size, sum(is_there for g, is_there in people if g == each.group))
