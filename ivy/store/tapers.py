"""Whether somebody was asked how often they want to be phoned, and what they said. May import: preferences, scope, the domain."""

from datetime import date, datetime

import msgspec

from ivy.domain.cadence import Asked, Booked
from ivy.store import call_slots, preferences
from ivy.store.scope import Scope

TAPER = "taper"


def asked(scope: Scope) -> Asked:
    """Return how often they were asked, and their last answer."""
    kept = preferences.recall(scope, TAPER)
    return msgspec.json.decode(kept, type=Asked) if kept else Asked()


def keep(scope: Scope, value: Asked, *, source: str, now: datetime) -> None:
    """Keep a question, or its answer. `source`: offer, tap."""
    preferences.remember(scope, TAPER, msgspec.json.encode(value).decode(), source=source, now=now)


def booked(scope: Scope) -> tuple[Booked, ...]:
    """Return when and how they are contacted, the daily slots first."""
    return tuple(Booked(slot.kind, slot.by, slot.at, slot.days) for slot in call_slots.of(scope))


def first_call(scope: Scope) -> date | None:
    """Return the local date of the first coaching call that took place."""
    row = scope.execute(
        "SELECT day FROM calls WHERE user_id = :user AND outcome = 'completed'"
        " AND kind IN ('morning', 'evening', 'weekly', 'monthly') ORDER BY due_at_ms LIMIT 1"
    ).fetchone()
    return None if row is None else date.fromisoformat(row["day"])
