"""What a week was, counted from the file: each number against one counted by hand, and a week told once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.clock import stamp
from ivy.domain.jobs import PREWRITE, WEEKLY_SUMMARY
from ivy.domain.money import Money
from ivy.domain.streaks import Outcome
from ivy.domain.topics import WEEKLY_WORKOUTS
from ivy.domain.weekly import Numbers, WeekScore
from ivy.domain.workouts import WorkoutState
from ivy.store import people, schedules, scores, streaks, summaries, topics, weekly_numbers, workouts
from ivy.store.binding import Connection
from ivy.store.migrate import migrate
from ivy.store.people import NewPerson
from ivy.store.scope import PersonStore, Scope, within
from ivy.store.scores import Score
from ivy.store.settings import open_writer
from ivy.store.workouts import Workout
from tests.conftest import MONDAY as NOW

MONDAY = date(2026, 11, 16)
SUNDAY = MONDAY + timedelta(days=6)


@dataclass
class Books:
    """Writes rows as the rest of Ivy leaves them."""

    scope: Scope
    number: int = 0

    def workout(self, day: int, state: str = "done", *, planned: bool = True, minutes: int | None = None) -> None:
        self.number += 1
        when = MONDAY + timedelta(days=day)
        workout = Workout(f"w{self.number}", when, "run", WorkoutState(state), planned=planned, minutes=minutes)
        workouts.plan(self.scope, workout, source="text", now=NOW)

    def outcome(self, day: int, outcome: Outcome) -> None:
        streaks.record(self.scope, MONDAY + timedelta(days=day), outcome, source="test", now=NOW)

    def gift(self, day: int, amount: int, currency: str = "USD", reverses: str | None = None) -> None:
        self.number += 1
        name = f"d{self.number}"
        self.scope.connection.execute(
            "INSERT INTO donations (n, id, user_id, kind, workout_id, reverses, day, charity, amount_minor, currency, payer,"
            " at_ms, before, hash) VALUES (?, ?, ?, ?, 'w', ?, ?, 'trees', ?, ?, 'self', 0, '', ?)",
            (self.number, name, self.scope.user_id, "reversal" if reverses else "gift", reverses,
             (MONDAY + timedelta(days=day)).isoformat(), amount, currency, name),
        )  # fmt: skip

    def call(self, day: int, outcome: str, *, kind: str = "morning", first: str | None = None, way: str = "out") -> str:
        self.number += 1
        name = f"c{self.number}"
        self.scope.connection.execute(
            "INSERT INTO calls (id, user_id, kind, direction, slot, day, first_id, state, outcome, due_at_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'ended', ?, ?)",
            (name, self.scope.user_id, kind, way, name, (MONDAY + timedelta(days=day)).isoformat(), first, outcome, stamp(NOW)),
        )  # fmt: skip
        return name

    def score(self, day: int, measure: str, value: int) -> None:
        self.number += 1
        when = MONDAY + timedelta(days=day)
        scores.record(self.scope, Score(when, measure, value), score_id=f"s{self.number}", now=NOW)

    def counted(self) -> Numbers:
        return weekly_numbers.of_week(self.scope, MONDAY, today=SUNDAY)


async def count(person: PersonStore, write: Callable[[Books], None]) -> Numbers:
    def run(scope: Scope) -> Numbers:
        books = Books(scope)
        write(books)
        return books.counted()

    return await person.write(run)


def nothing(_books: Books) -> None:
    """Nobody did anything."""


async def test_an_empty_week_counts_nothing(person: PersonStore) -> None:
    assert (await count(person, nothing)).is_empty


async def test_workouts_are_counted_by_what_became_of_them(person: PersonStore) -> None:
    def write(books: Books) -> None:
        books.workout(0, "done", minutes=30)
        books.workout(0, "done", planned=False, minutes=20)
        books.workout(1, "partial", minutes=10)
        books.workout(2, "skipped", minutes=99)
        books.workout(3, "rest")
        books.workout(5, "planned")
        books.workout(-1, "done", minutes=500)
        books.workout(7, "done", minutes=500)
        books.outcome(0, Outcome.KEPT)
        books.outcome(1, Outcome.KEPT)
        books.outcome(2, Outcome.SKIPPED)
        books.outcome(3, Outcome.REST)
        books.outcome(4, Outcome.MISSED)

    week = await count(person, write)
    assert (week.planned, week.planned_done, week.done, week.partial, week.skipped) == (4, 1, 2, 1, 1)
    assert (week.minutes, week.rest, week.missed) == (60, 1, 1)
    assert week.days == ("kept", "partial", "skipped", "rest", "missed", "planned", "")
    assert (week.kept_21, week.planned_21) == (2, 4)


async def test_pledges_are_summed_by_currency_and_what_was_taken_back_is_not_there(person: PersonStore) -> None:
    def write(books: Books) -> None:
        books.gift(0, 100)
        books.gift(6, 250)
        books.gift(6, -100, reverses="d1")
        books.gift(3, 400_000, "COP")
        books.gift(3, 77, "EUR")
        books.gift(4, -77, "EUR", reverses="d5")
        books.gift(7, 999)

    assert (await count(person, write)).pledged == (Money(400_000, "COP"), Money(250, "USD"))


async def test_all_tries_of_a_call_are_one_and_faults_of_ours_none(person: PersonStore) -> None:
    def write(books: Books) -> None:
        first = books.call(0, "missed")
        books.call(0, "completed", first=first)
        books.call(1, "declined")
        books.call(1, "voicemail", kind="evening")
        books.call(2, "failed")
        books.call(3, "completed", kind="test")
        books.call(3, "completed", kind="inbound", way="in")
        books.call(9, "completed")

    week = await count(person, write)
    assert (week.calls_due, week.calls_answered) == (3, 1)


async def test_scores_are_the_weeks_last_beside_the_last_before_it(person: PersonStore) -> None:
    def write(books: Books) -> None:
        books.score(-40, "confidence", 1)
        books.score(-14, "energy", 3)
        books.score(-7, "energy", 5)
        books.score(-7, "mood", 9)
        books.score(2, "energy", 6)
        books.score(6, "energy", 8)
        books.score(6, "confidence", 4)
        books.score(7, "mood", 2)

    assert (await count(person, write)).scores == (WeekScore("energy", 8, 5), WeekScore("confidence", 4))


async def test_nobody_elses_week_is_in_it(person: PersonStore) -> None:
    await person.store.write(people.add, NewPerson("ben", "Ben", "active", "en-US", "UTC", "USD"), now=NOW)

    def bens(connection: Connection) -> None:
        books = Books(within(connection, "ben"), number=100)
        books.workout(0)
        books.outcome(0, Outcome.KEPT)
        books.gift(0, 100)
        books.call(0, "completed")
        books.score(0, "mood", 5)

    await person.store.write(bens)
    assert (await count(person, nothing)).is_empty


DAY_OF = st.tuples(st.integers(-3, 9), st.sampled_from([*WorkoutState]), st.booleans(), st.none() | st.integers(0, 90))


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    connection = open_writer(tmp_path_factory.mktemp("weeks") / "ivy.db", throwaway=True)
    migrate(connection)
    people.add(connection, NewPerson("ana", "Ana", "active", "en-US", "UTC", "USD"), now=NOW)
    return within(connection, "ana")


@given(st.lists(DAY_OF, max_size=12))
def test_any_workouts_are_counted_as_by_hand(
    ana: Scope, rows: list[tuple[int, WorkoutState, bool, int | None]]
) -> None:
    ana.connection.execute("SAVEPOINT week")
    books = Books(ana)
    for day, state, planned, minutes in rows:
        books.workout(day, state.value, planned=planned, minutes=minutes)
    week = books.counted()
    ana.connection.execute("ROLLBACK TO week")
    ana.connection.execute("RELEASE week")
    own = [row for row in rows if 0 <= row[0] <= 6]
    moved = (WorkoutState.DONE, WorkoutState.PARTIAL)
    assert week.done == sum(state is WorkoutState.DONE for _d, state, _p, _m in own)
    assert week.partial == sum(state is WorkoutState.PARTIAL for _d, state, _p, _m in own)
    assert week.skipped == sum(state is WorkoutState.SKIPPED for _d, state, _p, _m in own)
    assert week.planned == sum(planned and state is not WorkoutState.REST for _d, state, planned, _m in own)
    assert week.planned_done == sum(planned and state is WorkoutState.DONE for _d, state, planned, _m in own)
    assert week.minutes == sum(minutes or 0 for _d, state, _p, minutes in own if state in moved)


# --- told once -------------------------------------------------------------------------------------


async def test_a_week_is_kept_once_and_read_back_whole(person: PersonStore) -> None:
    week = Numbers(MONDAY, ("kept",) * 7, done=7, pledged=(Money(5, "USD"),), scores=(WeekScore("mood", 4, 5),))
    assert await person.write(summaries.keep, week, "Nice.", "m1", now=NOW)
    assert not await person.write(summaries.keep, week, "Again.", "m2", now=NOW)
    kept = await person.read(summaries.of_week, MONDAY)
    assert kept is not None and (kept.numbers, kept.prose, kept.message_id) == (week, "Nice.", "m1")
    assert await person.read(summaries.of_week, SUNDAY) is None


async def test_the_next_summary_is_sunday_at_seven_by_the_persons_clock(person: PersonStore) -> None:
    ana = await person.read(people.load)
    names = iter(("s1", "s2"))
    assert await person.write(summaries.ensure, ana, lambda: next(names), NOW)
    assert not await person.write(summaries.ensure, ana, lambda: next(names), NOW)
    row = await person.read(schedules.of_thing, WEEKLY_SUMMARY, ana.id)
    assert row is not None and row["next_wall"] == "2026-11-29T19:00:00"
    night = await person.read(schedules.of_thing, PREWRITE, topics.ref_of(WEEKLY_WORKOUTS, ana.id))
    assert night is not None and night["next_wall"].startswith("2026-11-29T03:")


async def test_next_weeks_sessions_are_kept(person: PersonStore) -> None:
    await person.write(weekly_numbers.mean_to_have, 5)
    assert (await person.read(people.load)).sessions_per_week == 5
