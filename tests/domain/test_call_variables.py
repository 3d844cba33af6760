"""Nothing with braces is ever spoken: what is missing or unfit refuses to dial."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.call_variables import CUT, PLACES, MissingVariable, check, clean, fitted

WHOLE = {name: place.default or "words" for name, place in PLACES.items()}
TEXTS = st.text() | st.text(alphabet="{}<> \n\t\u202e1\ufe0f\u20e3ñ🎉", max_size=60)


def test_whole_variables_may_be_dialled_with() -> None:
    check(WHOLE)
    check(fitted({}))


@pytest.mark.parametrize("name", PLACES)
def test_one_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(MissingVariable, match=name):
        check({key: value for key, value in WHOLE.items() if key != name})


@pytest.mark.parametrize("name", [name for name, place in PLACES.items() if place.required])
def test_a_required_one_that_is_empty_is_named(name: str) -> None:
    with pytest.raises(MissingVariable, match=name):
        check({**WHOLE, name: " "})


@pytest.mark.parametrize("value", ["Hi {{ivy_name}}", "a{b", "x" * 41, "a\x00b", "a\nb", "a\u200bb", "a <b>"])
def test_one_that_cannot_be_said_is_refused(value: str) -> None:
    with pytest.raises(MissingVariable, match="ivy_name"):
        check({**WHOLE, "ivy_name": value})


def test_a_place_that_no_agent_has_is_refused() -> None:
    with pytest.raises(MissingVariable, match="ivy_nickname"):
        check({**WHOLE, "ivy_nickname": "Ana"})


@given(st.dictionaries(st.sampled_from(sorted(PLACES)), TEXTS))
def test_whatever_people_are_called_can_be_said_once_it_is_fitted(given_: dict[str, str]) -> None:
    variables = fitted(given_)
    check(variables)
    assert variables.keys() == PLACES.keys()
    assert not any(re.search(r"[{}<>\x00]", value) for value in variables.values())


@given(TEXTS, st.integers(3, 80), st.booleans())
def test_cleaning_is_done_once_and_within_the_length(text: str, longest: int, lines: bool) -> None:
    shown = clean(text, longest, lines=lines)
    assert len(shown) <= longest
    assert clean(shown, longest, lines=lines) == shown
    assert lines or "\n" not in shown


def test_what_is_too_long_ends_where_it_is_cut() -> None:
    assert clean("one two three", 9) == f"one two{CUT}"
    assert clean("Ana\n\n{{x}} \t y", 50, lines=True) == "Ana\n((x)) y"
