import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.contents import Buttons, Option
from ivy.domain.sms import BASIC, EXTENDED, LONGEST, cost_segments, count, plain, split_sms, utf16_units

# The alphabet written another way: by its rows in the standard's table, of which the last place of the second is ESC.
ROWS = [
    "@\u0394 0\u00a1P\u00bfp",
    "\u00a3_!1AQaq",
    '$\u03a6"2BRbr',
    "\u00a5\u0393#3CScs",
    "\u00e8\u039b\u00a44DTdt",
    "\u00e9\u03a9%5EUeu",
    "\u00f9\u03a0&6FVfv",
    "\u00ec\u03a8'7GWgw",
    "\u00f2\u03a3(8HXhx",
    "\u00c7\u0398)9IYiy",
    "\n\u039e*:JZjz",
    "\u00d8+;K\u00c4k\u00e4",
    "\u00f8\u00c6,<L\u00d6l\u00f6",
    "\r\u00e6-=M\u00d1m\u00f1",
    "\u00c5\u00df.>N\u00dcn\u00fc",
    "\u00e5\u00c9/?O\u00a7o\u00e0",
]
ALPHABET = "".join(ROWS)
FIGURES = ["👨\u200d👩\u200d👧\u200d👦", "🇨🇴", "👍🏽", "e\u0301", "1\ufe0f\u20e3", "❤\ufe0f", "🌿"]
GSM = st.text(st.sampled_from(sorted(BASIC | EXTENDED)), max_size=400)
SPOKEN = st.lists(
    st.one_of(st.sampled_from([*FIGURES, "Hola.", "¿Qué tal?", "wait…", "€uro", "\n\n", "[x]"]), st.text(max_size=12)),
    max_size=120,
).map(" ".join)


def test_the_alphabet_is_the_standards() -> None:
    assert len(BASIC) == 127
    assert set(ALPHABET) == BASIC
    assert len(EXTENDED) == 10


def by_hand(text: str) -> int:
    """Count segments over bytes: septets with their escapes, or UTF-16 in pieces of 134 bytes."""
    if not text:
        return 0
    if set(text) <= BASIC | EXTENDED:
        septets = "".join(f"\x1b{letter}" if letter in EXTENDED else letter for letter in text)
        if len(septets) <= 160:
            return 1
        pieces = 0
        while septets:
            end = 152 if septets[:153].endswith("\x1b") else 153
            septets, pieces = septets[end:], pieces + 1
        return pieces
    coded = text.encode("utf-16-be", "surrogatepass")
    if len(coded) <= 140:
        return 1
    pieces = 0
    while coded:
        torn = len(coded) > 134 and 0xD8 <= coded[132] <= 0xDB  # the first half of a pair would stand at the end
        coded, pieces = coded[132 if torn else 134 :], pieces + 1
    return pieces


@given(st.one_of(GSM, st.text(st.characters(exclude_categories=["Cs"]), max_size=400), SPOKEN))
def test_segments_are_those_of_the_standard(text: str) -> None:
    assert cost_segments(text) == by_hand(text)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 0),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("x" * 158 + "€", 1),
        ("x" * 159 + "€", 2),
        ("x" * 152 + "€" + "x" * 152, 3),  # the € does not fit into the first: 152, then 2 + 151, then 1
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("á" * 134, 2),
        ("á" * 135, 3),
        ("🌿" * 35, 1),
        ("🌿" * 36, 2),
        ("🌿" * 66, 2),  # 33 to a segment: the 67th unit stays empty
        ("🌿" * 67, 3),
        ("x" * 160 + "á", 3),
    ],
)
def test_the_borders_of_segments(text: str, segments: int) -> None:
    assert cost_segments(text) == segments


def test_one_accent_decides_for_the_whole_text() -> None:
    assert count("Manana a las 7").gsm
    assert count("Mañana a las 7 señor, ¿sí").gsm is False  # ñ is in the alphabet, í is not
    assert count("Mañana a las 7 señor, ¿no").gsm


# --- plain words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("*Done* - _leg day_ 🌿", "Done - leg day 🌿"),
        ("*_both_* and _*both*_", "both and both"),
        ("```\n10 squats\n```", "10 squats"),
        ("`/help` and ` alone", "/help and ' alone"),
        ("2*3*4, snake_case_name, 5 * 3 * 2, __init__", "2*3*4, snake_case_name, 5 * 3 * 2, __init__"),
        ("https://x.example/_a_/*b*?c=_d_", "https://x.example/_a_/*b*?c=_d_"),
        ("“It’s” – well… ‹ok›", "\"It's\" - well... 'ok'"),
        ("word—word, 7\u202fam, 10×3 → 30", "word - word, 7 am, 10x3 -> 30"),
        ("a · b · col·legi", "a - b - col·legi"),
        ("nin\u0303o cafe\u0301", "niño café"),
        ("a\u200bb\u00adc\ufeff\r\nd\te\x00", "abc\nd e"),
        ("*not closed, and * this *", "*not closed, and * this *"),
        ("~struck~ > quote", "~struck~ > quote"),
        ("👨\u200d👩\u200d👧 ❤\ufe0f", "👨\u200d👩\u200d👧 ❤\ufe0f"),
    ],
)
def test_marks_go_and_typography_is_swapped(marked: str, expected: str) -> None:
    assert plain(marked) == expected


def test_a_question_with_buttons_is_one_cheap_segment_in_words() -> None:
    asked = Buttons("*Ready* for today’s workout?", (Option("a", "Yes"), Option("b", "Not today")))
    said = plain(asked.in_words())
    assert said == "Ready for today's workout?\n1. Yes\n2. Not today"
    assert count(said).gsm
    assert cost_segments(said) == 1


def letters(text: str) -> list[str]:
    """Return what must stay: not × (an x now), nor the apostrophes that Unicode counts as letters."""
    every = unicodedata.normalize("NFKC", text)
    return [each for each in every if each.isalnum() and each != "x" and unicodedata.category(each) != "Lm"]


MARKED = st.lists(
    st.sampled_from(["*", "_", "`", "```", " ", "\n", "a", "B1", "ñ", "“", "—", "×", "🌿", "·", ".", "/"])
).map("".join)


@given(st.one_of(MARKED, SPOKEN, st.text()))
def test_no_letter_is_lost_and_twice_changes_nothing(text: str) -> None:
    once = plain(text)
    assert letters(once) == letters(text)
    assert plain(once) == once


def test_a_page_of_marks_is_read_at_once() -> None:
    assert len(plain("*_" * 20_000)) <= 40_000
    assert plain("*" * 5000 + "x" + "*" * 5000)


# --- cutting ---------------------------------------------------------------------------------------------

NUMBER = re.compile(r" \((\d+)/(\d+)\)\Z")


@settings(max_examples=60)
@given(SPOKEN, st.integers(1, 12))
def test_parts_fit_are_numbered_and_lose_nothing(text: str, most: int) -> None:
    parts = split_sms(text, most)
    for part in parts:
        assert part == part.strip()
        assert cost_segments(part) <= most
        assert utf16_units(part) <= LONGEST
    if len(parts) > 1:
        found = [NUMBER.search(part) for part in parts]
        assert [(int(each[1]), int(each[2])) for each in found if each] == [
            (at, len(parts)) for at in range(1, len(parts) + 1)
        ]
        parts = [NUMBER.sub("", part) for part in parts]
    assert "".join("".join(parts).split()) == "".join(text.split())


@settings(max_examples=60)
@given(st.lists(st.sampled_from(FIGURES), min_size=30, max_size=200), st.integers(1, 6))
def test_no_cut_goes_through_a_figure(figures: list[str], most: int) -> None:
    parts = [NUMBER.sub("", part) for part in split_sms("".join(figures), most)]
    edges, at = {0}, 0
    for figure in figures:
        at += len(figure)
        edges.add(at)
    at = 0
    for part in parts:
        at += len(part)
        assert at in edges


def test_a_text_is_cut_between_sentences() -> None:
    first = "You kept your streak for the ninth day in a row. " * 3
    parts = split_sms((first + "Tomorrow at 7 it is leg day, and then the week is done.").strip(), 1)
    assert len(parts) == 2
    assert parts[0].endswith("in a row. (1/2)")
    assert parts[1] == "Tomorrow at 7 it is leg day, and then the week is done. (2/2)"


def test_the_longest_message_is_twilios() -> None:
    [whole] = split_sms("x" * 1600, 20)
    assert len(whole) == 1600
    assert [len(part) <= 1600 for part in split_sms("x" * 1601, 20)] == [True, True]
    assert len(split_sms("🌿" * 801, 100)) == 2


def test_more_than_nine_parts_still_fit_with_their_numbers() -> None:
    parts = split_sms("word " * 900, 1)
    assert len(parts) > 9
    assert all(cost_segments(part) == 1 for part in parts)
    assert parts[-1].endswith(f"({len(parts)}/{len(parts)})")


def test_nothing_is_no_message_and_no_segment_is_a_mistake() -> None:
    assert split_sms(" \n ") == []
    with pytest.raises(ValueError, match="at least one"):
        split_sms("x", 0)
