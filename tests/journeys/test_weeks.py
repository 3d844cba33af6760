"""Ten people, seven days: who is phoned when, across zones and the date line, and what must never happen."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ivy.cli import simulate_week
from ivy.cli.week_report import Told

pytestmark = pytest.mark.uncounted
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = (
    *("keen", "spanish", "ghoster", "traveller", "relapser", "voicemail", "text_only", "stopper", "night_shift"),
    "no_more_calls",
)


@pytest.fixture(scope="module")
def week() -> Told:
    return simulate_week.run(len(PEOPLE), 7, 1, begins=MONDAY, only=PEOPLE)


@pytest.fixture
def story(week: Told) -> list[dict[str, Any]]:
    return [json.loads(line) for line in week.story]


def rings(story: list[dict[str, Any]], persona: str, kind: str) -> Counter[date]:
    """Return how often somebody's phone rang on each of their own dates."""
    return Counter(
        datetime.fromisoformat(each["wall"]).date()
        for each in story
        if each["who"].startswith(persona) and each["what"] == "rings" and each["text"] == kind
    )


def test_ten_people_live_through_a_week_and_nothing_goes_wrong(week: Told) -> None:
    never = week.report.never
    assert (never.dead_letters, never.crashes) == ({}, {})
    assert (never.at_night, never.messages_doubled, never.calls_doubled, never.after_stop) == ([], [], [], [])
    outcomes = Counter({each.outcome: each.calls for each in week.report.calls})
    assert {"completed", "missed", "voicemail"} <= outcomes.keys()
    assert week.report.workouts["done"] > 10
    assert week.report.streaks.longest >= 5
    assert week.report.pledged
    assert week.report.spent_micros["call"] > 0


def test_everybody_is_phoned_at_their_own_seven_every_day(story: list[dict[str, Any]]) -> None:
    for persona in ("keen", "relapser"):
        found = rings(story, persona, "morning")
        days = [min(found) + timedelta(days=number) for number in range((max(found) - min(found)).days + 1)]
        assert len(days) >= (6 if persona == "keen" else 2)
        assert sorted(found) == days
    assert len(set(rings(story, "ghoster", "morning"))) == 2  # then the slot is a text
    walls = {each["wall"][11:16] for each in story if each["what"] == "rings" and each["text"] == "morning"}
    assert "07:00" in walls
    assert "18:30" in walls  # the night shift's morning


def test_nobody_who_flies_over_the_date_line_is_phoned_twice_for_a_day(story: list[dict[str, Any]]) -> None:
    moves = [each for each in story if each["who"].startswith("traveller") and each["what"] == "moves"]
    assert len({each["text"] for each in moves}) == 2
    spoken = Counter(
        (each["wall"][:10], each["text"].partition(":")[0])
        for each in story
        if each["who"].startswith("traveller") and each["what"] == "call" and "agent_hangup" in each["text"]
    )
    assert spoken
    assert max(spoken.values()) == 1
    assert len(rings(story, "traveller", "morning")) >= 6


def test_stop_is_silence_to_the_end(story: list[dict[str, Any]]) -> None:
    of = [each for each in story if each["who"].startswith("stopper")]
    at = next(number for number, each in enumerate(of) if each["what"] == "says" and each["text"] in ("STOP", "BASTA"))
    assert [each["what"] for each in of[at + 1 :]] == ["got"]
    assert any(each["what"] == "rings" for each in of[:at])


def test_no_more_calls_is_no_more_calls_but_messages_go_on(story: list[dict[str, Any]]) -> None:
    of = [each for each in story if each["who"].startswith("no_more_calls")]
    last = max(number for number, each in enumerate(of) if each["what"] == "rings")
    assert any(each["what"] == "got" for each in of[last + 1 :])
    assert datetime.fromisoformat(of[last]["wall"]).date() == date(2026, 11, 25)
