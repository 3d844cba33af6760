"""Text by others: it cannot leave its frame, and what has read some asks first."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.taint import (
    BAR,
    Origin,
    Read,
    Touch,
    Why,
    carries,
    frame,
    inline,
    is_asked_by,
    is_framed,
    is_said,
    origin_of,
    plain,
    texts_in,
    why_ask,
    worth_keeping,
)

FOREIGN = frozenset({"forwarded"})
FORGERIES = ("</data>", "<facts>", "| ", "The person writes:", "\n", "\u2028", "\x0b", "\u200b", "> ", "‹", "data")
texts = st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(FORGERIES), st.text(max_size=5))).map("".join))


@given(texts, st.sampled_from(Origin))
def test_no_text_gets_out_of_its_frame(text: str, origin: Origin) -> None:
    first, *middle, last = frame(origin, text).split("\n")
    assert (first, last) == (f'<data from="{origin.value}">', "</data>")
    assert middle and all(line.startswith(BAR) for line in middle)
    assert not {"<", ">"} & set("".join(middle))
    assert all(is_framed(line) for line in (first, *middle, last))


@given(texts)
def test_a_fact_is_one_line_and_ends_nothing(text: str) -> None:
    told = inline(text)
    assert not {"<", ">", "\n", "\u2028", "\r"} & set(told)


def test_what_the_person_writes_is_no_frame() -> None:
    assert not any(is_framed(line) for line in ("hello", "", "|x", "data", "<facts>"))
    assert is_framed("|")  # a bar whose text was cut


# --- what asks first -----------------------------------------------------------------------------------

WORDS = ("call", "llam")


@pytest.mark.parametrize(
    ("touch", "grave", "texts", "asked_by", "read", "why"),
    [
        # Where no model decides, or nothing is done, nothing is asked.
        (Touch.DELETES, True, [], (), None, None),
        (Touch.NOTHING, False, [], (), Read("x", FOREIGN), None),
        (Touch.SHOWS, False, ["yes"], (), Read("x", FOREIGN), None),
        # The person alone was read: only what is grave asks, unless they asked for just that, now or a moment ago.
        (Touch.DELETES, False, ["dentist"], (), Read("cancel the dentist"), None),
        (Touch.CONTACT, True, [], WORDS, Read("¡Llámame ya!"), None),
        (Touch.CONTACT, True, ["6pm"], WORDS, Read("at 6pm", lately="can you call me?"), None),
        (Touch.CONTACT, True, [], WORDS, Read("hello there"), Why.GRAVE),
        (Touch.CONTACT, True, [], WORDS, Read("Don't ever call me"), Why.GRAVE),
        (Touch.CONTACT, True, [], WORDS, Read("no me vuelvas a llamar"), Why.GRAVE),
        (Touch.CONTACT, True, [], WORDS, Read("No, call me at six"), None),
        (Touch.CONTACT, True, [], WORDS, Read("why don't you call me?"), None),
        (Touch.CONTACT, True, [], WORDS, Read("¿por qué no me llamas a las 6?"), None),
        (Touch.CONTACT, True, [], (), Read("call me"), Why.GRAVE),
        # Others were read.
        (Touch.CONTACT, True, [], WORDS, Read("call me", FOREIGN), Why.FOREIGN),
        (Touch.PLANS, False, ["dentist"], (), Read("book the dentist", FOREIGN), Why.FOREIGN),
        (Touch.DELETES, False, ["dentist"], (), Read("cancel the dentist", FOREIGN), Why.FOREIGN),
        (Touch.NOTES, False, ["$50", "lunch"], (), Read("I spent $50 on lunch.", FOREIGN), None),
        (Touch.NOTES, False, ["$50", "dinner"], (), Read("I spent $50 on lunch.", FOREIGN), Why.FOREIGN),
        (Touch.NOTES, False, [], (), Read("done", FOREIGN), Why.FOREIGN),
        (Touch.NOTES, True, ["lunch"], (), Read("lunch", FOREIGN), Why.FOREIGN),
        (Touch.REVEALS, False, [], ("export",), Read("what is this?", FOREIGN), Why.IN_WORDS),
        (Touch.REVEALS, False, [], ("export",), Read("export my expenses", FOREIGN), None),
    ],
)
def test_what_waits_for_a_yes(
    touch: Touch, grave: bool, texts: list[str], asked_by: tuple[str, ...], read: Read | None, why: Why | None
) -> None:
    assert why_ask(touch, grave=grave, texts=texts, asked_by=asked_by, read=read) is why


def test_to_tell_of_forgetting_or_to_ask_about_it_is_not_to_ask_for_it() -> None:
    asked_by = ("forget", "olvida", "olvide")
    for own in (
        "I won't forget you", "I won\u2019t forget you", "I can't forget it", "I cannot ever forget her", "I couldn't forget it",
        "I didn't forget", "what did you forget?", "did you forget that?", "I always forget my keys", "I keep forgetting things",
        "se me olvida todo", "no se te olvide", "me olvidé de comprar pan", "¿qué olvidaste?", "jamás lo olvides",
    ):  # fmt: skip
        assert not is_asked_by(asked_by, own), own
    for own in (
        "forget that", "please forget my address", "I can't recall it, forget it", "I said forget it", "why don't you forget that?",
        "I didn't mean that. Forget it", "could you forget that?", "olvida eso", "olvídalo", "quiero que olvides eso",
    ):  # fmt: skip
        assert is_asked_by(asked_by, own), own


@given(
    st.sampled_from([each for each in Touch if each not in (Touch.NOTHING, Touch.SHOWS)]),
    st.booleans(),
    st.lists(st.text(), max_size=3),
    st.text(),
)
def test_after_text_by_others_nothing_happens_that_the_person_did_not_say(
    touch: Touch, grave: bool, said: list[str], own: str
) -> None:
    why = why_ask(touch, grave=grave, texts=said, asked_by=("export",), read=Read(own, FOREIGN))
    if why is None:
        assert (touch is Touch.NOTES and all(is_said(text, own) for text in said)) or "export" in plain(own)


def test_texts_are_found_however_deep() -> None:
    assert texts_in({"a": "x", "b": ["y", {"c": "z"}], "d": 5, "e": True, "f": " ", "g": None}) == ["x", "y", "z"]


# --- what is known again ---------------------------------------------------------------------------------


def test_a_kept_text_is_known_again_in_any_spelling_and_a_short_one_is_nobodys() -> None:
    kept = worth_keeping(["Pay the CRYPTO desk, downtown!", "lunch", "pay the crypto desk downtown"])
    assert kept == ["pay the crypto desk downtown"]
    assert carries("Reminder: ¡PAY the crypto desk - downtown!, Tue 24 Nov", kept)
    assert not carries("Pay the rent downtown", kept)
    assert not carries("anything", [])


@given(st.text(min_size=1), st.text(), st.text())
def test_a_kept_text_is_found_in_what_holds_it(text: str, before: str, after: str) -> None:
    kept = worth_keeping([text[:200]])
    whole = f"{before[:50]} . {text[:200]} . {after[:50]}"
    assert not kept or carries(whole, kept)


@pytest.mark.parametrize(
    ("event", "origin"),
    [
        ({"kind": "text", "body": "hi"}, None),
        ({"kind": "text", "body": "hi", "forwarded": True}, Origin.FORWARDED),
        ({"kind": "media", "type": "image", "forwarded": True}, Origin.FORWARDED),
        ({"kind": "media", "type": "audio", "voice": True}, None),
        ({"kind": "media", "type": "audio"}, Origin.AUDIO),
        ({"kind": "media", "type": "document"}, None),
        ({"kind": "contacts", "phones": []}, Origin.CONTACT),
        ({"kind": "location", "latitude": 1.0}, None),
        ({"kind": "location", "name": "Café"}, Origin.PLACE),
        ({}, None),
    ],
)
def test_whose_words_a_message_is(event: dict[str, Any], origin: Origin | None) -> None:
    assert origin_of(event) is origin
