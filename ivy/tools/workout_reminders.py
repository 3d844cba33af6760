"""The text before a workout: planned where workouts are planned, gone when they are done, moved or left out.

May import: the store and below. `nudging` looks again when it is due, so one that was not cancelled says nothing either.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from ivy.domain.schedule import to_instant
from ivy.domain.workouts import WorkoutState
from ivy.store import nudges
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.workouts import Workout


def plan_reminder(
    scope: Scope, person: Person, workout: Workout, minutes: int, new_id: Callable[[], str], now: datetime
) -> datetime | None:
    """Remind the person `minutes` before a workout's local time, instead of at any time before; return when.

    None: it has no time, is not planned any more, they want none (0 minutes), or that moment is over.
    """
    nudges.cancel(scope, workout.id)
    if minutes <= 0 or not workout.at_wall or workout.state is not WorkoutState.PLANNED:
        return None
    wall = datetime.combine(workout.day, time.fromisoformat(workout.at_wall)) - timedelta(minutes=minutes)
    at = to_instant(wall, person.zone)
    if at <= now:
        return None
    nudges.plan(scope, workout.id, workout.at_wall, wall, person.zone, new_id, now)
    return at


def cancel(scope: Scope, workout_id: str) -> bool:
    """Forget the reminder of a workout; return False if it had none."""
    return nudges.cancel(scope, workout_id) > 0
