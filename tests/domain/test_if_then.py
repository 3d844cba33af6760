"""One sentence, kept as fields and said back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.if_then import LONGEST, SMALL, IfThen, field, parted, said_in, sentence

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("plan", "language", "said"),
    [
        (IfThen(DAY, "run"), "en", "Run."),
        (IfThen(DAY, "run", "it is six"), "en", "If it is six, then run."),
        (IfThen(DAY, "run", "it is six", "it rains", "stairs"), "en", "If it is six, then run; if it rains, then stairs."),
        (IfThen(DAY, "run", "", "it rains"), "en", f"Run; if it rains, then {SMALL['en']}."),
        (IfThen(DAY, "run", "", "", "stairs"), "en", "Run; or at least stairs."),
        (IfThen(DAY, "correr", "son las seis", "llueve", "escaleras"), "es",
         "Si son las seis, entonces correr; si llueve, entonces escaleras."),
        (IfThen(DAY, "correr", "", "", "escaleras"), "es", "Correr; o al menos escaleras."),
        (IfThen(DAY, "run", "it is six", "it rains", "stairs", place="in the park"), "en",
         "If it is six, then run in the park; if it rains, then stairs."),
        (IfThen(DAY, "run", "I leave work", place="the park"), "en", "If I leave work, then run at the park."),
        (IfThen(DAY, "yoga", place="home"), "en", "Yoga at home."),
        (IfThen(DAY, "run", "it is six", place="outside"), "en", "If it is six, then run outside."),
        (IfThen(DAY, "run in the park", "it is six", place="the park"), "en", "If it is six, then run in the park."),
        (IfThen(DAY, "correr", "son las seis", "llueve", "escaleras", place="en el parque"), "es",
         "Si son las seis, entonces correr en el parque; si llueve, entonces escaleras."),
        (IfThen(DAY, "yoga", "llego", place="casa"), "es", "Si llego, entonces yoga en casa."),
        (IfThen(DAY, "run", "6pm"), "en", "If it is 6pm, then run."),
        (IfThen(DAY, "run", "at 18:30"), "en", "If it is 18:30, then run."),
        (IfThen(DAY, "correr", "a la 1 pm"), "es", "Si es la 1 pm, entonces correr."),
        (IfThen(DAY, "correr", "a las 10"), "es", "Si son las 10, entonces correr."),
    ],
)  # fmt: skip
def test_it_is_said_as_far_as_it_is_known(plan: IfThen, language: str, said: str) -> None:
    assert sentence(plan, language) == said


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("if it is six", "it is six"),
        (" When I get home, ", "I get home"),
        ("and if it rains", "it rains"),
        ("then run.", "run"),
        ("Si llueve", "llueve"),
        ("cuando llegue a casa", "llegue a casa"),
        ("if", "if"),
        ("iffy weather", "iffy weather"),
        ("  ", ""),
    ],
)
def test_the_small_words_are_the_sentences_own(words: str, kept: str) -> None:
    assert field(words) == kept


WORDS = st.text(st.sampled_from("ab einthoym5:"), max_size=30).map(field)


@given(st.builds(IfThen, st.just(DAY), WORDS, WORDS, WORDS, WORDS, place=WORDS), st.sampled_from(["en", "es"]))
def test_each_field_is_heard_in_the_sentence(plan: IfThen, language: str) -> None:
    said = sentence(plan, language).lower()
    assert plan.workout.lower() in said
    assert all(part.lower() in said for part in (plan.place, plan.barrier))


@given(WORDS, st.sampled_from(["at home", "in the park", "en el parque", "en casa", ""]), st.sampled_from(["en", "es"]))
def test_a_place_is_taken_apart_once_and_stays_said(words: str, where: str, language: str) -> None:
    plan = parted(IfThen(DAY, f"run {words} {where}".strip(), "it is six"), language)
    assert parted(plan, language) == plan
    assert where in sentence(plan, language)


@given(st.text(max_size=300))
def test_a_field_is_short_and_of_one_line(words: str) -> None:
    kept = field(words)
    assert len(kept) <= LONGEST
    assert kept == " ".join(kept.split())


@pytest.mark.parametrize(
    ("text", "language", "plan"),
    [
        ("If it's six then I'll run; if it rains, then ten minutes of stairs.", "en",
         IfThen(DAY, "run", "it's six", "it rains", "ten minutes of stairs")),
        ("Okay so when I am home, I run", "en", IfThen(DAY, "run", "I am home")),
        ("Si son las seis entonces corro, y si llueve entonces diez minutos de escaleras", "es",
         IfThen(DAY, "corro", "son las seis", "llueve", "diez minutos de escaleras")),
        ("If it's six and I am home then I'll run", "en", IfThen(DAY, "run", "it's six", place="home")),
        ("When it is seven, then I walk in the park", "en", IfThen(DAY, "walk", "it is seven", place="in the park")),
        ("Cuando sean las siete y esté en casa, entonces yoga", "es",
         IfThen(DAY, "yoga", "sean las siete", place="en casa")),
        ("Si son las siete entonces camino por el parque", "es",
         IfThen(DAY, "camino", "son las siete", place="por el parque")),
        ("If it is six then twenty minutes on the bike", "en", IfThen(DAY, "twenty minutes on the bike", "it is six")),
        ("I don't know yet", "en", None),
        ("If it rains, then ¿¿", "en", None),  # what they would do then, they did not say
        ("No sé todavía", "es", None),
    ],
)  # fmt: skip
def test_a_sentence_in_so_many_words_is_read(text: str, language: str, plan: IfThen | None) -> None:
    assert said_in(text, DAY, language) == plan


@given(st.text(max_size=200), st.sampled_from(["en", "es"]))
def test_any_text_may_be_read(text: str, language: str) -> None:
    plan = said_in(text, DAY, language)
    assert plan is None or plan.workout
