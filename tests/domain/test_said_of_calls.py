"""Words about calls that need no model: what counts as them, and what must not."""

import pytest

from ivy.domain.consent import StopMeaning, stop_meaning
from ivy.domain.said_of_calls import (
    says_they_were_there,
    speaks_of_no_calls_today,
    wants_calls_again,
    wants_no_calls_today,
)

THERE = (
    "I was there", "I was there!", "But I did answer", "no, I did answer the phone", "I answered your call", "I picked up",
    "Hey, you hung up on me", "that wasn't my voicemail", "Sí estaba", "pero si contesté",
    "¡Sí te contesté!", "yo estaba ahí", "Contesté la llamada", "me colgaste", "no era el buzón de voz", "Perdona, estaba aquí",
)  # fmt: skip
NOT_THERE = (
    "I was there last summer and it rained", "I was there at six", "did I answer?", "estaba en una reunión", "I did it",
    "no contesté", "I didn't answer", "no estaba", "hecho", "I was busy", "", "☎️",
)  # fmt: skip
AGAIN = (
    "call me again", "Call me again please", "you can call me again", "You can call me", "I want calls again", "puedes llamarme",
    "Ya me puedes llamar", "puede llamarme", "vuelve a llamarme", "llámame otra vez", "quiero llamadas otra vez",
)  # fmt: skip
NOT_AGAIN = (
    "call me at 7",
    "don't call me again",
    "no me llames otra vez",
    "you can call my mum",
    "no puedes llamarme",
    "call",
)
NOT_TODAY = (
    "don't call me today", "Please don't call me today, I'm sick", "dont call today", "no calls today", "no more calls today",
    "Just don't call me today", "today no calls please", "No me llames hoy", "hoy no me llames", "Por favor, no me llame hoy",
    "no llamadas hoy", "hoy sin llamadas", "ya no me llames hoy", "hoy no hace falta que me llames", "no me llames esta noche",
)  # fmt: skip
NOT_ABOUT_TODAY = (
    "don't call me", "no me llames", "no me llames más", "don't call me today or ever again", "call me today", "llámame hoy",
    "don't text me today", "no me llames hoy antes de las 8", "no calls today, except at 6", "cancela la cita de hoy", "hoy no",
    "dile a Ana que no me llame hoy",
)  # fmt: skip


@pytest.mark.parametrize(
    ("says", "these", "others"),
    [
        (says_they_were_there, THERE, NOT_THERE + NOT_TODAY + AGAIN),
        (wants_calls_again, AGAIN, NOT_AGAIN + NOT_TODAY + THERE),
        (wants_no_calls_today, NOT_TODAY, NOT_ABOUT_TODAY + AGAIN + THERE),
    ],
)
def test_only_a_whole_message_that_says_so_counts(
    says: object, these: tuple[str, ...], others: tuple[str, ...]
) -> None:
    assert callable(says)
    assert [words for words in these if not says(words)] == []
    assert [words for words in others if says(words)] == []


def test_a_day_without_calls_is_no_stop_and_a_stop_is_no_day_without_calls() -> None:
    assert {stop_meaning(words) for words in (*NOT_TODAY, *AGAIN, *THERE)} == {StopMeaning.NONE}
    for words in ("STOP", "no me llames más", "stop calling me", "don't call me", "baja"):
        assert not wants_no_calls_today(words) and not wants_calls_again(words)


def test_on_the_phone_the_wish_may_be_one_sentence_among_others() -> None:
    for words in NOT_TODAY:
        assert speaks_of_no_calls_today(words)
        assert speaks_of_no_calls_today(f"I'm in bed with a cold. {words}. Bye!")
    for words in NOT_ABOUT_TODAY:
        assert not speaks_of_no_calls_today(f"Well. {words}. Bye")
