import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.expenses import (
    LONGEST_CATEGORY,
    NAMES,
    OTHER,
    category_named,
    guess_category,
    name_of,
    remembered_as,
    search_words,
    searchable,
)


@pytest.mark.parametrize(
    ("description", "category"),
    [
        ("lunch", "food"),
        ("LUNCH with Ana", "food"),
        ("coffee", "food"),
        ("coffee at the airport", "food"),
        ("coffee table", "home"),
        ("a new coffee table", "home"),
        ("mesa de café", "home"),
        ("mesa de centro", "home"),
        ("taza de café", "food"),
        ("café con Ana", "food"),
        ("almuerzo ejecutivo", "food"),
        ("un corrientazo", "food"),
        ("mercado en el Éxito", "groceries"),
        ("taxi to the restaurant", "transport"),
        ("bus ticket", "transport"),
        ("plane tickets", "travel"),
        ("concert ticket", "fun"),
        ("gasolina", "transport"),
        ("gas bill", "bills"),
        ("recibo de la luz", "bills"),
        ("arriendo", "home"),
        ("phone", "bills"),
        ("phone charger", "technology"),
        ("dog food", "pets"),
        ("comida para perros", "pets"),
        ("perro caliente", "food"),
        ("hot dog", "food"),
        ("regalo para mamá", "gifts"),
        ("present for the dog", "gifts"),
        ("running shoes", "clothes"),
        ("gimnasio", "sport"),
        ("droguería", "health"),
        ("something for Juan", OTHER),
        ("", OTHER),
        ("🍕", OTHER),
    ],
)
def test_the_noun_that_counts_says_what_it_was_for(description: str, category: str) -> None:
    assert guess_category(description) == category


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("Food", "food"),
        ("comida", "food"),
        ("educación", "education"),
        ("Furniture", "home"),
        ("ocio", "fun"),
        ("Side Project", "side project"),
        ("  ", ""),
        ("¡!", ""),
    ],
)
def test_a_category_is_known_by_its_names_and_people_make_up_their_own(words: str, category: str) -> None:
    assert category_named(words) == category


def test_every_category_is_named_by_what_it_is_called() -> None:
    for category in NAMES:
        for language in ("en", "es"):
            assert category_named(name_of(category, language)) == category
    assert name_of("side project", "es") == "side project"


@pytest.mark.parametrize(
    ("said", "description"),
    [
        ("taxis", "Taxi to work"),
        ("the lunches", "lunch with Ana"),
        ("cafés", "un café en la esquina"),
        ("groceries", "Groceries"),
        ("bus", "bus"),
    ],
)
def test_a_search_finds_words_by_their_beginnings(said: str, description: str) -> None:
    assert all(f" {word}" in searchable(description) for word in search_words(said))


@given(st.text(max_size=300))
def test_no_text_breaks_the_words_of_expenses(text: str) -> None:
    assert guess_category(text) in NAMES
    assert guess_category(text.upper()) in NAMES
    assert len(category_named(text)) <= LONGEST_CATEGORY
    assert category_named(category_named(text)) == category_named(text)
    assert remembered_as(remembered_as(text)) == remembered_as(text)
