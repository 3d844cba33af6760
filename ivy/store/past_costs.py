"""What past days cost, as a projection wants them. May import: binding, the domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ivy.domain.projection import Past
from ivy.store.binding import Connection


@dataclass(frozen=True)
class Mix:
    """What the calls were for, in seconds by kind; what an answered turn cost at the median, in micro-dollars, None before one."""

    call_seconds: Mapping[str, int]
    turn_micros: int | None


def past(connection: Connection, *, since: date, until: date) -> Past:
    """Return every day between two UTC days, both included, also those on which nothing was spent."""
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    by_day: dict[str, dict[str, int]] = {day.isoformat(): {} for day in days}
    for row in connection.execute(
        "SELECT day, kind, sum(amount_micros) AS micros FROM cost_ledger WHERE day BETWEEN ? AND ? GROUP BY 1, 2",
        (since.isoformat(), until.isoformat()),
    ):
        by_day[row["day"]][row["kind"]] = row["micros"]
    return Past(list(by_day.values()), [_people(connection, day) for day in days], _people(connection, until))


def _people(connection: Connection, day: date) -> int:
    """Return how many people Ivy had at the end of a UTC day; who stopped since is not counted, nor paid for."""
    return connection.execute(
        "SELECT count(*) FROM users WHERE status = 'active' AND created_at_ms < unixepoch(?, '+1 day') * 1000",
        (day.isoformat(),),
    ).fetchone()[0]


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
    turns = sorted(
        row["micros"]
        for row in connection.execute(
            "SELECT sum(amount_micros) AS micros FROM cost_ledger JOIN ai_usage USING (id)"
            " WHERE cost_ledger.day BETWEEN ? AND ? AND turn_id IS NOT NULL GROUP BY turn_id",
            span,
        )
    )
    return Mix(seconds, turns[len(turns) // 2] if turns else None)
