"""Who asks for a human is heard, and nobody else is handed over."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.consent import StopMeaning, stop_meaning
from ivy.domain.handover import asks_for_a_human
from tests.cases import each_case

_LINES = Path(__file__).with_name("human_corpus.tsv").read_text(encoding="utf-8").split("\n")[1:]
CORPUS = [(line.split("\t")[0], line.split("\t")[1]) for line in _LINES if line]
ASKS = [text for expected, text in CORPUS if expected == "HUMAN"]
OTHERS = [text for expected, text in CORPUS if expected == "NONE"]


@each_case("text", ASKS)
def test_who_asks_for_a_human_is_heard(text: str) -> None:
    assert asks_for_a_human(text)
    assert stop_meaning(text) is StopMeaning.NONE, "STOP is heard first"


@each_case("text", OTHERS)
def test_whoever_only_speaks_of_one_is_not_handed_over(text: str) -> None:
    assert not asks_for_a_human(text)


def test_the_corpus_is_large_enough() -> None:
    assert len(ASKS) >= 60 and len(OTHERS) >= 60
    assert len({text for _expected, text in CORPUS}) == len(ASKS) + len(OTHERS)


@given(
    st.sampled_from(ASKS),
    st.sampled_from(["", "!", "!!!", " 🙏", ", please", " por favor", "...", "\n", "\u200b", " ya"]),
    st.sampled_from([str.upper, str.lower, str.title]),
)
def test_it_is_heard_however_it_is_dressed(text: str, dress: str, case: Callable[[str], str]) -> None:
    assert asks_for_a_human(case(text) + dress)


@given(
    st.sampled_from(["remind me to ", "yesterday I had to ", "recuérdame ", "my wife said ", "mi jefe dijo "]),
    st.sampled_from(ASKS),
    st.sampled_from(["", " at five", " mañana", " about my flat"]),
)
def test_inside_another_sentence_it_is_none(before: str, text: str, after: str) -> None:
    assert not asks_for_a_human(before + text + after)


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert asks_for_a_human(text) in (True, False)


@pytest.mark.parametrize("piece", ["human ", "i want to talk to ", "a real live human ", "pásame con ", "please "])
def test_a_long_text_is_judged_all_the_same(piece: str) -> None:
    assert not asks_for_a_human(piece * 2000)
