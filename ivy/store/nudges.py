"""Nudges: how somebody took them so far, and the rows that fire before a workout.

May import: scope, schedules, experiments, the domain. A workout's nudge is known by the workout and the time it was
planned for: one that was moved since finds no match.
"""

from collections.abc import Callable
from datetime import date, datetime

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.backing_off import Nudged
from ivy.domain.experiments import Experiments, Setting
from ivy.domain.jobs import NUDGE
from ivy.store import experiments, preferences, schedules
from ivy.store.scope import Scope

HABIT, MINUTES, CALL_MINUTES = "nudges", "workout_reminder_minutes", "call_nudge_minutes"
USUAL_MINUTES = 30
WORKOUT = "workout:"
"""How the `ref` of a workout's nudge begins; its id and its planned local time follow, parted by a colon."""


class Habit(msgspec.Struct, frozen=True):
    """`unanswered`: nudges in a row without a reaction, counted from `floor`: who wants fewer never falls below that."""

    unanswered: int = 0
    last_at_ms: int | None = None
    asked: bool = False
    floor: int = 0

    @property
    def last_at(self) -> datetime | None:
        return None if self.last_at_ms is None else unstamp(self.last_at_ms)

    @property
    def seen(self) -> Nudged:
        return Nudged(self.unanswered, last_at=self.last_at, asked=self.asked)

    def answered(self, floor: int | None = None) -> "Habit":
        """Return it after a reaction; `floor` is given when they said how many they want."""
        kept = self.floor if floor is None else floor
        return Habit(kept, self.last_at_ms, False, kept)

    def sent(self, now: datetime, *, asked: bool = False) -> "Habit":
        """Return it after one more nudge or, if `asked`, after the question that stands for it."""
        return Habit(self.unanswered + (not asked), stamp(now), asked or self.asked, self.floor)


def habit(scope: Scope) -> Habit:
    """Return how the person takes nudges."""
    kept = preferences.recall(scope, HABIT)
    return msgspec.json.decode(kept, type=Habit) if kept else Habit()


def keep_habit(scope: Scope, value: Habit, *, now: datetime) -> None:
    preferences.remember(scope, HABIT, msgspec.json.encode(value).decode(), source="nudge", now=now)


def minutes(scope: Scope) -> int:
    """Return how long before a workout the person is reminded; 0: not at all."""
    kept = preferences.recall(scope, MINUTES)
    return (USUAL_MINUTES if _had_it_unasked(scope) else 0) if kept is None else int(kept)


def lead(scope: Scope, known: Experiments, *, day: date, now: datetime) -> int:
    """Return how long before a workout this one's text comes: as `minutes`, or by an experiment for who never said."""
    if preferences.recall(scope, MINUTES) is not None or not _had_it_unasked(scope):
        return minutes(scope)
    return int(experiments.value(scope, known, Setting.WORKOUT_REMINDER, USUAL_MINUTES, day=day, now=now))


def lead_seen(scope: Scope, known: Experiments, *, day: date) -> int:
    """Return what `lead` is now, to tell them of it."""
    if preferences.recall(scope, MINUTES) is not None or not _had_it_unasked(scope):
        return minutes(scope)
    return int(experiments.seen(scope, known, Setting.WORKOUT_REMINDER, USUAL_MINUTES, day=day))


def lead_wished(scope: Scope, known: Experiments, *, day: date, now: datetime) -> int:
    """Return what `lead` is for somebody who wishes for it now: what they said before, or else the usual, or an arm's."""
    said = int(preferences.recall(scope, MINUTES) or 0)
    return said or int(experiments.value(scope, known, Setting.WORKOUT_REMINDER, USUAL_MINUTES, day=day, now=now))


def _had_it_unasked(scope: Scope) -> bool:
    """Say whether they are one of those to whom it came before it had to be wished for."""
    return bool(scope.execute("SELECT 1 FROM reminded_unasked WHERE user_id = :user").fetchone())


def call_minutes(scope: Scope) -> int:
    """Return how long before each call they are written to, those to come included; 0: not at all."""
    kept = preferences.recall(scope, CALL_MINUTES)
    if kept is not None:
        return int(kept)
    row = scope.execute("SELECT max(nudge_minutes) AS most FROM call_slots WHERE user_id = :user").fetchone()
    return row["most"] or 0


def set_call_minutes(scope: Scope, value: int, *, source: str, now: datetime) -> None:
    """Keep how long before their calls they are written to. `source`: text, call, page."""
    preferences.remember(scope, CALL_MINUTES, str(value), source=source, now=now)


def wanted(scope: Scope) -> bool:
    """Say whether they said themselves that they want the text before a workout: else nobody asked for it."""
    return int(preferences.recall(scope, MINUTES) or 0) > 0


def set_minutes(scope: Scope, value: int, *, source: str, now: datetime) -> None:
    """Keep how long before a workout the person is reminded; for those planned from now on. `source`: text, call, page."""
    preferences.remember(scope, MINUTES, str(value), source=source, now=now)


def ref_of(workout_id: str, at_wall: str) -> str:
    return f"{WORKOUT}{workout_id}:{at_wall}"


def workout_of(ref: str) -> tuple[str, str] | None:
    """Return the workout and the planned local HH:MM that a `ref` names; None if it is of something else."""
    workout_id, _, at_wall = ref.removeprefix(WORKOUT).partition(":")
    return (workout_id, at_wall) if ref.startswith(WORKOUT) and workout_id else None


def plan(
    scope: Scope, workout_id: str, at_wall: str, wall: datetime, zone: str, new_id: Callable[[], str], now: datetime
) -> None:
    """Let a nudge fire at a naive local time before a workout, instead of any other of that workout."""
    cancel(scope, workout_id)
    schedules.add(
        scope.connection,
        schedule_id=new_id(),
        kind=NUDGE,
        user_id=scope.user_id,
        zone=zone,
        wall=wall,
        ref_id=ref_of(workout_id, at_wall),
        now=now,
    )


def cancel(scope: Scope, workout_id: str) -> int:
    """Forget the nudges of a workout; return how many there were."""
    return _forget(scope, ref_of(workout_id, ""))


def cancel_all(scope: Scope) -> int:
    """Forget the nudges of every workout; return how many there were."""
    return _forget(scope, WORKOUT)


def _forget(scope: Scope, start: str) -> int:
    return scope.execute(
        "DELETE FROM schedules WHERE user_id = :user AND kind = :kind AND substr(ref_id, 1, length(:start)) = :start",
        kind=NUDGE.name,
        start=start,
    ).rowcount
