"""The switch that blocks spending: nothing that costs is begun, whatever way it would take; what is free still goes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.consent import Permission
from ivy.domain.routing import (
    LOOK_AGAIN,
    SPEND_BLOCKED,
    Divert,
    Free,
    Hold,
    Refuse,
    Situation,
    TemplateChoice,
    UseTemplate,
    decide,
)

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
WAITS = Hold(NOW + LOOK_AGAIN, SPEND_BLOCKED)
OWN = TemplateChoice("checkin_due", "en", price_micros=5)

situations = st.builds(
    Situation,
    now=st.just(NOW),
    channel=st.sampled_from(["whatsapp", "sms", "mail"]),
    asked_for=st.booleans(),
    consent=st.builds(Permission, st.booleans(), st.just("rule")),
    zone=st.just("UTC"),
    pacing_free_at=st.sampled_from([NOW, NOW + timedelta(seconds=6)]),
    has_window=st.booleans(),
    window_expires_at=st.none() | st.sampled_from([NOW - timedelta(hours=1), NOW + timedelta(hours=1)]),
    own_template=st.none() | st.just(OWN),
    next_channels=st.sampled_from([(), ("sms",)]),
    can_reach=st.booleans(),
    unasked_today=st.integers(0, 3),
    price_micros=st.sampled_from([0, 7]),
    budget_left_micros=st.none() | st.integers(0, 10),
)


@given(situations)
def test_nothing_that_costs_leaves_and_all_else_is_as_it_was(situation: Situation) -> None:
    usual, blocked = decide(situation), decide(replace(situation, spend_is_blocked=True))
    is_free = isinstance(usual, Free) and situation.price_micros == 0
    if isinstance(usual, UseTemplate) or (isinstance(usual, Free) and not is_free):
        assert blocked == WAITS
    elif isinstance(usual, Refuse | Divert) or is_free:
        assert blocked == usual
    else:
        assert isinstance(blocked, Hold)
