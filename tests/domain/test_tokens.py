import json
import math
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.tokens import calibrated, estimate, family_factor, with_margin

PROSE = (
    "She walked to the river before the town was awake, as she had done every morning that summer, and thought about "
    "the letter that had come the day before. Nothing in it was new to her, but it was the first time that anybody had "
    "written it down, and the words looked different on paper."
)
factors = st.floats(0.7, 2.5)
COUNTED = Path(__file__).parents[1] / "data" / "token_counts.tsv"
MOST_OVER = {
    "chat English": 0.15,
    "chat Spanish": 0.10,
    "prose English": 0.20,
    "prose Spanish": 0.20,
    "tool schema": 0.60,
    "tool call and result": 0.25,
    "numbers and dates": 0.10,
    "emoji and links": 0.10,
    "other scripts": 0.35,
}
"""How far too many may be counted, by kind of text. JSON schemas are the dearest: each of their marks is one token here, and
they are the same in every call, whose first answer sets the model's factor right."""
MOST_SHORT = 0.06
ALONE_SHORT = 0.20
"""Of one text alone, which is never asked about alone."""


@given(st.text(min_size=1), factors)
def test_no_text_is_free(text: str, factor: float) -> None:
    assert estimate(text, factor) >= 1


def test_nothing_is_nothing() -> None:
    assert estimate("") == 0


@given(st.text(), st.text(), factors)
def test_a_text_is_never_smaller_than_its_parts(first: str, second: str, factor: float) -> None:
    assert estimate(first + second, factor) >= max(estimate(first, factor), estimate(second, factor))


@given(st.text(), st.text())
def test_joining_texts_costs_no_more_than_one_token_over_their_sum(first: str, second: str) -> None:
    assert estimate(first + second) <= estimate(first) + estimate(second) + 1


@given(st.text(), factors, factors)
def test_a_larger_factor_never_counts_less(text: str, one: float, other: float) -> None:
    assert estimate(text, min(one, other)) <= estimate(text, max(one, other))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("hello", 1),
        ("hello there", 2),
        ("at 6", 3),
        ("internationalisation", 4),
        ("2026-12-04", 6),
        ("a  b", 3),
        ("año", 3),
        ("今天", 2),
        ("💪", 2),
        ('{"id":1}', 7),
        ("\n" * 80, 10),
    ],
)
def test_each_class_of_character_counts_as_measured(text: str, tokens: int) -> None:
    assert estimate(text) == tokens


def test_english_prose_is_between_one_and_two_tokens_a_word_whatever_the_family() -> None:
    words = len(PROSE.split())
    assert words <= estimate(PROSE) <= 1.5 * words
    assert 1.3 * words <= estimate(PROSE, family_factor("claude-next")) <= 2 * words


def test_only_claude_counts_more() -> None:
    assert family_factor("a-claude-small") > family_factor("gpt-next") == family_factor("llama-3") == 1.0


@given(st.floats(0.75, 2.4), st.floats(0.75, 2.4), st.integers(500, 5_000))
def test_calibration_comes_to_rest_at_the_true_factor(start: float, true: float, plain: int) -> None:
    factor = start
    for _call in range(60):
        factor = calibrated(factor, estimated=math.ceil(plain * factor), actual=math.ceil(plain * true))
    assert factor == pytest.approx(true, rel=0.01)


@given(factors, st.integers(0, 10**6), st.integers(0, 10**9))
def test_no_answer_can_push_the_factor_out_of_its_bounds(factor: float, estimated: int, actual: int) -> None:
    assert 0.7 <= calibrated(factor, estimated=estimated, actual=actual) <= 2.5


@given(factors, st.integers(1, 10**6), st.integers(1, 10**6))
def test_calibration_moves_toward_what_was_seen(factor: float, estimated: int, actual: int) -> None:
    moved = calibrated(factor, estimated=estimated, actual=actual)
    assert moved >= factor if actual >= estimated else moved <= factor


@given(st.integers(0, 10**6))
def test_what_is_reserved_is_never_less_than_the_estimate(estimated: int) -> None:
    assert with_margin(estimated) >= estimated


def test_lines_that_are_counted_alone_are_counted_as_the_whole_is() -> None:
    # Four is the factor that shows quarters of a token; the numbers are those of one pass over the whole text.
    counted = {
        "one\ntwo": 12,
        "one\n two": 12,
        "one \ntwo": 12,
        "one\n\ntwo": 12,
        "\none\n": 12,
        "one\r\ntwo": 12,
        "a\n1234\n.5": 28,
        "é\nñandú\n🛑 stop": 30,
        "x\n\u00a0y": 14,
        "- a\n- b\n- c\n": 36,
        "words and words\nand more words, 12345\n\n  indented\tline\nend": 72,
    }
    assert {text: estimate(text, 4.0) for text in counted} == counted


def counted() -> list[tuple[str, int, str]]:
    """Return texts with their kind and their real tokens."""
    lines = [line for line in COUNTED.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [(kind, int(tokens), json.loads(text)) for kind, tokens, text in (line.split("\t") for line in lines)]


def test_no_kind_of_text_comes_out_more_than_six_percent_short_of_a_real_tokenizer() -> None:
    rows = counted()
    assert len(rows) >= 60
    real: dict[str, int] = defaultdict(int)
    ours: dict[str, int] = defaultdict(int)
    for kind, tokens, text in rows:
        real[kind] += tokens
        ours[kind] += estimate(text)
        assert estimate(text) >= (1 - ALONE_SHORT) * tokens, text
    assert real.keys() == MOST_OVER.keys()
    for kind, most in MOST_OVER.items():
        assert 1 - MOST_SHORT <= ours[kind] / real[kind] <= 1 + most, (kind, ours[kind] / real[kind])
    assert all(with_margin(ours[kind]) >= real[kind] for kind in real)  # what is reserved is enough
