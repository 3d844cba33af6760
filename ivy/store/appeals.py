"""An appeal that was believed, and the way back from it. May import: scope, streaks, workouts, preferences, the domain.

What a call was understood to say is kept as it stood when somebody says that it is wrong, so that it can stand again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.giving import PartialGives
from ivy.domain.workouts import WorkoutState
from ivy.store import preferences, streaks, workouts
from ivy.store.scope import Scope
from ivy.store.workout_words import Change, Rule, Word, Workout

_JUDGED = "judged:"
KEPT_FOR = timedelta(days=14)
"""Nobody takes anything back that is older."""


@dataclass(frozen=True)
class Appeal:
    """A local date that was excused on somebody's word, and when."""

    day: date
    at: datetime


class _Stood(msgspec.Struct, frozen=True):
    id: str
    kind: str
    state: WorkoutState
    at_wall: str
    planned: bool
    minutes: int | None
    note: str
    counts_from: int | None = None
    """With `part_gives` the rule it was judged by."""
    part_gives: PartialGives = PartialGives.NONE

    @property
    def rule(self) -> Rule | None:
        return None if self.counts_from is None else Rule(self.counts_from, self.part_gives)


def _stood(workout: Workout) -> _Stood:
    rule = workout.rule
    return _Stood(
        workout.id, workout.kind, workout.state, workout.at_wall, workout.planned, workout.minutes, workout.note,
        None if rule is None else rule.counts_from, PartialGives.NONE if rule is None else rule.part_gives,
    )  # fmt: skip


def keep_judged(scope: Scope, day: date, judged: Sequence[Workout], *, now: datetime) -> None:
    """Keep what was noted of workouts that are opened again by an appeal; what is too old to be asked for goes with it."""
    for key in preferences.beginning(scope, _JUDGED):
        if date.fromisoformat(key.removeprefix(_JUDGED)) < day - KEPT_FOR:
            preferences.forget(scope, key)
    stood = [_stood(each) for each in judged]
    preferences.remember(scope, f"{_JUDGED}{day}", msgspec.json.encode(stood).decode(), source="appeal", now=now)


def last_word(scope: Scope, since: datetime) -> Appeal | None:
    """Return the newest appeal that was believed since an instant, if nothing that still holds was said of workouts after it."""
    appeal = _newest(scope, since)
    if appeal is None:
        return None
    return None if workouts.last_changed(scope, appeal.at + timedelta(milliseconds=1)) else appeal


def _newest(scope: Scope, since: datetime) -> Appeal | None:
    """Return the newest appeal of a day that is still excused by it."""
    row = scope.execute(
        "SELECT e.day, last.at_ms FROM streak_events e JOIN streak_events last ON last.id ="
        " (SELECT max(id) FROM streak_events WHERE user_id = :user AND day = e.day)"
        " WHERE e.user_id = :user AND e.source LIKE 'appeal, %' AND e.at_ms >= :since"
        " AND (last.id = e.id OR (last.outcome = 'excused' AND last.source = 'taken back')) ORDER BY e.id DESC LIMIT 1",
        since=stamp(since),
    ).fetchone()
    return row and Appeal(date.fromisoformat(row["day"]), unstamp(row["at_ms"]))


def take_back(scope: Scope, appeal: Appeal, word: Word) -> list[Change]:
    """Let a day count what it counted before its appeal, which is not used up by it; return what that changed of workouts."""
    streaks.withdraw(scope, appeal.day, now=word.now)
    kept = preferences.recall(scope, f"{_JUDGED}{appeal.day}")
    preferences.forget(scope, f"{_JUDGED}{appeal.day}")
    stood = msgspec.json.decode(kept, type=list[_Stood]) if kept else []
    changes = [_stands_again(scope, appeal.day, each, word) for each in stood]
    return [each for each in changes if each is not None]


def _stands_again(scope: Scope, day: date, stood: _Stood, word: Word) -> Change | None:
    """Let a workout be what the call was understood to say; None if its plan is gone since."""
    workout = workouts.load(scope, stood.id)
    if workout is not None:
        as_judged = replace(workout, rule=stood.rule)
        return workouts.finish(scope, as_judged, stood.state, word, minutes=stood.minutes, note=stood.note)
    if stood.planned:
        return None
    told = Workout(stood.id, day, stood.kind, stood.state, stood.at_wall, True, stood.minutes, stood.note, stood.rule)
    return workouts.record(scope, told, word)
