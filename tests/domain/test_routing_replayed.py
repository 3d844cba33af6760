"""What comes late by an operator's plan waits for the person's morning, whether they asked for it or not."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.consent import Permission
from ivy.domain.routing import Free, Hold, Situation, TemplateChoice, UseTemplate, decide
from ivy.domain.windows import QuietHours, quiet_until

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NIGHT = QuietHours(time(22), time(7))
ANSWER = Situation(
    now=NOON,
    channel="whatsapp",
    asked_for=True,
    consent=Permission(True, "an answer to what they wrote"),
    zone="Europe/Madrid",
    pacing_free_at=NOON,
    quiet=NIGHT,
    window_expires_at=NOON + timedelta(hours=20),
)


@given(st.integers(-720, 720), st.sampled_from(["Europe/Madrid", "Asia/Tokyo", "America/Bogota"]), st.booleans())
def test_nobody_is_woken_by_what_comes_late(minutes: int, zone: str, asked_for: bool) -> None:
    now = NOON + timedelta(minutes=minutes)
    late = replace(ANSWER, now=now, zone=zone, asked_for=asked_for, replayed=True, pacing_free_at=now)
    decided = decide(late)
    wakes = quiet_until(NIGHT, zone, now)
    assert isinstance(decided, Free) if wakes is None else decided == Hold(wakes, "quiet hours")


def test_an_answer_of_this_moment_goes_at_any_hour() -> None:
    night = replace(ANSWER, now=NOON + timedelta(hours=11), pacing_free_at=NOON)
    assert decide(night) == Free()
    closed = replace(night, window_expires_at=None, own_template=TemplateChoice("answer_ready", "en"))
    assert isinstance(decide(closed), UseTemplate)
    assert isinstance(decide(replace(closed, replayed=True)), Hold)
