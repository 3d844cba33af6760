"""Nudges that nobody answers become fewer, then a question, then one a week."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.backing_off import ASK_AFTER, SLACK, USUAL, WEEK, Nudge, Nudged, may_nudge

NOW = datetime(2026, 12, 1, 7, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("unanswered", "asked", "since_last", "expected"),
    [
        (0, False, timedelta(0), Nudge.SEND),
        (2, False, timedelta(minutes=1), Nudge.SEND),
        (3, False, timedelta(hours=12), Nudge.LEAVE_OUT),
        (3, False, DAY - SLACK - timedelta(seconds=1), Nudge.LEAVE_OUT),
        (3, False, DAY - SLACK, Nudge.SEND),
        (6, False, DAY, Nudge.SEND),
        (7, False, timedelta(hours=12), Nudge.LEAVE_OUT),
        (7, False, DAY, Nudge.ASK),
        (8, True, DAY, Nudge.LEAVE_OUT),
        (8, True, WEEK - SLACK - timedelta(seconds=1), Nudge.LEAVE_OUT),
        (8, True, WEEK - SLACK, Nudge.SEND),
        (30, False, WEEK, Nudge.ASK),
        (0, True, timedelta(0), Nudge.SEND),  # they answered since
    ],
)
def test_each_step_down(unanswered: int, asked: bool, since_last: timedelta, expected: Nudge) -> None:
    seen = Nudged(unanswered, last_at=NOW - since_last, asked=asked)
    assert may_nudge(seen, NOW) is expected


def test_the_first_nudge_of_all_is_sent() -> None:
    assert may_nudge(Nudged(), NOW) is Nudge.SEND
    assert may_nudge(Nudged(ASK_AFTER), NOW) is Nudge.ASK


def test_what_came_once_a_day_comes_every_other_day_when_halved() -> None:
    seen = Nudged(3, last_at=NOW - DAY)
    assert may_nudge(seen, NOW, usual=DAY) is Nudge.LEAVE_OUT
    assert may_nudge(seen, NOW + DAY - timedelta(hours=1), usual=DAY) is Nudge.SEND


def test_what_came_once_a_month_does_not_come_more_often_when_nobody_answers() -> None:
    seen = Nudged(8, last_at=NOW - timedelta(days=40), asked=True)
    assert may_nudge(seen, NOW, usual=timedelta(days=30)) is Nudge.LEAVE_OUT


@given(st.integers(0, 4), st.sampled_from([USUAL, DAY]))
def test_somebody_who_never_answers_hears_less_and_less(offset: int, usual: timedelta) -> None:
    seen, heard = Nudged(), list[tuple[Nudge, datetime]]()
    now = NOW + timedelta(hours=offset)
    while now < NOW + timedelta(days=60):
        verdict = may_nudge(seen, now, usual=usual)
        if verdict is not Nudge.LEAVE_OUT:
            heard.append((verdict, now))
            seen = Nudged(seen.unanswered + 1, last_at=now, asked=seen.asked or verdict is Nudge.ASK)
        now += usual
    assert [verdict for verdict, _at in heard].count(Nudge.ASK) == 1
    assert heard[ASK_AFTER][0] is Nudge.ASK
    gaps = [later - earlier for (_a, earlier), (_b, later) in pairwise(heard)]
    assert gaps == sorted(gaps)
    assert set(gaps) == {usual, usual * 2, WEEK}
