"""Whether a question got to somebody: where a vendor tells so, only what it said; what they wrote afterwards says it too."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.arrival import TELLING, Sending, has_reached

EIGHT = datetime(2026, 11, 23, 20, tzinfo=UTC)
STATES = (
    "queued",
    "held",
    "sending",
    "unknown",
    "accepted",
    "sent",
    "delivered",
    "read",
    "failed",
    "cancelled",
    "lapsed",
)
MOMENTS = st.integers(-120, 120).map(lambda minutes: EIGHT + timedelta(minutes=minutes))
SENDINGS = st.builds(Sending, st.sampled_from(["whatsapp", "solo", "sms", "mail"]), st.sampled_from(STATES), MOMENTS)


def test_each_state_of_each_channel() -> None:
    reached = {
        (channel, state)
        for channel in ("whatsapp", "solo", "sms", "mail")
        for state in STATES
        if has_reached([Sending(channel, state, EIGHT)], None)
    }
    arrived = {(channel, state) for channel in ("whatsapp", "solo", "sms", "mail") for state in ("delivered", "read")}
    assert reached == arrived | {(channel, state) for channel in ("sms", "mail") for state in ("accepted", "sent")}


@given(SENDINGS, MOMENTS)
def test_who_wrote_after_it_left_got_it_and_who_wrote_before_may_not_have(sending: Sending, word: datetime) -> None:
    silent, heard = has_reached([sending], None), has_reached([sending], word)
    assert heard is (silent or (sending.state in ("accepted", "sent") and word >= sending.left_at))


@given(st.lists(SENDINGS, max_size=4), st.none() | MOMENTS, SENDINGS)
def test_another_sending_never_takes_one_back(sent: list[Sending], word: datetime | None, more: Sending) -> None:
    assert has_reached([*sent, more], word) is (has_reached(sent, word) or has_reached([more], word))
    assert not has_reached([], word)
    assert {"whatsapp", "solo"} == TELLING
