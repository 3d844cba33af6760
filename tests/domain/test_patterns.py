"""Late patterns find what `re` finds, and are compiled when they are asked or when all of them are."""

import re

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.patterns import Pattern, compile_all

WORDS = r"\b(?P<animal>cat|dog)s?\b"
THEIRS, OURS = re.compile(WORDS, re.IGNORECASE), Pattern(WORDS, re.IGNORECASE)


def spans(*found: re.Match[str] | None) -> list[tuple[int, int] | None]:
    return [hit and hit.span("animal") for hit in found]


@given(st.lists(st.sampled_from(["cat", "Dogs", "dog", "mouse", "catalogue", " ", ", "])).map("".join))
def test_it_finds_what_re_finds(text: str) -> None:
    assert spans(OURS.search(text), OURS.match(text), OURS.fullmatch(text), *OURS.finditer(text)) == spans(
        THEIRS.search(text), THEIRS.match(text), THEIRS.fullmatch(text), *THEIRS.finditer(text)
    )
    assert OURS.sub("pet", text) == THEIRS.sub("pet", text)
    assert OURS.sub(lambda hit: hit[0].upper(), text) == THEIRS.sub(lambda hit: hit[0].upper(), text)


def test_it_is_compiled_once_when_it_is_asked() -> None:
    asked = Pattern("a+")
    assert "compiled" not in vars(asked)
    assert asked.search("baa")
    assert asked.compiled is asked.compiled


def test_all_that_were_made_are_compiled_at_once() -> None:
    first, second = Pattern("a+", re.IGNORECASE), Pattern("b+")
    compile_all()
    assert vars(first)["compiled"].match("A")
    assert vars(second)["compiled"].match("b")
