import math

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
    assert 1.3 * words <= estimate(PROSE, family_factor("claude-sonnet-5-5")) <= 2 * words


def test_only_claude_counts_more() -> None:
    assert family_factor("claude-haiku-5-5") > family_factor("gpt-6-luna") == family_factor("llama-3") == 1.0


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
        "words and words\nand more words, 12345\n\n  indented\tline\nend": 68,
    }
    assert {text: estimate(text, 4.0) for text in counted} == counted
