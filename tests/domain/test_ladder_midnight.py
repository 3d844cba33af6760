"""The missed-call ladder at the end of the day: what was planned before midnight and waited rings on no other date."""

import zoneinfo
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.call_minutes import Caps as MinuteCaps
from ivy.domain.call_minutes import Used
from ivy.domain.calling_hours import OwnHours, load
from ivy.domain.calls import Again, CallKind, CallOutcome
from ivy.domain.consent import Consent, PersonStatus, Purpose
from ivy.domain.dialing import Decision, Dial, Refuse, Situation, Wait, Wish, decide
from ivy.domain.missed_calls import Attempted, next_retry
from ivy.domain.schedule import local_date
from ivy.domain.windows import QuietHours

ZONES = sorted(zoneinfo.available_timezones() - {"Factory", "localtime", "posixrules"})
BOGOTA = "America/Bogota"
ALWAYS = load(
    '[[rules]]\ncountry = ""\nmonday_to_friday = ["00:00-24:00"]\nsaturday = ["00:00-24:00"]\nsunday = ["00:00-24:00"]\n'
    'basis = "careful"\nsource = "a test"\nchecked = 2026-11-22\n'
)
OWN = OwnHours(BOGOTA, None, ALWAYS, "")
LATE_EVENING = datetime(2026, 11, 25, 4, 45, tzinfo=UTC)
"""23:45 on Tuesday the 24th, in Bogotá."""
MIDNIGHT = datetime(2026, 11, 25, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OVER = Refuse("it was another try for a day that is over", fault=True)


def asked(own: OwnHours, first_at: datetime, due_at: datetime, now: datetime, **changed: Any) -> Situation:
    situation = Situation(
        now=now,
        kind=CallKind.EVENING,
        due_at=due_at,
        status=PersonStatus.ACTIVE,
        consents=Consent(frozenset({Purpose.CALLS})),
        suspended_until=None,
        own=own,
        wish=Wish.SLOT,
        minutes=MinuteCaps(200, 600),
        used=Used(),
        attempt=2,
        first_at=first_at,
        day=local_date(first_at, own.zone),
    )
    return replace(situation, **changed)


def at(now: datetime, **changed: Any) -> Decision:
    return decide(replace(asked(OWN, LATE_EVENING, LATE_EVENING + timedelta(minutes=10), now), **changed))


def test_a_try_before_midnight_is_made_and_one_that_waited_over_it_is_not() -> None:
    assert at(MIDNIGHT - SECOND) == Dial()
    assert at(MIDNIGHT) == OVER
    assert at(MIDNIGHT + timedelta(minutes=4), queued=True) == OVER


def test_the_first_try_at_a_time_that_they_chose_is_no_later_one() -> None:
    assert at(MIDNIGHT, attempt=1, first_at=None) == Dial()


@pytest.mark.parametrize(
    "changed", [{"lines_now": 10}, {"breaker_until": MIDNIGHT + SECOND}, {"next_dial_at": MIDNIGHT + SECOND}]
)
def test_what_would_wait_for_us_over_midnight_is_given_up_at_once(changed: dict[str, Any]) -> None:
    decision = at(MIDNIGHT - SECOND, **changed)
    assert isinstance(decision, Refuse)
    assert decision.fault  # it was ours: their streak does not pay for it
    assert isinstance(at(MIDNIGHT - timedelta(minutes=4), lines_now=10), Wait)


def test_hours_that_open_after_midnight_are_not_waited_for() -> None:
    asleep = replace(OWN, quiet=QuietHours(time(23, 50), time(0, 5)))
    assert isinstance(at(MIDNIGHT - timedelta(minutes=4), own=asleep, wish=Wish.NOBODY), Refuse)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.timedeltas(timedelta(0), timedelta(days=500)).map(lambda span: LATE_EVENING + span),
    st.integers(1, 3),
    st.timedeltas(timedelta(0), timedelta(minutes=45)),
    st.booleans(),
    st.sampled_from([None, 1, 1800]),
)
def test_whatever_delays_a_try_it_rings_on_the_date_of_its_day_or_not_at_all(
    zone: str, first_at: datetime, attempt: int, delay: timedelta, queued: bool, breaker: int | None
) -> None:
    own = replace(OWN, zone=zone)
    day = local_date(first_at, zone)
    missed = Attempted(CallKind.EVENING, CallOutcome.MISSED, Again.LADDER, day, first_at, attempt=attempt, chosen=True)
    due_at = next_retry(missed, own, first_at, retries_minutes=(10, 40, 100)) or first_at
    now = due_at + delay
    until = None if breaker is None else now + timedelta(seconds=breaker)
    decision = decide(
        asked(own, first_at, due_at, now, attempt=attempt + 1, queued=queued, breaker_until=until, lines_now=0)
    )
    if isinstance(decision, Dial):
        assert local_date(now, zone) == day
    elif isinstance(decision, Wait):
        assert local_date(decision.until, zone) == day
