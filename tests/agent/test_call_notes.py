"""What a call told and no function wrote: noted after it, of its own day, with the tools that are on."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from trio.testing import MockClock

from ivy.agent import call_notes
from ivy.config import ToolsSection
from ivy.daemon.context import Context
from ivy.domain.calls import CallKind, CallOutcome, Spoken
from ivy.domain.sentences import ENGLISH, Say
from ivy.domain.workouts import WorkoutState
from ivy.store import facts, if_then, workouts
from ivy.store.scope import PersonStore
from ivy.store.workouts import Workout
from tests.agent.around_calls import DAY, Life, ended, life_of

PLAN = {"plan_workout": "run 30 minutes", "plan_time": "it is six"}
SURE = "If it is six then I run 30 minutes"


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    return life_of(context, person)


def switch_off(life: Life, *tools: str) -> None:
    config = msgspec.structs.replace(life.context.config, tools=ToolsSection(disabled=tools))
    life.context = replace(life.context, config=config)


async def told(life: Life, kind: CallKind, extracted: dict[str, str], *turns: str) -> None:
    """Let a call of the Monday have told this."""
    call = ended(life, CallOutcome.COMPLETED, kind=kind)
    report = replace(call.report, extracted=extracted, spoken=tuple(Spoken("person", turn) for turn in turns))
    await life.does(call_notes.write, replace(call, report=report), report)


async def test_a_plan_in_their_own_words_is_noted_and_said(life: Life, autojump_clock: MockClock) -> None:
    await told(life, CallKind.MORNING, PLAN, SURE)
    (said,) = await life.said()
    assert said.startswith(ENGLISH[Say.CALL_NOTED])
    plan = await life.rows.read(if_then.of_day, DAY)
    assert plan is not None and plan.workout == "run 30 minutes"


async def test_a_plan_whose_day_is_over_is_not_planned(life: Life, autojump_clock: MockClock) -> None:
    life.passes(days=1)
    await told(life, CallKind.MORNING, PLAN, SURE)
    await told(life, CallKind.MORNING, PLAN, "Yes, maybe")
    assert await life.said() == []
    assert await life.rows.read(if_then.of_day, DAY) is None


async def test_a_plan_that_is_confirmed_too_late_is_not_planned_either(life: Life, autojump_clock: MockClock) -> None:
    await told(life, CallKind.MORNING, PLAN, "Yes, maybe")
    assert (await life.asked()).kind == call_notes.QUESTION
    life.passes(hours=20)
    await life.taps(call_notes.answered, "yes")
    assert (await life.said())[-1] == ENGLISH[Say.TAP_EXPIRED]
    assert await life.rows.read(if_then.of_day, DAY) is None


async def test_a_workout_is_of_the_calls_own_day_however_late_the_report(life: Life, autojump_clock: MockClock) -> None:
    for day in (DAY, DAY + timedelta(days=1)):
        await life.rows.write(workouts.plan, Workout(f"run-{day}", day, "run"), source="text", now=life.now)
    life.passes(days=1)
    await told(life, CallKind.EVENING, {"workout_done": "yes"}, "I did it")
    states = [(await life.rows.read(workouts.of_day, day))[0].state for day in (DAY, DAY + timedelta(days=1))]
    assert states == [WorkoutState.DONE, WorkoutState.PLANNED]


async def test_a_tool_that_is_off_is_off_after_a_call_too(life: Life, autojump_clock: MockClock) -> None:
    switch_off(life, "save_plan")
    await told(life, CallKind.MORNING, PLAN, SURE)
    await told(life, CallKind.MORNING, PLAN, "Yes, maybe")
    assert await life.said() == []
    assert await life.rows.read(if_then.of_day, DAY) is None


async def test_a_tool_that_was_switched_off_meanwhile_writes_nothing(life: Life, autojump_clock: MockClock) -> None:
    await told(life, CallKind.MORNING, PLAN, "Yes, maybe")
    switch_off(life, "save_plan")
    await life.taps(call_notes.answered, "yes")
    assert (await life.said())[-1] == ENGLISH[Say.TAP_EXPIRED]


async def test_what_was_only_heard_is_written_on_a_yes(life: Life, autojump_clock: MockClock) -> None:
    await told(life, CallKind.MORNING, PLAN, "Yes, maybe")
    await life.taps(call_notes.answered, "yes")
    plan = await life.rows.read(if_then.of_day, DAY)
    assert plan is not None and plan.workout == "run 30 minutes"
    await life.taps(call_notes.answered, "no")
    assert (await life.said())[-1] == ENGLISH[Say.CALL_NOT_SO]


async def test_a_birthday_that_was_told_is_kept_without_its_year(life: Life, autojump_clock: MockClock) -> None:
    await told(life, CallKind.MORNING, PLAN, SURE, "I was born on May fourth, 1990")
    (said,) = await life.said()
    assert said.startswith(ENGLISH[Say.CALL_NOTED]) and "“My birthday is May 4”" in said and "run 30 minutes" in said
    (fact,) = await life.rows.read(facts.holding)
    assert (fact.subject, fact.value, fact.text, fact.quote) == ("birthday", "05-04", *["My birthday is May 4"] * 2)
    life.passes(days=1)  # the report comes after midnight
    await told(life, CallKind.EVENING, {}, "today is my birthday")
    assert [each.value for each in await life.rows.read(facts.holding)] == [f"{DAY:%m-%d}"]
    said = len(await life.said())
    await told(life, CallKind.EVENING, {}, "My birthday is in summer")
    assert len(await life.said()) == said
