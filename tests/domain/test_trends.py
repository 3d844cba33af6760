"""Trends: a straight line through what there is, with how many scores it stands on, and no claim on too few."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.trends import FEWEST, SPANS, Direction, trend

TODAY = date(2026, 11, 22)
SCORES = st.dictionaries(st.integers(0, 200), st.integers(1, 10), max_size=30)


def points(ago: dict[int, int]) -> list[tuple[date, int]]:
    return [(TODAY - timedelta(days=days), score) for days, score in ago.items()]


def test_one_more_each_week_is_one_a_week() -> None:
    weekly = points({21: 4, 14: 5, 7: 6, 0: 7})
    assert trend(weekly, TODAY, 4).slope == 1
    assert trend(weekly, TODAY, 4).direction is Direction.UP
    assert trend([(day, 11 - score) for day, score in weekly], TODAY, 4).direction is Direction.DOWN


def test_the_same_each_week_is_steady() -> None:
    assert trend(points({21: 5, 14: 5, 7: 5, 0: 5}), TODAY, 4).direction is Direction.STEADY


def test_three_scores_claim_nothing() -> None:
    found = trend(points({14: 1, 7: 5, 0: 10}), TODAY, 4)
    assert (found.n, found.slope, found.direction) == (3, None, Direction.UNKNOWN)


@given(SCORES, st.sampled_from(SPANS))
def test_only_what_lies_in_the_span_counts(ago: dict[int, int], weeks: int) -> None:
    found = trend(points(ago), TODAY, weeks)
    assert found.n == sum(days < weeks * 7 for days in ago)
    assert (found.slope is None) is (found.n < FEWEST) is (found.direction is Direction.UNKNOWN)


@given(SCORES, st.sampled_from(SPANS))
def test_the_order_does_not_matter(ago: dict[int, int], weeks: int) -> None:
    ordered = points(ago)
    assert trend(reversed(ordered), TODAY, weeks) == trend(ordered, TODAY, weeks)


@given(st.integers(4, 28), st.integers(-3, 3), st.integers(-5, 5))
def test_a_line_is_found_again_exactly(n: int, slope: int, level: int) -> None:
    line = [(TODAY - timedelta(days=days), level - slope * days) for days in range(n)]
    assert trend(line, TODAY, 4).slope == slope * 7


@given(st.dictionaries(st.integers(0, 27), st.integers(1, 10), min_size=FEWEST, max_size=20))
def test_the_mirror_image_falls_as_steeply_as_this_rises(ago: dict[int, int]) -> None:
    mirrored = {days: 11 - score for days, score in ago.items()}
    there, back = trend(points(ago), TODAY, 4).slope, trend(points(mirrored), TODAY, 4).slope
    assert there is not None and back == -there
