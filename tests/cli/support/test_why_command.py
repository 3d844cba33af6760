"""`ivy why`: one story, whichever of its ids is given."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ivy.store import jobs, reminders
from ivy.store.reminders import Timing
from tests.models import FALLBACK, PRIMARY

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded


@pytest.mark.parametrize(
    "thing", ["arrival", "incoming", "turn", "turn_job", "model_call", "reply", "send_job", "wamid.IN1", "wamid.OUT1"]
)
def test_every_part_of_it_tells_the_whole(ivy: "Ivy", seeded: "Seeded", thing: str) -> None:
    story = ivy("why", getattr(seeded, thing, thing), "--json").json()
    kinds = {event["what"] for event in story["events"]}
    assert {"webhook", "message in", "turn", "model", "tool", "message out", "status", "job", "cost"} <= kinds
    assert (story["person"], story["ending"]) == ("Ana", "Nothing of it is open.")


def test_it_is_told_in_order_and_in_plain_words(ivy: "Ivy", seeded: "Seeded") -> None:
    text = ivy("why", seeded.incoming).out
    told = [
        "Ana wrote on whatsapp (text): “I spent $50 on lunch”",
        "A webhook came from whatsapp and was kept",
        f"turn {seeded.turn} read it",
        "It read 1 message. For want of room it was not told: 2 older messages.",
        f"The primary model ({PRIMARY} of anthropic) gave no answer (failed): anthropic: overloaded (529), 310 ms.",
        f"The fallback model ({FALLBACK} of openai) answered: 1200 tokens in, 800 of them cached, 45 out, $0.002115, 830 ms.",
        "add_expense (amount: $50, description: lunch) was done: Wrote down $50.00 for lunch.",
        "To Ana, decided by its turn: “Wrote down $50.00 for lunch.”",
        "whatsapp says: delivered.",
        "The message was counted as $0.003400.",
        "Nothing of it is open.",
    ]
    for words in told:
        assert words in text
    times = [event["at"] for event in ivy("why", seeded.incoming, "--json").json()["events"]]
    assert times == sorted(times)


def test_a_dead_letter_s_story_ends_with_what_to_type(ivy: "Ivy", seeded: "Seeded") -> None:
    story = ivy("why", seeded.sends[0], "--json").json()
    assert f"`ivy dlq show {seeded.sends[0]}`" in story["ending"]
    seeded.connection.execute("UPDATE users SET quiet_from = quiet_to")  # whatever the hour
    ivy("replay-dlq", seeded.sends[0], "--yes", "--reason", "Meta is back")
    events = ivy("why", seeded.sends[0], "--json").json()["events"]
    assert any(event["what"] == "operator" and "replay-dlq (Meta is back)" in event["words"] for event in events)
    assert any(event["what"] == "replay" and event["words"].startswith("By plan ") for event in events)


def test_a_job_behind_a_paused_queue_says_so(ivy: "Ivy", seeded: "Seeded") -> None:
    assert jobs.revive(seeded.connection, seeded.poison, now=seeded.hands.now)
    ending = ivy("why", seeded.poison, "--json").json()["ending"]
    assert "queue agent is paused (anthropic: the key is not valid (401))" in ending


def test_a_held_message_names_the_rule(ivy: "Ivy", seeded: "Seeded") -> None:
    row = seeded.connection.execute("SELECT id FROM messages_v2 WHERE state = 'held'").fetchone()
    story = ivy("why", row["id"], "--json").json()
    assert "A message is held: quiet hours." in story["ending"]
    assert any("which they did not ask for" in event["words"] for event in story["events"])


def test_a_reminder_tells_when_it_is_due(ivy: "Ivy", seeded: "Seeded") -> None:
    hands = seeded.hands
    wall = (hands.now + timedelta(days=1)).replace(tzinfo=None, microsecond=0)
    timing = Timing(hands.new_id(), "UTC", wall=wall)
    reminders.add(hands.scope("ana-0001"), "reminder-1", "Call John", timing, now=hands.now)
    story = ivy("why", "reminder-1", "--json").json()
    assert story["person"] == "Ana" and story["about"] == {"kind": "reminder", "id": "reminder-1"}
    words = " ".join(event["words"] for event in story["events"])
    assert "The reminder “Call John” was made, to go out once; it is waiting." in words and f"{wall}" in words


def test_an_unknown_or_ambiguous_id_is_said_plainly(ivy: "Ivy", seeded: "Seeded") -> None:
    assert "Nothing is known by 'nonsense'" in str(ivy("why", "nonsense").error)
    assert "is the beginning of several ids" in str(ivy("why", seeded.turn[:8]).error)
    assert ivy("why", seeded.turn[:-3], "--json").json()["about"]["kind"] == "turn"
