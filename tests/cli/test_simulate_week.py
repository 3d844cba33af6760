"""`ivy simulate week`: the same seed tells the same story, and what must never happen is found when it does."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from random import Random
from typing import Any

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.cli import simulate_week, week_never
from ivy.cli.same_chance import same_chance
from ivy.cli.week_people import Happened
from ivy.cli.week_report import Told

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = ("keen", "traveller", "voicemail", "text_only")
SLOTS = {"ana": ("07:00", "20:00")}
TRIO: Any = import_module("trio._core._run")


def tell(seed: int) -> Told:
    return simulate_week.run(4, 1, seed, begins=MONDAY, only=PEOPLE)


def test_the_same_seed_tells_the_same_story_and_another_seed_another() -> None:
    first, again, other = tell(7), tell(7), tell(8)
    assert first.story == again.story
    assert first.report.transcript == again.report.transcript != other.report.transcript
    kinds = {json.loads(line)["what"] for line in first.story}
    assert {"rings", "call", "got"} <= kinds
    assert first.report.never.is_empty
    placed = sum(each.calls for each in first.report.calls if each.outcome != "abandoned")
    assert placed == sum('"what":"call"' in line for line in first.story)


def test_the_command_prints_one_document_and_writes_the_story(program: Any) -> None:
    done = program(
        "simulate", "week", "--users", "2", "--days", "1", "--persona", "keen", "--transcript", "story.jsonl", "--json"
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["people"], told["days"], told["seed"], told["personas"]) == (2, 1, 1, {"keen": 2})
    assert told["never"]["dead_letters"] == {}
    lines = [json.loads(line) for line in (program.folder / "story.jsonl").read_text().splitlines()]
    assert {"at", "wall", "who", "what", "text"} <= lines[0].keys()
    assert not list(program.folder.glob("*.db"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--persona", "nobody"), "No persona is called 'nobody'"),
        (("--start", "soon"), "--start 'soon' is no date"),
    ],
)
def test_what_cannot_be_simulated_is_one_plain_line(program: Any, words: Sequence[str], said: str) -> None:
    done = program("simulate", "week", *words)
    assert done.returncode == 2
    assert said in done.stderr


# --- trio's chance -----------------------------------------------------------------------------------


async def order(number: int) -> list[int]:
    """Return in which order so many tasks run that are ready at once."""
    found: list[int] = []

    async def task(each: int) -> None:
        await trio.lowlevel.checkpoint()
        found.append(each)

    async with trio.open_nursery() as nursery:
        for each in range(number):
            nursery.start_soon(task, each)
    return found


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_tasks_run_in_an_order_that_the_seed_decides(seed: int) -> None:
    with same_chance(seed):
        first = trio.run(order, 50)
    with same_chance(seed):
        again = trio.run(order, 50)
    assert first == again
    assert sorted(first) == list(range(50))


def test_afterwards_trio_is_as_it_was() -> None:
    before, state = TRIO._ALLOW_DETERMINISTIC_SCHEDULING, TRIO._r.getstate()
    with pytest.raises(RuntimeError), same_chance(3):
        assert TRIO._r.getstate() == Random(3).getstate()
        raise RuntimeError
    assert (TRIO._ALLOW_DETERMINISTIC_SCHEDULING, TRIO._r.getstate()) == (before, state)


# --- what must never be ------------------------------------------------------------------------------


def happened(clock: str, what: str, text: str = "", ref: str = "", *, minutes: float = 0) -> Happened:
    """Return something that happened to Ana, in UTC."""
    at = datetime.fromisoformat(f"2026-11-23T{clock}+00:00")
    end = at + timedelta(minutes=minutes) if minutes else None
    return Happened(at, at.replace(tzinfo=None), "ana", what, text, ref, end)


def test_a_message_in_the_night_that_nobody_asked_for_is_found() -> None:
    assert week_never.at_night([happened("22:10", "got", "a summary")], SLOTS)
    assert not week_never.at_night([happened("12:10", "got", "a summary")], SLOTS)


def test_an_answer_in_the_night_and_what_belongs_to_a_slot_are_no_intrusion() -> None:
    answered = [happened("22:00", "says", "done"), happened("22:01", "got", "Logged")]
    slot = [happened("07:00", "call", "morning: dial_no_answer. ", minutes=1), happened("07:02", "got", "I rang")]
    assert not week_never.at_night(answered + slot, SLOTS)
    assert week_never.at_night([happened("05:00", "call", "morning: dial_no_answer. ")], SLOTS)


def test_the_same_words_twice_are_found_unless_they_did_something_between() -> None:
    twice = [happened("10:00", "got", "hi", "a"), happened("10:05", "got", "hi", "b")]
    assert len(week_never.messages_doubled(twice)) == 1
    assert not week_never.messages_doubled([twice[0], happened("10:02", "says", "hi?"), twice[1]])
    assert week_never.messages_doubled([happened("10:00", "got", "hi", "a"), happened("18:00", "got", "ho", "a")])


def test_a_second_call_of_a_day_is_found_unless_they_asked_for_it() -> None:
    spoken = [happened("07:00", "call", "morning: agent_hangup. …", "a"), happened("09:00", "call", "morning: x", "b")]
    assert len(week_never.calls_doubled(spoken)) == 1
    assert not week_never.calls_doubled([spoken[0], happened("08:59", "taps", "Call me"), spoken[1]])
    assert week_never.calls_doubled(
        [happened("07:00", "call", "morning: x", "a"), happened("07:01", "call", "evening: x", "a")]
    )


def test_words_after_a_stop_are_found_but_for_the_one_answer() -> None:
    stop, told = happened("11:00:00", "says", "STOP"), happened("11:00:02", "got", "Done, I've stopped.")
    assert not week_never.after_stop([stop, told])
    assert len(week_never.after_stop([stop, told, happened("20:00", "got", "Good evening!")])) == 1
    back = [stop, told, happened("12:00", "says", "START"), happened("20:00", "got", "Good evening!")]
    assert not week_never.after_stop(back)


def test_a_ring_after_an_answer_in_the_chat_is_found_unless_they_wanted_it() -> None:
    rang, wrote = happened("07:00", "rings", "morning"), happened("07:05", "taps", "Text instead")
    assert len(week_never.rung_again([rang, wrote, happened("07:10", "rings", "morning")])) == 1
    assert not week_never.rung_again([rang, wrote, happened("07:06", "rings", "morning")])
    assert not week_never.rung_again([rang, wrote, happened("08:05", "rings", "morning")])
    assert not week_never.rung_again([rang, happened("07:10", "rings", "morning")])
    tapped = happened("08:00", "taps", "That's not right")  # about something else, after they asked for it in an hour
    assert not week_never.rung_again([rang, wrote, tapped, happened("08:05", "rings", "morning")])
