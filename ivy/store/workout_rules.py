"""By which rule somebody's workouts were judged, and since when. May import: scope, workout_words.

A workout keeps its rule beside it. An older Ivy, to which one may go back for a while, keeps none, and judges by the rule
that the person has then: this tells which one that was.
"""

from datetime import datetime

from ivy.clock import stamp
from ivy.domain.giving import PartialGives
from ivy.store.scope import Scope
from ivy.store.workout_words import USUAL, Rule


def keep(scope: Scope, *, now: datetime) -> None:
    """Remember the person's rule as it is from now on, in the commit that sets it."""
    scope.execute(
        "INSERT OR REPLACE INTO workout_rules (user_id, since_ms, counts_from, part_gives)"
        " SELECT id, :now, minimum_minutes, partial_gives FROM users WHERE id = :user",
        now=stamp(now),
    )


def at(scope: Scope, at_ms: int) -> Rule:
    """Return the person's rule as it was at an instant, in milliseconds of the epoch."""
    row = scope.execute(
        "SELECT counts_from, part_gives FROM workout_rules WHERE user_id = :user AND since_ms <= :at"
        " ORDER BY since_ms DESC LIMIT 1",
        at=at_ms,
    ).fetchone()
    return USUAL if row is None else Rule(row["counts_from"], PartialGives(row["part_gives"]))
