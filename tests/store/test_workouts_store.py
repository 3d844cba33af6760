from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.config import GivingSection
from ivy.domain.streaks import Outcome, Streak, replay
from ivy.domain.workouts import IllegalChange, WorkoutState
from ivy.store import people, streaks, workouts
from ivy.store.binding import Connection, connect
from ivy.store.migrate import migrate
from ivy.store.scope import PersonStore, Scope
from ivy.store.workouts import Change, Word, Workout

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
STATES = WorkoutState


def run(name: str = "w1", *, day: date = TODAY, kind: str = "run", at: str = "") -> Workout:
    return Workout(name, day, kind, at_wall=at)


def word(scope: Scope) -> Word:
    numbers = count()
    return Word(people.load(scope), "text", NOW, lambda: f"row-{next(numbers)}", GivingSection())


def plan(scope: Scope, workout: Workout) -> Workout:
    workouts.plan(scope, workout, source="text", now=NOW)
    return workout


def finish(scope: Scope, workout_id: str, to: WorkoutState, minutes: int | None = None) -> Change:
    workout = workouts.load(scope, workout_id)
    assert workout is not None
    return workouts.finish(scope, workout, to, word(scope), minutes=minutes)


def undo(scope: Scope, workout_id: str) -> Change:
    workout = workouts.load(scope, workout_id)
    assert workout is not None
    return workouts.undo(scope, workout, word(scope))


def record(scope: Scope, workout: Workout) -> Change:
    return workouts.record(scope, workout, word(scope))


async def test_a_done_workout_keeps_the_day_and_saying_it_twice_changes_nothing(ana: PersonStore) -> None:
    await ana.write(plan, run())
    assert await ana.read(streaks.current) == Streak()
    change = await ana.write(finish, "w1", STATES.DONE, 30)
    assert (change.before.current, change.after.current, change.milestone) == (0, 1, None)
    assert change.workout.minutes == 30
    again = await ana.write(finish, "w1", STATES.DONE)
    assert (again.before, again.after) == (change.after, change.after)
    assert await ana.read(events) == [("2026-11-23", "kept")]


def events(scope: Scope) -> list[tuple[str, str]]:
    rows = scope.execute("SELECT day, outcome FROM streak_events WHERE user_id = :user ORDER BY id").fetchall()
    return [(row["day"], row["outcome"]) for row in rows]


@pytest.mark.parametrize(("minutes", "kept"), [(None, True), (10, True), (9, False), (0, False), (60, True)])
async def test_a_part_counts_from_the_persons_own_minimum_on(ana: PersonStore, minutes: int | None, kept: bool) -> None:
    await ana.write(plan, run())
    change = await ana.write(finish, "w1", STATES.PARTIAL, minutes)
    assert change.after.current == (1 if kept else 0)
    assert await ana.read(streaks.of_day, TODAY) is (Outcome.KEPT if kept else Outcome.SKIPPED)


async def test_one_workout_that_counts_keeps_the_day_and_an_open_one_leaves_it_open(ana: PersonStore) -> None:
    for name in ("w1", "w2", "w3"):
        await ana.write(plan, run(name))
    await ana.write(finish, "w1", STATES.SKIPPED)
    assert await ana.read(streaks.of_day, TODAY) is None
    await ana.write(finish, "w2", STATES.DONE)
    assert await ana.read(streaks.of_day, TODAY) is Outcome.KEPT
    await ana.write(finish, "w3", STATES.SKIPPED)
    assert await ana.read(streaks.of_day, TODAY) is Outcome.KEPT
    assert await ana.read(workouts.open_of, TODAY) == []


async def test_the_third_day_is_a_milestone(ana: PersonStore) -> None:
    marks: list[int | None] = []
    for number in range(4):
        name = f"w{number}"
        await ana.write(plan, run(name, day=TODAY + timedelta(days=number)))
        marks.append((await ana.write(finish, name, STATES.DONE)).milestone)
    assert marks == [None, None, 3, None]


async def test_undo_goes_back_step_by_step(ana: PersonStore) -> None:
    await ana.write(plan, run())
    await ana.write(finish, "w1", STATES.DONE, 30)
    change = await ana.write(undo, "w1")
    assert (change.before.current, change.after.current) == (1, 0)
    assert await ana.read(workouts.open_of, TODAY) == [run()]
    await ana.write(undo, "w1")
    assert await ana.read(workouts.of_day, TODAY) == []
    assert await ana.read(streaks.current) == Streak()
    assert await ana.read(events) == [("2026-11-23", "kept"), ("2026-11-23", "none")]


async def test_what_was_never_planned_is_gone_after_undo(ana: PersonStore) -> None:
    swim = Workout("w1", TODAY, "swim", WorkoutState.DONE, minutes=20)
    change = await ana.write(record, swim)
    assert change.after.current == 1
    assert not change.workout.planned
    await ana.write(undo, "w1")
    assert await ana.read(workouts.of_day, TODAY) == []
    assert await ana.read(streaks.current) == Streak()


async def test_done_is_not_lost_to_a_stray_skip(ana: PersonStore) -> None:
    await ana.write(plan, run())
    await ana.write(finish, "w1", STATES.DONE)
    with pytest.raises(IllegalChange):
        await ana.write(finish, "w1", STATES.SKIPPED)
    assert (await ana.read(streaks.current)).current == 1


async def test_workouts_of_a_day_stand_in_the_order_of_their_time(ana: PersonStore) -> None:
    for each in (run("w1"), run("w2", at="18:00"), run("w3", at="07:00"), run("w4", day=TODAY + timedelta(days=1))):
        await ana.write(plan, each)
    assert [each.id for each in await ana.read(workouts.of_day, TODAY)] == ["w3", "w2", "w1"]
    assert await ana.read(workouts.count_open, TODAY) == 4


async def test_nobody_touches_anothers_workouts_or_streak(ana: PersonStore, ben: PersonStore) -> None:
    mine = await ana.write(plan, run())
    assert await ben.read(workouts.load, "w1") is None
    await ben.write(lambda scope: workouts.finish(scope, mine, STATES.DONE, word(scope)))
    assert await ana.read(workouts.open_of, TODAY) == [mine]
    assert await ana.read(streaks.current) == Streak()
    await ben.write(lambda scope: workouts.undo(scope, mine, word(scope)))
    assert await ana.read(workouts.load, "w1") == mine


@pytest.fixture(scope="module")
def memory() -> Iterator[Connection]:
    connection = connect("file::memory:")
    migrate(connection)
    connection.execute(
        "INSERT INTO users (id, name, status, locale, zone, currency, created_at_ms)"
        " VALUES ('u', 'U', 'active', 'en-US', 'UTC', 'USD', 0)"
    )
    yield connection
    connection.close()


@contextmanager
def nobody_said_anything(connection: Connection) -> Generator[Scope]:
    connection.execute("BEGIN")
    try:
        yield Scope(connection, "u")
    finally:
        connection.execute("ROLLBACK")


DAYS = st.integers(0, 12).map(lambda n: TODAY + timedelta(days=n))
WORDS = st.lists(st.tuples(DAYS, st.sampled_from([*Outcome, None])), max_size=25)


@settings(deadline=None, max_examples=60)
@given(words=WORDS)
def test_the_streak_is_what_the_last_word_of_each_day_makes_it(
    memory: Connection, words: list[tuple[date, Outcome | None]]
) -> None:
    last: dict[date, Outcome | None] = {}
    with nobody_said_anything(memory) as scope:
        for day, outcome in words:
            streaks.record(scope, day, outcome, source="text", now=NOW)
            last[day] = outcome
        said = [(day, outcome) for day, outcome in last.items() if outcome is not None]
        assert streaks.events(scope) == sorted(said)
        assert streaks.current(scope) == replay(said)


MOVES = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([*WorkoutState, None]), st.integers(0, 30)), max_size=25)


@settings(deadline=None, max_examples=60)
@given(moves=MOVES)
def test_whatever_is_said_in_whatever_order_the_streak_fits_the_workouts(
    memory: Connection, moves: list[tuple[int, WorkoutState | None, int]]
) -> None:
    with nobody_said_anything(memory) as scope:
        for number in range(6):
            plan(scope, run(f"w{number}", day=TODAY + timedelta(days=number // 2)))
        for number, to, minutes in moves:
            workout = workouts.load(scope, f"w{number}")
            if workout is None:
                continue
            before = streaks.current(scope)
            try:
                change = undo(scope, workout.id) if to is None else finish(scope, workout.id, to, minutes)
            except IllegalChange:
                continue
            assert (change.before, change.after) == (before, streaks.current(scope))
        for day in (TODAY + timedelta(days=number) for number in range(3)):
            assert streaks.of_day(scope, day) is workouts.day_outcome(workouts.of_day(scope, day), 10)
