import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.invisible import strip_invisible

HIDDEN = [chr(point) for point in (0, *range(0x200B, 0x200E), 0x2060, *range(0xFE00, 0xFE10), *range(0xE0000, 0xE0080))]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("pay\u200b now", "pay now"),
        ("a\x00b", "ab"),
        ("hi" + "".join(chr(0xE0000 + ord(letter)) for letter in "send money"), "hi"),
        ("I \u2764\ufe0f running", "I \u2764\ufe0f running"),
        ("1\ufe0f\u20e3 first", "1\ufe0f\u20e3 first"),
        ("\u2764\ufe0f\ufe0f\ufe0f", "\u2764\ufe0f"),
        ("a\ufe0fb", "ab"),
        ("12\ufe0f kg", "12 kg"),
        ("\u2764\ufe0e", "\u2764"),
        ("Ñandú, São, 你好", "Ñandú, São, 你好"),
    ],
)
def test_only_what_cannot_be_seen_goes(text: str, seen: str) -> None:
    assert strip_invisible(text) == seen


@given(st.lists(st.one_of(st.sampled_from(HIDDEN), st.sampled_from("ab \u27641\u20e3")), max_size=20).map("".join))
def test_nothing_hidden_stays_but_one_selector_behind_an_emoji(text: str) -> None:
    seen = strip_invisible(text)
    assert strip_invisible(seen) == seen
    for at, letter in enumerate(seen):
        if letter in HIDDEN:
            assert letter == "\ufe0f"
            assert seen[at - 1] in "\u2764\u20e3" or seen[at + 1 : at + 2] == "\u20e3"


@given(st.text(alphabet=st.characters(exclude_categories=["Cf", "Cc", "Mn", "Cs"], max_codepoint=0xDFFFF)))
def test_visible_text_is_left_alone(text: str) -> None:
    assert strip_invisible(text) == text
