"""Nudges: before what is still to come, less of them for who never reacts, and none once they say so."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

import pytest
from trio.testing import MockClock

from ivy.agent import checkins, missed_call, nudging
from ivy.agent.acting import by_tap
from ivy.clock import stamp
from ivy.daemon.context import Context, Dropped
from ivy.daemon.handlers import nudge
from ivy.domain.calls import CallKind, CallOutcome
from ivy.domain.consent import Purpose
from ivy.domain.jobs import NUDGE
from ivy.domain.schedule import to_instant
from ivy.domain.slots import By, SlotKind
from ivy.domain.workouts import WorkoutState
from ivy.store import call_slots, nudges, people, schedules, workouts
from ivy.store.binding import Connection
from ivy.store.call_slots import Slot
from ivy.store.jobs import Job
from ivy.store.scope import PersonStore
from ivy.store.workouts import Workout
from ivy.tools import workout_reminders
from ivy.tools.registry import Tool
from ivy.tools.schedule import ChangeContactTime, move_contact
from ivy.tools.topics import ListTopics, Subscribe, Unsubscribe, list_topics, subscribe, unsubscribe
from ivy.tools.workouts import plan_new
from tests.agent.around_calls import DAY, Life, life_of

NEW_YORK = "America/New_York"
RUN = Workout("w1", DAY, "run", at_wall="18:00")


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    return life_of(context, person)


def at(clock: str, day: int = 0) -> datetime:
    return to_instant(datetime.combine(DAY + timedelta(days=day), time.fromisoformat(clock)), NEW_YORK)


async def fires(life: Life, ref: str, due_at: datetime) -> str:
    """Run the nudge that is due, through its handler; return what it said, or why not."""
    life.set(due_at)
    job = Job(
        f"job-{due_at}", NUDGE.name, "upkeep", "", f"nudge:{due_at}", "ana", {"ref": ref, "at_ms": stamp(due_at)}, "trace",
        0, 1, due_at, due_at + timedelta(hours=1), timedelta(seconds=15), (),
    )  # fmt: skip
    before = len(await life.got())
    outcome = await nudge.handle(job, life.context)
    if isinstance(outcome, Dropped):
        return outcome.reason
    assert callable(outcome)
    await life.context.store.write(outcome)
    return "".join((await life.said())[before:])


async def slot_of(life: Life, *, nudge_minutes: int = 10) -> Slot:
    return await life.rows.write(
        call_slots.set_slot,
        SlotKind.MORNING,
        By.VOICE,
        "07:00",
        "*",
        consent_id=None,
        nudge_minutes=nudge_minutes,
        new_id=life.context.new_id,
        now=life.now,
    )


async def reminded(life: Life, workout: Workout = RUN, minutes: int = 30) -> datetime | None:
    await life.rows.write(workouts.plan, workout, source="text", now=life.now)
    return await again(life, workout, minutes)


async def again(life: Life, workout: Workout, minutes: int = 30) -> datetime | None:
    person = await life.person()
    return await life.rows.write(
        workout_reminders.plan_reminder, person, workout, minutes, life.context.new_id, life.now
    )


async def refs(life: Life) -> list[str]:
    return [row["ref_id"] for row in await life.ask("SELECT ref_id FROM schedules WHERE kind = 'nudge' ORDER BY rowid")]


# --- before a call ---------------------------------------------------------------------------------


async def test_a_text_comes_before_the_call_of_a_slot(life: Life, autojump_clock: MockClock) -> None:
    slot = await slot_of(life)
    assert (await fires(life, f"slot:{slot.id}", at("06:50"))).startswith("A quick note: I'll call you at 7:00 am.")
    (row,) = await life.got()
    assert (row["purpose"], row["asked_for"]) == ("checkin", 1)


async def test_no_text_for_a_slot_that_is_off_or_by_text_or_called_early(life: Life, autojump_clock: MockClock) -> None:
    slot = await slot_of(life)
    await life.rows.write(call_slots.off, SlotKind.MORNING, now=life.now)
    assert "not there any more" in await fires(life, f"slot:{slot.id}", at("06:50"))
    await slot_of(life, nudge_minutes=0)
    assert "not there any more" in await fires(life, f"slot:{slot.id}", at("06:50"))
    await slot_of(life)
    await life.context.store.write(_call_took_place)
    assert "not there any more" in await fires(life, f"slot:{slot.id}", at("06:50"))


def _call_took_place(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO calls (id, user_id, kind, slot, day, state, outcome, due_at_ms) VALUES ('c', 'ana', ?, 's', ?, 'ended', ?, 0)",
        (CallKind.MORNING.value, DAY.isoformat(), CallOutcome.COMPLETED.value),
    )


async def test_no_text_once_the_call_has_begun_or_after_stop(life: Life, autojump_clock: MockClock) -> None:
    slot = await slot_of(life)
    assert "has begun" in await fires(life, f"slot:{slot.id}", at("07:00"))
    await life.rows.write(people.set_status, "stopped")
    assert "not to be written to" in await fires(life, f"slot:{slot.id}", at("06:50"))
    assert await life.got() == []


# --- before a workout ------------------------------------------------------------------------------


async def test_a_reminder_comes_before_a_workout_with_its_three_answers(life: Life, autojump_clock: MockClock) -> None:
    assert await reminded(life) == at("17:30")
    (ref,) = await refs(life)
    assert await fires(life, ref, at("17:30")) == "Coming up at 6:00 pm: run."
    assert (await life.asked()).kind == checkins.PLAN
    assert '"reminder_due"' in (await life.got())[0]["template"]


@pytest.mark.parametrize("state", [WorkoutState.DONE, WorkoutState.SKIPPED, WorkoutState.REST])
async def test_a_workout_that_is_settled_early_needs_no_reminder(
    life: Life, state: WorkoutState, autojump_clock: MockClock
) -> None:
    await reminded(life)
    (ref,) = await refs(life)
    await life.rows.write(
        lambda scope: scope.execute("UPDATE workouts SET state = :state WHERE user_id = :user", state=state.value)
    )
    assert "is done" in await fires(life, ref, at("17:30"))


async def test_a_workout_that_was_moved_is_not_announced_at_its_old_time(life: Life, autojump_clock: MockClock) -> None:
    await reminded(life)
    (old,) = await refs(life)
    moved = await life.rows.write(workouts.retime, RUN, "19:00", now=life.now)
    assert "was moved" in await fires(life, old, at("17:30"))  # even where nobody planned it anew
    life.set(at("12:00"))
    assert await again(life, moved) == at("18:30")
    (new,) = await refs(life)
    assert await fires(life, new, at("18:30")) == "Coming up at 7:00 pm: run."


async def test_planning_again_or_cancelling_leaves_no_row_behind(life: Life, autojump_clock: MockClock) -> None:
    await reminded(life)
    await again(life, RUN, 45)
    await reminded(life, Workout("w10", DAY, "yoga", at_wall="20:00"))
    assert len(await refs(life)) == 2
    assert await life.rows.write(workout_reminders.cancel, "w1")
    assert not await life.rows.write(workout_reminders.cancel, "w1")
    assert await refs(life) == ["workout:w10:20:00"]


@pytest.mark.parametrize(
    ("workout", "minutes"),
    [(Workout("w1", DAY, "run"), 30), (RUN, 0), (Workout("w1", DAY, "run", at_wall="02:10"), 30)],
)
async def test_no_time_no_wish_or_no_time_left_is_no_reminder(
    life: Life, workout: Workout, minutes: int, autojump_clock: MockClock
) -> None:
    life.set(at("02:00"))
    assert await reminded(life, workout, minutes) is None
    assert await refs(life) == []


async def test_a_reminder_follows_the_person_to_another_zone(life: Life, autojump_clock: MockClock) -> None:
    await reminded(life)
    await life.rows.write(people.set_zone, "America/Los_Angeles")
    await life.rows.write(schedules.move_to_zone, "America/Los_Angeles", now=life.now)
    (row,) = await life.ask("SELECT next_at_ms, ref_id FROM schedules WHERE kind = 'nudge'")
    due_at = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    assert row["next_at_ms"] == stamp(due_at)
    assert await fires(life, row["ref_id"], due_at) == "Coming up at 6:00 pm: run."


# --- whose wish it is ------------------------------------------------------------------------------


async def asked_for(life: Life) -> list[bool]:
    return [bool(row["asked_for"]) for row in await life.got()]


async def test_one_that_nobody_said_they_want_counts_as_a_contact_nobody_asked_for(
    life: Life, autojump_clock: MockClock
) -> None:
    await reminded(life)
    await fires(life, (await refs(life))[0], at("17:30"))
    assert await asked_for(life) == [False]


async def test_one_that_they_chose_is_asked_for(life: Life, autojump_clock: MockClock) -> None:
    await life.rows.write(nudges.set_minutes, 20, source="text", now=life.now)
    await reminded(life, minutes=20)
    await fires(life, (await refs(life))[0], at("17:40"))
    slot = await slot_of(life)  # nobody has one before a call unless it was chosen with its time
    await fires(life, f"slot:{slot.id}", at("06:50", 1))
    assert await asked_for(life) == [True, True]


async def test_the_question_about_them_is_not_asked_for_and_a_yes_to_it_makes_them_so(
    life: Life, autojump_clock: MockClock
) -> None:
    await life.rows.write(lambda scope: scope.execute("INSERT INTO reminded_unasked (user_id) VALUES (:user)"))
    day = await asked_on(life)
    assert (await asked_for(life))[-1] is False
    await life.taps(nudging.answered, nudging.LESS)
    assert await life.rows.read(nudges.wanted)
    tomorrow = replace(RUN, day=DAY + timedelta(days=day + 2))
    await reminded(life, tomorrow)
    assert await fires(life, (await refs(life))[0], at("17:30", day + 2))
    assert (await asked_for(life))[-1] is True


async def test_a_yes_to_those_before_calls_begins_none_before_workouts(life: Life, autojump_clock: MockClock) -> None:
    await asked_on(life)
    await life.taps(nudging.answered, nudging.KEEP)
    assert not await life.rows.read(nudges.wanted)


# --- wished for ------------------------------------------------------------------------------------


async def uses(life: Life, tool: Tool, arguments: Any) -> str:
    """Let a tool of theirs run, as a turn does."""
    turn = by_tap(await life.person(), life.desk)
    return await life.rows.write(tool.run(arguments, turn))


async def test_nobody_gets_one_unasked_but_who_got_them_before(life: Life, autojump_clock: MockClock) -> None:
    await slot_of(life, nudge_minutes=0)
    turn = by_tap(await life.person(), life.desk)
    await life.rows.write(lambda scope: plan_new(scope, turn, replace(RUN, id="new")))
    assert await refs(life) == []
    await life.rows.write(lambda scope: scope.execute("INSERT INTO reminded_unasked (user_id) VALUES (:user)"))
    await life.rows.write(lambda scope: plan_new(scope, turn, replace(RUN, id="before")))
    assert await refs(life) == ["workout:before:18:00"]


@pytest.mark.parametrize(
    ("before", "english", "spanish", "kinds"),
    [
        ("calls", "a text 10 minutes before each call.", "un aviso 10 minutos antes de cada llamada.", {"slot"}),
        (
            "workouts",
            "a text 30 minutes before each workout with a time.",
            "un aviso 30 minutos antes de cada entrenamiento con hora.",
            {"workout"},
        ),
        (
            "both",
            "a text 10 minutes before each call, 30 minutes before each workout with a time.",
            "un aviso 10 minutos antes de cada llamada, 30 minutos antes de cada entrenamiento con hora.",
            {"slot", "workout"},
        ),
    ],
)
async def test_a_word_brings_them_and_a_word_ends_them(
    life: Life, before: Literal["both", "calls", "workouts"], english: str, spanish: str, kinds: set[str],
    autojump_clock: MockClock,
) -> None:  # fmt: skip
    slot = await slot_of(life, nudge_minutes=0)
    await life.rows.write(workouts.plan, RUN, source="text", now=life.now)
    assert await uses(life, subscribe, Subscribe("nudges", before=before)) == f"Noted: {english}"
    assert {ref.partition(":")[0] for ref in await refs(life)} == kinds
    if "slot" in kinds:
        assert (await fires(life, f"slot:{slot.id}", at("06:50", 1))).startswith("A quick note: I'll call you")
        assert (await life.rows.read(call_slots.load, slot.id)) == replace(
            slot, nudge_minutes=10, wall=slot.wall, next_at=slot.next_at
        )
    assert "before each" in await uses(life, list_topics, ListTopics())
    await life.rows.write(people.set_locale, "es-CO")
    assert await uses(life, subscribe, Subscribe("nudges", before=before)) == f"Anotado: {spanish}"
    await uses(life, unsubscribe, Unsubscribe("nudges", before))
    assert await refs(life) == []


async def test_a_slot_that_is_booked_later_has_the_text_too(life: Life, autojump_clock: MockClock) -> None:
    await uses(life, subscribe, Subscribe("nudges", before="calls"))
    await life.agrees(Purpose.CALLS)
    await life.rows.write(people.set_phone, "+12125550123")
    turn = by_tap(await life.person(), life.desk)
    await life.rows.write(lambda scope: move_contact(scope, ChangeContactTime("8 pm", by="voice"), turn))
    slot = await life.rows.read(call_slots.of_kind, SlotKind.EVENING)
    assert slot is not None and slot.nudge_minutes == 10


@pytest.mark.parametrize(("by", "kinds"), [(By.VOICE, {"slot", "workout"}), (By.TEXT, {"workout"})])
@pytest.mark.parametrize("option", [nudging.YES, nudging.NO])
async def test_they_are_offered_once_and_one_word_answers(
    life: Life, option: str, by: By, kinds: set[str], autojump_clock: MockClock
) -> None:
    slot = await slot_of(life, nudge_minutes=0)
    await life.rows.write(missed_call.contact_by, slot, by, life.desk)
    await life.rows.write(workouts.plan, RUN, source="text", now=life.now)
    await life.does(nudging.offer, "All known.")
    assert "each workout?" in (await life.said())[-1] and ("each call" in (await life.said())[-1]) is (by is By.VOICE)
    await life.taps(nudging.offer_answered, option)
    assert {ref.partition(":")[0] for ref in await refs(life)} == (kinds if option == nudging.YES else set())
    await life.does(nudging.offer, "Again.")
    assert (await life.said())[-1] == "Again."


# --- less of it ------------------------------------------------------------------------------------


async def daily(life: Life, days: range, *, reacts: bool = False) -> list[str]:
    """Let the nudge before a daily call be due on these days; return "said", "asked" or "" of each."""
    slot = await life.rows.read(call_slots.of_kind, SlotKind.MORNING)
    assert slot is not None
    found: list[str] = []
    for day in days:
        said = await fires(life, f"slot:{slot.id}", at("06:50", day))
        found.append("asked" if "too much" in said else "said" if said else "")
        if reacts:
            life.passes(minutes=1)
            await life.writes("good morning")
    return found


async def test_who_reacts_gets_every_one(life: Life, autojump_clock: MockClock) -> None:
    await slot_of(life)
    assert await daily(life, range(20), reacts=True) == ["said"] * 20


async def test_who_never_reacts_gets_half_then_one_question_then_one_a_week(
    life: Life, autojump_clock: MockClock
) -> None:
    await slot_of(life)
    found = await daily(life, range(40))
    assert found[:3] == ["said"] * 3
    assert found[3:11] == ["", "said"] * 4
    asked = found.index("asked")
    assert found.count("asked") == 1 and found[:asked].count("said") == 7
    said_after = [day for day in range(asked + 1, 40) if found[day]]
    assert said_after and all(later - one >= 7 for one, later in zip([asked, *said_after], said_after, strict=False))


async def test_a_reaction_brings_them_back(life: Life, autojump_clock: MockClock) -> None:
    await slot_of(life)
    await daily(life, range(10))
    await life.writes("hi")
    assert await daily(life, range(10, 13)) == ["said"] * 3


async def asked_on(life: Life) -> int:
    """Leave every nudge unanswered until Ivy asks whether they are wanted; return on which day that was."""
    await slot_of(life)
    day = 0
    while await daily(life, range(day, day + 1)) != ["asked"]:
        day += 1
    assert (await life.asked()).kind == nudging.QUESTION
    return day


async def test_keep_brings_every_one_back(life: Life, autojump_clock: MockClock) -> None:
    day = await asked_on(life)
    await life.taps(nudging.answered, nudging.KEEP)
    assert await daily(life, range(day + 1, day + 4)) == ["said"] * 3


async def test_less_is_every_second_one(life: Life, autojump_clock: MockClock) -> None:
    day = await asked_on(life)
    await life.taps(nudging.answered, nudging.LESS)
    assert await daily(life, range(day + 1, day + 5)) == ["", "said", "", "said"]


async def test_stop_ends_those_before_calls_and_those_before_workouts(life: Life, autojump_clock: MockClock) -> None:
    day = await asked_on(life)
    await reminded(life, replace(RUN, day=DAY + timedelta(days=day + 1)))
    assert len(await refs(life)) == 2
    await life.taps(nudging.answered, nudging.STOP)
    assert await refs(life) == [] and await life.rows.read(nudges.minutes) == 0
    slot = await life.rows.read(call_slots.of_kind, SlotKind.MORNING)
    assert slot is not None and slot.is_on and slot.by is By.VOICE
    assert "not there any more" in await fires(life, f"slot:{slot.id}", at("06:50", day + 1))


async def test_who_wants_fewer_gets_every_second_one_though_they_react(life: Life, autojump_clock: MockClock) -> None:
    await slot_of(life)
    habit = (await life.rows.read(nudges.habit)).answered(floor=3)
    await life.rows.write(nudges.keep_habit, habit, now=life.now)
    assert await daily(life, range(6), reacts=True) == ["said", "", "said", "", "said", ""]
