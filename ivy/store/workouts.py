"""Workouts: planned, done, in part, skipped, rest; each change moves the streak in the same commit.

May import: scope, streaks, the domain.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from ivy.clock import stamp
from ivy.domain.streaks import Outcome, Streak, milestone
from ivy.domain.workouts import WorkoutState, change, counts_for_streak, outcome_of
from ivy.store import streaks
from ivy.store.binding import Row
from ivy.store.scope import Scope


@dataclass(frozen=True)
class Workout:
    """`at_wall` is the local HH:MM it is planned for, or "". `planned`: somebody spoke of it before it was over."""

    id: str
    day: date
    kind: str
    state: WorkoutState = WorkoutState.PLANNED
    at_wall: str = ""
    planned: bool = True
    minutes: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Change:
    """What a word about a workout did to the streak; `milestone` is the one reached by it, if any."""

    workout: Workout
    before: Streak
    after: Streak
    milestone: int | None = None


def plan(scope: Scope, workout: Workout, *, source: str, now: datetime) -> None:
    """Write down what is planned; the streak hears of it only when it is over."""
    _insert(scope, workout, source=source, now=now)


def retime(scope: Scope, workout: Workout, at_wall: str, *, now: datetime) -> Workout:
    """Plan a workout for another local time of its day."""
    scope.execute(
        "UPDATE workouts SET at_wall = :at, changed_at_ms = :now WHERE user_id = :user AND id = :id",
        at=at_wall,
        id=workout.id,
        now=stamp(now),
    )
    return replace(workout, at_wall=at_wall)


def _insert(scope: Scope, workout: Workout, *, source: str, now: datetime) -> None:
    scope.execute(
        "INSERT INTO workouts (id, user_id, day, kind, state, at_wall, planned, minutes, note, source, created_at_ms,"
        " changed_at_ms) VALUES (:id, :user, :day, :kind, :state, :at, :planned, :minutes, :note, :source, :now, :now)",
        id=workout.id,
        day=workout.day.isoformat(),
        kind=workout.kind,
        state=workout.state.value,
        at=workout.at_wall,
        planned=workout.planned,
        minutes=workout.minutes,
        note=workout.note,
        source=source,
        now=stamp(now),
    )


def finish(
    scope: Scope,
    workout: Workout,
    to: WorkoutState,
    *,
    minutes: int | None = None,
    note: str = "",
    minimum_minutes: int,
    source: str,
    now: datetime,
) -> Change:
    """Say what became of a workout that is written down. Raises: IllegalChange.

    `minimum_minutes` is the person's own: what a partial workout must last to count. The same said twice changes nothing.
    """
    told = replace(
        workout,
        state=change(workout.state, to),
        minutes=workout.minutes if minutes is None else minutes,
        note=note or workout.note,
    )
    if told == workout:
        streak = streaks.current(scope)
        return Change(workout, streak, streak)
    scope.execute(
        "UPDATE workouts SET state = :state, minutes = :minutes, note = :note, changed_at_ms = :now"
        " WHERE user_id = :user AND id = :id",
        id=workout.id,
        state=told.state.value,
        minutes=told.minutes,
        note=told.note,
        now=stamp(now),
    )
    return _heard(scope, told, minimum_minutes, source, now)


def record(scope: Scope, workout: Workout, *, minimum_minutes: int, source: str, now: datetime) -> Change:
    """Write down a workout that was not planned, with what became of it."""
    told = replace(workout, planned=False)
    _insert(scope, told, source=source, now=now)
    return _heard(scope, told, minimum_minutes, source, now)


def undo(scope: Scope, workout: Workout, *, minimum_minutes: int, source: str, now: datetime) -> Change:
    """Take back the last word about a workout: what was planned is planned again, what was only planned is gone."""
    if workout.planned and workout.state is not WorkoutState.PLANNED:
        scope.execute(
            "UPDATE workouts SET state = 'planned', minutes = NULL, note = '', changed_at_ms = :now"
            " WHERE user_id = :user AND id = :id",
            id=workout.id,
            now=stamp(now),
        )
        workout = replace(workout, state=WorkoutState.PLANNED, minutes=None, note="")
    else:
        scope.execute("DELETE FROM workouts WHERE user_id = :user AND id = :id", id=workout.id)
    return _heard(scope, workout, minimum_minutes, source, now)


def _heard(scope: Scope, workout: Workout, minimum_minutes: int, source: str, now: datetime) -> Change:
    """Let the streak hear of the workout's day, as all workouts of that day make it."""
    before = streaks.current(scope)
    outcome = day_outcome(of_day(scope, workout.day), minimum_minutes)
    streaks.record(scope, workout.day, outcome, workout_id=workout.id, source=source, now=now)
    after = streaks.current(scope)
    return Change(workout, before, after, milestone(before, after))


def day_outcome(workouts: list[Workout], minimum_minutes: int) -> Outcome | None:
    """Return what all workouts of one day mean together: one that counts keeps it, one that is open leaves it open."""
    outcomes = [
        outcome_of(each.state, minimum_met=counts_for_streak(each.minutes, minimum_minutes)) for each in workouts
    ]
    order = (Outcome.KEPT, None, Outcome.REST, Outcome.SKIPPED)
    return next((outcome for outcome in order if outcome in outcomes), None)


def load(scope: Scope, workout_id: str) -> Workout | None:
    row = scope.execute("SELECT * FROM workouts WHERE user_id = :user AND id = :id", id=workout_id).fetchone()
    return row and _workout(row)


def of_day(scope: Scope, day: date) -> list[Workout]:
    """Return the workouts of a local date, in the order of their time."""
    return between(scope, day, day)


def open_of(scope: Scope, day: date) -> list[Workout]:
    """Return the workouts of a local date of which nobody has said what became."""
    return [workout for workout in of_day(scope, day) if workout.state is WorkoutState.PLANNED]


def between(scope: Scope, first: date, last: date) -> list[Workout]:
    """Return the workouts of local dates, both included, in order."""
    rows = scope.execute(
        "SELECT * FROM workouts WHERE user_id = :user AND day BETWEEN :first AND :last"
        " ORDER BY day, at_wall = '', at_wall, created_at_ms, rowid",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return [_workout(row) for row in rows]


def last_changed(scope: Scope, since: datetime) -> Workout | None:
    """Return the workout that was spoken of last, if that was since an instant."""
    row = scope.execute(
        "SELECT * FROM workouts WHERE user_id = :user AND changed_at_ms >= :since"
        " ORDER BY changed_at_ms DESC, rowid DESC LIMIT 1",
        since=stamp(since),
    ).fetchone()
    return row and _workout(row)


def count_open(scope: Scope, since: date) -> int:
    """Return how many workouts are planned from a local date on."""
    return scope.execute(
        "SELECT count(*) FROM workouts WHERE user_id = :user AND state = 'planned' AND day >= :since",
        since=since.isoformat(),
    ).fetchone()[0]


def _workout(row: Row) -> Workout:
    return Workout(
        id=row["id"],
        day=date.fromisoformat(row["day"]),
        kind=row["kind"],
        state=WorkoutState(row["state"]),
        at_wall=row["at_wall"],
        planned=bool(row["planned"]),
        minutes=row["minutes"],
        note=row["note"],
    )
