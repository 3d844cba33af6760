"""All that happened in a file, counted over everybody: what a simulation tells at its end. May import: binding, the ground."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ivy.store.binding import Connection


@dataclass(frozen=True)
class CallTally:
    """Calls of one kind that ended alike; `outcome` is the state of one that has none, `seconds` were spoken."""

    kind: str
    outcome: str
    calls: int
    attempts: int
    """Those of them that were another try at the same call."""
    seconds: int


@dataclass(frozen=True)
class GiftTally:
    """What stands, by currency, in minor units; `gifts` counts what was given, `taken_back` the reversals."""

    currency: str
    pledged_minor: int
    gifts: int
    taken_back: int


@dataclass(frozen=True)
class Tallies:
    """`messages` are by state, those of people under "received"; `spent_micros` are micro-dollars by kind of cost."""

    calls: tuple[CallTally, ...]
    workouts: dict[str, int]
    messages: dict[str, int]
    reasons: dict[str, int]
    """Why messages were held, failed or lapsed."""
    gifts: tuple[GiftTally, ...]
    spent_micros: dict[str, int]
    model_calls: int
    model_failures: int
    turns: int
    plans: int
    scores: int
    jobs: int
    dead: dict[str, int]
    """Dead letters, by kind."""
    crashes: dict[str, int]
    """Crashes of long-running tasks, by task."""


def count(connection: Connection) -> Tallies:
    """Count everything."""
    one = _one(connection)
    return Tallies(
        _calls(connection),
        _pairs(connection, "SELECT state, count(*) FROM workouts GROUP BY 1 ORDER BY 1"),
        _pairs(connection, "SELECT state, count(*) FROM messages_v2 GROUP BY 1 ORDER BY 1"),
        _pairs(
            connection,
            "SELECT state || ': ' || reason, count(*) FROM messages_v2 WHERE reason <> '' AND direction = 'out'"
            " GROUP BY 1 ORDER BY 1",
        ),
        _gifts(connection),
        _pairs(connection, "SELECT kind, sum(amount_micros) FROM cost_ledger GROUP BY 1 ORDER BY 1"),
        one["model_calls"],
        one["model_failures"],
        one["turns"],
        one["plans"],
        one["scores"],
        one["jobs"],
        _pairs(connection, "SELECT kind, count(*) FROM dead_letters GROUP BY 1 ORDER BY 1"),
        _pairs(connection, "SELECT task, count(*) FROM task_crashes GROUP BY 1 ORDER BY 1"),
    )


def together(parts: Sequence[Tallies]) -> Tallies:
    """Return what several files hold, counted as one."""
    return Tallies(
        tuple(
            CallTally(kind, outcome, *(sum(column) for column in columns))
            for (kind, outcome), columns in _columns(
                ((each.kind, each.outcome), (each.calls, each.attempts, each.seconds))
                for part in parts
                for each in part.calls
            )
        ),
        _added(part.workouts for part in parts),
        _added(part.messages for part in parts),
        _added(part.reasons for part in parts),
        tuple(
            GiftTally(currency, *(sum(column) for column in columns))
            for (currency,), columns in _columns(
                ((each.currency,), (each.pledged_minor, each.gifts, each.taken_back))
                for part in parts
                for each in part.gifts
            )
        ),
        _added(part.spent_micros for part in parts),
        sum(part.model_calls for part in parts),
        sum(part.model_failures for part in parts),
        sum(part.turns for part in parts),
        sum(part.plans for part in parts),
        sum(part.scores for part in parts),
        sum(part.jobs for part in parts),
        _added(part.dead for part in parts),
        _added(part.crashes for part in parts),
    )


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))


def _columns(
    rows: Iterable[tuple[tuple[str, ...], tuple[int, ...]]],
) -> list[tuple[tuple[str, ...], list[tuple[int, ...]]]]:
    """Return, in order of their keys, the columns of the rows of each key."""
    found: dict[tuple[str, ...], list[tuple[int, ...]]] = {}
    for key, row in rows:
        found.setdefault(key, []).append(row)
    return [(key, list(zip(*found[key], strict=True))) for key in sorted(found)]


def _one(connection: Connection) -> dict[str, int]:
    row = connection.execute(
        "SELECT (SELECT count(*) FROM ai_usage) AS model_calls,"
        " (SELECT count(*) FROM ai_usage WHERE status IN ('failed', 'unknown')) AS model_failures,"
        " (SELECT count(*) FROM turns) AS turns, (SELECT count(*) FROM if_then_plans) AS plans,"
        " (SELECT count(*) FROM transformation_scores) AS scores, (SELECT count(*) FROM jobs) AS jobs"
    ).fetchone()
    return dict(row)


def _calls(connection: Connection) -> tuple[CallTally, ...]:
    rows = connection.execute(
        "SELECT kind, CASE outcome WHEN '' THEN state ELSE outcome END, count(*), count(*) FILTER (WHERE attempt > 1),"
        " coalesce(sum(CAST(json_extract(report, '$.duration_seconds') AS INTEGER)), 0)"
        " FROM calls GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return tuple(CallTally(*row) for row in rows)


def _gifts(connection: Connection) -> tuple[GiftTally, ...]:
    rows = connection.execute(
        "SELECT currency, sum(amount_minor), count(*) FILTER (WHERE kind <> 'reversal'),"
        " count(*) FILTER (WHERE kind = 'reversal') FROM donations GROUP BY 1 ORDER BY 1"
    )
    return tuple(GiftTally(*row) for row in rows)


def _pairs(connection: Connection, sql: str) -> dict[str, int]:
    return {str(name): int(number) for name, number in connection.execute(sql)}
