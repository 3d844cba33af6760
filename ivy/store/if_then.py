"""The if-then sentence of each day, as fields. May import: scope, the domain."""

from datetime import date, datetime

from ivy.clock import stamp, unstamp
from ivy.domain.if_then import IfThen
from ivy.store.binding import Row
from ivy.store.scope import Scope


def save(scope: Scope, plan: IfThen, *, plan_id: str, source: str, now: datetime) -> None:
    """Keep the plan of a local date; a new one takes the place of the old. `source` says whence: text, call."""
    scope.execute(
        "INSERT INTO if_then_plans (id, user_id, day, workout_id, cue, place, workout, barrier, small_version, source,"
        " changed_at_ms, place_at_ms)"
        " VALUES (:id, :user, :day, :workout_id, :time, :place, :workout, :barrier, :small, :source, :now, :now)"
        " ON CONFLICT (user_id, day) DO UPDATE SET workout_id = excluded.workout_id, cue = excluded.cue,"
        " place = excluded.place, workout = excluded.workout, barrier = excluded.barrier, small_version = excluded.small_version,"
        " source = excluded.source, changed_at_ms = excluded.changed_at_ms, place_at_ms = excluded.place_at_ms",
        id=plan_id,
        day=plan.day.isoformat(),
        workout_id=plan.workout_id,
        time=plan.time,
        place=plan.place,
        workout=plan.workout,
        barrier=plan.barrier,
        small=plan.small_version,
        source=source,
        now=stamp(now),
    )


def of_day(scope: Scope, day: date) -> IfThen | None:
    """Return the plan of a local date."""
    row = scope.execute(
        "SELECT * FROM if_then_plans WHERE user_id = :user AND day = :day", day=day.isoformat()
    ).fetchone()
    return row and _plan(row)


def before(scope: Scope, day: date, limit: int = 5) -> list[IfThen]:
    """Return the last plans of days before a local date, the newest first."""
    rows = scope.execute(
        "SELECT * FROM if_then_plans WHERE user_id = :user AND day < :day ORDER BY day DESC LIMIT +:limit",
        day=day.isoformat(),
        limit=limit,
    )
    return [_plan(row) for row in rows]


def last_changed(scope: Scope, since: datetime) -> tuple[IfThen, datetime] | None:
    """Return the plan that was spoken of last, and when, if that was since an instant."""
    row = scope.execute(
        "SELECT * FROM if_then_plans WHERE user_id = :user AND changed_at_ms >= :since"
        " ORDER BY changed_at_ms DESC, day DESC LIMIT 1",
        since=stamp(since),
    ).fetchone()
    return row and (_plan(row), unstamp(row["changed_at_ms"]))


def brought_its_workout(scope: Scope, day: date) -> bool:
    """Say whether the workout of a day's plan was written down with it, rather than planned before."""
    row = scope.execute(
        "SELECT 1 FROM if_then_plans AS p JOIN workouts AS w ON w.id = p.workout_id AND w.user_id = :user"
        " WHERE p.user_id = :user AND p.day = :day AND w.created_at_ms = p.changed_at_ms",
        day=day.isoformat(),
    ).fetchone()
    return row is not None


def forget(scope: Scope, day: date) -> None:
    """Take back the plan of a local date."""
    scope.execute("DELETE FROM if_then_plans WHERE user_id = :user AND day = :day", day=day.isoformat())


def _plan(row: Row) -> IfThen:
    return IfThen(
        day=date.fromisoformat(row["day"]),
        workout=row["workout"],
        time=row["cue"],  # before 0029 it may be a place: it reads right as either
        place=row["place"] if row["place_at_ms"] == row["changed_at_ms"] else "",  # an older Ivy has spoken since
        barrier=row["barrier"],
        small_version=row["small_version"],
        workout_id=row["workout_id"],
    )
