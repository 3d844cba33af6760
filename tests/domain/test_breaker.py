"""When a failing vendor is left alone: three failures, a rest that grows, one trial, and no blame for stragglers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.breaker import (
    CLOSED,
    Breaker,
    BreakerPolicy,
    after_error,
    after_failure,
    after_success,
    lets_pass,
    on_trial,
    waits_until,
)
from ivy.errors import Cause, VendorBusy, VendorError, VendorMisconfigured, VendorRefused

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
POLICY = BreakerPolicy()
LIMIT = timedelta(seconds=30)
SECOND = timedelta(seconds=1)

_spans = st.timedeltas(timedelta(0), timedelta(minutes=20))


def failed(times: int, breaker: Breaker = CLOSED, *, now: datetime = NOON) -> Breaker:
    for _time in range(times):
        breaker = after_failure(breaker, POLICY, "503", now)
    return breaker


def test_two_failures_in_a_row_let_the_next_call_pass_and_three_do_not() -> None:
    assert lets_pass(CLOSED, NOON)
    assert failed(2) == Breaker(2, reason="503")
    assert lets_pass(failed(2), NOON)
    assert failed(3) == Breaker(3, NOON, NOON + POLICY.rest, "503")
    assert not lets_pass(failed(3), NOON)


def test_after_the_rest_one_trial_passes_and_no_second() -> None:
    opened = failed(3)
    later = NOON + POLICY.rest
    assert not lets_pass(opened, later - SECOND)
    assert lets_pass(opened, later)
    trying = on_trial(opened, later, LIMIT)
    assert not lets_pass(trying, later)
    assert not lets_pass(trying, later + LIMIT - SECOND)
    assert lets_pass(trying, later + LIMIT)  # the trial was lost with its process: another may try
    assert (trying.failures, trying.opened_at, trying.reason) == (3, NOON, "503")


def test_a_trial_of_a_closed_breaker_changes_nothing() -> None:
    assert on_trial(CLOSED, NOON, LIMIT) == CLOSED
    assert on_trial(failed(2), NOON, LIMIT) == failed(2)


def test_each_failed_trial_rests_twice_as_long_up_to_ten_minutes() -> None:
    breaker, now = failed(3), NOON
    rests: list[float] = []
    for _trial in range(7):
        assert breaker.until is not None
        rests.append((breaker.until - now).total_seconds())
        now = breaker.until
        breaker = after_failure(breaker, POLICY, "503", now, began=now)
    assert rests == [30, 60, 120, 240, 480, 600, 600]
    assert breaker.opened_at == NOON  # since when it fails, which decides about another channel


def test_a_fault_that_waiting_does_not_mend_opens_it_at_once_and_for_as_long_as_it_says() -> None:
    opened = after_failure(CLOSED, POLICY, "the token expired", NOON, rest=timedelta(minutes=5))
    assert opened == Breaker(1, NOON, NOON + timedelta(minutes=5), "the token expired")
    later = NOON + timedelta(minutes=5)
    again = after_failure(opened, POLICY, "503", later, began=later)
    assert again == Breaker(2, NOON, later + POLICY.rest, "503")  # still open: it was its trial


@pytest.mark.parametrize("rest", [None, timedelta(hours=1)])
def test_calls_that_were_under_way_when_it_opened_do_not_make_the_rest_longer(rest: timedelta | None) -> None:
    opened = failed(3)
    for began in (NOON - timedelta(seconds=20), NOON):
        late = NOON + timedelta(seconds=10)
        assert after_failure(opened, POLICY, "503", late, rest=rest, began=began) == opened
    trial = NOON + POLICY.rest
    assert after_failure(opened, POLICY, "503", trial + SECOND, began=trial).failures == 4


@given(st.lists(st.tuples(_spans, st.booleans()), max_size=30))
def test_it_never_rests_longer_than_its_ceiling_and_always_lets_a_trial_pass_after(
    events: list[tuple[timedelta, bool]],
) -> None:
    breaker, now = CLOSED, NOON
    for span, works in events:
        now += span
        if not lets_pass(breaker, now):
            assert breaker.until is not None and breaker.until <= now + POLICY.ceiling
            assert lets_pass(breaker, breaker.until)
            continue
        breaker = CLOSED if works else after_failure(on_trial(breaker, now, LIMIT), POLICY, "503", now, began=now)
        assert (breaker.opened_at is None) == (breaker.until is None)
        assert (breaker.opened_at is not None) == (breaker.failures >= POLICY.threshold)


@given(st.integers(3, 200))
def test_any_number_of_failures_rests_at_most_ten_minutes(times: int) -> None:
    breaker = failed(times)
    assert breaker.until is not None and NOON < breaker.until <= NOON + POLICY.ceiling


_errors = st.one_of(
    st.builds(VendorMisconfigured, st.just("x"), st.just("401"), cause=st.sampled_from(Cause)),
    st.builds(VendorRefused, st.just("x"), st.just("400")),
    st.builds(
        VendorBusy,
        st.just("x"),
        st.just("busy"),
        after=st.none() | _spans,
        throttled=st.booleans(),
        conflict=st.booleans(),
    ),
)
ASKED_ANYHOW = timedelta(days=31)


@given(st.lists(st.tuples(_spans, st.none() | _errors), max_size=30))
def test_whatever_comes_calls_pass_again_in_the_end_and_one_answer_closes_it(
    events: list[tuple[timedelta, VendorError | None]],
) -> None:
    breaker, now, in_a_row = CLOSED, NOON, 0
    for span, error in events:
        now += span
        if (until := waits_until(breaker, now)) is not None:
            assert now < until <= now + ASKED_ANYHOW
            now = until
        assert lets_pass(breaker, now)
        was_open = breaker.opened_at is not None
        breaker = on_trial(breaker, now, LIMIT)
        assert not was_open or not lets_pass(breaker, now)
        if error is None:
            breaker, in_a_row = after_success(breaker, now), 0
            assert breaker == CLOSED
            continue
        breaker = after_error(breaker, POLICY, error, now, began=now if was_open else None)
        failed = isinstance(error, VendorBusy) and not error.throttled and not error.conflict
        answered = isinstance(error, VendorRefused) or (
            isinstance(error, VendorBusy) and error.throttled and error.after is not None and not error.conflict
        )
        in_a_row = 0 if answered else in_a_row + failed
        assert (breaker.opened_at is None) == (breaker.until is None)
        if isinstance(error, VendorMisconfigured):
            assert breaker.cause is error.cause and not lets_pass(breaker, now)
            return
        if not was_open:
            assert (breaker.opened_at is not None) == (in_a_row >= POLICY.threshold)
