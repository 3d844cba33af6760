"""Common sentences about oneself are read, and what says nothing that lasts costs nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.facts import Kind
from ivy.domain.facts_said import may_hold_something, read
from ivy.domain.plain_words import words_of

SAID = {
    "I prefer morning calls": (Kind.PREFERENCE, "call time", "morning"),
    "I'd rather be called in the evening": (Kind.PREFERENCE, "call time", "evening"),
    "from now on call me at 8 pm": (Kind.PREFERENCE, "call time", "20:00"),
    "prefiero que me llames por la tarde": (Kind.PREFERENCE, "call time", "afternoon"),
    "mejor llámame a las 7 de la mañana": (Kind.PREFERENCE, "call time", "07:00"),
    "I prefer texts to calls": (Kind.PREFERENCE, "contact way", "text"),
    "prefiero llamadas en vez de mensajes": (Kind.PREFERENCE, "contact way", "voice"),
    "háblame en inglés": (Kind.PREFERENCE, "language", "en"),
    "please keep it short": (Kind.PREFERENCE, "tone", "brief"),
    "sé más breve": (Kind.PREFERENCE, "tone", "brief"),
    "use miles please": (Kind.PREFERENCE, "units", "imperial"),
    "usa kilómetros": (Kind.PREFERENCE, "units", "metric"),
    "I'm allergic to nuts": (Kind.CONSTRAINT, "allergy nuts", ""),
    "soy alérgica a las nueces": (Kind.CONSTRAINT, "allergy nueces", ""),
    "my knee hurts": (Kind.CONSTRAINT, "pain knee", "hurts"),
    "my left knee is really sore": (Kind.CONSTRAINT, "pain knee", "hurts"),
    "my knee is fine now": (Kind.CONSTRAINT, "pain knee", "well"),
    "me duele la rodilla": (Kind.CONSTRAINT, "pain rodilla", "hurts"),
    "ya no me duele la rodilla": (Kind.CONSTRAINT, "pain rodilla", "well"),
    "soy vegana": (Kind.CONSTRAINT, "diet", "vegana"),
    "my sister is called Ana": (Kind.RELATION, "sister ana", "ana"),
    "my mother's name is Eva": (Kind.RELATION, "mother", "eva"),
    "mi hermana se llama Ana": (Kind.RELATION, "hermana ana", "ana"),
    "my goal is to run a marathon": (Kind.GOAL, "goal", "run a marathon"),
    "entreno para una media maratón": (Kind.GOAL, "goal", "una media maraton"),
    "I live in Madrid": (Kind.FACT, "home", "madrid"),
    "trabajo de noche": (Kind.SCHEDULE, "work", "de noche"),
    "my birthday is on 5 May": (Kind.FACT, "birthday", "5 may"),
    "I hate burpees": (Kind.PREFERENCE, "burpees", "dislike"),
    "me encanta nadar": (Kind.PREFERENCE, "nadar", "like"),
    "I prefer tea": (Kind.PREFERENCE, "", ""),
}
NOTHING = (
    "hi", "thanks!", "done", "yes", "skip", "how are you?", "I spent $50 on lunch", "book appointment tomorrow 2pm",
    "remind me at 9 to call mom", "what do you know about me?", "I did 30 minutes of yoga", "plan a run today",
    "gasté 50 lucas en almuerzo", "recuérdame mañana llamar a Juan", "do you like calls in the morning?", "call me at 8 instead",
    "¿prefiero algo?", "hecho", "qué tengo mañana", "cuánto gasté en café", "show my streak", "move it to Friday", "👍", "",
)  # fmt: skip


@pytest.mark.parametrize("words", SAID)
def test_a_common_sentence_is_read(words: str) -> None:
    (found,) = read(words)
    assert (found.kind, found.subject, found.value) == SAID[words]
    assert set(words_of(found.text)) <= set(words_of(words))


def test_what_is_read_is_always_worth_asking_a_model_about() -> None:
    assert [words for words in SAID if not may_hold_something(words)] == []


def test_orders_answers_and_small_talk_hold_nothing() -> None:
    assert [words for words in NOTHING if may_hold_something(words) or read(words)] == []


def test_each_clause_says_its_own_and_questions_none() -> None:
    words = "Hey Ivy, remember that I'm vegan and my knee hurts. Do I prefer calls? By the way, my dog is called Rex!"
    assert [each.text for each in read(words)] == ["I'm vegan", "my knee hurts", "my dog is called Rex"]


@given(st.text(max_size=300))
def test_no_text_breaks_it_and_what_is_read_stands_there(words: str) -> None:
    for each in read(words):
        assert each.text in words
