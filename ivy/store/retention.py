"""When people began, and who of them was still there on given days. May import: binding, the domain. For operators.

Each is one statement over all people, through the indexes of messages, calls and the streak.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.retention import window
from ivy.domain.schedule import local_date, to_instant
from ivy.store.binding import Connection, Row

BEGAN = (
    "SELECT u.id, u.zone, coalesce(w.payer, '') AS payer,"
    " (SELECT at_ms FROM messages_v2 WHERE user_id = u.id AND direction = 'in' ORDER BY at_ms LIMIT 1) AS wrote_ms,"
    " (SELECT due_at_ms FROM calls WHERE user_id = u.id AND outcome = 'completed' AND kind NOT IN ('notice', 'test')"
    " ORDER BY due_at_ms LIMIT 1) AS spoke_ms,"
    " (SELECT day FROM streak_events s WHERE user_id = u.id AND outcome = 'kept' AND NOT EXISTS (SELECT 1 FROM streak_events"
    " WHERE user_id = u.id AND day = s.day AND id > s.id) ORDER BY day LIMIT 1) AS kept"
    " FROM users u LEFT JOIN impact_wallets w ON w.user_id = u.id"
)
STAYED = (
    "WITH asked AS MATERIALIZED (SELECT key AS n, json_extract(value, '$[0]') AS user, json_extract(value, '$[1]') AS first,"
    " json_extract(value, '$[2]') AS last, json_extract(value, '$[3]') AS from_ms, json_extract(value, '$[4]') AS to_ms"
    " FROM json_each(?)) SELECT n FROM asked WHERE coalesce((SELECT granted FROM consents WHERE user_id = user"
    " AND purpose = 'messages' AND at_ms < to_ms ORDER BY id DESC LIMIT 1), 1)"
    " AND (EXISTS (SELECT 1 FROM messages_v2 WHERE user_id = user AND at_ms >= from_ms AND at_ms < to_ms AND direction = 'in')"
    " OR EXISTS (SELECT 1 FROM calls WHERE user_id = user AND due_at_ms >= from_ms AND due_at_ms < to_ms"
    " AND outcome = 'completed' AND kind NOT IN ('notice', 'test'))"
    " OR EXISTS (SELECT 1 FROM streak_events s WHERE user_id = user AND day BETWEEN first AND last AND outcome = 'kept'"
    " AND NOT EXISTS (SELECT 1 FROM streak_events WHERE user_id = user AND day = s.day AND id > s.id)))"
)


@dataclass(frozen=True)
class Began:
    """Somebody's day 0 by their own dates: the first on which they wrote, answered a call, or kept a workout.

    `payer` is who gives for their workouts (self, employer, sponsor), or "".
    """

    user_id: str
    zone: str
    day: date
    payer: str = ""


def began(connection: Connection, *, since: date | None = None) -> list[Began]:
    """Return everybody who began, or only those who did on a local date or later."""
    found = [each for row in connection.execute(BEGAN) if (each := _began(row)) is not None]
    return [each for each in found if since is None or each.day >= since]


def stayed(connection: Connection, asked: Sequence[tuple[Began, int]]) -> list[bool]:
    """Say of each (person, days after day 0) whether they were there in the seven days around: wrote, answered, or kept one.

    Who had said stop by the end of them, and not come back, was not: the stop itself is a message, too.
    """
    rows = connection.execute(STAYED, (msgspec.json.encode([_asked(*each) for each in asked]).decode(),))
    there = {row["n"] for row in rows}
    return [number in there for number in range(len(asked))]


def _began(row: Row) -> Began | None:
    days = [local_date(unstamp(row[name]), row["zone"]) for name in ("wrote_ms", "spoke_ms") if row[name] is not None]
    days += [date.fromisoformat(row["kept"])] if row["kept"] else []
    return Began(row["id"], row["zone"], min(days), row["payer"]) if days else None


def _asked(who: Began, horizon: int) -> tuple[str, str, str, int, int]:
    first, last = window(who.day, horizon)
    end = last + timedelta(days=1)
    return who.user_id, first.isoformat(), last.isoformat(), _midnight(first, who.zone), _midnight(end, who.zone)


@lru_cache(10_000)  # thousands of people share a day and a zone, and a zone's rules are slow to ask
def _midnight(day: date, zone: str) -> int:
    return stamp(to_instant(datetime.combine(day, time()), zone))
