"""What people say went wrong, for a human to read: with the message and the turn it is about. May import: scope, binding."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ivy.clock import stamp, unstamp
from ivy.errors import UsageError
from ivy.store.binding import Connection, Row
from ivy.store.scope import Scope

LONGEST_WORDS = 1000


class Kind(StrEnum):
    RATING = "rating"
    """The answer to "what went wrong?"."""
    WRONG = "wrong"
    """ "That's wrong", about an answer."""
    APPEAL = "appeal"
    """A day, or a call of that day, that Ivy took for missed was not."""


@dataclass(frozen=True)
class Complaint:
    """`ref` is the person's message, or the day they appeal; `message_id` and `turn_id` what it is about, where that is known."""

    id: str
    user_id: str
    kind: Kind
    words: str
    ref: str
    at: datetime
    message_id: str | None = None
    turn_id: str | None = None
    stars: int | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    note: str = ""
    name: str = ""


def keep(
    scope: Scope,
    feedback_id: str,
    kind: Kind,
    words: str,
    ref: str,
    *,
    message_id: str | None = None,
    turn_id: str | None = None,
    stars: int | None = None,
    now: datetime,
) -> bool:
    """Keep a complaint once; return False if it is kept already."""
    return bool(
        scope.execute(
            "INSERT INTO feedback (id, user_id, kind, words, ref, message_id, turn_id, stars, at_ms)"
            " VALUES (:id, :user, :kind, :words, :ref, :message, :turn, :stars, :now) ON CONFLICT (user_id, kind, ref) DO NOTHING",
            id=feedback_id,
            kind=kind.value,
            words=" ".join(words.split())[:LONGEST_WORDS],
            ref=ref,
            message=message_id,
            turn=turn_id,
            stars=stars,
            now=stamp(now),
        ).rowcount
    )


def is_kept(scope: Scope, kind: Kind, ref: str) -> bool:
    """Say whether the person complained of this, read by a human or not."""
    return bool(
        scope.execute(
            "SELECT 1 FROM feedback WHERE user_id = :user AND kind = :kind AND ref = :ref", kind=kind.value, ref=ref
        ).fetchone()
    )


def answered_by(scope: Scope, channel: str, quoted_id: str, before: str) -> tuple[str, str | None] | None:
    """Return (message, turn) of what a complaint is about: what it quotes, or what was said last before that message."""
    row = scope.execute(
        "SELECT id, turn_id FROM messages_v2 WHERE user_id = :user AND direction = 'out' AND kind <> 'reaction'"
        " AND state NOT IN ('failed', 'cancelled', 'lapsed') AND CASE WHEN :quoted <> '' THEN channel = :channel"
        " AND external_id = :quoted ELSE rowid < (SELECT rowid FROM messages_v2 WHERE id = :before) END"
        " ORDER BY rowid DESC LIMIT 1",
        channel=channel,
        quoted=quoted_id,
        before=before,
    ).fetchone()
    return row and (row["id"], row["turn_id"])


def settle(scope: Scope, kind: Kind, ref: str, *, note: str, now: datetime) -> None:
    """Close what was dealt with elsewhere."""
    scope.execute(
        "UPDATE feedback SET closed_at_ms = :now, closed_by = 'ivy', note = :note"
        " WHERE user_id = :user AND kind = :kind AND ref = :ref AND closed_at_ms IS NULL",
        kind=kind.value,
        ref=ref,
        note=note,
        now=stamp(now),
    )


# --- the operator's ----------------------------------------------------------------------------------

_ALL = "SELECT feedback.*, users.name AS name FROM feedback JOIN users ON users.id = feedback.user_id"


def found(connection: Connection, *, every: bool = False) -> list[Complaint]:
    """Return what waits to be read, or `every` one, the oldest first."""
    rows = connection.execute(
        f"{_ALL} {'' if every else 'WHERE feedback.closed_at_ms IS NULL'} ORDER BY feedback.at_ms, feedback.id"
    )
    return [_complaint(row) for row in rows]


def waiting(connection: Connection) -> int:
    """Return how many nobody has closed."""
    return connection.execute("SELECT count(*) FROM feedback WHERE closed_at_ms IS NULL").fetchone()[0]


def find(connection: Connection, start: str) -> Complaint:
    """Return the one whose id begins so. Raises: UsageError for none, or several."""
    rows = connection.execute(
        f"{_ALL} WHERE substr(feedback.id, 1, length(?1)) = ?1 ORDER BY feedback.id LIMIT 2", (start,)
    ).fetchall()
    if len(rows) != 1 or not start:
        many = "Several begin" if rows else "No feedback begins"
        raise UsageError(f"{many} with {start!r}; `ivy feedback list --all` shows them.")
    return _complaint(rows[0])


def close(scope: Scope, feedback_id: str, *, by: str, note: str, now: datetime) -> bool:
    """Note that a human read it; return False if one did before."""
    return bool(
        scope.execute(
            "UPDATE feedback SET closed_at_ms = :now, closed_by = :by, note = :note"
            " WHERE user_id = :user AND id = :id AND closed_at_ms IS NULL",
            id=feedback_id,
            by=by,
            note=note,
            now=stamp(now),
        ).rowcount
    )


def _complaint(row: Row) -> Complaint:
    return Complaint(
        row["id"],
        row["user_id"],
        Kind(row["kind"]),
        row["words"],
        row["ref"],
        unstamp(row["at_ms"]),
        row["message_id"],
        row["turn_id"],
        row["stars"],
        None if row["closed_at_ms"] is None else unstamp(row["closed_at_ms"]),
        row["closed_by"],
        row["note"],
        row["name"],
    )
