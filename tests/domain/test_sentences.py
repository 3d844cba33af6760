"""What Ivy says: in both languages, with the same facts, and never to shame."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.consent import StopMeaning, stop_meaning
from ivy.domain.plain_words import word_set, words_of
from ivy.domain.sentences import ENGLISH, SPANISH, Say, one_of, placeholders, say
from tests.cases import each_case

TABLES = {"en": ENGLISH, "es": SPANISH}
EVERY = [(language, key) for language in TABLES for key in Say]
SHAMING = word_set(
    "lost lose losing loss broke broken break fail failure failed lazy guilt guilty shame ashamed disappointed "
    "disappointing excuse excuses should must weak bad miss missed zero forfeit penalty "
    "perdido perdiste pierdes perder rota rompiste fallaste fracaso fracasaste vago vaga perezoso culpa verguenza "
    "decepcion excusa excusas deberias debes debiste malo mala cero castigo"
)


def test_both_languages_have_every_sentence() -> None:
    assert set(ENGLISH) == set(SPANISH) == set(Say)


@each_case("key", Say)
def test_both_languages_take_the_same_facts(key: Say) -> None:
    assert placeholders(ENGLISH[key]) == placeholders(SPANISH[key])


@each_case(("language", "key"), EVERY)
def test_a_sentence_is_one_short_bubble(language: str, key: Say) -> None:
    sentence = TABLES[language][key]
    longest = 280 if key.name.startswith("CARE_") else 160  # where help is to be found is said whole, at once
    assert 0 < len(sentence) <= longest
    assert "\n" not in sentence
    assert sentence == sentence.strip()


@each_case(("language", "key"), EVERY)
def test_no_sentence_shames_or_speaks_of_loss(language: str, key: Say) -> None:
    assert not SHAMING & set(words_of(TABLES[language][key]))


def test_the_list_of_shaming_words_would_catch_one() -> None:
    assert SHAMING & set(words_of("You broke your streak")) and SHAMING & set(
        words_of("Rompiste la racha: qué vergüenza")
    )


def test_spanish_says_tu() -> None:
    for sentence in SPANISH.values():
        assert not {"usted", "ustedes", "vosotros", "su", "sus"} & set(words_of(sentence))


def test_the_way_back_that_is_named_is_one() -> None:
    for table in TABLES.values():
        for key in (Say.STOPPED, Say.STOP_EVERYTHING):
            word = re.search(r"\b[A-Z]{4,}\b", table[key])
            assert word and stop_meaning(word[0]) is StopMeaning.START
        for key in (Say.STARTED_AGAIN, Say.INVITE_ACCEPTED):
            word = re.search(r"\b[A-Z]{4,}\b", table[key])
            assert word and stop_meaning(word[0]) is StopMeaning.STOP


def test_a_stranger_hears_that_ivy_is_an_ai() -> None:
    for key in (Say.STRANGER_INVITE, Say.STRANGER_LIST, Say.INVITE_ACCEPTED):
        assert " AI " in ENGLISH[key] and " IA" in SPANISH[key]


@pytest.mark.parametrize(
    ("language", "start"),
    [("en", "Sorry"), ("es", "Perdona"), ("es-CO", "Perdona"), ("ES_mx", "Perdona"), ("fr", "Sorry")],
)
def test_a_language_is_matched_by_its_base_and_falls_back_to_english(language: str, start: str) -> None:
    assert say(Say.TURN_FAILED, language).startswith(start)


@given(st.text(), st.text())
def test_facts_are_said_as_they_are(text: str, time: str) -> None:
    sentence = say(Say.REMINDER_LATE, "en", text=text, time=time)
    assert sentence == f"Sorry, this one was for {time} and I'm late: {text}"


@pytest.mark.parametrize("facts", [{}, {"text": "x", "more": "y"}, {"other": "x"}])
def test_missing_or_unknown_facts_are_an_error(facts: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="reminder takes"):
        say(Say.REMINDER, "en", **facts)


@pytest.mark.parametrize(
    ("options", "language", "expected"),
    [
        ([], "en", ""),
        (["the run"], "es", "the run"),
        (["the run", "yoga"], "en", "the run or yoga"),
        (["the run", "yoga", "rowing"], "en", "the run, yoga or rowing"),
        (["correr", "yoga"], "es", "correr o yoga"),
        (["correr", "otra cosa"], "es-CO", "correr u otra cosa"),
        (["yoga", "Hockey"], "es", "yoga u Hockey"),
    ],
)
def test_options_are_joined_as_people_say_them(options: list[str], language: str, expected: str) -> None:
    assert one_of(options, language) == expected
