import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.emoji import has_emoji, is_one_emoji, without_emoji

ONES = ["👍", "👍🏽", "❤️", "✅", "👩‍🚀", "👨‍👩‍👧‍👦", "🇨🇴", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🙂", "☑️"]


@pytest.mark.parametrize("emoji", ONES)
def test_one_emoji_is_one_however_it_is_put_together(emoji: str) -> None:
    assert is_one_emoji(emoji)
    assert has_emoji(emoji)
    assert without_emoji(f"Book {emoji} now") == "Book now"


@pytest.mark.parametrize("text", ["", "a", "👍👍", "👍 ", "hello", "1", "ok 👍", "\ufe0f", "\u200d"])
def test_anything_else_is_not_one_emoji(text: str) -> None:
    assert not is_one_emoji(text)


def test_digits_and_letters_with_marks_stay() -> None:
    assert without_emoji("Reserva nº 2: sí, São Paulo #1") == "Reserva nº 2: sí, São Paulo #1"


@given(st.text(max_size=30) | st.lists(st.sampled_from([*ONES, "a", " ", "7"]), max_size=8).map("".join))
def test_what_is_left_has_no_emoji(text: str) -> None:
    left = without_emoji(text)
    assert not has_emoji(left)
    assert without_emoji(left) == left
