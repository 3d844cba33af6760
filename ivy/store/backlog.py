"""What piles up: letters that died lately, the oldest work that could run, tasks that crashed. May import: binding."""

from dataclasses import dataclass
from datetime import datetime

from ivy.clock import stamp, unstamp
from ivy.store.binding import Connection

_READY = "SELECT queue, run_at_ms, created_at_ms FROM jobs WHERE state = 'ready'"


@dataclass(frozen=True)
class DeadLately:
    """Dead letters since an instant, and all that there are; `newest_at` None without a new one."""

    letters: int
    people: int
    newest_at: datetime | None
    in_all: int


@dataclass(frozen=True)
class Crashing:
    """One task that crashed: how often, and with what last."""

    task: str
    crashes: int
    error: str


def dead_since(connection: Connection, since: datetime) -> DeadLately:
    row = connection.execute(
        "SELECT count(*) AS letters, count(DISTINCT user_id) AS people, max(ended_at_ms) AS newest FROM jobs"
        " WHERE state = 'dead' AND ended_at_ms >= ?",
        (stamp(since),),
    ).fetchone()
    (in_all,) = connection.execute("SELECT count(*) FROM jobs WHERE state = 'dead'").fetchone()
    newest = None if row["newest"] is None else unstamp(row["newest"])
    return DeadLately(row["letters"], row["people"], newest, in_all)


def oldest_due(connection: Connection, *, now: datetime) -> dict[str, tuple[datetime, int]]:
    """Return, of each queue that goes on, since when its oldest job could run, and how many could.

    A job whose hour was past when it was put in has waited since then: somebody flew east, and a wall clock's hour was over.
    """
    rows = connection.execute(
        "SELECT queue, min(max(run_at_ms, created_at_ms)) AS oldest, count(*) AS due FROM ("
        f"{_READY} AND lane = '' UNION ALL {_READY} AND lane <> '')"  # so that the indexes of what waits serve it
        " WHERE run_at_ms <= ?1 AND queue NOT IN (SELECT queue FROM queue_pauses WHERE until_ms > ?1)"
        " GROUP BY queue ORDER BY queue",
        (stamp(now),),
    )
    return {row["queue"]: (unstamp(row["oldest"]), row["due"]) for row in rows}


def crashes_since(connection: Connection, since: datetime) -> tuple[Crashing, ...]:
    rows = connection.execute(
        "SELECT task, count(*) AS crashes, max(at_ms), error FROM task_crashes WHERE at_ms >= ? GROUP BY task ORDER BY task",
        (stamp(since),),
    )  # `error` is the one of the row with the newest time
    return tuple(Crashing(row["task"], row["crashes"], row["error"]) for row in rows)
