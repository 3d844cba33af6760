"""One more a week is proposed under the weekly summary, by a tap, and only to somebody whose weeks were kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.agent import raising, summing_up
from ivy.daemon.context import Context
from ivy.domain.raising import Asked
from ivy.domain.streaks import Outcome
from ivy.domain.workouts import WorkoutState
from ivy.store import commitments, people, preferences, streaks, summaries, weekly_numbers, workouts
from ivy.store.people import Person
from ivy.store.scope import PersonStore, Scope
from ivy.store.workouts import Workout
from tests.agent.around_calls import Life, life_of

MONDAY = datetime(2026, 11, 16).date()  # noqa: DTZ001 - a local date
SUNDAY = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
LINE = "Two full weeks just as planned. Would 4 a week feel good, or stay with 3?"


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    """Ana wished for five a week, began with three, and kept three in each of two weeks."""
    life = life_of(context, person)
    life.set(SUNDAY)
    await person.write(people.set_week, 3)
    await person.write(commitments.promise, 5)
    for back in (0, 1):
        await trains(life, MONDAY - timedelta(weeks=back))
    return life


async def trains(life: Life, monday: Any) -> None:
    for number in range(3):
        day = monday + timedelta(days=2 * number)
        done = Workout(f"w{day}", day, "run", WorkoutState.DONE, minutes=30)
        await life.rows.write(workouts.plan, done, source="text", now=life.now)
        await life.rows.write(streaks.record, day, Outcome.KEPT, source="test", now=life.now)


async def told(life: Life) -> str:
    """Let the summary of the week go out; return its text."""

    def send(scope: Scope, person: Person, desk: Any) -> None:
        week = MONDAY + (life.now - SUNDAY)
        numbers = weekly_numbers.of_week(scope, week, today=week + timedelta(days=6))
        assert summing_up.send(scope, person, numbers, "", desk)

    await life.does(send)
    return (await life.said())[-1]


async def plan(life: Life) -> int:
    return (await life.person()).sessions_per_week


async def test_a_yes_raises_the_plan_by_one_as_their_words_would(life: Life, autojump_clock: MockClock) -> None:
    assert (await told(life)).endswith(LINE)
    question = await life.asked()
    assert [title for _name, title in question.options] == ["Yes, 4 a week", "Keep 3", "That's not right"]
    assert (question.payload["up"], question.payload["down"]) == ("", "")  # a heart is for the week
    await life.taps(summing_up.answered, raising.MORE)
    assert await plan(life) == 4
    assert (await life.said())[-1] == "Done: 4 workouts a week."
    assert await life.rows.read(commitments.asked) == Asked(MONDAY, 0)
    assert await life.rows.read(summaries.of_week, MONDAY) is not None


async def test_a_no_is_believed_and_counted(life: Life, autojump_clock: MockClock) -> None:
    await told(life)
    await life.taps(summing_up.answered, raising.KEEP)
    assert await plan(life) == 3
    assert (await life.said())[-1] == "Fine, it stays at 3 a week. That is a good rhythm."
    assert await life.rows.read(commitments.asked) == Asked(MONDAY, 1)
    life.passes(days=7)
    await trains(life, MONDAY + timedelta(weeks=1))
    assert LINE not in await told(life)
    life.passes(days=7)
    await trains(life, MONDAY + timedelta(weeks=2))
    assert (await told(life)).endswith(LINE)


async def test_the_summary_that_a_template_announced_proposes_it_too(life: Life, autojump_clock: MockClock) -> None:
    text = await told(life)
    await life.taps(summing_up.answered, summing_up.SHOW)
    assert (await life.said())[-1] == text
    await life.taps(summing_up.answered, raising.MORE)
    assert await plan(life) == 4


@pytest.mark.parametrize(
    ("change", "stays"),
    [("UPDATE users SET sessions_per_week = 5", 5), ("UPDATE users SET care_since_ms = 1", 3)],
)
async def test_a_plan_that_changed_meanwhile_or_somebody_in_danger_is_not_raised(
    life: Life, change: str, stays: int, autojump_clock: MockClock
) -> None:
    await told(life)
    await life.context.store.write(lambda connection: connection.execute(change))
    await life.taps(summing_up.answered, raising.MORE)
    assert await plan(life) == stays
    assert LINE not in (await life.said())[-1]
    assert await life.rows.read(commitments.asked) == Asked(MONDAY, 0)


@pytest.mark.parametrize("why", ["nothing promised", "open", "partly", "missed", "mail"])
async def test_nobody_else_is_asked_for_more(life: Life, why: str, autojump_clock: MockClock) -> None:
    def change(scope: Scope) -> None:
        match why:
            case "nothing promised":
                commitments.promise(scope, 3)
            case "open":
                workouts.plan(scope, Workout("open", MONDAY, "run"), source="text", now=life.now)
            case "partly":
                short = Workout("part", MONDAY, "run", WorkoutState.PARTIAL, minutes=5)
                workouts.plan(scope, short, source="text", now=life.now)
            case "missed":
                streaks.record(scope, MONDAY + timedelta(days=1), Outcome.MISSED, source="test", now=life.now)
            case _:
                preferences.remember(scope, summing_up.BY, summing_up.MAIL, source="text", now=life.now)
                people.write_to(scope, "mail", "ana@example.org", now=life.now)

    await life.rows.write(change)
    assert LINE not in await told(life)
    assert await life.rows.read(commitments.asked) == Asked()


async def test_a_rest_day_takes_nothing_from_a_week_and_a_short_one_that_counts_is_kept(
    life: Life, autojump_clock: MockClock
) -> None:
    for name, state in (("rest", WorkoutState.REST), ("part", WorkoutState.PARTIAL)):
        each = Workout(name, MONDAY + timedelta(days=1), "run", state, minutes=10)
        await life.rows.write(workouts.plan, each, source="text", now=life.now)
    assert LINE in await told(life)


async def test_somebody_in_care_or_paused_is_asked_for_nothing(life: Life, autojump_clock: MockClock) -> None:
    def proposed(scope: Scope, person: Person, desk: Any) -> int | None:
        return raising.proposed(scope, person, MONDAY, desk.now)

    assert await life.does(proposed) == 4
    await life.rows.write(people.set_status, "paused")
    assert await life.does(proposed) is None
    await life.rows.write(people.set_status, "active")
    await life.rows.write(lambda scope: scope.execute("UPDATE users SET care_since_ms = 1 WHERE id = :user"))
    assert await life.does(proposed) is None
