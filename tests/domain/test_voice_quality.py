"""How a call sounded, reckoned from its report; and when many of them are worth an operator's look."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.calls import CallOutcome, Report, Spoken, Verdict, without_words
from ivy.domain.voice_quality import FEWEST_CALLS, LONGEST_WAIT_MS, Quality, Summary, quality, summary

TALK = (
    Spoken("agent", "Hi, it's Ivy.", 1.0, 2.5),
    Spoken("person", "Hello, I slept well.", 3.0, 5.0),
    Spoken("agent", "Good. What do you", 6.0, 8.0),
    Spoken("person", "A run at six.", 7.5, 9.0),
    Spoken("agent", "Planned.", 12.0, 13.0),
)
BY_PERSON = Verdict(CallOutcome.COMPLETED, needs_words=True, by_person=True)
ENDED = Report("retell", "c1", seen=("ended",), verdict=BY_PERSON, duration_seconds=20.0, spoken=TALK)
FINE = Quality(900, 0, 2.0, False)
EARLY = replace(FINE, hung_up_early=True)


def test_a_call_is_judged_from_its_turns() -> None:
    assert quality(ENDED) == Quality(2000, 1, 7.0, False)
    assert quality(without_words(ENDED)) == quality(ENDED)


def test_the_providers_own_measure_of_the_wait_is_believed_first() -> None:
    found = quality(replace(ENDED, latency_ms=850))
    assert found is not None
    assert found.answer_wait_ms == 850


def test_what_the_provider_told_no_times_of_is_not_known() -> None:
    untimed = replace(ENDED, spoken=tuple(replace(turn, start=None, end=None) for turn in TALK))
    assert quality(untimed) == Quality(None, None, None, False)


def test_who_hangs_up_within_ten_seconds_did_so_early() -> None:
    silent = replace(ENDED, spoken=TALK[:1], duration_seconds=6.0)
    assert silent.outcome is CallOutcome.DECLINED
    assert quality(silent) == Quality(None, 0, 3.5, True)
    by_agent = replace(silent, verdict=replace(BY_PERSON, by_person=False), spoken=TALK[:2])
    assert quality(by_agent) == Quality(None, 0, 1.0, False)
    assert quality(replace(ENDED, duration_seconds=10.0)) == Quality(2000, 1, 3.0, False)


def test_a_call_that_nobody_picked_up_has_no_sound() -> None:
    assert quality(Report()) is None
    assert quality(replace(ENDED, verdict=Verdict(CallOutcome.MISSED))) is None
    assert quality(replace(ENDED, spoken=(), duration_seconds=40.0)) is None


_times = st.lists(st.floats(0, 600), min_size=2, max_size=20)


@given(_times)
def test_no_wait_nor_silence_is_ever_negative(times: list[float]) -> None:
    turns = tuple(
        Spoken(("agent", "person")[n % 2], "words", *sorted(pair))
        for n, pair in enumerate(zip(times[::2], times[1::2], strict=False))
    )
    found = quality(replace(ENDED, spoken=(*turns, Spoken("person", "words", 1.0, 2.0))))
    assert found is not None
    assert (found.answer_wait_ms or 0) >= 0
    assert (found.longest_silence or 0) >= 0
    assert (found.interruptions or 0) >= 0


def test_many_calls_are_summed() -> None:
    waits = [replace(FINE, answer_wait_ms=each) for each in (500, 700, 900, 3000)]
    assert summary([*waits, replace(EARLY, answer_wait_ms=None)]) == Summary(5, 1, 700, 3000)
    assert summary([]) == Summary()
    assert summary([]).early_share == 0


def test_a_threshold_must_be_passed_by_twenty_calls() -> None:
    slow = replace(EARLY, answer_wait_ms=LONGEST_WAIT_MS + 400)
    assert summary([slow] * (FEWEST_CALLS - 1)).complaints == ()
    assert summary([slow] * FEWEST_CALLS).complaints == (
        "20 of 20 people hung up within 10 s",
        "half of the calls have their people wait 2.4 s or more for an answer",
    )
    assert summary([FINE] * 15 + [EARLY] * 5).complaints == ()
    assert summary([FINE] * 14 + [EARLY] * 6).complaints == ("6 of 20 people hung up within 10 s",)
    assert summary([replace(FINE, answer_wait_ms=LONGEST_WAIT_MS)] * 20).complaints == ()
    assert summary([replace(FINE, answer_wait_ms=None)] * 20).complaints == ()
