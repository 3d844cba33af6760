import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.splitting import split_text, to_whatsapp

WORDS = st.text(alphabet="abcdef.!?,ñé\n \t", max_size=400)


@given(st.one_of(WORDS, st.text(max_size=400)), st.integers(1, 60))
def test_parts_fit_and_lose_nothing_but_white_space(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert all(part and len(part) <= limit and part == part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(WORDS)
def test_what_fits_is_sent_as_one(text: str) -> None:
    assert split_text(text, 400) == ([text.strip()] if text.strip() else [])


@given(st.lists(st.sampled_from(["👩‍👩‍👧", "🇨🇴", "👍🏽", "e\u0301", "क्ष", "a", "각"]), min_size=1, max_size=60))  # fmt: skip
def test_no_cut_goes_through_a_visible_letter(letters: list[str]) -> None:
    parts = split_text("".join(letters), 12)
    rest = list(letters)
    for part in parts:
        while part:
            assert part.startswith(rest[0])
            part = part.removeprefix(rest.pop(0))
    assert not rest


def test_a_letter_longer_than_a_part_is_cut_rather_than_lost() -> None:
    giant = "e" + "\u0301" * 30
    assert unicodedata.category(giant[1]) == "Mn"
    assert "".join(split_text(giant, 10)) == giant


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("One two.\n\nThree four. Five six.", 24, ["One two.", "Three four. Five six."]),
        ("- first thing\n- second thing\n- third", 30, ["- first thing\n- second thing", "- third"]),
        ('He said "run." Then he ran away.', 16, ['He said "run."', "Then he ran", "away."]),
        ("one two three four", 9, ["one two", "three", "four"]),
        ("你好。再见。", 4, ["你好。", "再见。"]),
        ("Title\n\n" + "word " * 10, 40, ["Title\n\nword word word word word word", "word word word word"]),
    ],
)
def test_cuts_fall_where_a_reader_would_pause(text: str, limit: int, parts: list[str]) -> None:
    assert split_text(text, limit) == parts


def test_a_part_without_room_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one"):
        split_text("x", 0)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**bold** and __bold__", "*bold* and *bold*"),
        ("***both***", "*_both_*"),
        ("**a *b* c**", "*a _b_ c*"),
        ("~~gone~~", "~gone~"),
        ("## Plan for **today** ##", "*Plan for today*"),
        ("#hashtag", "#hashtag"),
        ("[Ivy](https://ivy.example/a_(b))", "Ivy (https://ivy.example/a_(b))"),
        ('[Ivy](https://ivy.example "the coach")', "Ivy (https://ivy.example)"),
        ("[https://x.example](https://x.example)", "https://x.example"),
        ("![chart](https://x.example/c.png)", "chart (https://x.example/c.png)"),
        ("<https://x.example>", "https://x.example"),
        ("* one\n  + two\n• three", "- one\n  - two\n- three"),
        ("- [ ] run\n- [x] swim", "- ☐ run\n- ☑ swim"),
        ("a\n\n---\n\nb", "a\n\n\n\nb"),
        (
            "| day | km |\n|:---|---:|\n| Mon | **5** |\n| Tue | a\\|b |\nend",
            "*day · km*\n- Mon · *5*\n- Tue · a|b\nend",
        ),
        ("```python\nx = **y**\n```", "```\nx = **y**\n```"),
        ("use `**kwargs` **now**", "use `**kwargs` *now*"),
        (r"5 \* 3 = 15", "5 * 3 = 15"),
        ("2 ** 3 ** 4 and a * b * c", "2 ** 3 ** 4 and a * b * c"),
        ("snake__case__name", "snake__case__name"),
        ("this or that | maybe", "this or that | maybe"),
    ],
)
def test_markdown_becomes_what_whatsapp_shows(markdown: str, shown: str) -> None:
    assert to_whatsapp(markdown) == shown


LINES = st.sampled_from(
    ["*bold*", "_italic_ and ~strike~", "- item", "1. first", "> quote", "`code`", "```\nblock\n```", "plain text.", ""]
)


@given(st.lists(LINES).map("\n".join))
def test_a_text_in_whatsapps_marks_stays_as_it_is(text: str) -> None:
    assert to_whatsapp(text) == text


@given(st.text(alphabet="ab*_~`#[]()|-\\\n <>!:/x", max_size=80))
def test_no_letter_of_any_text_is_lost(text: str) -> None:
    def letters(of: str) -> str:
        return "".join(letter for letter in of if letter.isalpha())

    shown = to_whatsapp(text)
    if not any(mark in text for mark in ("](", "```", "[x]")):
        assert letters(shown) == letters(text)
