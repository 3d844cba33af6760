from datetime import date, timedelta

import pytest

from ivy.domain.sentences import Say, say
from ivy.domain.streaks import Outcome
from ivy.domain.workouts import WorkoutState
from ivy.store import preferences, streaks, workouts
from ivy.store.workouts import Workout
from tests.tools.diary import Diary

TODAY = date(2026, 11, 23)


async def test_a_planned_workout_is_said_back_and_planning_it_again_moves_it(ben: Diary, ana: Diary) -> None:
    assert await ben("plan_workout", kind="run", when="tomorrow at 7am") == "Planned: run, Tue 24 Nov, 7:00 am."
    assert await ben("plan_workout", kind="Run", when="tomorrow at 8am") == "Planned: run, Tue 24 Nov, 8:00 am."
    assert await ben("plan_workout", kind="yoga", when="tomorrow") == "Planned: yoga, Tue 24 Nov."
    assert await ana("plan_workout", kind="carrera") == "Planeado: carrera, lun 23 nov."
    planned = await ben.rows.read(workouts.open_of, TODAY + timedelta(days=1))
    assert [(each.kind, each.at_wall) for each in planned] == [("run", "08:00"), ("yoga", "")]
    assert "one by one" in await ben.fails("plan_workout", kind="run", when="every monday at 7am")


async def test_a_streak_grows_and_its_milestones_are_told(ben: Diary) -> None:
    said: list[str] = []
    for number in range(4):
        ben.now += timedelta(days=number > 0)
        said.append(await ben("log_workout", kind="run", duration="30 minutes"))
    assert said[0] == f"Logged: run, 30 min, Mon 23 Nov, done. 💪 {say(Say.STREAK_KEPT, 'en', days=1)}"
    assert said[1].endswith(say(Say.STREAK_KEPT, "en", days=2))
    assert said[2].endswith(say(Say.STREAK_MILESTONE, "en", days=3))
    assert said[3].endswith(say(Say.STREAK_KEPT, "en", days=4))


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        (
            "KKKKMK",
            f"{say(Say.STREAK_KEPT, 'en', days=6)} You kept 6 of your last 7 planned days.",
        ),  # a reserve day held it
        ("KKKKMMM", f"{say(Say.STREAK_BACK, 'en')} You kept 5 of your last 8 planned days."),
        ("KMMMM", say(Say.STREAK_BACK, "en")),  # what is mostly not kept is told to nobody who just did it
        ("KKKK", say(Say.STREAK_KEPT, "en", days=5)),
        ("KK" + "-" * 21, say(Say.STREAK_MILESTONE, "en", days=3)),
    ],
)
async def test_days_kept_of_those_planned_stand_beside_the_streak(ben: Diary, earlier: str, expected: str) -> None:
    """18 of the last 21, as E5 has it: one day left out does not hide all that was kept."""
    for back, mark in enumerate(reversed(earlier), start=1):
        if mark != "-":
            outcome = Outcome.KEPT if mark == "K" else Outcome.MISSED
            day = TODAY - timedelta(days=back)
            await ben.rows.write(streaks.record, day, outcome, source="test", now=ben.now)
    assert await ben("log_workout", kind="run") == f"Logged: run, Mon 23 Nov, done. 💪 {expected}"


async def test_what_was_planned_is_what_is_logged(ana: Diary) -> None:
    await ana("plan_workout", kind="carrera", when="hoy")
    said = await ana("log_workout", duration="media hora")
    assert said.startswith("Anotado: carrera, 30 min, lun 23 nov, hecho.")
    assert [each.state for each in await ana.rows.read(workouts.of_day, TODAY)] == [WorkoutState.DONE]
    await ana("log_workout", kind="yoga")
    assert [each.kind for each in await ana.rows.read(workouts.of_day, TODAY)] == ["carrera", "yoga"]
    assert (await ana.rows.read(streaks.current)).current == 1


async def test_saying_it_again_with_its_length_is_not_a_second_workout(ben: Diary) -> None:
    await ben("log_workout", kind="run")
    said = await ben("log_workout", kind="run", duration="40 min")
    assert said == "Logged: run, 40 min, Mon 23 Nov, done. 💪"
    await ben("log_workout", kind="run", duration="40 min")
    assert len(await ben.rows.read(workouts.of_day, TODAY)) == 1
    await ben("log_workout", kind="run", duration="20 min")
    assert len(await ben.rows.read(workouts.of_day, TODAY)) == 2


async def test_with_several_open_it_is_asked_which(ben: Diary) -> None:
    await ben("plan_workout", kind="run", when="today at 6pm")
    await ben("plan_workout", kind="yoga", when="today at 8pm")
    assert await ben.fails("log_workout") == "Which workout do you mean: run 18:00 or yoga 20:00?"
    assert await ben.fails("skip_workout", kind="the workout") == "Which workout do you mean: run 18:00 or yoga 20:00?"
    await ben("log_workout", kind="the yoga")
    await ben("log_workout", kind="my workout")
    assert await ben.rows.read(workouts.open_of, TODAY) == []


@pytest.mark.parametrize(("minutes", "kept"), [("10 minutes", 1), ("9 minutes", 0)])
async def test_a_part_counts_from_the_persons_own_minimum_on(ben: Diary, minutes: str, kept: int) -> None:
    said = await ben("log_workout", kind="yoga", duration=minutes, partial=True)
    assert said.startswith(f"Logged: yoga, {minutes.split()[0]} min, Mon 23 Nov, in part. Every bit counts.")
    assert (await ben.rows.read(streaks.current)).current == kept


async def test_a_skipped_day_is_simply_skipped(ben: Diary) -> None:
    assert "nothing to skip" in await ben.fails("skip_workout")
    await ben("plan_workout", kind="run")
    assert await ben("skip_workout") == "Okay, left out: run, Mon 23 Nov. We go again next time."
    assert "done" in await ben("log_workout", kind="run")
    assert await ben.fails("skip_workout", kind="run") == "run is down as done. Undo that first if it is wrong."


async def test_a_day_of_rest_leaves_the_streak_as_it_is(ben: Diary) -> None:
    await ben("log_workout", kind="run", day="yesterday")
    await ben("plan_workout", kind="yoga")
    assert await ben("rest_day") == "Mon 23 Nov: Rest day it is. Resting is part of the plan."
    assert await ben.rows.read(workouts.open_of, TODAY) == []
    assert await ben("rest_day", day="tomorrow") == "Tue 24 Nov: Rest day it is. Resting is part of the plan."
    assert (await ben.rows.read(streaks.current)).current == 1
    assert "counts already" in await ben.fails("rest_day", day="yesterday")


async def test_undo_goes_back_word_by_word(ben: Diary) -> None:
    assert await ben.fails("undo_workout") == "There is no workout to take back."
    await ben("plan_workout", kind="run")
    await ben("log_workout", kind="run", duration="30 min")
    ben.now += timedelta(minutes=1)
    await ben("log_workout", kind="swim", day="yesterday")
    assert (await ben.rows.read(streaks.current)).current == 2
    ben.now += timedelta(minutes=1)
    assert await ben("undo_workout") == "Taken back: swim, Sun 22 Nov."
    assert await ben("undo_workout") == "Open again: run, 30 min, Mon 23 Nov."
    assert (await ben.rows.read(streaks.current)).current == 0
    assert await ben("undo_workout") == "Taken back: run, Mon 23 Nov."
    assert await ben.rows.read(workouts.of_day, TODAY) == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("log_workout", {"day": "tomorrow"}),
        ("log_workout", {"day": "2026-01-01"}),
        ("log_workout", {"duration": "3 days"}),
        ("log_workout", {"duration": "a while"}),
        ("log_workout", {"kind": "x" * 61}),
        ("log_workout", {"note": "x" * 201}),
        ("plan_workout", {"kind": ""}),
        ("plan_workout", {"kind": "run", "when": "yesterday"}),
        ("rest_day", {"day": "whenever"}),
    ],
)
async def test_what_cannot_be_noted_is_refused_in_a_sentence(ben: Diary, tool: str, arguments: dict[str, str]) -> None:
    assert (await ben.fails(tool, **arguments)).endswith((".", "?"))
    assert await ben.rows.read(streaks.events) == []


# --- a day that counts again what it counted before ---------------------------------------------------------

SATURDAY = date(2026, 11, 21)


async def was_missed(diary: Diary, day: date = SATURDAY) -> None:
    """Let a workout have been planned for a day that was closed without a word."""
    await diary.rows.write(
        workouts.plan, Workout(f"sat-{diary.person.id}", day, "run"), source="text", now=diary.now - timedelta(days=3)
    )
    closed_at = diary.now - timedelta(hours=12)
    await diary.rows.write(streaks.record, day, Outcome.MISSED, source="day_close", now=closed_at)


async def appeals(diary: Diary, day: date = SATURDAY) -> bool:
    return await diary.rows.write(streaks.appeal, day, today=diary.now.date(), source="text", now=diary.now)


async def test_a_word_about_a_missed_day_that_is_undone_leaves_it_missed(ben: Diary) -> None:
    await was_missed(ben)
    await ben("log_workout", kind="run", day="saturday")
    assert await ben.rows.read(streaks.of_day, SATURDAY) is Outcome.KEPT
    assert await ben("undo_workout") == "Open again: run, Sat 21 Nov."
    assert await ben.rows.read(streaks.of_day, SATURDAY) is Outcome.MISSED
    await ben("rest_day", day="saturday")
    await ben("undo_workout")
    assert await ben.rows.read(streaks.of_day, SATURDAY) is Outcome.MISSED


async def test_who_takes_back_that_a_missed_day_was_wrong_has_it_as_it_was_and_the_appeal_left(
    ben: Diary, ana: Diary
) -> None:
    for diary, said in (
        (ben, "Taken back: Sat 21 Nov counts as it did before."),
        (ana, "Hecho: el sáb 21 nov cuenta como antes."),
    ):
        await was_missed(diary)
        for _time in range(3):  # none of them is used up
            assert await appeals(diary)
            assert await diary.rows.read(streaks.of_day, SATURDAY) is Outcome.EXCUSED
            assert await diary("undo_workout") == said
            assert await diary.rows.read(streaks.of_day, SATURDAY) is Outcome.MISSED
        assert await diary.rows.read(preferences.beginning, "appeal:") == {}
        assert [each.state for each in await diary.rows.read(workouts.of_day, SATURDAY)] == [WorkoutState.PLANNED]


async def test_what_was_said_last_is_taken_back_first(ben: Diary) -> None:
    await was_missed(ben)
    assert await appeals(ben)
    ben.now += timedelta(minutes=1)
    await ben("log_workout", kind="swim", duration="20 minutes")
    ben.now += timedelta(minutes=1)
    assert (await ben("undo_workout")).startswith("Taken back: swim")
    assert await ben("undo_workout") == "Taken back: Sat 21 Nov counts as it did before."
    await appeals(ben)
    ben.now += timedelta(minutes=1)
    await ben("plan_workout", kind="hike", day="saturday")
    assert (await ben("undo_workout")).startswith("Taken back: hike")
    ben.now += timedelta(minutes=1)
    await ben("log_workout", kind="run", day="saturday")
    await ben("undo_workout")
    assert await ben.rows.read(streaks.of_day, SATURDAY) is Outcome.EXCUSED  # on their word before that one
    assert await ben("undo_workout") == "Taken back: Sat 21 Nov counts as it did before."
    assert await ben.rows.read(streaks.of_day, SATURDAY) is Outcome.MISSED
    ben.now += timedelta(days=8)
    assert await ben.fails("undo_workout") == "There is no workout to take back."


async def test_the_days_that_an_appeal_excused_with_it_come_back_too(ben: Diary) -> None:
    days = [SATURDAY - timedelta(days=number) for number in range(12, 0, -1)]
    for day, kept in zip(days, "k--kkkkk-kk-", strict=True):
        outcome = Outcome.KEPT if kept == "k" else Outcome.MISSED
        await ben.rows.write(streaks.record, day, outcome, source="test", now=ben.now - timedelta(days=1))
    before = await ben.rows.read(streaks.events)
    assert await appeals(ben, days[1])
    excused = [day for day, outcome in await ben.rows.read(streaks.events) if outcome is Outcome.EXCUSED]
    assert excused == [days[1], days[11]]
    await ben("undo_workout")
    assert await ben.rows.read(streaks.events) == before
