"""One sentence, kept as fields and said back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.if_then import LONGEST, SMALL, IfThen, field, said_in, sentence

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
