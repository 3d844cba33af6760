"""The phone as a rung of the ladder: what the rule of calls says becomes what happens to the message."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import dialing
from ivy.domain.routing import CALL, CHANNELS, Divert, Free, Hold, Refuse, Situation, check, decide
from ivy.errors import ConfigError
from tests.domain.test_routing import FREE, NOON, STOPPED, YES, minutes

PHONE = replace(FREE, channel=CALL, has_window=False, window_expires_at=None, dialling=dialing.Dial())
HOURS = "calling hours of US"


def told(dialling: dialing.Decision, *rest: str, asked_for: bool = True) -> Situation:
    return replace(PHONE, dialling=dialling, next_channels=rest, asked_for=asked_for)


def test_what_may_be_dialled_is_read_out() -> None:
    assert decide(PHONE) == Free()


def test_a_call_that_must_wait_makes_its_message_wait() -> None:
    waits = dialing.Wait(NOON + minutes(3), "all 10 lines are in use", queued=True)
    assert decide(told(waits, "mail")) == Hold(NOON + minutes(3), "all 10 lines are in use")


def test_a_call_that_may_not_be_made_leaves_it_to_mail_or_to_another_hour() -> None:
    refused = dialing.Refuse(HOURS, fault=False, until=NOON + timedelta(hours=9))
    assert decide(told(refused, "mail")) == Divert("mail", HOURS)
    assert decide(told(refused)) == Hold(NOON + timedelta(hours=9), HOURS)
    for until in (None, NOON, NOON - minutes(1)):  # not known, or over: it waits for its patience
        assert decide(told(dialing.Refuse(HOURS, fault=True, until=until))) == Hold(None, HOURS)


def test_who_is_not_to_be_phoned_is_written_to_or_left() -> None:
    nobody = replace(PHONE, can_reach=False)
    assert decide(replace(nobody, next_channels=("mail",))) == Divert("mail", "they are not to be phoned")
    refused = decide(nobody)
    assert isinstance(refused, Refuse)
    assert refused.reason == "they are not to be phoned; lifts when they agree to calls, and calls are switched on"


DIALLINGS = st.one_of(
    st.just(dialing.Dial()),
    st.builds(dialing.Wait, st.integers(1, 10_000).map(lambda s: NOON + timedelta(seconds=s)), st.just("wait")),
    st.builds(
        dialing.Refuse,
        st.just("refused"),
        st.booleans(),
        st.none() | st.integers(-100, 100_000).map(lambda s: NOON + timedelta(seconds=s)),
    ),
)


@given(
    dialling=DIALLINGS,
    allowed=st.booleans(),
    asked_for=st.booleans(),
    unasked=st.integers(0, 4),
    rest=st.sampled_from([(), ("mail",), ("sms", "mail")]),
    can_reach=st.booleans(),
    rests=st.none() | st.integers(-60, 3600),
)
def test_no_message_is_read_out_that_the_rule_of_calls_or_of_messages_forbids(
    dialling: dialing.Decision,
    allowed: bool,
    asked_for: bool,
    unasked: int,
    rest: tuple[str, ...],
    can_reach: bool,
    rests: int | None,
) -> None:
    until = None if rests is None else NOON + timedelta(seconds=rests)
    found = decide(
        replace(
            told(dialling, *rest, asked_for=asked_for),
            consent=YES if allowed else STOPPED,
            unasked_today=unasked,
            can_reach=can_reach,
            rests_until=until,
            failing_since=until and NOON - timedelta(minutes=9),
        )
    )
    if isinstance(found, Free):
        assert isinstance(dialling, dialing.Dial)
        assert allowed and can_reach
        assert asked_for or unasked < 2
        assert until is None or until <= NOON
    if isinstance(found, Hold):
        assert found.until is None or found.until > NOON
    if isinstance(found, Divert):
        assert found.channel == rest[0]
    assert isinstance(found, Free | Hold | Divert | Refuse)
    if not allowed:
        assert isinstance(found, Refuse)


def test_a_ladder_names_channels_that_there_are_and_each_once() -> None:
    check({"reminder": CHANNELS, "reply": (), "notice": ("mail", CALL)})
    with pytest.raises(
        ConfigError, match=r'^routing\.notice: "phone" is no channel; possible are whatsapp, solo, sms, call, mail'
    ):
        check({"reply": ("whatsapp",), "notice": ("whatsapp", "phone")})
    with pytest.raises(ConfigError, match=r"^routing\.digest names a channel twice"):
        check({"digest": ("mail", "mail")})


def at(hour: int) -> datetime:
    return NOON.replace(hour=hour)


def test_quiet_hours_bind_what_nobody_asked_for_before_any_rule_of_calls() -> None:
    night = replace(told(dialing.Dial(), asked_for=False), now=at(23))
    assert isinstance(decide(night), Hold)
    assert decide(replace(night, asked_for=True)) == Free()
