"""How far each person is with getting to know Ivy. May import: scope, schedules, the domain."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.jobs import NUDGE
from ivy.domain.onboarding import Progress
from ivy.domain.schedule import to_wall
from ivy.store import schedules
from ivy.store.binding import Row
from ivy.store.scope import Scope

NUDGED = "onboarding:"
"""How the `ref` of the schedule that asks again begins; the user id follows."""


@dataclass(frozen=True)
class Onboarding:
    """`step` is what was asked last, "" for nothing yet; `finished_at` is None while something is left to ask."""

    step: str
    progress: Progress
    started_at: datetime
    changed_at: datetime
    finished_at: datetime | None


def begin(scope: Scope, progress: Progress, *, now: datetime) -> None:
    """Begin once; one that was begun, or is over, stays as it is."""
    scope.execute(
        "INSERT INTO onboardings (user_id, step, answers, started_at_ms, changed_at_ms) VALUES (:user, '', :answers, :now, :now)"
        " ON CONFLICT (user_id) DO NOTHING",
        answers=msgspec.json.encode(progress).decode(),
        now=stamp(now),
    )


def load(scope: Scope) -> Onboarding | None:
    row = scope.execute("SELECT * FROM onboardings WHERE user_id = :user").fetchone()
    return row and _read(row)


def unfinished(scope: Scope) -> Onboarding | None:
    """Return the person's onboarding if something is left to ask."""
    found = load(scope)
    return found if found is not None and found.finished_at is None else None


def save(scope: Scope, step: str, progress: Progress, *, now: datetime) -> None:
    scope.execute(
        "UPDATE onboardings SET step = :step, answers = :answers, changed_at_ms = :now WHERE user_id = :user",
        step=step,
        answers=msgspec.json.encode(progress).decode(),
        now=stamp(now),
    )


def finish(scope: Scope, *, now: datetime) -> None:
    """Nothing is left to ask: it is not asked again either."""
    scope.execute("UPDATE onboardings SET finished_at_ms = :now WHERE user_id = :user", now=stamp(now))
    schedules.remove(scope, NUDGE, ref_of(scope))


def come_back(scope: Scope, at: datetime, zone: str, *, new_id: Callable[[], str], now: datetime) -> None:
    """Let a NUDGE ask again at an instant, and at no other that was planned before."""
    schedules.remove(scope, NUDGE, ref_of(scope))
    schedules.add(
        scope.connection,
        schedule_id=new_id(),
        kind=NUDGE,
        user_id=scope.user_id,
        zone=zone,
        wall=to_wall(at, zone).replace(microsecond=0),
        ref_id=ref_of(scope),
        now=now,
    )


def ref_of(scope: Scope) -> str:
    return f"{NUDGED}{scope.user_id}"


def _read(row: Row) -> Onboarding:
    finished = row["finished_at_ms"]
    return Onboarding(
        step=row["step"],
        progress=msgspec.json.decode(row["answers"], type=Progress),
        started_at=unstamp(row["started_at_ms"]),
        changed_at=unstamp(row["changed_at_ms"]),
        finished_at=None if finished is None else unstamp(finished),
    )
