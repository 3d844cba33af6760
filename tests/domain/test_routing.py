"""How a message may leave at this moment: every rule, which of them speaks first, and what none of them lets happen."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.consent import UNTIL_ANSWERED, Consent, Permission, PersonStatus, Purpose, may_contact
from ivy.domain.routing import (
    Divert,
    For,
    Free,
    Hold,
    Refuse,
    Situation,
    TemplateChoice,
    UseTemplate,
    decide,
    next_day,
)
from ivy.domain.schedule import local_date, to_wall
from ivy.domain.windows import QuietHours, window_after, window_open

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
NIGHT = QuietHours(time(21), time(9))
YES = Permission(True, "consent given")
STOPPED = Permission(False, "they said stop")
DUE = TemplateChoice("reminder_due", "es", price_micros=800)
DOOR = TemplateChoice("answer_ready", "es", price_micros=800)
MARKETING = replace(DUE, category="MARKETING")

FREE = Situation(
    now=NOON,
    channel="whatsapp",
    asked_for=False,
    consent=YES,
    zone="Europe/Lisbon",
    pacing_free_at=NOON,
    quiet=NIGHT,
    window_expires_at=NOON + timedelta(hours=20),
)
ASKED = replace(FREE, asked_for=True)
CLOSED = replace(FREE, window_expires_at=NOON - timedelta(hours=1))
TOLD = "window closed: a template tells them that this waits"
WAITS = "window closed: waits until they write"


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


# --- every rule, and which speaks first ----------------------------------------------------------------

ALL_WRONG = replace(
    FREE,
    now=datetime(2026, 12, 1, 23, tzinfo=UTC),
    consent=STOPPED,
    handed_over=True,
    unasked_today=2,
    can_reach=False,
    rests_until=datetime(2026, 12, 1, 23, 4, tzinfo=UTC),
    failing_since=datetime(2026, 12, 1, 22, 59, tzinfo=UTC),
    window_expires_at=None,
    own_template=MARKETING,
    pays=False,
    tier=250,
    people_outside=250,
    tier_free_at=datetime(2026, 12, 2, 3, tzinfo=UTC),
    budget_left_micros=799,
    pacing_free_at=datetime(2026, 12, 1, 23, 0, 4, tzinfo=UTC),
)
MORNING = datetime(2026, 12, 2, 9, tzinfo=UTC)
MIDNIGHT = datetime(2026, 12, 2, 0, tzinfo=UTC)
LADDER: list[tuple[Any, dict[str, Any]]] = [
    (Refuse("they said stop", "when they write START, or agree to it"), {"consent": YES}),
    (Hold(None, "a human talks with them, or looks first: Ivy is quiet"), {"handed_over": False}),
    (Hold(MORNING, "quiet hours"), {"quiet": QuietHours(time(1), time(9))}),
    (Hold(MIDNIGHT, "2 unasked contacts today already"), {"unasked_today": 1}),
    (
        Refuse("no address on whatsapp that may be written to", "when they write there, or `ivy onboard` adds one"),
        {"can_reach": True},
    ),
    (Hold(datetime(2026, 12, 1, 23, 4, tzinfo=UTC), "whatsapp fails and is left alone"), {"rests_until": None}),
    (Hold(None, "window closed: templates need a payment method, and the account has none"), {"pays": True}),
    (
        Hold(
            None,
            "window closed: the template reminder_due became marketing, which costs many times as much",
        ),
        {"own_template": DUE},
    ),
    (
        Hold(
            datetime(2026, 12, 2, 3, tzinfo=UTC),
            "window closed: the number's limit of 250 people a day outside a window is reached",
        ),
        {"people_outside": 249},
    ),
    (Hold(MIDNIGHT, "window closed: today's money is spent"), {"budget_left_micros": 800}),
    (Hold(datetime(2026, 12, 1, 23, 0, 4, tzinfo=UTC), "pacing: one message in 6 seconds"), {"pacing_free_at": NOON}),
    (UseTemplate(DUE), {"window_expires_at": datetime(2026, 12, 2, 12, tzinfo=UTC)}),
    (Free(), {}),
]


@pytest.mark.parametrize("step", range(len(LADDER)))
def test_the_strictest_rule_speaks_first_and_each_has_its_turn(step: int) -> None:
    situation = ALL_WRONG
    for _decision, mended in LADDER[:step]:
        situation = replace(situation, **mended)
    assert decide(situation) == LADDER[step][0]


@pytest.mark.parametrize("step", range(4))
def test_what_the_person_does_not_want_now_no_other_channel_carries(step: int) -> None:
    situation = replace(ALL_WRONG, next_channels=("sms", "mail"))
    for _decision, mended in LADDER[:step]:
        situation = replace(situation, **mended)
    assert decide(situation) == LADDER[step][0]


@pytest.mark.parametrize(
    ("lifted", "rule"),
    [
        (4, "no address on whatsapp that may be written to"),
        (6, "window closed: templates need a payment method, and the account has none"),
        (7, "window closed: the template reminder_due became marketing, which costs many times as much"),
        (8, "window closed: the number's limit of 250 people a day outside a window is reached"),
        (9, "window closed: today's money is spent"),
    ],
)
def test_what_this_channel_cannot_do_the_next_one_does(lifted: int, rule: str) -> None:
    situation = replace(ALL_WRONG, next_channels=("sms", "mail"))
    for _decision, mended in LADDER[:lifted]:
        situation = replace(situation, **mended)
    assert decide(situation) == Divert("sms", rule)


# --- the person ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked_for", [True, False])
def test_without_permission_nothing_is_sent_and_it_is_said_when_that_lifts(asked_for: bool) -> None:
    refused = decide(replace(FREE, consent=STOPPED, asked_for=asked_for))
    assert isinstance(refused, Refuse)
    assert refused.reason == "they said stop; lifts when they write START, or agree to it"
    assert Refuse("no").reason == "no"


def permission(until: datetime | None, *, asked_for: bool, status: PersonStatus = PersonStatus.ACTIVE) -> Permission:
    granted = Consent(frozenset({Purpose.MESSAGES}))
    return may_contact(status, granted, until, Purpose.MESSAGES, asked_for=asked_for, now=NOON)


@pytest.mark.parametrize(
    ("until", "held"), [(NOON + minutes(300), NOON + minutes(300)), (UNTIL_ANSWERED, None), (NOON, NOON)]
)
def test_a_suspension_holds_what_nobody_asked_for_and_only_that(until: datetime, held: datetime | None) -> None:
    unasked = decide(replace(FREE, consent=permission(until, asked_for=False)))
    assert unasked == (Free() if until == NOON else Hold(held, "suspended: only what they ask for"))
    assert decide(replace(ASKED, consent=permission(until, asked_for=True))) == Free()


def test_what_nobody_asked_for_is_never_said_while_that_is_switched_off() -> None:
    refused = decide(replace(FREE, unasked_is_off=True, handed_over=True))
    assert isinstance(refused, Refuse) and refused.rule == "the switch proactive is off"
    assert decide(replace(ASKED, unasked_is_off=True)) == Free()


def test_who_stopped_is_not_held_until_a_suspension_ends_but_never_written_to() -> None:
    both = permission(NOON + minutes(5), asked_for=False, status=PersonStatus.STOPPED)
    assert isinstance(decide(replace(FREE, consent=both)), Refuse)


@pytest.mark.parametrize(
    "change", [{"handed_over": True}, {"now": datetime(2026, 12, 1, 23, tzinfo=UTC)}, {"unasked_today": 99}]
)
def test_what_they_asked_for_comes_at_night_over_the_cap_and_beside_a_human(change: dict[str, Any]) -> None:
    situation = replace(FREE, window_expires_at=NOON + timedelta(days=1), **change)
    assert isinstance(decide(situation), Hold)
    assert decide(replace(situation, asked_for=True)) == Free()


def test_the_cap_counts_up_to_its_last_message_and_lifts_at_the_persons_midnight() -> None:
    bogota = replace(FREE, zone="America/Bogota", now=datetime(2026, 12, 1, 20, tzinfo=UTC), unasked_per_day=3)
    assert decide(replace(bogota, unasked_today=2)) == Free()
    held = Hold(datetime(2026, 12, 2, 5, tzinfo=UTC), "3 unasked contacts today already")
    assert decide(replace(bogota, unasked_today=3)) == held


# --- the channel ---------------------------------------------------------------------------------------


def failing(since: float, rests: float, *ladder: str) -> Situation:
    return replace(
        FREE, failing_since=NOON - minutes(since), rests_until=NOON + minutes(rests), next_channels=tuple(ladder)
    )


@pytest.mark.parametrize(
    ("situation", "decision"),
    [
        (failing(1, 2, "sms"), Hold(NOON + minutes(2), "whatsapp fails and is left alone")),
        (failing(1, 9, "sms"), Hold(NOON + minutes(4), "whatsapp fails and is left alone")),  # not a minute longer
        (failing(4.99, 1, "sms"), Hold(NOON + minutes(0.01), "whatsapp fails and is left alone")),
        (failing(5, 1, "sms", "mail"), Divert("sms", "whatsapp fails and is left alone")),
        (failing(60, 9), Hold(NOON + minutes(9), "whatsapp fails and is left alone")),  # nowhere else to go
        (failing(60, 0, "sms"), Free()),  # its rest is over: this one is the trial
        (
            replace(failing(0, 3, "sms"), failing_since=None),
            Hold(NOON + minutes(3), "whatsapp fails and is left alone"),
        ),
    ],
)
def test_a_channel_that_fails_is_left_alone_and_another_tried_only_after_its_patience(
    situation: Situation, decision: object
) -> None:
    assert decide(situation) == decision


def test_pacing_holds_for_seconds_and_asks_nobody_else() -> None:
    free_at = NOON + timedelta(seconds=4)
    held = Hold(free_at, "pacing: one message in 6 seconds")
    assert decide(replace(FREE, pacing_free_at=free_at, next_channels=("sms",))) == held
    assert decide(replace(CLOSED, own_template=DUE, pacing_free_at=free_at)) == held
    assert decide(replace(FREE, pacing_free_at=NOON)) == Free()


# --- the window ----------------------------------------------------------------------------------------


def test_the_window_is_taken_for_closed_a_quarter_of_an_hour_before_24_hours() -> None:
    at_the_margin = window_after(NOON - timedelta(hours=23, minutes=45))
    assert decide(replace(FREE, window_expires_at=at_the_margin)) == Hold(None, WAITS)
    assert decide(replace(FREE, window_expires_at=at_the_margin + timedelta(microseconds=1))) == Free()
    assert decide(replace(FREE, window_expires_at=window_after(NOON - timedelta(hours=24)))) == Hold(None, WAITS)
    assert decide(replace(FREE, window_expires_at=None)) == Hold(None, WAITS)


def test_a_channel_without_a_window_needs_none() -> None:
    assert decide(replace(FREE, channel="sms", window_expires_at=None, has_window=False)) == Free()


def test_in_an_open_window_no_template_is_paid_for() -> None:
    assert decide(replace(FREE, own_template=DUE, door_template=DOOR)) == Free()


def test_outside_it_goes_as_its_own_template_at_once() -> None:
    assert decide(replace(CLOSED, own_template=DUE, door_template=DOOR, next_channels=("sms",))) == UseTemplate(DUE)


def test_a_message_without_a_template_goes_by_the_next_channel_or_behind_a_door() -> None:
    answer = replace(CLOSED, asked_for=True, door_template=DOOR)
    assert decide(replace(answer, next_channels=("sms",))) == Divert(
        "sms", "window closed, and no template may be sent"
    )
    assert decide(answer) == Hold(None, TOLD, DOOR)
    assert decide(replace(answer, door_was_sent=True)) == Hold(None, WAITS)
    assert decide(replace(answer, door_template=None)) == Hold(None, WAITS)


def test_a_door_that_may_not_be_sent_is_not_and_is_tried_when_it_may() -> None:
    answer = replace(CLOSED, asked_for=True, tier=250, people_outside=250, tier_free_at=NOON + minutes(90))
    assert decide(replace(answer, door_template=DOOR)) == Hold(
        NOON + minutes(90), "window closed: the number's limit of 250 people a day outside a window is reached"
    )
    held = decide(replace(CLOSED, asked_for=True, door_template=replace(DOOR, category="MARKETING")))
    assert isinstance(held, Hold) and held.door is None and held.until is None


def test_somebody_already_among_the_people_of_the_day_uses_nothing_more_up() -> None:
    full = replace(CLOSED, own_template=DUE, tier=250, people_outside=250, tier_free_at=NOON + minutes(90))
    assert isinstance(decide(full), Hold)
    assert decide(replace(full, is_new_outside=False)) == UseTemplate(DUE)
    assert decide(replace(full, tier=None)) == UseTemplate(DUE)


@pytest.mark.parametrize("free_at", [None, NOON, NOON - minutes(1)])
def test_a_limit_whose_end_is_unknown_or_past_is_waited_for_without_an_hour(free_at: datetime | None) -> None:
    full = replace(CLOSED, own_template=DUE, tier=250, people_outside=251, tier_free_at=free_at)
    held = decide(full)
    assert isinstance(held, Hold) and held.until is None and "limit of 250" in held.rule


def test_a_template_costs_up_to_the_last_of_todays_money_and_waits_for_tomorrows() -> None:
    poor = replace(CLOSED, own_template=DUE, budget_left_micros=799)
    assert decide(poor) == Hold(MIDNIGHT, "window closed: today's money is spent")
    # Money is counted by UTC, wherever the person is.
    assert decide(replace(poor, zone="America/Bogota", quiet=None)) == decide(poor)
    assert decide(replace(poor, budget_left_micros=800)) == UseTemplate(DUE)
    assert decide(replace(poor, budget_left_micros=None)) == UseTemplate(DUE)


def test_every_purpose_has_a_name_for_its_ladder() -> None:
    assert [purpose.value for purpose in For] == ["reply", "reminder", "checkin", "notice", "digest"]


def test_an_account_that_does_not_pay_sends_what_is_free_and_nothing_that_would_vanish() -> None:
    unpaid = replace(FREE, pays=False, free_replies_left=1)
    rule = "this month's free replies are used up, and the account has no payment method"
    january = datetime(2027, 1, 1, tzinfo=UTC)
    assert decide(unpaid) == Free()
    used_up = replace(unpaid, free_replies_left=0, free_again_at=january)
    assert decide(used_up) == Hold(january, rule)
    assert decide(replace(used_up, free_again_at=NOON)) == Hold(None, rule)
    assert decide(replace(used_up, next_channels=("sms",))) == Divert("sms", rule)
    assert decide(replace(used_up, pays=True)) == Free()
    knocking = replace(unpaid, window_expires_at=None, asked_for=True, door_template=DOOR)
    assert decide(knocking) == Hold(None, "window closed: templates need a payment method, and the account has none")


# --- days ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "zone", "tomorrow"),
    [
        ("2026-12-01T20:00", "America/Bogota", "2026-12-02T05:00"),
        ("2026-12-02T04:59", "America/Bogota", "2026-12-02T05:00"),
        ("2026-12-02T05:00", "America/Bogota", "2026-12-03T05:00"),
        ("2026-09-06T03:59", "America/Santiago", "2026-09-06T04:00"),  # 00:00 does not come: the day begins at 01:00
        ("2026-04-05T03:30", "America/Santiago", "2026-04-05T04:00"),  # 23:30 for the second time
        ("2026-10-25T00:30", "Atlantic/Azores", "2026-10-26T01:00"),  # 00:30, which comes twice
    ],
)
def test_a_day_begins_at_the_persons_own_midnight(now: str, zone: str, tomorrow: str) -> None:
    found = next_day(datetime.fromisoformat(now).replace(tzinfo=UTC), zone)
    assert found == datetime.fromisoformat(tomorrow).replace(tzinfo=UTC)


# --- whatever the situation ----------------------------------------------------------------------------

CLOCK_CHANGES = [
    ("Europe/Lisbon", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Lisbon", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 4, 5, 3, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 9, 6, 4, tzinfo=UTC)),
    ("America/Nuuk", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("America/Nuuk", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("America/Bogota", NOON),
    ("Asia/Kathmandu", NOON),
    ("Pacific/Kiritimati", NOON),
]


FEW = settings(max_examples=min(60, settings().max_examples))
"""A situation has many parts, and drawing them takes longer than deciding."""


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    zone, about = draw(st.sampled_from(CLOCK_CHANGES))
    now = about + draw(st.timedeltas(timedelta(hours=-40), timedelta(hours=40)))
    near = st.timedeltas(timedelta(hours=-30), timedelta(hours=30)).map(lambda span: now + span)
    quiet_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))
    templates = st.none() | st.builds(
        TemplateChoice,
        st.just("t"),
        st.just("en"),
        st.sampled_from(["UTILITY", "MARKETING"]),
        st.sampled_from([0, 1, 9, 800]),
    )
    status, asked_for = draw(st.sampled_from(PersonStatus)), draw(st.booleans())
    granted = draw(st.frozensets(st.sampled_from(Purpose)))
    suspended = draw(st.none() | near | st.just(UNTIL_ANSWERED))
    return Situation(
        now=now,
        channel="whatsapp",
        asked_for=asked_for,
        consent=may_contact(status, Consent(granted), suspended, Purpose.MESSAGES, asked_for=asked_for, now=now),
        zone=zone,
        pacing_free_at=draw(near | st.just(now)),
        quiet=draw(st.none() | st.just(NIGHT) | st.builds(QuietHours, quiet_times, quiet_times)),
        handed_over=draw(st.booleans()),
        unasked_is_off=draw(st.booleans()),
        can_reach=draw(st.booleans()),
        rests_until=draw(st.none() | near),
        failing_since=draw(st.none() | near.filter(lambda since: since <= now)),
        next_channels=draw(st.sampled_from([(), ("sms",), ("sms", "mail")])),
        has_window=draw(st.booleans()),
        window_expires_at=draw(st.none() | near),
        own_template=draw(templates),
        door_template=draw(templates),
        door_was_sent=draw(st.booleans()),
        pays=draw(st.booleans()),
        free_replies_left=draw(st.integers(-1, 1)),
        free_again_at=draw(st.none() | near),
        unasked_today=draw(st.integers(0, 3)),
        people_outside=draw(st.integers(0, 3)),
        tier=draw(st.none() | st.integers(1, 3)),
        tier_free_at=draw(st.none() | near),
        is_new_outside=draw(st.booleans()),
        budget_left_micros=draw(st.none() | st.sampled_from([0, 8, 800])),
    )


def usable(situation: Situation, template: TemplateChoice) -> bool:
    room = situation.tier is None or situation.people_outside < situation.tier or not situation.is_new_outside
    money = situation.budget_left_micros is None or template.price_micros <= situation.budget_left_micros
    return situation.pays and template.category == "UTILITY" and room and money


def is_quiet(situation: Situation) -> bool:
    """Say by the clock on the person's wall, and by nothing else, whether it is quiet there."""
    if situation.quiet is None:
        return False
    start, end, wall = situation.quiet.start, situation.quiet.end, to_wall(situation.now, situation.zone).time()
    return start <= wall < end if start <= end else not end <= wall < start


@FEW
@given(situations())
def test_a_hold_ends_in_the_future_or_when_they_write_and_names_its_rule(situation: Situation) -> None:
    decision = decide(situation)
    if isinstance(decision, Hold):
        assert decision.rule
        assert decision.until is None or decision.until > situation.now
        assert decision.door is None or decision.until is None


@FEW
@given(situations())
def test_a_divert_names_another_channel_on_which_they_can_be_reached(situation: Situation) -> None:
    decision = decide(situation)
    if isinstance(decision, Divert):
        assert decision.rule
        assert decision.channel == situation.next_channels[0] != situation.channel


@FEW
@given(situations())
def test_a_refusal_says_when_it_lifts(situation: Situation) -> None:
    decision = decide(situation)
    if isinstance(decision, Refuse):
        assert decision.rule and decision.lifts


@FEW
@given(situations())
def test_nothing_that_nobody_asked_for_leaves_in_quiet_hours_or_beside_a_human_or_over_the_cap(
    situation: Situation,
) -> None:
    if not situation.asked_for and (is_quiet(situation) or situation.handed_over or situation.unasked_today >= 2):
        decision = decide(situation)
        assert isinstance(decision, Hold | Refuse)
        assert not isinstance(decision, Hold) or decision.door is None


@FEW
@given(situations())
def test_without_permission_nothing_leaves_on_any_channel(situation: Situation) -> None:
    if not situation.consent.allowed:
        decision = decide(situation)
        assert isinstance(decision, Refuse) or (isinstance(decision, Hold) and decision.door is None)


@FEW
@given(situations(), st.booleans())
def test_who_stopped_gets_nothing_but_answers(situation: Situation, asked_for: bool) -> None:
    everything = Consent(frozenset(Purpose))
    stopped = may_contact(
        PersonStatus.STOPPED, everything, None, Purpose.MESSAGES, asked_for=asked_for, now=situation.now
    )
    decision = decide(replace(situation, consent=stopped, asked_for=asked_for))
    assert asked_for or isinstance(decision, Refuse)


@FEW
@given(situations())
def test_a_template_that_may_not_be_sent_is_never_used(situation: Situation) -> None:
    decision = decide(situation)
    if isinstance(decision, UseTemplate):
        assert decision.template == situation.own_template
        assert usable(situation, decision.template)
        assert situation.has_window and not window_open(situation.window_expires_at, situation.now)
    if isinstance(decision, Hold) and decision.door is not None:
        assert decision.door == situation.door_template
        assert usable(situation, decision.door)
        assert not situation.door_was_sent


@FEW
@given(situations())
def test_what_leaves_leaves_because_every_rule_agrees(situation: Situation) -> None:
    decision = decide(situation)
    if isinstance(decision, Free | UseTemplate):
        assert situation.consent.allowed
        assert situation.can_reach
        assert situation.rests_until is None or situation.rests_until <= situation.now
        assert situation.pacing_free_at <= situation.now
    if decision == Free():
        assert not situation.has_window or window_open(situation.window_expires_at, situation.now)
        assert not situation.has_window or situation.pays or situation.free_replies_left > 0


@FEW
@given(situations())
def test_a_channel_that_fails_is_passed_by_only_after_its_patience(situation: Situation) -> None:
    resting = situation.rests_until is not None and situation.rests_until > situation.now
    if resting and situation.can_reach and isinstance(decide(situation), Divert):
        assert situation.failing_since is not None
        assert situation.now - situation.failing_since >= situation.patience


@FEW
@given(situations())
def test_asking_never_makes_less_leave(situation: Situation) -> None:
    allowed = Permission(True, "an answer to what they wrote")
    before = decide(situation)
    after = decide(replace(situation, asked_for=True, consent=allowed))
    if isinstance(before, Free | UseTemplate):
        assert after == before


def when_it_is(now: datetime, situation: Situation) -> Situation:
    """Return the situation later on, when nothing else happened than that time passed."""
    new_day = local_date(now, situation.zone) > local_date(situation.now, situation.zone)
    freed = situation.tier_free_at is not None and now >= situation.tier_free_at
    return replace(
        situation,
        now=now,
        unasked_today=0 if new_day else situation.unasked_today,
        people_outside=0 if freed else situation.people_outside,
        budget_left_micros=None if now.date() > situation.now.date() else situation.budget_left_micros,
        free_replies_left=1 if situation.free_again_at is not None and now >= situation.free_again_at else 0,
        consent=YES if situation.consent.until is not None else situation.consent,
    )


@FEW
@given(situations())
def test_waiting_out_the_holds_ends_in_an_answer(situation: Situation) -> None:
    for _ in range(8):
        decision = decide(situation)
        if not isinstance(decision, Hold) or decision.until is None:
            return
        situation = when_it_is(decision.until, situation)
    raise AssertionError(f"still held: {situation}")


@given(st.sampled_from(CLOCK_CHANGES), st.timedeltas(timedelta(hours=-40), timedelta(hours=40)))
def test_tomorrow_is_later_than_now_and_the_next_date(change: tuple[str, datetime], span: timedelta) -> None:
    zone, about = change
    now = about + span
    tomorrow = next_day(now, zone)
    assert now < tomorrow <= now + timedelta(hours=26)
    assert local_date(tomorrow, zone) == local_date(now, zone) + timedelta(days=1)
    assert local_date(tomorrow - timedelta(seconds=1), zone) == local_date(now, zone)
