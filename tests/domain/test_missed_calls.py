"""What follows a missed call: the ladder inside a person's own day, one text, and never more than they want."""

import zoneinfo
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.calling_hours import OwnHours, is_open, load
from ivy.domain.calls import Again, CallKind, CallOutcome
from ivy.domain.missed_calls import (
    LADDER,
    RETRIES,
    TEXT_WITHIN,
    Attempted,
    Do,
    Step,
    after,
    counts_as_miss,
    has_first_retry,
    is_fault,
    next_retry,
)
from ivy.domain.schedule import local_date, to_instant, to_wall
from ivy.domain.windows import QuietHours, quiet_until

HOURS = load((Path(__file__).parents[2] / "ivy" / "data" / "calling_hours.toml").read_text(encoding="utf-8"))
BOGOTA = "America/Bogota"
NIGHT = QuietHours(time(21), time(6))
OWN = OwnHours(BOGOTA, NIGHT, HOURS, "CO")
SEVEN = datetime(2026, 11, 24, 12, tzinfo=UTC)  # in Bogotá, on a Tuesday
ZONES = sorted(zoneinfo.available_timezones() - {"Factory", "localtime", "posixrules"})
RING = timedelta(seconds=30)
_firsts = st.timedeltas(timedelta(days=-320), timedelta(days=370)).map(lambda span: SEVEN + span)


def missed(**changed: Any) -> Attempted:
    fields: dict[str, Any] = {
        "kind": CallKind.MORNING,
        "outcome": CallOutcome.MISSED,
        "again": Again.LADDER,
        "day": date(2026, 11, 24),
        "first_at": SEVEN,
    }
    return Attempted(**(fields | changed))


def text(do: Do, now: datetime) -> Step:
    return Step(do, now + TEXT_WITHIN)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def test_who_chose_a_time_in_their_quiet_hours_is_tried_again_within_them_on_that_day() -> None:
    early = datetime(2026, 11, 24, 10, tzinfo=UTC)  # five in the morning in Bogotá
    now = early + RING
    assert next_retry(missed(first_at=early, chosen=True), OWN, now) == early + minutes(10)
    assert next_retry(missed(first_at=early), OWN, now) is None
    late = datetime(2026, 11, 25, 1, 50, tzinfo=UTC)  # ten to nine in the evening
    assert next_retry(missed(first_at=late, chosen=True), OWN, late + RING) is None


# --- the ladder ------------------------------------------------------------------------------------------


def test_a_missed_call_is_tried_twice_more_and_written_about_once() -> None:
    now = SEVEN + RING
    assert after(missed(), OWN, now) == (text(Do.WRITE, now), Step(Do.RETRY, SEVEN + minutes(10)))
    second = after(missed(attempt=2, written=True), OWN, SEVEN + minutes(10) + RING)
    assert second == (Step(Do.RETRY, SEVEN + minutes(40)),)
    assert after(missed(attempt=3, written=True, unanswered=1), OWN, SEVEN + minutes(40) + RING) == ()


@pytest.mark.parametrize("outcome", [CallOutcome.MISSED, CallOutcome.VOICEMAIL])
def test_an_answering_machine_is_a_missed_call(outcome: CallOutcome) -> None:
    assert after(missed(outcome=outcome), OWN, SEVEN + RING) == after(missed(), OWN, SEVEN + RING)


def test_only_after_the_first_ring_of_a_missed_call_may_a_first_retry_follow() -> None:
    assert has_first_retry(missed()) and has_first_retry(missed(outcome=CallOutcome.VOICEMAIL))
    other = ({"attempt": 2}, {"alternate": True}, {"outcome": CallOutcome.FAILED}, {"kind": CallKind.RESCUE})
    assert not any(has_first_retry(missed(**each)) for each in (*other, {"again": Again.NEVER}))


def test_the_times_of_the_ladder_are_configured() -> None:
    now = SEVEN + RING
    assert next_retry(missed(), OWN, now, retries_minutes=(5, 20, 60)) == SEVEN + minutes(5)
    assert next_retry(missed(attempt=3), OWN, SEVEN + minutes(21), retries_minutes=(5, 20, 60)) == SEVEN + minutes(60)
    assert after(missed(), OWN, now, retries_minutes=()) == (text(Do.WRITE, now),)


def test_a_try_whose_time_is_over_is_left_out() -> None:
    assert next_retry(missed(), OWN, SEVEN + minutes(15)) == SEVEN + minutes(40)
    assert next_retry(missed(), OWN, SEVEN + minutes(40)) is None


@pytest.mark.parametrize(
    ("wall", "quiet", "expected"),
    [
        ("2026-11-24T18:45", NIGHT, 10),  # 18:55, just before Colombia's hours end
        ("2026-11-24T18:50", NIGHT, None),  # 19:00 and 19:30 are too late
        ("2026-11-24T06:30", NIGHT, 40),  # 6:40 is too early by law, 7:10 is not
        ("2026-11-24T17:55", QuietHours(time(18), time(6)), None),
        ("2026-11-24T17:15", QuietHours(time(17, 20), time(17, 50)), 40),
    ],
)
def test_a_try_outside_of_their_hours_is_left_out(wall: str, quiet: QuietHours, expected: int | None) -> None:
    first = to_instant(datetime.fromisoformat(wall), BOGOTA)
    found = next_retry(missed(first_at=first), replace(OWN, quiet=quiet), first + RING)
    assert found == (None if expected is None else first + minutes(expected))


def test_no_try_goes_over_midnight() -> None:
    open_all_night = load(
        '[[rules]]\ncountry = ""\nmonday_to_friday = ["00:00-24:00"]\nsaturday = []\nsunday = []\n'
        'basis = "careful"\nsource = "a test"\nchecked = 2026-11-22\n'
    )
    own = OwnHours(BOGOTA, None, open_all_night, "CO")
    first = to_instant(datetime.fromisoformat("2026-11-24T23:45"), BOGOTA)
    assert next_retry(missed(first_at=first), own, first + RING) == first + minutes(10)
    assert next_retry(missed(first_at=first, attempt=2), own, first + minutes(11)) is None


@pytest.mark.parametrize("kind", sorted(set(CallKind) - LADDER))
def test_only_calls_at_a_chosen_time_are_tried_again(kind: CallKind) -> None:
    now = SEVEN + RING
    silent = (CallKind.TEST, CallKind.INBOUND, CallKind.NOTICE)
    expected = () if kind in silent else (text(Do.WRITE, now),)
    assert after(missed(kind=kind, tier="elite", unanswered=5), OWN, now) == expected


@pytest.mark.parametrize("again", Again)
@pytest.mark.parametrize("outcome", CallOutcome)
def test_a_message_that_was_not_read_out_goes_another_way_and_nothing_else_follows(
    outcome: CallOutcome, again: Again
) -> None:
    now = SEVEN + RING
    steps = after(missed(kind=CallKind.NOTICE, outcome=outcome, again=again), OWN, now)
    assert steps == ((Step(Do.TELL_OPERATOR, now),) if again in (Again.MEND, Again.NEVER) else ())


# --- what ends it at once -------------------------------------------------------------------------------


def test_a_declined_call_is_written_about_and_never_tried_again() -> None:
    now = SEVEN + RING
    assert after(missed(outcome=CallOutcome.DECLINED), OWN, now) == (text(Do.WRITE, now),)


def test_who_wants_no_calls_gets_none_and_no_text_about_it() -> None:
    opted_out = missed(outcome=CallOutcome.OPTED_OUT, again=Again.NEVER, tier="elite", unanswered=4)
    assert after(opted_out, OWN, SEVEN) == (Step(Do.END_CALLS, SEVEN),)


def test_who_asked_for_another_time_is_asked_for_it() -> None:
    asked = missed(outcome=CallOutcome.COMPLETED, again=Again.AT_WISH)
    assert after(asked, OWN, SEVEN) == (Step(Do.ARRANGE, SEVEN),)


@pytest.mark.parametrize("outcome", [CallOutcome.COMPLETED, CallOutcome.CANCELLED])
def test_nothing_follows_a_call_that_was_had_or_that_we_stopped(outcome: CallOutcome) -> None:
    assert after(missed(outcome=outcome, again=Again.NO), OWN, SEVEN + RING) == ()


# --- faults ----------------------------------------------------------------------------------------------


def test_a_fault_is_tried_again_and_written_about_and_is_nobodys_miss() -> None:
    now = SEVEN + RING
    fault = missed(outcome=CallOutcome.FAILED, again=Again.FAULT, unanswered=3, tier="elite")
    assert after(fault, OWN, now) == (text(Do.WRITE, now), Step(Do.RETRY, SEVEN + minutes(10)))
    assert after(replace(fault, attempt=3, written=True), OWN, SEVEN + minutes(41)) == ()
    assert not counts_as_miss(fault)


@pytest.mark.parametrize("again", [Again.MEND, Again.NEVER])
def test_what_the_operator_has_to_mend_is_told_to_both(again: Again) -> None:
    now = SEVEN + RING
    failed = missed(outcome=CallOutcome.FAILED, again=again)
    assert after(failed, OWN, now) == (text(Do.WRITE, now), Step(Do.TELL_OPERATOR, now))


def test_a_failure_that_another_try_would_not_change_is_written_about() -> None:
    now = SEVEN + RING
    assert after(missed(outcome=CallOutcome.FAILED, again=Again.NO), OWN, now) == (text(Do.WRITE, now),)


def test_which_outcomes_are_faults_and_which_are_misses() -> None:
    assert [outcome for outcome in CallOutcome if is_fault(outcome)] == [CallOutcome.CANCELLED, CallOutcome.FAILED]
    counted = {outcome for outcome in CallOutcome if counts_as_miss(missed(outcome=outcome))}
    assert counted == {CallOutcome.MISSED, CallOutcome.DECLINED, CallOutcome.VOICEMAIL}
    assert not counts_as_miss(missed(kind=CallKind.RESCUE))
    assert not counts_as_miss(missed(alternate=True))


# --- two unanswered slots ---------------------------------------------------------------------------------


def test_after_two_unanswered_slots_the_slot_becomes_a_text_and_its_time_is_asked_about() -> None:
    now = SEVEN + minutes(41)
    last = missed(attempt=3, written=True, unanswered=2)
    assert after(last, OWN, now) == (text(Do.ASK_SLOT, now),)
    assert after(replace(last, tier="elite"), OWN, now) == (text(Do.ASK_SLOT, now),)
    assert after(replace(last, unanswered=1), OWN, now) == ()


def test_the_question_waits_for_the_last_try_and_stands_in_for_the_text() -> None:
    now = SEVEN + RING
    again = missed(unanswered=2)
    assert after(again, OWN, now) == (text(Do.WRITE, now), Step(Do.RETRY, SEVEN + minutes(10)))
    assert after(replace(again, outcome=CallOutcome.DECLINED), OWN, now) == (text(Do.ASK_SLOT, now),)


# --- elite ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["elite", "concierge"])
def test_the_elite_ladder_goes_on_to_another_time_and_then_to_a_text(tier: str) -> None:
    now = SEVEN + minutes(41)
    last = missed(attempt=3, written=True, unanswered=1, tier=tier)
    tomorrow = SEVEN + timedelta(days=1)
    assert after(last, OWN, now) == (Step(Do.ALTERNATE, tomorrow),)
    alternate = replace(last, attempt=1, first_at=tomorrow, day=date(2026, 11, 25), alternate=True, written=False)
    assert after(alternate, OWN, tomorrow + RING) == (text(Do.CHECK_IN, tomorrow + RING),)
    assert after(replace(last, tier="core"), OWN, now) == ()


@pytest.mark.parametrize("which", ["other_slot_at", "next_at"])
def test_where_a_slot_of_theirs_comes_by_then_no_second_call_is_placed_beside_it(which: str) -> None:
    now, tomorrow = SEVEN + minutes(41), SEVEN + timedelta(days=1)
    last = missed(attempt=3, written=True, tier="elite")
    for comes in (now + minutes(1), SEVEN + timedelta(hours=13)):
        assert after(replace(last, **{which: comes}), OWN, now) == ()
    for comes in (SEVEN + timedelta(hours=18), tomorrow):  # not today any more: the text is
        assert after(replace(last, **{which: comes}), OWN, now) == (text(Do.CHECK_IN, now),)
        assert after(replace(last, **{which: comes, "written": False}), OWN, now) == (text(Do.WRITE, now),)
    for comes in (now, SEVEN + timedelta(days=2)):
        assert after(replace(last, **{which: comes}), OWN, now) == (Step(Do.ALTERNATE, tomorrow),)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), _firsts, st.integers(0, 23), st.integers(1, 10), st.sampled_from([None, NIGHT]))
def test_with_a_call_every_morning_and_evening_a_day_without_an_answer_ends_in_one_text(
    zone: str, day_of: datetime, morning: int, hours: int, quiet: QuietHours | None
) -> None:
    """The ladder of a whole day: morning, its tries, the evening as the other time, its tries, the text."""
    own, day = OwnHours(zone, quiet, HOURS, "CO"), local_date(day_of, zone)
    walls = [datetime.combine(day, time(morning)), datetime.combine(day, time(min(morning + hours, 23)))]
    if walls[0] == walls[1]:
        return
    firsts = [to_instant(wall, zone) for wall in walls]
    morrow = to_instant(walls[0] + timedelta(days=1), zone)
    texts: list[datetime] = []
    for kind, first, other in ((CallKind.MORNING, firsts[0], firsts[1]), (CallKind.EVENING, firsts[1], morrow)):
        call = missed(kind=kind, first_at=first, day=day, tier="elite", unanswered=1, chosen=True, other_slot_at=other)
        now = first + RING
        while (at := next_retry(call, own, now)) is not None:
            call, now = replace(call, attempt=call.attempt + 1, written=True), at + RING
        steps = after(call, own, now)
        assert Do.ALTERNATE not in [step.do for step in steps]
        asked = [step.at for step in steps if step.do is Do.CHECK_IN]
        texts += asked
        rung = call.written and local_date(now, zone) == day and quiet_until(quiet, zone, now) is None
        assert bool(asked) is (rung and (other <= now or local_date(other, zone) != day))
    assert len(texts) <= 1 or firsts[1] <= firsts[0] + minutes(41)  # both at once


def test_where_no_other_time_may_be_a_text_asks_at_once() -> None:
    saturday = to_instant(datetime.fromisoformat("2026-11-28T09:00"), BOGOTA)
    now = saturday + minutes(41)
    last = missed(first_at=saturday, day=date(2026, 11, 28), attempt=3, written=True, tier="elite")
    assert after(last, OWN, now) == (text(Do.CHECK_IN, now),)  # not on a Sunday
    assert after(replace(last, written=False), OWN, now) == (text(Do.WRITE, now),)  # one text is enough
    late = SEVEN + timedelta(days=1, minutes=1)
    assert after(missed(attempt=3, written=True, tier="elite"), OWN, late) == (text(Do.CHECK_IN, late),)


def test_the_same_time_tomorrow_is_the_same_on_the_clock_when_clocks_change() -> None:
    own = OwnHours("America/New_York", None, HOURS, "US")
    first = to_instant(datetime.fromisoformat("2026-10-31T09:00:12"), own.zone)
    last = missed(first_at=first, day=date(2026, 10, 31), attempt=3, written=True, tier="elite")
    (step,) = after(last, own, first + minutes(41))
    assert f"{to_wall(step.at, own.zone):%Y-%m-%dT%H:%M:%S}" == "2026-11-01T09:00:00"


def test_a_number_that_cannot_be_phoned_is_not_tried_at_another_time() -> None:
    now = SEVEN + RING
    broken = missed(again=Again.MEND, tier="elite", written=True)
    assert after(broken, OWN, now) == (Step(Do.TELL_OPERATOR, now),)


def test_who_declined_is_not_offered_another_call() -> None:
    now = SEVEN + RING
    assert after(missed(outcome=CallOutcome.DECLINED, tier="elite"), OWN, now) == (text(Do.WRITE, now),)


# --- whatever happens -----------------------------------------------------------------------------------

_attempts = st.builds(
    Attempted,
    kind=st.sampled_from(CallKind),
    outcome=st.sampled_from(CallOutcome),
    again=st.sampled_from(Again),
    day=st.just(date(2026, 11, 24)),
    first_at=st.just(SEVEN),
    attempt=st.integers(1, 4),
    tier=st.sampled_from(["free", "core", "elite", "concierge"]),
    written=st.booleans(),
    unanswered=st.integers(0, 4),
    alternate=st.booleans(),
    other_slot_at=st.none() | st.integers(0, 60).map(lambda hours: SEVEN + timedelta(hours=hours)),
    next_at=st.none() | st.integers(0, 60).map(lambda hours: SEVEN + timedelta(hours=hours)),
)


@settings(max_examples=300, deadline=None)
@given(
    _attempts,
    _firsts,
    st.sampled_from(ZONES),
    st.sampled_from(sorted(HOURS.weeks)),
    st.integers(0, 30),
    st.builds(QuietHours, st.times(), st.times()),
)
def test_in_every_zone_a_try_keeps_the_persons_day_and_hours(
    call: Attempted, first: datetime, zone: str, country: str, later: int, quiet: QuietHours
) -> None:
    own = OwnHours(zone, quiet, HOURS, country)
    call = replace(call, first_at=first, day=local_date(first, zone))
    now = first + RING + minutes(later)
    steps = after(call, own, now)
    done = [step.do for step in steps]
    assert len(done) == len(set(done)) <= 2
    assert all(now <= step.at for step in steps)
    assert sum(do in (Do.WRITE, Do.ASK_SLOT, Do.CHECK_IN) for do in done) <= 1
    if Do.RETRY in done:
        at = next(step.at for step in steps if step.do is Do.RETRY)
        assert at - first in {minutes(count) for count in RETRIES}
        assert local_date(at, zone) == call.day
        assert quiet_until(quiet, zone, at) is None
        assert is_open(HOURS, country, zone, at)
        assert call.outcome not in (CallOutcome.DECLINED, CallOutcome.OPTED_OUT, CallOutcome.COMPLETED)
        assert call.again in (Again.LADDER, Again.FAULT)
    if is_fault(call.outcome):
        assert not {Do.ASK_SLOT, Do.ALTERNATE, Do.CHECK_IN} & set(done)
    if call.written:
        assert Do.WRITE not in done


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), _firsts, st.integers(0, 20))
def test_however_long_the_end_of_a_call_takes_to_be_heard_there_are_two_more_tries_at_most(
    zone: str, first: datetime, delay: int
) -> None:
    own = OwnHours(zone, None, HOURS, "US")
    call, now, tries = missed(first_at=first, day=local_date(first, zone)), first, 0
    while (at := next_retry(call, own, now + minutes(delay))) is not None:
        call, now, tries = replace(call, attempt=call.attempt + 1), at, tries + 1
    assert tries <= len(RETRIES)
