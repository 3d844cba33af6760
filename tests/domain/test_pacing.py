"""The pair rate: bursts are lent, and paid back."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.pacing import BURST, PACE, next_allowed

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
METAS_BURST = 45
REMEMBERED = timedelta(hours=1)
"""How far back the store looks for what was sent."""
_gaps = st.lists(st.floats(0, 30).map(lambda seconds: timedelta(seconds=seconds)), max_size=60)


def test_who_was_not_written_to_may_be_at_once() -> None:
    assert next_allowed([], NOW) == NOW


def test_a_burst_leaves_at_once_and_the_next_waits_six_seconds() -> None:
    assert next_allowed([NOW] * (BURST - 1), NOW) == NOW
    assert next_allowed([NOW] * BURST, NOW) == NOW + PACE
    assert next_allowed([NOW] * (BURST + 4), NOW) == NOW + 5 * PACE


def test_silence_fills_the_bucket_again() -> None:
    assert next_allowed([NOW] * BURST, NOW + BURST * PACE) == NOW + BURST * PACE


@given(_gaps, st.randoms(use_true_random=False))
def test_sending_as_soon_as_allowed_keeps_the_average_in_every_span(gaps: list[timedelta], chance: Random) -> None:
    sent, wish = list[datetime](), NOW
    for gap in gaps:
        wish = max(wish + gap, *sent) if sent else wish + gap
        chance.shuffle(shuffled := list(sent))
        at = next_allowed(shuffled, wish)
        assert at >= wish
        sent.append(at)
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert last - first + 1 <= BURST + (sent[last] - sent[first]) / PACE + 1e-6


@given(_gaps)
def test_once_allowed_stays_allowed(gaps: list[timedelta]) -> None:
    sent = [NOW + sum(gaps[:n], timedelta(0)) for n in range(len(gaps))]
    at = next_allowed(sent, NOW)
    assert next_allowed(sent, at) == at
    assert next_allowed(sent, at + PACE) == at + PACE


# --- a busy day ----------------------------------------------------------------------------------------


def refused_by_meta(sent: list[datetime]) -> int:
    """Count what a bucket of 45 that fills by one in six seconds would not let through."""
    refused, level, before = 0, float(METAS_BURST), sent[0] if sent else NOW
    for at in sent:
        level, before = min(METAS_BURST, level + (at - before) / PACE), at
        if level < 1:
            refused += 1
        else:
            level -= 1
    return refused


def a_day(chance: Random, bursts: int) -> list[datetime]:
    """Return when messages to one person are wished for: bursts over a day, some of them long, some at one moment."""
    wishes = list[datetime]()
    for _burst in range(bursts):
        begin = NOW + timedelta(seconds=chance.uniform(0, 86_400))
        wishes += [
            begin + timedelta(seconds=chance.choice((0.0, chance.uniform(0, 60))))
            for _ in range(chance.choice((1, 3, 20, 60)))
        ]
    return sorted(wishes)


@settings(max_examples=min(30, settings().max_examples))
@given(st.randoms(use_true_random=False), st.integers(1, 12))
def test_over_a_busy_day_meta_lets_every_message_through_and_none_is_late_without_need(
    chance: Random, bursts: int
) -> None:
    sent = list[datetime]()
    for wish in a_day(chance, bursts):
        now = max(wish, sent[-1]) if sent else wish  # one lane: in order
        at = next_allowed([instant for instant in sent if instant >= now - REMEMBERED], now)
        while at > now:  # held, and asked again with what is known then
            now = at
            at = next_allowed([instant for instant in sent if instant >= now - REMEMBERED], now)
        sent.append(at)
    assert refused_by_meta(sent) == 0
    for first, at in enumerate(sent[BURST:]):
        assert at - sent[first] >= PACE * 0.999, "more than was lent"


def test_hours_without_a_pause_keep_the_average_although_only_the_last_hour_is_remembered() -> None:
    sent = list[datetime]()
    for _number in range(1500):
        now = sent[-1] if sent else NOW
        sent.append(next_allowed([instant for instant in sent if instant >= now - REMEMBERED], now))
    assert refused_by_meta(sent) == 0


def test_the_bucket_of_meta_would_refuse_what_is_sent_without_pacing() -> None:
    assert refused_by_meta([NOW] * 46) == 1
    assert refused_by_meta([NOW] * 45 + [NOW + PACE]) == 0
