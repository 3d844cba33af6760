"""Sentences made in the night, with the numbers they were made for. May import: scope, the domain."""

from datetime import date, datetime
from typing import Any

import msgspec

from ivy.clock import stamp
from ivy.store.scope import Scope

KEPT_DAYS = 60


def keep(scope: Scope, topic: str, first_day: date, numbers: Any, prose: str, *, now: datetime) -> None:
    """Keep sentences instead of any made before for the same days; what is long over is dropped."""
    scope.execute(
        "INSERT INTO prewritten (user_id, topic, first_day, numbers, prose, at_ms)"
        " VALUES (:user, :topic, :first, :numbers, :prose, :now) ON CONFLICT (user_id, topic, first_day) DO UPDATE"
        " SET numbers = excluded.numbers, prose = excluded.prose, at_ms = excluded.at_ms",
        topic=topic,
        first=first_day.isoformat(),
        numbers=msgspec.json.encode(numbers).decode(),
        prose=prose,
        now=stamp(now),
    )
    scope.execute(
        "DELETE FROM prewritten WHERE user_id = :user AND at_ms < :before", before=stamp(now) - KEPT_DAYS * 86_400_000
    )


def prose_for(scope: Scope, topic: str, first_day: date, numbers: object) -> str:
    """Return the sentences that were made for these very numbers; "" if there are none."""
    row = scope.execute(
        "SELECT numbers, prose FROM prewritten WHERE user_id = :user AND topic = :topic AND first_day = :first",
        topic=topic,
        first=first_day.isoformat(),
    ).fetchone()
    if row is None:
        return ""
    return row["prose"] if msgspec.json.decode(row["numbers"], type=type(numbers)) == numbers else ""
