"""What people think of Ivy, one tap at a time, and what decides whether they are asked. May import: scope, the domain."""

from dataclasses import dataclass
from datetime import datetime

from ivy.clock import stamp, unstamp
from ivy.domain.rating import LOOKED_BACK, Bad
from ivy.store.binding import Connection
from ivy.store.scope import Scope

STANDING = ("door", "weekly_summary", "spending_week")
"""Kinds of questions that only offer something: nobody is waited for."""


@dataclass(frozen=True)
class Satisfaction:
    """The mean of the stars that were given, and how many gave; `asked` counts the questions."""

    since: datetime
    asked: int
    given: int
    mean: float | None


def ask(scope: Scope, rating_id: str, message_id: str, turn_id: str | None, *, now: datetime) -> None:
    """Note that somebody is asked; `message_id` is what stood last before it, `turn_id` the turn that wrote that."""
    scope.execute(
        "INSERT INTO ratings (id, user_id, message_id, turn_id, asked_at_ms) VALUES (:id, :user, :message, :turn, :now)",
        id=rating_id,
        message=message_id,
        turn=turn_id,
        now=stamp(now),
    )


def give(scope: Scope, rating_id: str, stars: int, *, now: datetime) -> bool:
    """Keep the stars; return False if there were some."""
    return bool(
        scope.execute(
            "UPDATE ratings SET stars = :stars, rated_at_ms = :now WHERE user_id = :user AND id = :id AND stars IS NULL",
            id=rating_id,
            stars=stars,
            now=stamp(now),
        ).rowcount
    )


def about(scope: Scope, rating_id: str) -> tuple[str, str | None, int | None]:
    """Return (message, turn, stars) of a rating."""
    row = scope.execute("SELECT * FROM ratings WHERE user_id = :user AND id = :id", id=rating_id).fetchone()
    return row["message_id"], row["turn_id"], row["stars"]


def satisfaction(connection: Connection, *, since: datetime) -> Satisfaction:
    """Return what all people gave since an instant."""
    row = connection.execute(
        "SELECT count(*) AS asked, count(stars) AS given, avg(stars) AS mean FROM ratings WHERE asked_at_ms >= ?",
        (stamp(since),),
    ).fetchone()
    return Satisfaction(since, row["asked"], row["given"], row["mean"])


def last_said(scope: Scope) -> tuple[str, str | None] | None:
    """Return (message, turn) of what was said to the person last."""
    row = scope.execute(
        "SELECT id, turn_id FROM messages_v2 WHERE user_id = :user AND direction = 'out' AND kind <> 'reaction'"
        " ORDER BY rowid DESC LIMIT 1"
    ).fetchone()
    return row and (row["id"], row["turn_id"])


# --- the moment --------------------------------------------------------------------------------------


def asked_at(scope: Scope) -> datetime | None:
    row = scope.execute("SELECT max(asked_at_ms) AS at FROM ratings WHERE user_id = :user").fetchone()
    return None if row["at"] is None else unstamp(row["at"])


def known_since(scope: Scope) -> datetime:
    row = scope.execute("SELECT created_at_ms FROM users WHERE id = :user").fetchone()
    return unstamp(row["created_at_ms"])


def kept_at(scope: Scope) -> datetime | None:
    """Return when the person last told of a day whose plan was kept."""
    row = scope.execute(
        "SELECT max(at_ms) AS at FROM streak_events WHERE user_id = :user AND outcome = 'kept'"
    ).fetchone()
    return None if row["at"] is None else unstamp(row["at"])


def others_open(scope: Scope, *, now: datetime) -> int:
    """Return how many questions wait for their answer."""
    marks = ", ".join(f"'{kind}'" for kind in STANDING)
    return scope.execute(
        "SELECT count(*) FROM pending_actions WHERE user_id = :user AND done_at_ms IS NULL AND expires_at_ms > :now"
        f" AND kind NOT IN ({marks})",
        now=stamp(now),
    ).fetchone()[0]


_BAD = {
    Bad.MISSED_DAY: "SELECT 1 FROM streak_events WHERE user_id = :user AND outcome IN ('missed', 'skipped') AND at_ms > :since",
    Bad.REFUSED: "SELECT 1 FROM tool_executions WHERE user_id = :user AND status <> 'done' AND at_ms > :since"
    " UNION ALL SELECT 1 FROM turns WHERE user_id = :user AND state = 'failed' AND ended_at_ms > :since",
    Bad.FAILED_CALL: "SELECT 1 FROM calls WHERE user_id = :user AND ended_at_ms > :since AND outcome NOT IN ('', 'completed')",
    Bad.CARE: "SELECT 1 FROM users WHERE id = :user AND care_since_ms IS NOT NULL UNION ALL"
    " SELECT 1 FROM reviews WHERE user_id = :user AND max(opened_at_ms, coalesce(closed_at_ms, 0)) > :since",
    Bad.COMPLAINT: "SELECT 1 FROM feedback WHERE user_id = :user AND at_ms > :since",
    Bad.REVERSED_GIFT: "SELECT 1 FROM donations WHERE user_id = :user AND kind = 'reversal' AND at_ms > :since",
}


def bad_news(scope: Scope, *, now: datetime) -> frozenset[Bad]:
    """Return what happened lately that makes it no moment to ask."""
    since = stamp(now - LOOKED_BACK)
    return frozenset(bad for bad, sql in _BAD.items() if scope.execute(f"{sql} LIMIT 1", since=since).fetchone())
