"""What is read out of a message on the phone, and whether it was."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.calls import Report, Spoken
from ivy.domain.contents import AskLocation, Buttons, Card, Choices, Emoji, File, Form, Link, Option, Section, Words
from ivy.domain.read_out import LONGEST, MOST_TOKENS, can_be_read_out, read_out, was_read_out
from ivy.domain.tokens import estimate

OPTIONS = (Option("a", "Done"), Option("b", "In an hour"))
TEXT = "Water the plants at six."


def agent(text: str) -> Spoken:
    return Spoken("agent", text)


def person(text: str) -> Spoken:
    return Spoken("person", text)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (Words("⏰ water the plants"), "water the plants."),
        (Words("*Two* lines,\nwith a _mark_ 🎉"), "Two lines, with a mark."),
        (Words("Look at https://www.example.org/a/b?c=1#d. Now!"), "Look at example.org. Now!"),
        (Words("Is it (www.a-b.co/x)?"), "Is it (a-b.co)?"),
        (Buttons("⏰ water the plants", OPTIONS, header="Hi", footer="of Ivy"), "Hi. water the plants."),
        (Choices("Which?", "Choose", (Section(OPTIONS),)), "Which?"),
        (Link("Your booking is here", "Open", "https://example.org/b/1"), "Your booking is here."),
        (Words("🎉🎉"), ""),
        (Emoji("wamid.1", "🎉"), ""),
        (Form("Book a time", "Open", "booking", "token", "When shall it be?"), ""),
        (File("image", "0" * 64, "image/png", caption="Your week"), ""),
        (Card("Ivy", "+15550102030"), ""),
        (AskLocation("Where are you?"), ""),
    ],
)
def test_what_can_only_be_seen_or_tapped_is_left_out(content: Words, said: str) -> None:
    assert read_out(content) == said


@given(st.text(min_size=1, max_size=400).filter(lambda text: bool(text.strip())))
def test_what_is_read_out_has_no_lines_no_addresses_and_ends_a_sentence(text: str) -> None:
    said = read_out(Words(text))
    assert "\n" not in said
    assert not re.search(r"https?://\S|www\.\S+\.", said.lower()) or "://" in text
    assert not said or said[-1] in ".!?:,;…"


def test_what_takes_too_long_to_hear_is_not_for_the_phone() -> None:
    assert can_be_read_out(TEXT)
    assert not can_be_read_out("")
    assert can_be_read_out("a b " * (LONGEST // 4))
    assert not can_be_read_out("a b " * (LONGEST // 4) + "c")
    dense = "漢字" * (LONGEST // 2)
    assert can_be_read_out(dense) is (estimate(dense) <= MOST_TOKENS)


def test_it_was_read_out_when_the_person_spoke_after_most_of_it() -> None:
    read = agent("You asked me to remind you: water the plants at 6. Did you get that?")
    assert was_read_out(TEXT, Report(spoken=(agent("Hi"), person("Hello"), read, person("yes"))))
    assert not was_read_out(TEXT, Report(spoken=(agent("Hi, it's Ivy"), person("not now"))))
    assert not was_read_out(TEXT, Report(spoken=(agent("Hi"), person("Hello"), read)))
    assert not was_read_out(TEXT, Report(spoken=(person("Hello"), agent("Water"), person("what?"))))


@pytest.mark.parametrize("kept", [(), (agent("…"), person("…"))])
def test_where_nobody_kept_what_was_said_it_is_believed(kept: tuple[Spoken, ...]) -> None:
    assert was_read_out(TEXT, Report(spoken=kept))
