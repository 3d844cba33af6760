"""A plan is raised by one after two full weeks that were kept, never beyond what was promised, and never insistently."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.raising import Asked, Week, raised

MONDAY = date(2026, 11, 16)
BEFORE = MONDAY - timedelta(weeks=1)
KEPT = [Week(BEFORE, 3, 3, 3), Week(MONDAY, 3, 3, 4)]


def propose(
    weeks: list[Week] | None = None,
    *,
    plan: int = 3,
    promised: int = 5,
    asked: Asked | None = None,
    begins: bool = True,
) -> int | None:
    return raised(plan, promised, KEPT if weeks is None else weeks, asked or Asked(), this_week=MONDAY, begins=begins)


def test_two_kept_weeks_below_the_promise_propose_one_more() -> None:
    assert propose() == 4
    assert propose(promised=4) == 4
    assert propose([Week(date(2026, 11, 2), 3, 0, 0), *KEPT]) == 4  # what was before does not matter


@pytest.mark.parametrize(
    "weeks",
    [
        [],
        KEPT[1:],
        [replace(KEPT[0], planned_kept=2), KEPT[1]],
        [KEPT[0], replace(KEPT[1], planned_kept=2)],
        [replace(KEPT[0], planned=0, planned_kept=0), KEPT[1]],
        [KEPT[0], Week(MONDAY, 1, 1, 1)],  # one of one is no week of three
        [replace(KEPT[0], monday=BEFORE - timedelta(weeks=1)), KEPT[1]],
    ],
)
def test_less_than_two_kept_weeks_in_a_row_propose_nothing(weeks: list[Week]) -> None:
    assert propose(weeks) is None


def test_nothing_is_proposed_beyond_the_promise_from_nothing_or_to_somebody_at_rest() -> None:
    assert propose(promised=3) is None
    assert propose(promised=0) is None
    assert propose(plan=0) is None
    assert propose(begins=False) is None


@pytest.mark.parametrize(
    ("weeks_ago", "refused", "asks"),
    [
        (0, 0, False),
        (1, 0, False),
        (2, 0, True),
        (2, 1, True),
        (2, 2, False),
        (7, 2, False),
        (7, 3, False),
        (8, 2, True),
    ],
)
def test_it_asks_every_two_weeks_at_most_and_rests_after_two_refusals(weeks_ago: int, refused: int, asks: bool) -> None:
    last = MONDAY - timedelta(weeks=weeks_ago)
    assert (propose(asked=Asked(last, refused)) is not None) is asks


WEEKS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 8)), max_size=5).map(
    lambda rows: [Week(MONDAY - timedelta(weeks=len(rows) - 1 - n), *row) for n, row in enumerate(rows)]
)


@given(WEEKS, st.integers(0, 7), st.integers(0, 14), st.integers(0, 12), st.integers(0, 4), st.booleans())
def test_whatever_was_it_is_one_more_within_the_promise_or_nothing(
    weeks: list[Week], plan: int, promised: int, weeks_ago: int, refused: int, begins: bool
) -> None:
    asked = Asked(MONDAY - timedelta(weeks=weeks_ago), refused)
    more = propose(weeks, plan=plan, promised=promised, asked=asked, begins=begins)
    assert more in (None, plan + 1)
    if more is not None:
        assert begins and 0 < plan < more <= promised
        assert weeks_ago >= (8 if refused >= 2 else 2)
        assert all(0 < week.planned == week.planned_kept and week.kept >= plan for week in weeks[-2:])


def test_asked_every_week_of_a_year_the_proposals_keep_their_distance() -> None:
    """Somebody who keeps every week and refuses each time."""
    asked, when = Asked(), list[int]()
    for number in range(52):
        monday = MONDAY + timedelta(weeks=number)
        weeks = [Week(monday - timedelta(weeks=1), 3, 3, 3), Week(monday, 3, 3, 3)]
        if raised(3, 5, weeks, asked, this_week=monday, begins=True):
            when.append(number)
            asked = Asked(monday, asked.refused + 1)
    assert when == [0, 2, 10, 18, 26, 34, 42, 50]
