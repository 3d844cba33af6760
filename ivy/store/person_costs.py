"""What each person cost, the phone apart from all else. May import: binding, the domain."""

from datetime import date

from ivy.domain import person_month
from ivy.domain.person_month import PersonMonth
from ivy.store.binding import Connection

HERE_SINCE = (
    "coalesce((SELECT min(day) FROM cost_ledger WHERE user_id = users.id),"
    " strftime('%Y-%m-%d', created_at_ms / 1000, 'unixepoch'))"
)
"""Since which UTC day a person is here: since they first cost something, for an invitation costs nothing."""


def months(connection: Connection, *, since: str, until: str, today: str) -> tuple[PersonMonth, ...]:
    """Return the month of everybody who was here between two UTC days, both included, the dearest first.

    A day counts from a person's first on, and none after `today`; what is set aside for calls under way counts as spent.
    """
    last = min(until, today)
    rows = connection.execute(
        f"SELECT users.id, name, {HERE_SINCE} AS here,"
        " coalesce(sum(amount_micros) FILTER (WHERE kind <> 'call'), 0) AS chat,"
        " coalesce(sum(amount_micros) FILTER (WHERE kind = 'call'), 0) AS calls"
        " FROM users LEFT JOIN cost_ledger ON user_id = users.id AND day BETWEEN ? AND ?"
        " GROUP BY users.id HAVING here <= ? AND (status = 'active' OR chat + calls > 0) ORDER BY chat + calls DESC, users.id",
        (since, until, last),
    )
    return tuple(
        person_month.of(
            row["id"], row["name"] or row["id"], days=_days(max(since, row["here"]), last),
            chat=row["chat"], calls=row["calls"],
        )
        for row in rows
    )  # fmt: skip


def _days(first: str, last: str) -> int:
    return max(1, (date.fromisoformat(last) - date.fromisoformat(first)).days + 1)
