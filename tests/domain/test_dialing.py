"""The one decision at the moment of dialling: which rule speaks first, whose fault it is, and when it lifts."""

import heapq
import zoneinfo
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.call_minutes import Caps as MinuteCaps
from ivy.domain.call_minutes import Used
from ivy.domain.calling_hours import OwnHours, is_open, load
from ivy.domain.calls import CallKind
from ivy.domain.consent import UNTIL_ANSWERED, Consent, PersonStatus, Purpose
from ivy.domain.dialing import (
    LATE,
    LOOK_AGAIN,
    WINDOW,
    Caps,
    Dial,
    Refuse,
    Situation,
    Wait,
    Wish,
    decide,
    lines_limit,
    paced,
    wish_of,
)
from ivy.domain.windows import QuietHours, quiet_until

HOURS = load((Path(__file__).parents[2] / "ivy" / "data" / "calling_hours.toml").read_text(encoding="utf-8"))
ZONES = sorted(zoneinfo.available_timezones() - {"Factory", "localtime", "posixrules"})
BOGOTA = "America/Bogota"
NIGHT = QuietHours(time(21), time(9))
OWN = OwnHours(BOGOTA, NIGHT, HOURS, "CO")
NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)  # in Bogotá, on a Tuesday
FIVE = datetime(2026, 11, 24, 10, tzinfo=UTC)  # 05:00 there: quiet hours, and calling hours not begun
TOMORROW = datetime(2026, 11, 25, 5, tzinfo=UTC)
AGREED = Consent(frozenset({Purpose.CALLS}))
SECOND = timedelta(seconds=1)


def situation(now: datetime = NOON, **changed: Any) -> Situation:
    fields: dict[str, Any] = {
        "now": now,
        "kind": CallKind.MORNING,
        "due_at": now,
        "status": PersonStatus.ACTIVE,
        "consents": AGREED,
        "suspended_until": None,
        "own": OWN,
        "wish": Wish.SLOT,
        "minutes": MinuteCaps(200, 600),
        "used": Used(),
    }
    return Situation(**(fields | changed))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_a_slot_that_is_due_is_dialled() -> None:
    assert decide(situation()) == Dial()


@pytest.mark.parametrize(
    ("chosen", "asked_by", "wish"),
    [
        (True, "schedule", Wish.SLOT),
        (True, "ladder", Wish.SLOT),
        (True, "person", Wish.NOW),
        (False, "person", Wish.NOBODY),
        (False, "operator", Wish.NOBODY),
        (False, "schedule", Wish.NOBODY),
    ],
)
def test_whose_idea_a_call_was(chosen: bool, asked_by: str, wish: Wish) -> None:
    assert wish_of(chosen=chosen, asked_by=asked_by) is wish


# --- the person -----------------------------------------------------------------------------------------


def test_a_call_that_came_in_is_never_dialled() -> None:
    assert decide(situation(kind=CallKind.INBOUND)) == Refuse("a call that came in is not dialled", fault=False)


@pytest.mark.parametrize("wish", Wish)
def test_who_said_stop_or_never_agreed_is_not_phoned(wish: Wish) -> None:
    stopped = decide(situation(wish=wish, status=PersonStatus.STOPPED))
    assert stopped == Refuse("they said stop", fault=False)
    unasked = decide(situation(wish=wish, consents=Consent(frozenset({Purpose.MESSAGES}))))
    assert unasked == Refuse("no consent to calls", fault=False)


@pytest.mark.parametrize("wish", Wish)
def test_who_answered_meanwhile_is_not_rung_again(wish: Wish) -> None:
    again = decide(situation(wish=wish, attempt=2, first_at=NOON - minutes(10), answered=True))
    assert again == Refuse("they answered meanwhile", fault=False)


def test_a_chosen_time_in_the_quiet_covers_the_tries_that_follow_and_no_other_does() -> None:
    asleep = OwnHours(BOGOTA, QuietHours(time(8), time(14)), HOURS, "CO")
    retry = situation(own=asleep, attempt=2, first_at=NOON - minutes(10), due_at=NOON)
    assert decide(retry) == Dial()
    assert isinstance(decide(replace(retry, wish=Wish.NOBODY)), Refuse)
    assert isinstance(decide(replace(retry, first_at=None)), Refuse)
    begins = OwnHours(BOGOTA, QuietHours(time(11, 55), time(14)), HOURS, "CO")
    assert isinstance(decide(replace(retry, own=begins)), Refuse)


@pytest.mark.parametrize("status", [PersonStatus.PAUSED, PersonStatus.INVITED])
def test_in_a_pause_and_before_they_joined_only_a_call_they_ask_for_is_made(status: PersonStatus) -> None:
    assert decide(situation(wish=Wish.NOW, status=status)) == Dial()
    for wish in (Wish.SLOT, Wish.NOBODY):
        refused = decide(situation(wish=wish, status=status))
        assert refused == Refuse(f"{status.value}: only what they ask for", fault=False)


def test_a_suspension_holds_chosen_slots_too_and_names_its_end() -> None:
    rule = "suspended: only what they ask for"
    suspended = situation(suspended_until=TOMORROW)
    assert decide(suspended) == Refuse(rule, fault=False, until=TOMORROW)
    assert decide(replace(suspended, wish=Wish.NOW)) == Dial()
    assert decide(replace(suspended, suspended_until=UNTIL_ANSWERED)) == Refuse(rule, fault=False)  # until they answer


@pytest.mark.parametrize("wish", Wish)
def test_while_a_human_talks_with_somebody_ivy_does_not_phone_them(wish: Wish) -> None:
    assert decide(situation(wish=wish, handed_over=True)) == Refuse(
        "a human is talking with them, or looks first", fault=False
    )


# --- the clock ------------------------------------------------------------------------------------------


def test_a_call_waits_for_its_time() -> None:
    assert decide(situation(due_at=NOON + SECOND)) == Wait(NOON + SECOND, "its time has not come")


@pytest.mark.parametrize("wish", Wish)
def test_a_call_twenty_minutes_late_is_not_made_at_a_strange_time(wish: Wish) -> None:
    assert decide(situation(wish=wish, due_at=NOON - LATE)) == Dial()
    assert decide(situation(wish=wish, due_at=NOON - LATE - SECOND)) == Refuse("more than 20 minutes late", fault=True)


def test_one_that_waited_for_a_line_has_half_an_hour() -> None:
    assert decide(situation(due_at=NOON - WINDOW, queued=True)) == Dial()
    late = decide(situation(due_at=NOON - WINDOW - SECOND, queued=True))
    assert late == Refuse("it could not be placed within 30 minutes of its time", fault=True)


@pytest.mark.parametrize("wish", [Wish.SLOT, Wish.NOW])
def test_a_chosen_time_overrides_quiet_hours_and_calling_hours(wish: Wish) -> None:
    assert decide(situation(FIVE, wish=wish)) == Dial()


def test_what_nobody_asked_for_keeps_quiet_hours_and_calling_hours() -> None:
    refused = decide(situation(FIVE, wish=Wish.NOBODY))
    assert refused == Refuse("their quiet hours", fault=False, until=FIVE + timedelta(hours=4))
    loud = situation(FIVE, wish=Wish.NOBODY, own=replace(OWN, quiet=None))
    assert decide(loud) == Refuse("the calling hours of CO", fault=False, until=FIVE + timedelta(hours=2))


def test_another_try_of_a_chosen_slot_keeps_them_too() -> None:
    refused = decide(situation(FIVE, attempt=2))
    assert refused == Refuse("their quiet hours", fault=False, until=FIVE + timedelta(hours=4))
    assert decide(situation(NOON, attempt=2)) == Dial()


def test_hours_that_open_soon_are_waited_for() -> None:
    ten_to_nine = NOON - timedelta(hours=3, minutes=10)
    assert decide(situation(ten_to_nine, wish=Wish.NOBODY)) == Wait(ten_to_nine + minutes(10), "their quiet hours")
    at_the_limit = situation(ten_to_nine - minutes(10), wish=Wish.NOBODY)
    assert decide(at_the_limit) == Wait(ten_to_nine + minutes(10), "their quiet hours")
    too_far = decide(replace(at_the_limit, due_at=at_the_limit.due_at - SECOND))
    assert too_far == Refuse("their quiet hours", fault=False, until=ten_to_nine + minutes(10))


def test_hours_that_never_open_name_no_end() -> None:
    own = replace(OWN, quiet=QuietHours(time(6), time(20)))
    assert decide(situation(wish=Wish.NOBODY, own=own)) == Refuse("their quiet hours", fault=False)


# --- caps -----------------------------------------------------------------------------------------------


def test_unasked_calls_have_a_cap_of_a_day() -> None:
    full = situation(wish=Wish.NOBODY, unasked_today=2)
    assert decide(full) == Refuse("2 unasked contacts today already", fault=False, until=TOMORROW)
    assert decide(replace(full, unasked_today=1)) == Dial()
    assert decide(replace(full, wish=Wish.SLOT)) == Dial()


@pytest.mark.parametrize("wish", [Wish.SLOT, Wish.NOBODY])
def test_however_often_it_rang_a_day_has_an_end(wish: Wish) -> None:
    rang = situation(wish=wish, attempts_today=3, caps=Caps(attempts=3))
    assert decide(rang) == Refuse("3 attempts a day", fault=False, until=TOMORROW)
    assert decide(replace(rang, attempts_today=2)) == Dial()


def test_a_call_they_ask_for_is_bound_by_no_cap_on_calls() -> None:
    assert decide(situation(wish=Wish.NOW, unasked_today=99, attempts_today=99)) == Dial()


# --- what is ours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"voice_on": False}, Refuse("calls are switched off", fault=True)),
        ({"spending_on": False}, Refuse("spending is switched off", fault=True)),
        (
            {"used": Used(person_month=200 * 60 - 599)},
            Refuse("their 200 minutes of calls this month", fault=True, until=datetime(2026, 12, 1, 5, tzinfo=UTC)),
        ),
        (
            {"used": Used(day=600 * 60 - 599)},
            Refuse("the 600 minutes of calls a day", fault=True, until=datetime(2026, 11, 25, tzinfo=UTC)),
        ),
        (
            {"breaker_until": NOON + minutes(2)},
            Wait(NOON + minutes(2), "the provider of calls fails", queued=True),
        ),
        (
            {"breaker_until": NOON + WINDOW + SECOND},
            Refuse("the provider of calls fails", fault=True, until=NOON + WINDOW + SECOND),
        ),
        ({"breaker_until": NOON}, Dial()),
        ({"lines_now": 10}, Wait(NOON + LOOK_AGAIN, "all 10 lines are in use", queued=True)),
        ({"lines_now": 9}, Dial()),
        ({"lines_limit": 0}, Wait(NOON + LOOK_AGAIN, "all 0 lines are in use", queued=True)),
        (
            {"next_dial_at": NOON + SECOND},
            Wait(NOON + SECOND, "calls are dialled one after the other", queued=True),
        ),
        ({"next_dial_at": NOON}, Dial()),
    ],
)
@pytest.mark.parametrize("wish", Wish)
def test_what_is_ours_or_the_providers_is_a_fault_or_a_wait(
    wish: Wish, changed: dict[str, Any], expected: object
) -> None:
    assert decide(situation(wish=wish, **changed)) == expected


def test_a_line_that_would_come_too_late_is_not_waited_for() -> None:
    busy = situation(due_at=NOON - WINDOW + LOOK_AGAIN, queued=True, lines_now=10)
    assert decide(busy) == Wait(NOON + LOOK_AGAIN, "all 10 lines are in use", queued=True)
    too_late = decide(replace(busy, due_at=busy.due_at - SECOND))
    assert too_late == Refuse("all 10 lines are in use", fault=True, until=NOON + LOOK_AGAIN)


@pytest.mark.parametrize(("configured", "at_provider", "limit"), [(10, None, 10), (10, 20, 10), (10, 3, 3), (10, 0, 0)])
def test_the_lower_limit_holds(configured: int, at_provider: int | None, limit: int) -> None:
    assert lines_limit(configured, at_provider) == limit


def test_calls_are_paced() -> None:
    assert paced(None, 1.0) is None
    assert paced(NOON, 1.0) == NOON + SECOND
    assert paced(NOON, 0.5) == NOON + 2 * SECOND


# --- the operator's own test ----------------------------------------------------------------------------


def test_the_operators_own_number_may_be_tested_at_any_hour() -> None:
    test = situation(
        FIVE,
        kind=CallKind.TEST,
        to_operator=True,
        wish=Wish.NOBODY,
        status=PersonStatus.STOPPED,
        consents=Consent(),
        suspended_until=TOMORROW,
        handed_over=True,
        unasked_today=99,
        attempts_today=99,
    )
    assert decide(test) == Dial()
    assert isinstance(decide(replace(test, to_operator=False)), Refuse)
    assert isinstance(decide(replace(test, kind=CallKind.RESCUE)), Refuse)
    assert decide(replace(test, due_at=FIVE + SECOND)) == Wait(FIVE + SECOND, "its time has not come")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"voice_on": False}, "calls are switched off"),
        ({"spending_on": False}, "spending is switched off"),
        ({"used": Used(day=600 * 60)}, "the 600 minutes of calls a day"),
        ({"breaker_until": FIVE + SECOND}, "the provider of calls fails"),
        ({"lines_now": 10}, "all 10 lines are in use"),
    ],
)
def test_a_test_is_refused_at_once_where_nobody_could_be_phoned(changed: dict[str, Any], rule: str) -> None:
    refused = decide(situation(FIVE, kind=CallKind.TEST, to_operator=True, **changed))
    assert isinstance(refused, Refuse)
    assert (refused.rule, refused.fault) == (rule, True)


def test_a_test_waits_its_turn_as_any_call_does() -> None:
    turn = FIVE + SECOND
    test = situation(FIVE, kind=CallKind.TEST, to_operator=True, due_at=FIVE - timedelta(hours=1), next_dial_at=turn)
    assert decide(test) == Wait(turn, "calls are dialled one after the other", queued=True)
    assert decide(replace(test, now=turn, queued=True)) == Dial()


# --- the order ------------------------------------------------------------------------------------------

ALWAYS = load(
    '[[rules]]\ncountry = ""\nmonday_to_friday = ["00:00-24:00"]\nsaturday = ["00:00-24:00"]\nsunday = ["00:00-24:00"]\n'
    'basis = "careful"\nsource = "a test"\nchecked = 2026-11-22\n'
)

IN_ORDER: list[tuple[dict[str, Any], str]] = [
    ({"kind": CallKind.INBOUND}, "a call that came in is not dialled"),
    ({"status": PersonStatus.STOPPED}, "they said stop"),
    ({"handed_over": True}, "a human is talking with them, or looks first"),
    ({"due_at": FIVE - timedelta(hours=1)}, "more than 20 minutes late"),
    ({"own": OWN}, "their quiet hours"),
    ({"unasked_today": 2}, "2 unasked contacts today already"),
    ({"attempts_today": 8}, "8 attempts a day"),
    ({"voice_on": False}, "calls are switched off"),
    ({"spending_on": False}, "spending is switched off"),
    ({"used": Used(200 * 60, 600 * 60)}, "their 200 minutes of calls this month"),
    ({"used": Used(0, 600 * 60)}, "the 600 minutes of calls a day"),
    ({"breaker_until": FIVE + minutes(1)}, "the provider of calls fails"),
    ({"lines_now": 10}, "all 10 lines are in use"),
    ({"next_dial_at": FIVE + SECOND}, "calls are dialled one after the other"),
]


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_the_strictest_rule_that_holds_is_the_one_that_is_named(first: int) -> None:
    everywhere = replace(OWN, quiet=None, hours=ALWAYS)
    changed: dict[str, Any] = {"own": everywhere, "wish": Wish.NOBODY}
    for fields, _rule in reversed(IN_ORDER[first:]):
        changed |= fields
    decision = decide(situation(FIVE, **changed))
    assert isinstance(decision, Wait | Refuse)
    assert decision.rule == IN_ORDER[first][1]


_near = st.integers(-3600, 3600).map(lambda seconds: timedelta(seconds=seconds))


def at_any_time(
    now: datetime, due: timedelta, breaker: timedelta | None, pace: timedelta | None, **fields: Any
) -> Situation:
    breaker_until = None if breaker is None else now + breaker
    next_dial_at = None if pace is None else now + pace
    return situation(now, due_at=now + due, breaker_until=breaker_until, next_dial_at=next_dial_at, **fields)


_situations = st.builds(
    at_any_time,
    now=st.timedeltas(timedelta(days=-320), timedelta(days=370)).map(lambda span: NOON + span),
    due=_near,
    breaker=st.none() | _near,
    pace=st.none() | _near,
    kind=st.sampled_from(CallKind),
    status=st.sampled_from([PersonStatus.ACTIVE, *PersonStatus]),
    consents=st.sampled_from([AGREED, AGREED, Consent()]),
    suspended_until=st.sampled_from([None, None, NOON, UNTIL_ANSWERED]),
    own=st.builds(
        OwnHours,
        st.sampled_from(ZONES),
        st.none() | st.builds(QuietHours, st.times(), st.times()),
        st.just(HOURS),
        st.sampled_from(sorted(HOURS.weeks)),
    ),
    wish=st.sampled_from(Wish),
    attempt=st.integers(1, 3),
    queued=st.booleans(),
    handed_over=st.sampled_from([False, False, True]),
    to_operator=st.booleans(),
    unasked_today=st.integers(0, 3),
    attempts_today=st.integers(0, 9),
    used=st.builds(Used, st.integers(0, 200 * 60), st.integers(0, 600 * 60)),
    voice_on=st.sampled_from([True, True, False]),
    spending_on=st.sampled_from([True, True, False]),
    lines_now=st.integers(0, 12),
)


@settings(max_examples=300, deadline=None)
@given(_situations)
def test_in_every_zone_a_call_is_dialled_only_where_every_rule_allows_it(call: Situation) -> None:
    decision = decide(call)
    if not isinstance(decision, Dial):
        assert decision.rule
        assert decision.until is None or decision.until > call.now
        return
    assert call.voice_on
    assert call.spending_on
    assert call.lines_now < call.lines_limit
    assert call.due_at <= call.now
    assert call.used.day + call.longest_seconds <= call.minutes.day * 60
    if call.kind is CallKind.TEST and call.to_operator:
        return
    assert call.status is not PersonStatus.STOPPED
    assert Purpose.CALLS in call.consents.granted
    assert call.now <= call.due_at + (WINDOW if call.queued else LATE)
    if call.wish is Wish.NOBODY or call.attempt > 1:
        assert quiet_until(call.own.quiet, call.own.zone, call.now) is None
        assert is_open(call.own.hours, call.own.country, call.own.zone, call.now)


@settings(max_examples=200, deadline=None)
@given(_situations)
def test_a_call_that_waits_for_hours_or_its_time_may_be_made_when_they_come(call: Situation) -> None:
    decision = decide(call)
    if isinstance(decision, Wait):
        later = decide(replace(call, now=decision.until, queued=call.queued or decision.queued))
        assert not isinstance(later, Wait) or later.until > decision.until
        assert decision.until <= call.due_at + WINDOW


# --- the governor: many calls due at once ---------------------------------------------------------------


@dataclass(frozen=True)
class Placed:
    at: datetime
    ends: datetime


def run(
    due: list[datetime], lengths: list[int], limit: int, per_second: float
) -> tuple[list[Placed], list[Refuse], int]:
    """Live through calls as a queue would; return what was placed, what was refused, and the most lines at once."""
    waiting = [(at, number, False) for number, at in enumerate(due)]
    heapq.heapify(waiting)
    placed: list[Placed] = []
    refused: list[Refuse] = []
    most = 0
    while waiting:
        now, number, queued = heapq.heappop(waiting)
        open_lines = sum(call.at <= now < call.ends for call in placed)
        last = max((call.at for call in placed), default=None)
        decision = decide(
            situation(
                now,
                due_at=due[number],
                queued=queued,
                lines_now=open_lines,
                lines_limit=limit,
                next_dial_at=paced(last, per_second),
                minutes=MinuteCaps(10_000, 10_000),
            )
        )
        if isinstance(decision, Wait):
            heapq.heappush(waiting, (decision.until, number, queued or decision.queued))
        elif isinstance(decision, Refuse):
            refused.append(decision)
        else:
            placed.append(Placed(now, now + timedelta(seconds=lengths[number])))
            most = max(most, open_lines + 1)
    return placed, refused, most


def test_fifty_calls_due_at_once_all_happen_in_their_window_over_ten_lines() -> None:
    placed, refused, most = run([NOON] * 50, [240] * 50, lines_limit(10, 20), 1.0)
    assert (len(placed), refused, most) == (50, [], 10)
    assert all(NOON <= call.at <= NOON + WINDOW for call in placed)


def test_fifty_long_calls_over_ten_lines_are_made_or_say_why_not() -> None:
    placed, refused, most = run([NOON] * 50, [600] * 50, 10, 1.0)
    assert len(placed) + len(refused) == 50
    assert len(placed) == 30  # three rounds of ten minutes begin within half an hour
    assert most == 10
    assert {(each.rule, each.fault) for each in refused} == {("all 10 lines are in use", True)}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(20, 600)), min_size=1, max_size=50),
    st.integers(1, 10),
    st.sampled_from([0.5, 1.0, 5.0]),
)
def test_the_governor_is_kept_whatever_is_due(calls: list[tuple[int, int]], limit: int, per_second: float) -> None:
    due = [NOON + offset * SECOND for offset, _length in calls]
    placed, refused, most = run(due, [length for _offset, length in calls], limit, per_second)
    assert len(placed) + len(refused) == len(calls)
    assert most <= limit
    assert all(each.fault for each in refused)
    starts = sorted(call.at for call in placed)
    assert all(later - earlier >= SECOND / per_second for earlier, later in pairwise(starts))
    total = sum(length for _offset, length in calls)
    if total + len(calls) * (LOOK_AGAIN.total_seconds() + 1 / per_second) < WINDOW.total_seconds():
        assert not refused  # one line alone would have been enough


def test_who_wants_no_calls_today_is_left_alone_until_midnight_unless_they_ask_for_one() -> None:
    refused = decide(situation(unwanted_today=True))
    assert isinstance(refused, Refuse) and not refused.fault
    assert refused.rule == "they want no calls today"
    assert refused.until is not None and refused.until.astimezone(zoneinfo.ZoneInfo(BOGOTA)).time() == time()
    assert decide(situation(unwanted_today=True, wish=Wish.NOW)) == Dial()
