"""What past days cost, as a projection wants them. May import: allowance, binding, person_costs, the domain."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from msgspec import json

from ivy.domain.projection import Past
from ivy.domain.rates import Rates
from ivy.domain.reply_months import Replies
from ivy.domain.slots import SLOT_KINDS
from ivy.store.allowance import FREE_TEXT
from ivy.store.binding import Connection
from ivy.store.person_costs import HERE_SINCE

WHATSAPP = "whatsapp"


@dataclass(frozen=True)
class Mix:
    """What the calls were for, in seconds by kind; what an answered turn cost at the median, in micro-dollars, None before one.

    `calls` that cost something, by kind, and `called`, the same by number; `call_micros` is what they cost.
    """

    call_seconds: Mapping[str, int]
    turn_micros: int | None
    calls: Mapping[str, int] = field(default_factory=dict[str, int])
    called: Mapping[str, int] = field(default_factory=dict[str, int])
    call_micros: int = 0


_ONE_OF_MONTH = (
    " FROM cost_ledger l JOIN messages_v2 m ON m.id = l.id LEFT JOIN users u ON u.id = l.user_id"
    f" WHERE l.kind = 'message' AND l.provider = '{WHATSAPP}' AND l.day BETWEEN ? AND ? AND {FREE_TEXT}"
    " AND (m.state IN ('delivered', 'read') OR coalesce(m.price_type, '') <> '')"
)
"""Replies that were delivered, or that the channel has priced: nobody hears that a reaction was delivered."""
_STAYS = " AND (l.user_id IS NULL OR u.status = 'active')"
"""Nobody's costs go on, and those of people who are here; those of people who stopped do not."""
_CALLED = (
    " AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.id = l.id AND c.kind IN (SELECT value FROM json_each(?))"
    " AND NOT EXISTS (SELECT 1 FROM call_slots s WHERE s.user_id = c.user_id AND s.kind = c.kind AND s.by = 'voice'"
    " AND s.state = 'on'))"
)
"""Calls of a slot go on while it is kept by voice; who did not pick up, or asked for it, has a text there now."""


def past(connection: Connection, rates: Rates, *, since: date, until: date) -> Past:
    """Return every day between two UTC days, both included, also those on which nothing was spent."""
    days = [(since + timedelta(days=n)).isoformat() for n in range((until - since).days + 1)]
    by_day: dict[str, dict[str, int]] = {day: {} for day in days}
    for row in connection.execute(
        "SELECT day, l.kind, sum(amount_micros) AS micros FROM cost_ledger l LEFT JOIN users u ON u.id = l.user_id"
        f" WHERE day BETWEEN ? AND ?{_STAYS}{_CALLED} GROUP BY 1, 2",
        (days[0], days[-1], json.encode(sorted(SLOT_KINDS)).decode()),
    ):
        by_day[row["day"]][row["kind"]] = row["micros"]
    here = _here_since(connection)
    people = [sum(since_day <= day for since_day in here) for day in days]
    return Past(list(by_day.values()), people, people[-1], _replies(connection, rates, days, until))


def _here_since(connection: Connection) -> list[str]:
    """Return since which UTC day each person is here."""
    rows = connection.execute(f"SELECT {HERE_SINCE} AS day FROM users WHERE status = 'active'")
    return [row["day"] for row in rows]


def _replies(connection: Connection, rates: Rates, days: Sequence[str], until: date) -> Replies:
    counts, micros, to = Counter[str](), Counter[str](), Counter[str]()
    for row in connection.execute(
        "SELECT l.day, coalesce(nullif(json_extract(m.recipient, '$.phone'), ''),"
        " json_extract(m.recipient, '$.external_id'), '') AS number, count(*) AS replies, sum(l.amount_micros) AS micros"
        f"{_ONE_OF_MONTH}{_STAYS} GROUP BY 1, 2",
        (days[0], days[-1]),
    ):
        counts[row["day"]] += row["replies"]
        micros[row["day"]] += row["micros"]
        to[row["number"]] += row["replies"]
    begins = until + timedelta(days=1)
    used = connection.execute(
        f"SELECT count(*){_ONE_OF_MONTH}", (begins.replace(day=1).isoformat(), until.isoformat())
    ).fetchone()[0]
    return Replies([counts[day] for day in days], [micros[day] for day in days], to, used, begins, rates)


def mix(connection: Connection, *, since: date, until: date) -> Mix:
    """Return what the money of these days went into."""
    span = (since.isoformat(), until.isoformat())
    seconds = {
        row["kind"]: row["seconds"]
        for row in connection.execute(
            "SELECT calls.kind, sum(coalesce(json_extract(report, '$.duration_seconds'), 0)) AS seconds FROM calls"
            " JOIN cost_ledger USING (id) WHERE cost_ledger.day BETWEEN ? AND ? GROUP BY 1",
            span,
        )
    }
    calls, called, micros = Counter[str](), Counter[str](), 0
    for row in connection.execute(
        "SELECT calls.kind, to_number, count(*) AS number, sum(amount_micros) AS micros FROM calls JOIN cost_ledger USING (id)"
        " WHERE cost_ledger.day BETWEEN ? AND ? AND amount_micros > 0 GROUP BY 1, 2",
        span,
    ):
        calls[row["kind"]] += row["number"]
        called[row["to_number"]] += row["number"]
        micros += row["micros"]
    turns = sorted(
        row["micros"]
        for row in connection.execute(
            "SELECT sum(amount_micros) AS micros FROM cost_ledger JOIN ai_usage USING (id)"
            " WHERE cost_ledger.day BETWEEN ? AND ? AND turn_id IS NOT NULL GROUP BY turn_id",
            span,
        )
    )
    return Mix(seconds, turns[len(turns) // 2] if turns else None, calls, called, micros)
