"""What a message costs decides, where no template is in it either: a text by SMS, free text in an open window."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.consent import Permission
from ivy.domain.routing import LOOK_AGAIN, SPEND_BLOCKED, Free, Hold, Situation, decide

NOW = datetime(2026, 12, 1, 23, tzinfo=UTC)
MIDNIGHT = datetime(2026, 12, 2, tzinfo=UTC)
ALLOWED = Permission(True, "")


def situation(channel: str, left: int | None, price: int) -> Situation:
    return Situation(
        now=NOW,
        channel=channel,
        asked_for=False,
        consent=ALLOWED,
        zone="UTC",
        pacing_free_at=NOW,
        has_window=channel == "whatsapp",
        window_expires_at=NOW + timedelta(hours=5),
        budget_left_micros=left,
        price_micros=price,
    )


@given(st.sampled_from(["whatsapp", "sms", "mail"]), st.none() | st.integers(0, 100), st.integers(0, 100))
def test_a_message_goes_up_to_the_last_of_the_money_and_waits_for_tomorrows(
    channel: str, left: int | None, price: int
) -> None:
    fits = left is None or price <= left
    assert decide(situation(channel, left, price)) == (Free() if fits else Hold(MIDNIGHT, "today's money is spent"))


def test_what_is_exempt_has_no_budget_to_look_at() -> None:
    assert decide(situation("sms", None, 10**9)) == Free()


def test_while_money_is_blocked_what_costs_waits_and_what_is_free_goes() -> None:
    blocked = replace(situation("sms", None, 1), spend_is_blocked=True)
    assert decide(blocked) == Hold(NOW + LOOK_AGAIN, SPEND_BLOCKED)
    assert decide(replace(blocked, price_micros=0)) == Free()
