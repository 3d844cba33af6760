"""After a call that did not come about: one kind message, whose taps do what they say."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from trio.testing import MockClock

from ivy.agent import checkins, missed_call
from ivy.daemon.context import Context
from ivy.domain import rubric
from ivy.domain.calls import Again, CallKind, CallOutcome
from ivy.domain.slots import By, SlotKind
from ivy.store import call_slots, calls, people
from ivy.store.scope import PersonStore
from ivy.store.workouts import Workout, plan
from tests.agent.around_calls import DAY, Life, ended, life_of

TOLD = [CallOutcome.MISSED, CallOutcome.DECLINED, CallOutcome.VOICEMAIL, CallOutcome.FAILED]


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    return life_of(context, person)


async def slot_of(life: Life, *, unanswered: int) -> None:
    slot = await life.rows.write(
        call_slots.set_slot,
        SlotKind.MORNING,
        By.VOICE,
        "07:00",
        "*",
        consent_id=None,
        nudge_minutes=10,
        new_id=life.context.new_id,
        now=life.now,
    )
    for number in range(unanswered):
        await life.rows.write(call_slots.note_unanswered, slot.id, f"call {number}")


@pytest.mark.parametrize("outcome", TOLD)
async def test_a_call_that_did_not_come_about_is_followed_by_one_kind_message(
    life: Life, outcome: CallOutcome, autojump_clock: MockClock
) -> None:
    call = ended(life, outcome)
    assert await life.does(missed_call.tell, call)
    assert not await life.does(missed_call.tell, call)
    (row,) = await life.got()
    assert row["purpose"] == "checkin" and row["asked_for"] == 1
    assert not rubric.judge(row["body"], "en")
    assert [name for name, _title in (await life.asked()).options] == ["now", "hour", "text"]


async def test_all_tries_of_one_call_are_one_message(life: Life, autojump_clock: MockClock) -> None:
    assert await life.does(missed_call.tell, ended(life, CallOutcome.MISSED))
    life.passes(minutes=10)
    again = ended(life, CallOutcome.MISSED, call_id="call-2", first_id="call-1", attempt=2)
    assert not await life.does(missed_call.tell, again)
    life.passes(days=1)
    assert await life.does(missed_call.tell, ended(life, CallOutcome.MISSED, call_id="call-3"))
    assert len(await life.got()) == 2


@pytest.mark.parametrize("outcome", [CallOutcome.COMPLETED, CallOutcome.OPTED_OUT, CallOutcome.CANCELLED])
async def test_who_spoke_or_wants_no_call_hears_nothing(
    life: Life, outcome: CallOutcome, autojump_clock: MockClock
) -> None:
    assert not await life.does(missed_call.tell, ended(life, outcome))
    assert await life.got() == []


async def test_a_declined_call_is_no_problem_and_a_fault_of_ours_is_ours(life: Life, autojump_clock: MockClock) -> None:
    await life.does(missed_call.tell, ended(life, CallOutcome.DECLINED))
    await life.does(missed_call.tell, ended(life, CallOutcome.FAILED, call_id="call-2"))
    declined, fault = await life.said()
    assert declined.startswith("No problem") and "on my side" in fault


async def test_where_calls_cannot_work_none_is_offered(life: Life, autojump_clock: MockClock) -> None:
    await life.does(missed_call.tell, ended(life, CallOutcome.FAILED, again=Again.MEND))
    assert [name for name, _title in (await life.asked()).options] == ["text", "no"]


async def test_a_fault_of_ours_is_never_announced_as_a_call_they_did_not_answer(
    life: Life, autojump_clock: MockClock
) -> None:
    names: list[str] = []
    for number, (outcome, kind) in enumerate(
        [
            (CallOutcome.MISSED, CallKind.EVENING),
            (CallOutcome.FAILED, CallKind.MORNING),
            (CallOutcome.FAILED, CallKind.EVENING),
        ]
    ):
        await life.does(missed_call.tell, ended(life, outcome, kind=kind, call_id=f"call-{number}"))
        template: Any = (await life.got())[-1]["template"]
        names.append(msgspec.json.decode(template)["name"] if template else "")
    assert names == ["missed_call", "plan_due", "evening_due"]


async def test_who_wrote_since_it_rang_is_left_alone(life: Life, autojump_clock: MockClock) -> None:
    call = ended(life, CallOutcome.MISSED)
    await life.writes("sorry, in a meeting")
    assert not await life.does(missed_call.tell, call)


@pytest.mark.parametrize("state", ["stopped", "paused", "suspended", "handed over"])
async def test_who_said_stop_meanwhile_is_left_alone(life: Life, state: str, autojump_clock: MockClock) -> None:
    if state == "suspended":
        await life.rows.write(people.suspend, life.now + timedelta(hours=3))
    elif state == "handed over":
        await life.rows.write(people.hand_over, life.now)
    else:
        await life.rows.write(people.set_status, state)
    assert not await life.does(missed_call.tell, ended(life, CallOutcome.MISSED))
    assert await life.got() == []


async def test_call_me_now_asks_for_the_call(life: Life, autojump_clock: MockClock) -> None:
    await life.does(missed_call.tell, ended(life, CallOutcome.MISSED))
    assert await life.taps(missed_call.answered, "now")
    (call,) = await life.rows.read(calls.of_day, DAY, CallKind.MORNING)
    assert (call.due_at, call.chosen, call.asked_by) == (life.now, True, "person")


async def test_in_an_hour_asks_for_it_then_and_says_when(life: Life, autojump_clock: MockClock) -> None:
    await life.does(missed_call.tell, ended(life, CallOutcome.MISSED))
    assert await life.taps(missed_call.answered, "hour")
    (call,) = await life.rows.read(calls.of_day, DAY, CallKind.MORNING)
    assert call.due_at == life.now + timedelta(hours=1)
    assert (await life.said())[-1] == "Okay, I'll call you at 8:00 am."


async def test_text_instead_begins_the_same_check_in(life: Life, autojump_clock: MockClock) -> None:
    await life.rows.write(plan, Workout("w1", DAY, "run", at_wall="18:00"), source="text", now=life.now)
    await life.does(missed_call.tell, ended(life, CallOutcome.MISSED))
    assert await life.taps(missed_call.answered, "text")
    assert (await life.said())[-1].startswith("Good morning! Today's plan: run 6:00 pm.")
    assert (await life.asked()).kind == checkins.PLAN


async def test_text_instead_of_a_rescue_is_the_rescue_in_writing(life: Life, autojump_clock: MockClock) -> None:
    await life.does(missed_call.tell, ended(life, CallOutcome.MISSED, kind=CallKind.RESCUE))
    assert await life.taps(missed_call.answered, "text")
    assert (await life.asked()).kind == "rescue"


async def test_a_tap_after_stop_brings_no_call_but_the_way_back(life: Life, autojump_clock: MockClock) -> None:
    await life.does(missed_call.tell, ended(life, CallOutcome.MISSED))
    await life.rows.write(people.set_status, "stopped")
    await life.taps(missed_call.answered, "now")
    assert await life.rows.read(calls.of_day, DAY) == []
    assert "START" in (await life.said())[-1]


async def test_the_second_slot_in_a_row_asks_about_the_slot(life: Life, autojump_clock: MockClock) -> None:
    await slot_of(life, unanswered=2)
    call = ended(life, CallOutcome.MISSED)
    assert await life.does(missed_call.tell, call)
    assert not await life.does(missed_call.tell, call)
    assert not await life.does(missed_call.ask_about_slot, call)
    assert (await life.asked()).kind == missed_call.SLOT_QUESTION
    assert len(await life.got()) == 1


async def test_one_unanswered_slot_or_a_fault_of_ours_asks_nothing_of_the_slot(
    life: Life, autojump_clock: MockClock
) -> None:
    await slot_of(life, unanswered=1)
    await life.does(missed_call.tell, ended(life, CallOutcome.MISSED))
    assert (await life.asked()).kind == missed_call.QUESTION
    await slot_of(life, unanswered=2)
    await life.does(missed_call.tell, ended(life, CallOutcome.FAILED, call_id="call-2"))
    assert (await life.asked()).kind == missed_call.QUESTION


async def test_the_slot_becomes_a_text_at_the_same_time_and_begins_at_once(
    life: Life, autojump_clock: MockClock
) -> None:
    await slot_of(life, unanswered=2)
    await life.does(missed_call.tell, ended(life, CallOutcome.MISSED))
    assert await life.taps(missed_call.slot_answered, "by_text")
    slot = await life.rows.read(call_slots.of_kind, SlotKind.MORNING)
    assert slot is not None
    assert (slot.by, slot.at, slot.days, slot.nudge_minutes, slot.unanswered) == (By.TEXT, "07:00", "*", 0, 0)
    switched, begun = (await life.said())[-2:]
    assert switched.startswith("Okay, from now on I write") and begun.startswith("Good morning!")


@pytest.mark.parametrize(("option", "start"), [("keep", "Okay, I keep calling"), ("time", "Gladly. Which days")])
async def test_the_slot_stays_a_call_if_they_like(
    life: Life, option: str, start: str, autojump_clock: MockClock
) -> None:
    await slot_of(life, unanswered=3)
    await life.does(missed_call.tell, ended(life, CallOutcome.MISSED))
    await life.taps(missed_call.slot_answered, option)
    slot = await life.rows.read(call_slots.of_kind, SlotKind.MORNING)
    assert slot is not None and slot.by is By.VOICE and slot.unanswered == 0
    assert (await life.said())[-1].startswith(start)
