"""What was spent and what it bought, per day, person, provider, kind or model.

May import: spending, person_costs, binding, the domain.

Money is the ledger's, tokens are `ai_usage`'s: the rows always add up to the ledger's total.
"""

from dataclasses import dataclass
from datetime import date

from ivy.domain.person_month import PersonMonth
from ivy.store import person_costs, spending
from ivy.store.binding import Connection, Row

_GROUPS = {
    "day": "day",
    "user": "coalesce(user_id, '')",
    "provider": "provider",
    "kind": "kind",
    "model": "CASE model WHEN '' THEN provider ELSE model END",
}
GROUPS = tuple(_GROUPS)
_USAGE_GROUPS = {
    "day": "strftime('%Y-%m-%d', at_ms / 1000, 'unixepoch')",
    "user": "coalesce(user_id, '')",
    "provider": "vendor",
    "kind": "coalesce((SELECT kind FROM cost_ledger WHERE cost_ledger.id = ai_usage.id), 'model')",
    "model": "model",
}


@dataclass(frozen=True)
class Cost:
    """One row: money in micro-dollars with its part of the total (0 to 1), and the calls to models behind it."""

    name: str
    label: str
    micros: int
    share: float
    entries: int
    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int


@dataclass(frozen=True)
class Costs:
    """Between two UTC days, both included; `total_micros` is the ledger's own sum."""

    by: str
    since: str
    until: str
    rows: tuple[Cost, ...]
    total_micros: int
    reserved_micros: int
    """The part of the total that is set aside for calls under way."""
    today_micros: int
    cap_micros: int
    people: tuple[PersonMonth, ...] = ()
    """By user only: what each comes to in a month, with calls and without."""


@dataclass(frozen=True)
class Unneeded:
    """Something that was paid for on an idle day; `name` is the model, or the provider."""

    day: str
    kind: str
    name: str
    micros: int


@dataclass(frozen=True)
class Idle:
    """Days on which nobody wrote, nothing was due and nobody was called, and what they cost."""

    since: str
    until: str
    days: int
    micros: int
    rows: tuple[Unneeded, ...]


_BUSY = (
    "SELECT strftime('%Y-%m-%d', at_ms / 1000, 'unixepoch') AS day FROM messages_v2 WHERE direction = 'in' OR asked_for = 0"
    " UNION SELECT strftime('%Y-%m-%d', at_ms / 1000 + 600, 'unixepoch') AS day FROM messages_v2 WHERE direction = 'in'"
    " UNION SELECT strftime('%Y-%m-%d', placed_at_ms / 1000, 'unixepoch') FROM calls WHERE placed_at_ms IS NOT NULL"
)
"""Days with a reason to spend: words of a person (answered, it may be, after midnight), a message that was due, a call."""


def idle(connection: Connection, *, since: str, until: str) -> Idle:
    """Return what was spent between two UTC days, both included, on those without a reason to spend anything."""
    span = (since, until)
    rows = connection.execute(
        "SELECT day, kind, CASE model WHEN '' THEN provider ELSE model END AS name, sum(amount_micros) AS micros"
        f" FROM cost_ledger WHERE day BETWEEN ? AND ? AND amount_micros > 0 AND day NOT IN ({_BUSY}) GROUP BY 1, 2, 3",
        span,
    ).fetchall()
    found = tuple(Unneeded(row["day"], row["kind"], row["name"], row["micros"]) for row in rows)
    busy = connection.execute(
        f"SELECT count(*) FROM (SELECT day FROM ({_BUSY}) WHERE day BETWEEN ? AND ?)", span
    ).fetchone()[0]
    days = (date.fromisoformat(until) - date.fromisoformat(since)).days + 1
    return Idle(since, until, days - busy, sum(row.micros for row in found), found)


def costs(connection: Connection, by: str, *, since: str, until: str, today: str, cap_micros: int) -> Costs:
    """Return what was spent, the greatest first; by day, in order of days."""
    total, reserved = connection.execute(
        "SELECT coalesce(sum(amount_micros), 0), coalesce(sum(amount_micros) FILTER (WHERE state = 'reserved'), 0)"
        " FROM cost_ledger WHERE day BETWEEN ? AND ?",
        (since, until),
    ).fetchone()
    usage = _usage(connection, by, since, until)
    labels = _names(connection) if by == "user" else {}
    spent = {row["name"]: (row["micros"], row["entries"]) for row in _spent(connection, by, since, until)}
    rows = [
        Cost(
            name=name,
            label=labels.get(name) or name or "(nobody)",
            micros=spent.get(name, (0, 0))[0],
            share=spent.get(name, (0, 0))[0] / total if total else 0.0,
            entries=spent.get(name, (0, 0))[1],
            **usage.get(name, _NOTHING),
        )
        for name in (*spent, *(name for name in usage if name not in spent))
    ]
    if by == "day":
        rows.sort(key=lambda row: row.name)
    people = person_costs.months(connection, since=since, until=until, today=today) if by == "user" else ()
    spent_today = spending.spent_on(connection, today)
    return Costs(by, since, until, tuple(rows), total, reserved, spent_today, cap_micros, people)


def _spent(connection: Connection, by: str, since: str, until: str) -> list[Row]:
    return connection.execute(
        f"SELECT {_GROUPS[by]} AS name, sum(amount_micros) AS micros, count(*) AS entries FROM cost_ledger"
        " WHERE day BETWEEN ? AND ? GROUP BY 1 ORDER BY 2 DESC, 1",
        (since, until),
    ).fetchall()


_NOTHING = {"calls": 0, "failed": 0, "input_tokens": 0, "output_tokens": 0, "cached_tokens": 0}


def _usage(connection: Connection, by: str, since: str, until: str) -> dict[str, dict[str, int]]:
    rows = connection.execute(
        f"SELECT {_USAGE_GROUPS[by]} AS name, count(*) AS calls, sum(status IN ('failed', 'unknown')) AS failed,"
        " sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cache_read_tokens) AS cached_tokens"
        " FROM ai_usage WHERE at_ms >= unixepoch(?1) * 1000 AND at_ms < unixepoch(?2, '+1 day') * 1000 GROUP BY 1",
        (since, until),
    )
    return {row["name"]: {column: row[column] for column in _NOTHING} for row in rows}


def _names(connection: Connection) -> dict[str, str]:
    return {row["id"]: row["name"] for row in connection.execute("SELECT id, name FROM users")}
