"""What the day was like so far, in numbers: who wrote, calls, what is remembered. May import: binding, memory_vectors.

Nobody is named. A day begins at midnight UTC, as that of money and messages does.
"""

from dataclasses import dataclass
from datetime import datetime

from ivy.clock import stamp, unstamp
from ivy.store import memory_vectors
from ivy.store.binding import Connection


@dataclass(frozen=True)
class Calls:
    """Today's calls by what became of them; `next_at`: when the next one that is scheduled is due."""

    spoken: int = 0
    missed: int = 0
    failed: int = 0
    other: int = 0
    on_the_line: int = 0
    waiting: int = 0
    next_at: datetime | None = None


@dataclass(frozen=True)
class Memory:
    """What is kept of people: `behind` counts people some of whose words have no vector yet, up to a hundred."""

    memories: int = 0
    facts: int = 0
    model: str = ""
    behind: int = 0


@dataclass(frozen=True)
class Today:
    wrote: int = 0
    calls: Calls = Calls()
    memory: Memory = Memory()


MOST_BEHIND = 100
_MISSED = "'missed', 'declined', 'voicemail'"


def today(connection: Connection, *, now: datetime) -> Today:
    midnight = stamp(now.replace(hour=0, minute=0, second=0, microsecond=0))
    (wrote,) = connection.execute(
        "SELECT count(DISTINCT user_id) FROM messages_v2 WHERE direction = 'in' AND at_ms >= ?", (midnight,)
    ).fetchone()
    return Today(wrote, _calls(connection, midnight, stamp(now)), _memory(connection))


def _calls(connection: Connection, midnight: int, now_ms: int) -> Calls:
    row = connection.execute(
        "SELECT coalesce(sum(outcome = 'completed'), 0) AS spoken,"
        f" coalesce(sum(outcome IN ({_MISSED})), 0) AS missed,"
        " coalesce(sum(outcome = 'failed' OR (state = 'failed' AND outcome = '')), 0) AS failed,"
        " coalesce(sum(outcome IN ('opted_out', 'cancelled') OR (state = 'abandoned' AND outcome = '')), 0) AS other,"
        " coalesce(sum(state IN ('dialing', 'live')), 0) AS on_the_line,"
        " coalesce(sum(state IN ('due', 'queued')), 0) AS waiting FROM calls WHERE due_at_ms >= ?",
        (midnight,),
    ).fetchone()
    (next_ms,) = connection.execute(
        "SELECT min(next_at_ms) FROM schedules WHERE kind = 'call_slot' AND next_at_ms > ?", (now_ms,)
    ).fetchone()
    return Calls(
        row["spoken"], row["missed"], row["failed"], row["other"], row["on_the_line"], row["waiting"],
        None if next_ms is None else unstamp(next_ms),
    )  # fmt: skip


def _memory(connection: Connection) -> Memory:
    (memories,) = connection.execute("SELECT count(*) FROM user_memory").fetchone()
    (facts,) = connection.execute("SELECT count(*) FROM facts WHERE until_ms IS NULL").fetchone()
    model = next((space.model for space in memory_vectors.spaces(connection) if space.is_wanted), "")
    behind = len(memory_vectors.people_behind(connection, limit=MOST_BEHIND)) if model else 0
    return Memory(memories, facts, model, behind)
