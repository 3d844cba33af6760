"""The same contact in writing: begun once, answered by taps, and nothing kept that nobody agreed to."""

from typing import Any

import pytest
from trio.testing import MockClock

from ivy.agent import checkins, quick, reviewing
from ivy.daemon.context import Context
from ivy.domain.consent import Purpose
from ivy.domain.contents import Choices, decode
from ivy.domain.if_then import IfThen
from ivy.domain.workouts import WorkoutState
from ivy.store import if_then, people, scores, workouts
from ivy.store.scope import PersonStore
from ivy.store.workouts import Workout
from tests.agent.around_calls import DAY, Life, life_of


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    return life_of(context, person)


async def begins(life: Life, kind: str, **more: Any) -> bool:
    return await life.does(checkins.begin, kind, day=DAY, **more)


async def plans(life: Life, *planned: Workout) -> None:
    for workout in planned:
        await life.rows.write(workouts.plan, workout, source="text", now=life.now)


async def state_of(life: Life, workout_id: str) -> WorkoutState:
    workout = await life.rows.read(workouts.load, workout_id)
    assert workout is not None
    return workout.state


@pytest.mark.parametrize("kind", ["morning", "evening", "weekly", "monthly"])
async def test_a_check_in_is_begun_once_a_day(life: Life, kind: str, autojump_clock: MockClock) -> None:
    assert await begins(life, kind)
    assert not await begins(life, kind)
    (row,) = await life.got()
    assert (row["purpose"], row["asked_for"]) == ("checkin", 1)


@pytest.mark.parametrize("kind", ["morning", "evening", "weekly", "monthly"])
async def test_nothing_is_begun_with_who_said_stop(life: Life, kind: str, autojump_clock: MockClock) -> None:
    await life.rows.write(people.set_status, "stopped")
    assert not await begins(life, kind)
    assert await life.got() == []


async def test_other_calls_have_no_check_in(life: Life, autojump_clock: MockClock) -> None:
    assert not await begins(life, "hello")


# --- morning ---------------------------------------------------------------------------------------


async def test_the_morning_says_the_plan_and_the_if_then(life: Life, autojump_clock: MockClock) -> None:
    await plans(life, Workout("w1", DAY, "run", at_wall="18:00"), Workout("w2", DAY, "yoga"))
    plan = IfThen(DAY, "run", time="it is six", barrier="it rains", small_version="ten minutes of stairs")
    await life.rows.write(if_then.save, plan, plan_id="p1", source="call", now=life.now)
    await begins(life, "morning")
    assert await life.said() == [
        "Good morning! Today's plan: run 6:00 pm, yoga. If it is six, then run; if it rains, then ten minutes of"
        " stairs. How does that look to you?"
    ]
    await life.taps(checkins.plan_answered, "smaller")
    assert "ten minutes of stairs" in (await life.said())[-1]
    assert await state_of(life, "w1") is WorkoutState.PLANNED


async def test_a_morning_without_a_plan_asks_for_one(life: Life, autojump_clock: MockClock) -> None:
    await begins(life, "morning")
    assert "What is today's plan?" in (await life.said())[0]
    assert [name for name, _title in (await life.asked()).options] == ["rest"]
    await life.taps(checkins.plan_answered, "rest")
    assert [each.state for each in await life.rows.read(workouts.of_day, DAY)] == [WorkoutState.REST]


async def test_a_morning_whose_workouts_are_done_has_nothing_to_ask(life: Life, autojump_clock: MockClock) -> None:
    await plans(life, Workout("w1", DAY, "run", state=WorkoutState.DONE))
    assert not await begins(life, "morning")


async def test_rest_makes_all_that_is_open_rest(life: Life, autojump_clock: MockClock) -> None:
    await plans(life, Workout("w1", DAY, "run"), Workout("w2", DAY, "yoga"))
    await begins(life, "morning")
    await life.taps(checkins.plan_answered, "rest")
    assert {await state_of(life, "w1"), await state_of(life, "w2")} == {WorkoutState.REST}
    assert len(await life.got()) == 2


async def test_the_templates_buttons_show_the_plan_or_leave_it(life: Life, autojump_clock: MockClock) -> None:
    await plans(life, Workout("w1", DAY, "run"))
    await begins(life, "morning")
    assert '"plan_due"' in (await life.got())[0]["template"]
    await life.taps(checkins.plan_answered, "open")
    question, again = await life.said()
    assert question == again
    await life.taps(checkins.plan_answered, "no")
    assert (await life.said())[-1].startswith("Okay, no hurry")


async def test_done_before_the_workout_is_done_early(life: Life, autojump_clock: MockClock) -> None:
    await plans(life, Workout("w1", DAY, "run"))

    def ask(scope: Any, person: Any, desk: Any) -> None:
        asking = checkins.plan_asking("Soon: run.", person, DAY, "workout:w1", workout_id="w1")
        checkins.questions.ask(scope, person, asking, desk)

    await life.does(ask)
    assert await life.taps(checkins.plan_answered, "done")
    assert await state_of(life, "w1") is WorkoutState.DONE


# --- evening ---------------------------------------------------------------------------------------


async def test_the_evening_asks_for_the_open_workout(life: Life, autojump_clock: MockClock) -> None:
    await plans(life, Workout("w1", DAY, "run", at_wall="18:00"))
    await begins(life, "evening")
    assert await life.said() == ["Good evening! How did it go today with run 6:00 pm?"]
    (row,) = await life.got()
    assert '"checkin_due"' in row["template"]
    assert await life.taps(quick.did_you_answered, "partial")
    assert await state_of(life, "w1") is WorkoutState.PARTIAL


async def test_the_evening_of_several_or_of_none_is_one_open_question(life: Life, autojump_clock: MockClock) -> None:
    await plans(life, Workout("w1", DAY, "run"), Workout("w2", DAY, "yoga"))
    await begins(life, "evening")
    assert await life.said() == ["Good evening! How did it go today with run, yoga? Tell me in your own words."]


async def test_the_evening_after_done_looks_ahead(life: Life, autojump_clock: MockClock) -> None:
    await plans(life, Workout("w1", DAY, "run", state=WorkoutState.DONE))
    await begins(life, "evening")
    assert "tomorrow" in (await life.said())[0]


async def test_the_tap_on_the_evenings_template_asks_as_the_day_stands_by_then(
    life: Life, autojump_clock: MockClock
) -> None:
    await begins(life, "evening")
    assert '"evening_due"' in (await life.got())[0]["template"]
    await plans(life, Workout("w1", DAY, "run"), Workout("w2", DAY, "yoga"))
    await life.taps(checkins.opened, "open")
    assert (await life.said())[-1].startswith("Good evening! How did it go today with run, yoga?")


# --- week and month --------------------------------------------------------------------------------


async def test_the_week_takes_three_scores_and_the_sessions_of_the_next(life: Life, autojump_clock: MockClock) -> None:
    await life.agrees(Purpose.HEALTH)
    await begins(life, "weekly")
    content = decode((await life.got())[0]["content"])
    assert isinstance(content, Choices) and [row.title for row in content.options] == [str(n) for n in range(1, 11)]
    for option in ("7", "4", "10"):
        assert (await life.asked()).kind == reviewing.SCORE
        await life.taps(reviewing.score_answered, option)
    given = {each.measure: each.score for each in await life.rows.read(scores.between, DAY, DAY)}
    assert given == {"energy": 7, "mood": 4, "confidence": 10}
    assert (await life.asked()).kind == reviewing.SESSIONS
    await life.taps(reviewing.sessions_answered, "4")
    assert (await life.person()).sessions_per_week == 4
    assert "4" in (await life.said())[-1]


async def test_a_free_week_is_fine(life: Life, autojump_clock: MockClock) -> None:
    await begins(life, "weekly")
    await life.taps(reviewing.sessions_answered, "0")
    assert (await life.person()).sessions_per_week == 0
    assert "free week" in (await life.said())[-1]


async def test_without_consent_no_score_is_asked_and_no_change_kept(life: Life, autojump_clock: MockClock) -> None:
    await begins(life, "weekly")
    assert (await life.asked()).kind == reviewing.SESSIONS
    await begins(life, "monthly")
    assert not await life.does(reviewing.note_life, await life.writes("I sleep better"))
    assert await life.ask("SELECT * FROM life_markers") == []


async def test_the_words_after_the_monthly_question_are_kept_under_what_they_name(
    life: Life, autojump_clock: MockClock
) -> None:
    await life.agrees(Purpose.HEALTH)
    await begins(life, "monthly")
    assert await life.does(reviewing.note_life, await life.writes("I sleep better and my jeans fit"))
    kept = {each.tag: each.words for each in await life.rows.read(scores.markers, DAY, DAY)}
    assert kept == dict.fromkeys(("sleep", "clothes"), "I sleep better and my jeans fit")
    assert not await life.does(reviewing.note_life, await life.writes("and my mood is up"))


async def test_words_about_something_else_leave_the_monthly_question_open(
    life: Life, autojump_clock: MockClock
) -> None:
    await life.agrees(Purpose.HEALTH)
    await begins(life, "monthly")
    assert not await life.does(reviewing.note_life, await life.writes("remind me at nine to call John"))
    assert await life.does(reviewing.note_life, await life.writes("my mood is better"))


async def test_without_a_question_nothing_is_noted(life: Life, autojump_clock: MockClock) -> None:
    await life.agrees(Purpose.HEALTH)
    assert not await life.does(reviewing.note_life, await life.writes("I sleep better"))


@pytest.mark.parametrize("agrees", [True, False])
async def test_the_taps_on_the_templates_of_week_and_month_ask_their_question(
    life: Life, agrees: bool, autojump_clock: MockClock
) -> None:
    await life.agrees(Purpose.HEALTH, agrees)
    await begins(life, "weekly")
    assert '"week_due"' in (await life.got())[0]["template"]
    await life.taps(reviewing.score_answered if agrees else reviewing.sessions_answered, "open")
    question, again = await life.said()
    assert question == again
    assert await life.rows.read(scores.between, DAY, DAY) == []
    await begins(life, "monthly")
    assert '"month_due"' in (await life.got())[-1]["template"]
    await life.taps(checkins.opened, "open")
    assert (await life.said())[-1] == (await life.said())[-2]
    assert await life.does(reviewing.note_life, await life.writes("I sleep better")) is agrees
