"""Memories of what was said and spent before there was a memory, some at a time. May import: memories, jobs, the domain.

Where each person's are still to be made stands in `memory_backfill`, and moves in the commit that makes them: a step that
is cut off is done again, and changes nothing twice. What somebody asked to forget stays forgotten.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import msgspec

from ivy.clock import unstamp
from ivy.domain.jobs import BACKFILL
from ivy.domain.taint import origin_of
from ivy.store import jobs, memories, said_memories, switches
from ivy.store.binding import Connection, Row
from ivy.store.jobs import NewJob
from ivy.store.scope import Scope, within

AT_ONCE = 100
"""What is looked at in one commit."""
PAUSE = timedelta(seconds=5)
"""Between two steps: people who write now come first."""
MESSAGE, EXPENSE = "message", "expense"


@dataclass(frozen=True)
class Left:
    """One person's words, or expenses, that are not looked at yet: all that is older than `before`."""

    user_id: str
    source: str
    before_ms: int
    before_id: str

    @property
    def key(self) -> str:
        return f"backfill:{self.user_id}:{self.source}:{self.before_ms}:{self.before_id}"


def left(connection: Connection) -> Left | None:
    """Return what is to be looked at next; None once nothing is left, or while memory is switched off."""
    row = connection.execute("SELECT * FROM memory_backfill ORDER BY user_id, source LIMIT 1").fetchone()
    if row is None or switches.value(connection, "memory") == "off":
        return None
    return Left(row["user_id"], row["source"], row["before_ms"], row["before_id"])


def ask(connection: Connection, *, now: datetime) -> bool:
    """See that a job goes on with it; return False if nothing is left, or one does already."""
    found = left(connection)
    if found is None:
        return False
    job = NewJob(found.key, BACKFILL, found.key, now, {})
    again = now + PAUSE  # the same step may be asked for again: memory was switched off meanwhile
    return jobs.enqueue(connection, job, now=now, run_at=again) or jobs.again(connection, found.key, run_at=again)


def step(connection: Connection, *, now: datetime) -> int:
    """Look at some of what is left, and move on; return how many memories were made."""
    found = left(connection)
    if found is None:
        return 0
    scope = within(connection, found.user_id)
    rows = _messages(scope, found) if found.source == MESSAGE else _expenses(scope, found)
    keep = _keep_message if found.source == MESSAGE else _keep_expense
    made = sum(keep(scope, row, now) for row in rows)
    if len(rows) < AT_ONCE:
        scope.execute("DELETE FROM memory_backfill WHERE user_id = :user AND source = :source", source=found.source)
    else:
        scope.execute(
            "UPDATE memory_backfill SET before_ms = :at, before_id = :id WHERE user_id = :user AND source = :source",
            at=rows[-1]["at_ms"],
            id=rows[-1]["id"],
            source=found.source,
        )
    return made


def _messages(scope: Scope, found: Left) -> list[Row]:
    return scope.execute(
        "SELECT id, at_ms, body, event FROM messages_v2 WHERE user_id = :user AND at_ms <= :at"
        " AND (at_ms, id) < (:at, :id) AND direction = 'in' AND body <> ''"
        " AND id NOT IN (SELECT message_id FROM unheard_messages WHERE user_id = :user)"
        " ORDER BY at_ms DESC, id DESC LIMIT :most",
        at=found.before_ms,
        id=found.before_id,
        most=AT_ONCE,
    ).fetchall()


def _expenses(scope: Scope, found: Left) -> list[Row]:
    return scope.execute(
        "SELECT id, created_at_ms AS at_ms, description, day FROM expenses WHERE user_id = :user"
        " AND (created_at_ms, id) < (:at, :id) AND deleted_at_ms IS NULL ORDER BY created_at_ms DESC, id DESC LIMIT :most",
        at=found.before_ms,
        id=found.before_id,
        most=AT_ONCE,
    ).fetchall()


def _keep_message(scope: Scope, row: Row, now: datetime) -> bool:
    """Remember their own words: of what they sent without writing it, only what they spoke."""
    event = msgspec.json.decode(row["event"] or "{}")
    is_theirs = event.get("kind") == "text" or (event.get("kind") == "media" and bool(event.get("voice")))
    if not is_theirs or origin_of(event) is not None:
        return False
    return said_memories.keep_message(scope, row["id"], row["body"], at=unstamp(row["at_ms"]), now=now)


def _keep_expense(scope: Scope, row: Row, now: datetime) -> bool:
    spent_at = datetime.combine(datetime.fromisoformat(row["day"]).date(), time(12), UTC)
    return memories.keep(scope, kind=EXPENSE, ref=row["id"], text=row["description"], at=spent_at, now=now)
