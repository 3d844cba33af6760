"""People's words without case, accents and what cannot be seen."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.plain_words import clauses_of, is_emoji, one_slip, word_set, words_of

_FEW_LETTERS = st.text("abc", max_size=6)


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Stop, PLEASE!", (("stop",), ("please",))),
        ("No más… gracias 🙏", (("no", "mas"), ("gracias", "🙏"))),
        ("don’t", (("dont",),)),
        ("dé\u200bja\u00adme", (("dejame",),)),
        ("👍🏽", (("👍",),)),
        ("1\ufe0f\u20e3", (("1",),)),
        ("stooop", (("stop",),)),
        ("two - three", (("two",), ("three",))),
        ("non-stop at 7.30", (("non", "stop", "at", "7", "30"),)),
        ("stop.com", (("stop", "com"),)),
        ("ＳＴＯＰ İstanbul straße", (("stop", "istanbul", "strasse"),)),
        ("\u3164\u2800", ()),
        ("a\nb", (("a",), ("b",))),
        ("1000", (("1000",),)),
    ],
)
def test_a_text_is_made_plain_clause_by_clause(text: str, clauses: tuple[tuple[str, ...], ...]) -> None:
    assert clauses_of(text) == clauses
    assert words_of(text) == tuple(word for clause in clauses for word in clause)


@given(st.text())
def test_plain_words_are_plain_whatever_was_typed(text: str) -> None:
    for word in words_of(text):
        assert word
        assert is_emoji(word) or word.isalnum()
        assert not any(unicodedata.category(letter) in {"Mn", "Cf", "Me"} for letter in word)


@given(st.text(st.characters(categories=["Lu", "Ll"], max_codepoint=0x17F), max_size=20))
def test_case_does_not_matter(text: str) -> None:
    assert words_of(text.lower()) == words_of(text) or text.lower().upper() != text.upper()


def test_only_what_one_message_can_hold_is_read() -> None:
    assert words_of("no " * 100_000 + "stop") == (*("no",) * 1365, "n")  # 4,096 characters


@given(_FEW_LETTERS, _FEW_LETTERS)
def test_one_slip_is_a_distance_of_one_at_most(typed: str, meant: str) -> None:
    assert one_slip(typed, meant) == (_distance(typed, meant) <= 1)
    assert one_slip(typed, meant) == one_slip(meant, typed)


def test_a_table_of_words_reads_as_text() -> None:
    assert word_set("one  two\nthree") == {"one", "two", "three"}


def _distance(a: str, b: str) -> int:
    """Optimal string alignment, by the textbook's table."""
    rows = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            same = a[i - 1] == b[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (not same))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]
