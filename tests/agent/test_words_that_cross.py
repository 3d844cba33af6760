"""What crosses on its way: a stop and a report, a tap and one's own word, two questions, an older release and a newer one."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from ivy.agent import call_notes, calls_said, checkins, questions, quick, stopping
from ivy.agent.questions import Asking
from ivy.domain.calls import CallKind, CallOutcome
from ivy.domain.if_then import IfThen
from ivy.domain.slots import By, SlotKind
from ivy.domain.windows import window_after
from ivy.domain.workouts import WorkoutState
from ivy.store import call_slots, nudges, onboarding, people, tool_executions, windows, workouts
from ivy.store import if_then as plans
from ivy.store.scope import Scope
from ivy.store.tool_executions import Execution
from ivy.store.workouts import Workout
from tests.agent.around_calls import DAY, Life
from tests.agent.test_after_call import life, over, settled
from tests.agent.test_call_verdicts import judged, state, tap

__all__ = ["life"]
pytestmark = pytest.mark.usefixtures("autojump_clock")


def planned(scope: Scope, life: Life, workout_id: str = "run") -> Workout:
    workouts.plan(scope, Workout(workout_id, DAY, "run"), source="text", now=life.now)
    return workouts.of_day(scope, DAY)[0]


@pytest.mark.parametrize("spoken", ["I ran, and leave me alone", "I did it"])
async def test_who_wrote_stop_while_the_call_went_on_hears_nothing_of_it(life: Life, spoken: str) -> None:
    def go(scope: Scope) -> None:
        planned(scope, life)
        people.set_status(scope, "stopped")

    await life.rows.write(go)
    call = over(life, CallOutcome.COMPLETED, spoken, kind=CallKind.EVENING)
    await settled(life, replace(call, report=replace(call.report, extracted={"workout_done": "yes"})))
    assert await life.said() == []


async def test_a_chosen_pause_outlives_the_question_how_much(life: Life) -> None:
    until = life.now + timedelta(days=30)
    await life.rows.write(people.suspend, until)
    await life.does(stopping.suspend_and_ask)
    life.passes(days=8)
    await life.does(calls_said.none_today)
    assert (await life.person()).suspended_until == until


async def test_a_pause_that_is_over_by_then_is_over(life: Life) -> None:
    await life.rows.write(people.suspend, life.now + timedelta(days=3))
    await life.does(stopping.suspend_and_ask)
    life.passes(days=8)
    await life.does(calls_said.none_today)
    assert (await life.person()).suspended_until is None


async def test_a_tap_leaves_what_they_said_themselves_since(life: Life) -> None:
    pending = await judged(life, "yes")
    life.passes(minutes=5)
    word = quick.word_of(await life.person(), life.desk)

    def own(scope: Scope) -> None:
        workouts.finish(scope, workouts.of_day(scope, DAY)[0], WorkoutState.DONE, word, minutes=45, note="great")

    await life.rows.write(own)
    before = await state(life)
    await tap(life, pending)
    assert await state(life) == before
    assert [(each.minutes, each.note) for each in await life.rows.read(workouts.of_day, DAY)] == [(45, "great")]


async def test_a_tap_under_yesterdays_call_leaves_todays_question_open(life: Life) -> None:
    pending = await judged(life, "no")
    life.passes(days=1)
    today = DAY + timedelta(days=1)

    def begin(scope: Scope) -> None:
        workouts.plan(scope, Workout("swim", today, "swim"), source="text", now=life.now)
        checkins.begin(scope, people.load(scope), "evening", life.desk, day=today)

    await life.rows.write(begin)
    evening = await life.asked()
    await tap(life, pending)
    await tap(life, evening, "done")
    assert [each.state for each in await life.rows.read(workouts.of_day, today)] == [WorkoutState.DONE]


async def test_after_a_spoken_stop_nothing_voluntary_follows(life: Life) -> None:
    call = over(life, CallOutcome.COMPLETED, "I skipped it. leave me alone", kind=CallKind.EVENING)

    def go(scope: Scope) -> None:
        workouts.finish(scope, planned(scope, life), WorkoutState.SKIPPED, quick.word_of(people.load(scope), life.desk))
        ran = Execution("e1", f"call:{call.id}", "skip_workout", "{}", "k1")
        tool_executions.record(scope, ran, "done", "ok", at_ms=1)
        windows.extend(scope, "whatsapp", window_after(life.now))

    await life.rows.write(go)
    await settled(life, call)
    [asked] = await life.said()
    assert "for today, for calls, or for everything" in asked


async def test_a_yes_under_a_question_of_an_earlier_release_keeps_the_hour(life: Life) -> None:
    arguments = msgspec.json.encode({"kind": "run", "cue": "it is six pm", "when": DAY.isoformat()}).decode()
    payload = {"call": "c", "tool": "save_plan", "arguments": arguments, "day": DAY.isoformat()}
    options = (("yes", "Yes"), ("no", "No"))
    asking = Asking(call_notes.QUESTION, "From our call … Is that right?", options, timedelta(hours=24), payload)
    pending = await life.rows.write(lambda scope: questions.ask(scope, people.load(scope), asking, life.desk))
    await tap(life, pending, "yes")
    assert [each.at_wall for each in await life.rows.read(workouts.of_day, DAY)] == ["18:00"]


async def test_what_an_operator_sets_is_what_a_moved_call_keeps(life: Life) -> None:
    ids = map(str, range(1000))

    def go(scope: Scope) -> tuple[int, int]:
        nudges.set_call_minutes(scope, 10, source="text", now=life.now)
        call_slots.set_slot(
            scope, SlotKind.MORNING, By.VOICE, "07:00", "*", consent_id=None, nudge_minutes=10,
            new_id=lambda: next(ids), now=life.now,
        )  # fmt: skip
        told = onboarding.Coaching(nudge_minutes=0, workout_minutes=20)
        onboarding.coach(scope, told, new_id=lambda: next(ids), now=life.now)
        assert nudges.minutes(scope) == 20
        return call_slots.of(scope)[0].nudge_minutes, nudges.call_minutes(scope)

    assert await life.rows.write(go) == (0, 0)


async def test_a_place_from_before_an_older_release_spoke_is_not_read(life: Life) -> None:
    def go(scope: Scope) -> None:
        plans.save(
            scope, IfThen(DAY, "run", "it is six", place="in the park"), plan_id="p", source="text", now=life.now
        )
        scope.execute(  # as the release before wrote it: without a place
            "UPDATE if_then_plans SET cue = 'I am at the pool', workout = 'swim', changed_at_ms = changed_at_ms + 1"
            " WHERE user_id = :user"
        )

    await life.rows.write(go)
    found = await life.rows.read(plans.of_day, DAY)
    assert found is not None and (found.workout, found.time, found.place) == ("swim", "I am at the pool", "")
    await life.rows.write(plans.save, replace(found, place="by the sea"), plan_id="q", source="text", now=life.now)
    again = await life.rows.read(plans.of_day, DAY)
    assert again is not None and again.place == "by the sea"
