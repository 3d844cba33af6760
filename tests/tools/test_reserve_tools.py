"""A reserve day on request: the day is excused, the streak stays, and the answer says how many are left."""

from datetime import date, timedelta

from ivy.domain.streaks import Outcome
from ivy.domain.workouts import WorkoutState
from ivy.store import streaks, workouts
from tests.tools.diary import Diary

TODAY = date(2026, 11, 23)


async def had(diary: Diary, *outcomes: Outcome) -> None:
    """Write down what the days before today were, the last one yesterday."""

    def write(scope: streaks.Scope) -> None:
        for back, outcome in enumerate(reversed(outcomes), start=1):
            streaks.record(scope, TODAY - timedelta(days=back), outcome, source="text", now=diary.now)

    await diary.rows.write(write)


async def test_todays_workout_is_excused_and_the_streak_stays(ben: Diary, ana: Diary) -> None:
    await had(ben, Outcome.KEPT, Outcome.KEPT)
    await ben("plan_workout", kind="run")
    told = "Today is covered by a reserve day, and your streak stays at 2. Reserve days left: 1."
    assert await ben("use_reserve") == told
    assert await ben("use_reserve") == told
    assert await ben.rows.read(streaks.of_day, TODAY) is Outcome.RESERVE
    assert [each.state for each in await ben.rows.read(workouts.of_day, TODAY)] == [WorkoutState.REST]
    await had(ana, Outcome.KEPT)
    await ana("plan_workout", kind="yoga")
    assert await ana("use_reserve") == (
        "Hoy queda cubierto con un día de reserva, y la racha sigue en 1. Días de reserva que quedan: 1."
    )


async def test_who_undoes_it_or_trains_after_all_has_it_back(ben: Diary) -> None:
    await had(ben, Outcome.KEPT)
    await ben("plan_workout", kind="run")
    await ben("use_reserve")
    await ben("undo_workout")
    assert await ben.rows.read(streaks.reserve_left, TODAY) == 2
    assert len(await ben.rows.read(workouts.open_of, TODAY)) == 1
    await ben("use_reserve")
    await ben("log_workout", kind="run")
    assert await ben.rows.read(streaks.reserve_left, TODAY) == 2
    assert (await ben.rows.read(streaks.current)).current == 2
    assert "costs your streak nothing" in await ben.fails("use_reserve")


async def test_nothing_is_spent_where_nothing_is_planned(ben: Diary) -> None:
    await had(ben, Outcome.KEPT)
    assert "costs your streak nothing" in await ben.fails("use_reserve")
    await ben("rest_day")
    assert "costs your streak nothing" in await ben.fails("use_reserve")
    assert await ben.rows.read(streaks.reserve_left, TODAY) == 2


async def test_with_none_left_it_is_refused_and_what_gives_one_back_is_said(ben: Diary) -> None:
    await had(ben, Outcome.KEPT, Outcome.MISSED, Outcome.RESERVE, Outcome.KEPT)
    await ben("plan_workout", kind="run")
    await ben("rest_day", day="2026-12-20")  # what is planned far ahead gives nothing back today
    assert "Both reserve days are spent" in await ben.fails("use_reserve")
    assert len(await ben.rows.read(workouts.open_of, TODAY)) == 1


async def test_a_skip_that_took_the_last_one_by_itself_is_not_charged_again(ben: Diary) -> None:
    await had(ben, Outcome.KEPT, Outcome.MISSED, Outcome.KEPT)
    await ben("plan_workout", kind="run")
    await ben("skip_workout")
    assert (await ben("use_reserve")).endswith("stays at 2. Reserve days left: 0.")


async def test_without_a_streak_the_day_is_free_and_none_is_spent(ben: Diary, ana: Diary) -> None:
    await ben("plan_workout", kind="run")
    assert (await ben("use_reserve")).endswith("no reserve day was needed. Reserve days left: 2.")
    await ana("plan_workout", kind="yoga")
    assert (await ana("use_reserve")).endswith("ningún día de reserva. Días de reserva que quedan: 2.")
