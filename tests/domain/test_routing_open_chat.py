"""Somebody with two chats: what the one is shut for goes by the other, and no template is paid for while it can."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.consent import Permission
from ivy.domain.routing import Divert, Free, Refuse, Situation, TemplateChoice, UseTemplate, decide

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
SHUT = Situation(
    now=NOON,
    channel="whatsapp",
    asked_for=True,
    consent=Permission(True, "consent given"),
    zone="Europe/Lisbon",
    pacing_free_at=NOON,
    own_template=TemplateChoice("reminder_due", "es", price_micros=800),
    next_channels=("solo", "sms"),
    window_expires_at=NOON - timedelta(hours=1),
)
OPEN = replace(SHUT, open_chat="solo")


def test_the_open_chat_comes_before_a_template() -> None:
    assert isinstance(decide(SHUT), UseTemplate)
    assert decide(OPEN) == Divert("solo", "window closed, and another chat of theirs is open")


def test_an_open_window_is_used_as_it_is_and_who_said_stop_hears_nothing() -> None:
    assert decide(replace(OPEN, window_expires_at=NOON + timedelta(hours=20))) == Free()
    assert isinstance(decide(replace(OPEN, consent=Permission(False, "they said stop"))), Refuse)


@given(st.builds(
    replace,
    st.just(OPEN),
    own_template=st.sampled_from([None, SHUT.own_template]),
    door_template=st.sampled_from([None, TemplateChoice("answer_ready", "es", price_micros=800)]),
    asked_for=st.booleans(),
    pays=st.booleans(),
    unasked_today=st.integers(0, 3),
    handed_over=st.booleans(),
    spend_is_blocked=st.booleans(),
    budget_left_micros=st.sampled_from([None, 0, 800]),
))  # fmt: skip
def test_while_it_is_open_nothing_is_paid_for(situation: Situation) -> None:
    assert not isinstance(decide(situation), UseTemplate)
    assert getattr(decide(situation), "door", None) is None
