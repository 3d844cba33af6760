"""Prose around numbers: each number in it was counted, in figures or in words, or the prose is left out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.invented_numbers import check, names_one

GIVEN = {Decimal(number) for number in ("4", "5", "160", "12", "25", "4.50", "10000", "35", "11")}

TRUE = [
    "You trained 4 of 5 times, 160 minutes in all.",
    "Four of five, and a streak of twelve days.",
    "A lovely week: twenty-five minutes on a good day.",
    "Cuatro de cinco, y una racha de doce días.",
    "Treinta y cinco minutos el martes, ¡qué bien!",
    "Pledged: $4.50, well done.",
    "Prometiste 4,50 y la racha va en 12.",
    "Prometiste $ 10.000 esta semana.",
    "Diez mil pesos prometidos.",
    "You pledged 10,000 pesos, ten thousand in words.",
    "Once días seguidos.",
    "A week to enjoy, and an easy step for the next.",
    "Nothing to add.",
    "",
]
INVENTED = [
    "You trained 3 of 5 times.",
    "Six of five, well done.",
    "A streak of thirteen days.",
    "Una racha de veintiséis días.",
    "You trained half the week.",
    "Twice as much as before!",
    "Hiciste el doble que antes.",
    "80% of what you planned.",
    "Un 80 por ciento.",
    "Your third week in a row.",
    "Tu tercera semana seguida.",
    "A dozen good reasons.",
    "You have trained ½ of the time.",
    "4² reasons to smile.",
    "Ⅳ and counting, 三 more to go.",
    "You begin at 7:00, see you on 22/11.",
    "Hundreds of minutes.",
    "Two million reasons.",
    "One more and it is a streak.",
    "1605 minutes.",
    "٣ times this week.",
    "four, five, six",
]


@pytest.mark.parametrize("prose", TRUE)
def test_what_was_counted_may_be_said(prose: str) -> None:
    assert check(prose, GIVEN)


@pytest.mark.parametrize("prose", INVENTED)
def test_what_was_not_counted_may_not(prose: str) -> None:
    assert not check(prose, GIVEN)


def test_prose_is_about_the_numbers_or_it_is_about_something_else() -> None:
    assert names_one("You did 4 of them.", GIVEN)
    assert names_one("Doce días de racha.", GIVEN)
    assert not names_one("I did not get that, sorry.", GIVEN)
    assert not names_one("You can say: plan a run at 7.", GIVEN)


@given(st.integers(0, 10**6), st.sets(st.integers(0, 10**6), max_size=8))
def test_a_figure_passes_only_if_it_was_counted(said: int, counted: set[int]) -> None:
    numbers = {Decimal(number) for number in counted}
    assert check(f"You did {said} of them this week.", numbers) is (said in counted)


WORDS = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis",
}


@given(st.sampled_from(["en", "es"]), st.integers(0, 15), st.sets(st.integers(1, 16)))
def test_a_word_passes_only_if_its_number_was_counted(language: str, at: int, counted: set[int]) -> None:
    numbers = {Decimal(number) for number in counted}
    assert check(f"... {WORDS[language].split()[at]} ...", numbers) is (at + 1 in counted)


@given(st.text(max_size=200))
def test_any_text_gets_an_answer_and_with_no_number_given_no_figure_passes(text: str) -> None:
    passes = check(text, frozenset())
    assert not (passes and any(letter.isdecimal() for letter in text))


@given(st.text(max_size=120), st.sets(st.integers(1, 50)), st.sets(st.integers(1, 50)))
def test_more_numbers_counted_never_forbid_what_was_allowed(text: str, few: set[int], more: set[int]) -> None:
    some = {Decimal(number) for number in few}
    assert not check(text, some) or check(text, some | {Decimal(number) for number in more})
