"""Everybody there is in the simulation, two days long: nothing goes wrong, and all that Ivy says to them is kind."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ivy.cli import simulate_week
from ivy.cli.week_report import Told
from ivy.domain import rubric
from ivy.domain.sentences import SPANISH, USTED, Say
from ivy.emulators import personas

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = tuple(each.name for each in personas.cast().persona)

pytestmark = pytest.mark.uncounted  # their days: each thing that they do is done alone in some other journey


@pytest.fixture(scope="module")
def days() -> Told:
    return simulate_week.run(len(NAMES), 2, 1, begins=MONDAY)


@pytest.fixture(scope="module")
def story(days: Told) -> list[dict[str, Any]]:
    return [json.loads(line) for line in days.story]


def said_to(story: list[dict[str, Any]], persona: str) -> Iterator[str]:
    """Yield what Ivy wrote to somebody, and said to them on the phone."""
    for each in story:
        if each["who"].rpartition("-")[0] == persona and each["what"] == "got":
            yield each["text"]
        elif each["who"].rpartition("-")[0] == persona and each["what"] == "call":
            yield from re.findall(r"Agent: (.*?)(?= / (?:User|Agent): |$)", each["text"])


def says(story: list[dict[str, Any]], persona: str) -> list[str]:
    return [each["text"] for each in story if each["who"].startswith(persona) and each["what"] == "says"]


def test_there_are_twenty_and_nothing_goes_wrong_with_any(days: Told) -> None:
    assert len(NAMES) >= 20
    assert days.report.personas == dict.fromkeys(NAMES, 1)
    assert days.report.never.is_empty


@pytest.mark.parametrize("persona", NAMES)
def test_all_that_ivy_says_to_a_persona_is_kind(story: list[dict[str, Any]], persona: str) -> None:
    said = list(said_to(story, persona))
    assert said
    for text in said:
        for language in ("en", "es"):  # some write now one, now the other
            assert not rubric.judge(text, language), text


def test_the_elder_is_usted_from_their_first_word_on(story: list[dict[str, Any]]) -> None:
    got = [each["text"] for each in story if each["who"].startswith("elder") and each["what"] == "got"]
    assert got[0] == USTED[Say.ADDRESSED]
    plain = {SPANISH[key] for key in USTED}
    assert not plain & set(got)


def test_who_moves_their_mornings_is_rung_at_the_new_time(story: list[dict[str, Any]]) -> None:
    walls = [
        each["wall"][11:16]
        for each in story
        if each["who"].startswith("slot_mover") and each["what"] == "rings" and each["text"] == "morning"
    ]
    assert walls[0] == "07:00"
    (moved,) = says(story, "slot_mover")
    assert "8:15" in moved


def test_what_only_sounds_like_stop_stops_nothing(story: list[dict[str, Any]]) -> None:
    of = [each for each in story if each["who"].startswith("not_stopping")]
    said = [number for number, each in enumerate(of) if each["what"] == "says"]
    assert said
    assert any(each["what"] == "rings" for each in of[said[0] :])
    assert not {SPANISH[Say.STOPPED], SPANISH[Say.STOP_QUESTION]} & {each["text"] for each in of}


def test_voice_notes_are_heard_and_done(story: list[dict[str, Any]]) -> None:
    of = [each for each in story if each["who"].startswith("voice_notes")]
    assert len(says(story, "voice_notes")) >= 2
    plan = next(number for number, each in enumerate(of) if each["what"] == "says")
    assert of[plan + 1]["what"] == "got"
    assert "…" not in of[plan + 1]["text"]
    assert any(each["what"] == "reaction" for each in of)
