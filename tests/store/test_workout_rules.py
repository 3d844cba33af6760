"""The rule that a workout was judged by is its own, whatever is set later, and whichever Ivy heard of it."""

from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ivy.clock import stamp
from ivy.config import GivingSection
from ivy.domain.giving import PartialGives
from ivy.domain.streaks import Outcome
from ivy.domain.workouts import WorkoutState
from ivy.store import onboarding, people, streaks, workout_rules, workouts
from ivy.store.binding import Connection, connect
from ivy.store.migrate import migrate
from ivy.store.onboarding import Coaching
from ivy.store.people import NewPerson
from ivy.store.scope import Scope, within
from ivy.store.workout_words import USUAL, Rule
from ivy.store.workouts import Word, Workout

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DONE, PARTIAL, SKIPPED = WorkoutState.DONE, WorkoutState.PARTIAL, WorkoutState.SKIPPED


@dataclass
class Life:
    """Somebody who trains, told of by this Ivy or by an older one, which keeps no rules."""

    scope: Scope
    now: datetime = NOW

    def later(self) -> None:
        self.now += timedelta(minutes=1)

    def sets(self, minutes: int, gives: PartialGives = PartialGives.NONE) -> None:
        self.later()
        told = Coaching(minimum_minutes=minutes, part_gives=gives)
        onboarding.coach(self.scope, told, new_id=lambda: f"r{stamp(self.now)}", now=self.now)

    def word(self) -> Word:
        self.later()
        numbers = count()
        new_id: Callable[[], str] = lambda: f"{stamp(self.now)}-{next(numbers)}"  # noqa: E731
        return Word(people.load(self.scope), "text", self.now, new_id, GivingSection())

    def plans(self) -> None:
        workouts.plan(self.scope, Workout("w", TODAY, "run"), source="text", now=self.now)

    @property
    def workout(self) -> Workout:
        workout = workouts.load(self.scope, "w")
        assert workout is not None
        return workout

    def says(self, to: WorkoutState, minutes: int | None = None, note: str = "") -> None:
        workouts.finish(self.scope, self.workout, to, self.word(), minutes=minutes, note=note)

    def undoes(self) -> None:
        workouts.undo(self.scope, self.workout, self.word())

    def outcome(self) -> Outcome | None:
        return streaks.of_day(self.scope, TODAY)

    def hears_of_the_day_again(self) -> Outcome | None:
        """Let a word that changes nothing of what was judged bring the day up anew."""
        self.says(self.workout.state, note=f"at {self.now:%H:%M}")
        return self.outcome()

    # --- what an Ivy from before rules wrote

    def an_older_ivy_hears(self, to: WorkoutState, minutes: int | None) -> None:
        minimum = people.load(self.scope).minimum_minutes
        self._as_of_old("state = :state, minutes = :minutes", state=to.value, minutes=minutes)
        kept = to is DONE or (to is PARTIAL and (minutes is None or minutes >= minimum))
        streaks.record(
            self.scope, TODAY, Outcome.KEPT if kept else Outcome.SKIPPED, workout_id="w", source="text", now=self.now
        )

    def an_older_ivy_undoes(self) -> None:
        self._as_of_old("state = 'planned', minutes = NULL, note = ''")
        streaks.record(self.scope, TODAY, None, workout_id="w", source="text", now=self.now)

    def _as_of_old(self, what: str, **values: Any) -> None:
        self.later()
        self.scope.execute(
            f"UPDATE workouts SET {what}, changed_at_ms = :now WHERE user_id = :user AND id = 'w'",
            now=stamp(self.now),
            **values,
        )


@cache
def _migrated() -> Connection:
    """An empty database to copy: migrating takes a hundred times as long."""
    connection = connect(":memory:")
    migrate(connection)
    return connection


@contextmanager
def living() -> Generator[Life]:
    with closing(connect(":memory:")) as connection:
        _migrated().backup(connection)
        people.add(connection, NewPerson("ana", "Ana", "active", "en-US", "UTC", "USD"), now=NOW)
        life = Life(within(connection, "ana"))
        life.plans()
        yield life


def test_a_part_told_to_an_older_ivy_keeps_the_rule_that_was_set_before_it_and_not_the_usual_one() -> None:
    with living() as life:
        life.sets(5)
        life.an_older_ivy_hears(PARTIAL, 7)
        assert life.outcome() is Outcome.KEPT
        life.sets(30)
        assert life.workout.rule == Rule(5, PartialGives.NONE)
        assert life.hears_of_the_day_again() is Outcome.KEPT


def test_a_rule_that_an_older_ivy_left_beside_a_workout_it_judged_anew_does_not_count() -> None:
    with living() as life:
        life.sets(5)
        life.says(PARTIAL, 7)
        life.sets(20)
        life.an_older_ivy_undoes()
        assert life.workout.rule is None
        life.an_older_ivy_hears(PARTIAL, 7)
        assert life.outcome() is Outcome.SKIPPED
        assert life.workout.rule == Rule(20, PartialGives.NONE)
        assert life.hears_of_the_day_again() is Outcome.SKIPPED


def test_what_was_told_before_anybody_could_set_a_rule_had_the_usual_one() -> None:
    with living() as life:
        life.an_older_ivy_hears(PARTIAL, 12)
        life.sets(30, PartialGives.FULL)
        assert life.workout.rule == USUAL
        assert life.hears_of_the_day_again() is Outcome.KEPT


def test_a_rule_of_a_program_that_kept_no_moment_beside_it_is_believed() -> None:
    with living() as life:
        life.sets(5)
        life.says(PARTIAL, 7)
        life.scope.execute("UPDATE workouts SET rule_at_ms = NULL WHERE user_id = :user")
        life.sets(20)
        assert life.workout.rule == Rule(5, PartialGives.NONE)


def test_another_time_of_day_takes_no_rule_away() -> None:
    with living() as life:
        life.sets(5)
        life.says(PARTIAL, 7)
        life.later()
        workouts.retime(life.scope, life.workout, "19:00", now=life.now)
        life.sets(20)
        assert life.workout.rule == Rule(5, PartialGives.NONE)


def test_what_a_part_gives_is_remembered_with_its_minutes() -> None:
    with living() as life:
        life.sets(15, PartialGives.PRO_RATA)
        at = life.now
        life.sets(20, PartialGives.FULL)
        assert workout_rules.at(life.scope, stamp(at)) == Rule(15, PartialGives.PRO_RATA)
        assert workout_rules.at(life.scope, stamp(life.now)) == Rule(20, PartialGives.FULL)
        assert workout_rules.at(life.scope, stamp(at) - 1) == USUAL


told = st.sampled_from([(PARTIAL, 3), (PARTIAL, 12), (PARTIAL, 40), (DONE, 40), (SKIPPED, None)])
steps = st.one_of(
    st.tuples(st.just("sets"), st.sampled_from([1, 5, 10, 30])),
    st.tuples(st.sampled_from(["says", "older"]), told),
    st.tuples(st.sampled_from(["undo", "older undo", "again"]), st.none()),
)


@given(st.lists(steps, max_size=8))
def test_forward_and_back_as_one_likes_a_day_is_heard_of_again_with_the_same_end(played: list[tuple[str, Any]]) -> None:
    with living() as life:
        for what, value in played:
            is_open = life.workout.state is WorkoutState.PLANNED
            if what == "sets":
                life.sets(value)
            elif what == "says" and is_open:
                life.says(*value)
            elif what == "older" and is_open:
                life.an_older_ivy_hears(*value)
            elif what == "undo" and not is_open:
                life.undoes()
            elif what == "older undo" and not is_open:
                life.an_older_ivy_undoes()
            elif what == "again" and not is_open:
                before = life.outcome()
                assert life.hears_of_the_day_again() is before
        if life.workout.state is not WorkoutState.PLANNED:
            before = life.outcome()
            life.sets(60)
            assert life.hears_of_the_day_again() is before
