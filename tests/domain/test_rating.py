"""Nobody is asked for a rating after bad news, twice in two weeks, or out of the moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.rating import EVERY, GOOD_FOR, Bad, Moment, why_not

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
GOOD = Moment(NOW, NOW - timedelta(days=30), NOW, window_open=True)
AGO = st.integers(0, 60 * 24 * 40).map(lambda minutes: NOW - timedelta(minutes=minutes))
MOMENTS = st.builds(
    Moment,
    st.just(NOW),
    AGO,
    st.none() | AGO,
    st.none() | AGO,
    st.frozensets(st.sampled_from(Bad), max_size=2),
    st.integers(0, 2),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
    st.integers(0, 3),
)


@given(MOMENTS)
def test_who_is_asked_has_just_kept_a_plan_and_nothing_speaks_against_it(moment: Moment) -> None:
    if why_not(moment):
        return
    assert not moment.bad
    assert moment.kept_at is not None and NOW - moment.kept_at <= GOOD_FOR
    assert moment.window_open and moment.may_begin and not moment.is_quiet and not moment.others_open
    assert moment.unasked_today < moment.unasked_per_day
    assert moment.asked_at is None or NOW - moment.asked_at >= EVERY
    assert moment.asked_at is not None or NOW - moment.known_since >= EVERY


@given(st.frozensets(st.sampled_from(Bad), min_size=1))
def test_bad_news_alone_is_enough_and_named(bad: frozenset[Bad]) -> None:
    reason = why_not(replace(GOOD, bad=bad))
    assert all(each.value in reason for each in bad)


def test_each_thing_alone_keeps_the_question_back() -> None:
    assert why_not(GOOD) == ""
    late = NOW - GOOD_FOR - timedelta(seconds=1)
    for change, reason in (
        ({"kept_at": None}, "no plan was kept just now"),
        ({"kept_at": late}, "no plan was kept just now"),
        ({"may_begin": False}, "they are not to be written to unasked now"),
        ({"window_open": False}, "the window is closed"),
        ({"is_quiet": True}, "quiet hours"),
        ({"unasked_today": 2}, "2 unasked contacts today already"),
        ({"others_open": 1}, "another question is open"),
        ({"asked_at": NOW - EVERY + timedelta(seconds=1)}, "asked not long ago"),
        ({"known_since": NOW - timedelta(days=13)}, "they have not been here for long"),
    ):
        assert why_not(replace(GOOD, **change)) == reason
    assert why_not(replace(GOOD, asked_at=NOW - EVERY)) == ""
