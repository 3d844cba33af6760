"""Done, skip, yes; and which of several: without a model."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ivy.domain.plain_words import words_of
from ivy.domain.quick_replies import QuickReply, quick_reply, which
from tests.cases import each_case

_LINES = Path(__file__).with_name("quick_corpus.tsv").read_text(encoding="utf-8").split("\n")[1:]
CORPUS = [(line.split("\t")[0], line.split("\t")[1]) for line in _LINES if line]
TWO = ("Morning run", "Yoga")


@each_case(("expected", "text"), CORPUS)
def test_the_corpus_is_understood(expected: str, text: str) -> None:
    assert quick_reply(text) is (None if expected == "NONE" else QuickReply[expected])


def test_the_corpus_is_large_enough_and_has_every_reply() -> None:
    assert len(CORPUS) >= 100
    assert {expected for expected, _ in CORPUS} == {"NONE", *(reply.name for reply in QuickReply)}
    assert len({text for _, text in CORPUS}) == len(CORPUS)


@given(st.sampled_from([text for expected, text in CORPUS if expected != "NONE"]))
def test_a_question_is_no_reply(text: str) -> None:
    assert quick_reply(f"{text}?") is None


@given(
    st.sampled_from([text for expected, text in CORPUS if expected != "NONE"]), st.sampled_from([str.upper, str.lower])
)
def test_case_and_blanks_do_not_matter(text: str, case: Callable[[str], str]) -> None:
    assert quick_reply(f"  {case(text)}\n") is quick_reply(text)


@given(st.sampled_from([text for _, text in CORPUS]), st.text("bcdfghjklm ", min_size=24))
def test_more_than_a_few_words_are_for_the_model(text: str, rest: str) -> None:
    sentence = f"{text} {rest} and then I will tell you more"
    assert quick_reply(sentence) is None


@given(st.text())
def test_any_text_is_a_reply_or_none(text: str) -> None:
    assert quick_reply(text) is None or quick_reply(text) in QuickReply


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("the run", TWO, 0),
        ("Yoga!", TWO, 1),
        ("the yoga one", TWO, 1),
        ("it was the yoga, thanks", TWO, 1),
        ("yoag", TWO, 1),
        ("1", TWO, 0),
        ("#2", TWO, 1),
        ("2️⃣", TWO, 1),
        ("option 2", TWO, 1),
        ("3", TWO, None),
        ("0", TWO, None),
        ("99", TWO, None),
        ("first", TWO, 0),
        ("the first one please", TWO, 0),
        ("second", TWO, 1),
        ("2nd", TWO, 1),
        ("one", TWO, 0),
        ("the last", TWO, 1),
        ("el primero", TWO, 0),
        ("la segunda", TWO, 1),
        ("2º", TWO, 1),
        ("La última", TWO, 1),
        ("dos", TWO, 1),
        ("tercera", ("a", "b", "c"), 2),
        ("natacion", ("Natación", "Yoga"), 0),
        ("NATACIÓN por favor", ("natacion", "Yoga"), 0),
        ("10", ("5 km run", "10 km run"), 1),
        ("2", ("2 km", "1 km"), None),
        ("run", ("Morning run", "Evening run"), None),
        ("evening", ("Morning run", "Evening run"), 1),
        ("not the run", TWO, None),
        ("neither", TWO, None),
        ("el yoga no", TWO, None),
        ("run and yoga", TWO, None),
        ("both", TWO, None),
        ("yes", TWO, None),
        ("the", TWO, None),
        ("", TWO, None),
        ("🤷", TWO, None),
        ("1", (), None),
        ("last", (), None),
        ("run", ("", "run"), 1),
        ("I have been thinking about it and would say the run", TWO, None),
    ],
)
def test_an_answer_to_which_one(text: str, options: tuple[str, ...], expected: int | None) -> None:
    assert which(text, options) == expected


@given(
    st.lists(st.sampled_from(["swimming", "cycling", "rowing", "boxing", "dancing"]), min_size=1, unique=True),
    st.data(),
)
def test_each_option_is_found_by_its_name_and_its_number(options: list[str], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(options) - 1))
    assert which(f"the {options[index].upper()}!", options) == index
    assert which(str(index + 1), options) == index
    assert which(f"not the {options[index]}", options) is None


@given(st.text(), st.lists(st.text(max_size=12), max_size=4))
def test_an_index_is_always_one_of_the_options(text: str, options: list[str]) -> None:
    found = which(text, options)
    assert found is None or 0 <= found < len(options)


@given(st.text(st.characters(categories=["Ll"], max_codepoint=0x7F), min_size=4, max_size=8))
def test_two_options_of_one_name_are_never_told_apart_by_name(name: str) -> None:
    assume(words_of(name) == (name,))
    assume(which(name, ("x", "y")) is None)
    assert which(name, (name, name)) is None
