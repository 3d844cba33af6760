"""When to try again, and when not to."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.retry import RetryPolicy, next_try

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
POLICY = RetryPolicy()
_failures = st.integers(1, 10_000)
_jitter = st.floats(0, 1, exclude_max=True)
_deadlines = st.timedeltas(timedelta(hours=-1), timedelta(days=7)).map(lambda span: NOW + span)
_advice = st.none() | st.timedeltas()


@given(_failures, _jitter, _deadlines, _advice)
def test_another_try_is_never_past_the_deadline_nor_in_the_past(
    failures: int, jitter: float, deadline: datetime, after: timedelta | None
) -> None:
    at = next_try(POLICY, failures, now=NOW, deadline=deadline, jitter=jitter, after=after)
    assert at is None or NOW <= at < deadline


@given(_failures, _jitter)
def test_the_wait_is_within_a_backoff_that_doubles_up_to_its_ceiling(failures: int, jitter: float) -> None:
    at = next_try(POLICY, failures, now=NOW, deadline=NOW + timedelta(days=1), jitter=jitter)
    assert at is not None
    assert at - NOW <= min(POLICY.first * 2 ** min(failures - 1, 20), POLICY.ceiling)


def test_full_jitter_spreads_over_the_whole_backoff() -> None:
    deadline = NOW + timedelta(days=1)
    assert next_try(POLICY, 3, now=NOW, deadline=deadline, jitter=0.0) == NOW
    assert next_try(POLICY, 3, now=NOW, deadline=deadline, jitter=0.5) == NOW + timedelta(seconds=4)
    assert next_try(POLICY, 20, now=NOW, deadline=deadline, jitter=0.5) == NOW + timedelta(minutes=7.5)


@given(_failures, _jitter, st.timedeltas(timedelta(seconds=2), timedelta(hours=20)))
def test_the_vendors_advice_wins_over_the_backoff(failures: int, jitter: float, after: timedelta) -> None:
    deadline = NOW + timedelta(days=1)
    assert next_try(POLICY, failures, now=NOW, deadline=deadline, jitter=jitter, after=after) == NOW + after


def test_advice_beyond_the_deadline_ends_the_tries() -> None:
    deadline = NOW + timedelta(minutes=1)
    assert next_try(POLICY, 1, now=NOW, deadline=deadline, jitter=0.5, after=timedelta(minutes=1)) is None
    assert next_try(POLICY, 1, now=NOW, deadline=deadline, jitter=0.5, after=timedelta.max) is None


def test_a_vendor_that_says_at_once_is_not_asked_in_a_tight_loop() -> None:
    deadline = NOW + timedelta(minutes=1)
    for after in (timedelta(0), timedelta(seconds=-5)):
        assert next_try(POLICY, 1, now=NOW, deadline=deadline, jitter=0.0, after=after) == NOW + POLICY.first
