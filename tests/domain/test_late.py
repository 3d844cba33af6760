"""Work whose time has passed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.late import ALWAYS, GRACE, SKIP, Late, Lateness, apologise_within, lateness

DUE = datetime(2026, 12, 1, 7, tzinfo=UTC)
REMINDER = apologise_within(timedelta(hours=2))
_policies = st.sampled_from([ALWAYS, SKIP, REMINDER])
_spans = st.timedeltas(timedelta(days=-2), timedelta(days=2))


@pytest.mark.parametrize(
    ("behind", "always", "reminder", "skip"),
    [
        (timedelta(0), "ON_TIME", "ON_TIME", "ON_TIME"),
        (timedelta(seconds=90), "ON_TIME", "ON_TIME", "ON_TIME"),
        (timedelta(seconds=91), "LATE", "LATE", "TOO_LATE"),
        (timedelta(hours=2), "LATE", "LATE", "TOO_LATE"),
        (timedelta(hours=2, seconds=1), "LATE", "TOO_LATE", "TOO_LATE"),
        (timedelta(days=400), "LATE", "TOO_LATE", "TOO_LATE"),
    ],
)
def test_each_policy_draws_its_line(behind: timedelta, always: str, reminder: str, skip: str) -> None:
    judged = [lateness(policy, DUE, DUE + behind) for policy in (ALWAYS, REMINDER, SKIP)]
    assert judged == [Lateness[always], Lateness[reminder], Lateness[skip]]


@given(_policies, _spans)
def test_nothing_is_late_within_the_grace_or_before_its_time(policy: Late, behind: timedelta) -> None:
    assert (lateness(policy, DUE, DUE + behind) is Lateness.ON_TIME) == (behind <= GRACE)


@given(_policies, _spans, _spans)
def test_waiting_never_makes_it_less_late(policy: Late, one: timedelta, other: timedelta) -> None:
    order = list(Lateness)
    early, late = sorted([one, other])
    assert order.index(lateness(policy, DUE, DUE + early)) <= order.index(lateness(policy, DUE, DUE + late))
