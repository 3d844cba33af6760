"""What a human has to look at: words of danger, with who said them and where. May import: scope, binding, the domain.

While one of a person's is open they are cared for: Ivy begins nothing with them (`users.care_since_ms`).
"""

from dataclasses import dataclass
from datetime import datetime

from ivy.clock import stamp, unstamp
from ivy.domain.safety import Risk
from ivy.errors import UsageError
from ivy.store.binding import Connection, Row
from ivy.store.scope import Scope

LONGEST_WORDS = 1000


@dataclass(frozen=True)
class Review:
    """`source` is chat or call, `ref` the message or the call in which it was said."""

    id: str
    user_id: str
    kind: Risk
    source: str
    ref: str
    words: str
    opened_at: datetime
    closed_at: datetime | None = None
    closed_by: str = ""
    note: str = ""
    name: str = ""


def open_review(scope: Scope, review_id: str, kind: Risk, *, source: str, ref: str, words: str, now: datetime) -> bool:
    """Open a review once for a message or a call, and care for the person; return False if it is known."""
    opened = scope.execute(
        "INSERT INTO reviews (id, user_id, kind, source, ref, words, opened_at_ms) VALUES (:id, :user, :kind, :source, :ref,"
        " :words, :now) ON CONFLICT (user_id, kind, ref) DO NOTHING",
        id=review_id,
        kind=kind.value,
        source=source,
        ref=ref,
        words=words[:LONGEST_WORDS],
        now=stamp(now),
    ).rowcount
    if opened:
        scope.execute("UPDATE users SET care_since_ms = coalesce(care_since_ms, :now) WHERE id = :user", now=stamp(now))
    return bool(opened)


def end_care(scope: Scope) -> bool:
    """Let Ivy begin things with the person again; return False if it does already."""
    return bool(
        scope.execute("UPDATE users SET care_since_ms = NULL WHERE id = :user AND care_since_ms IS NOT NULL").rowcount
    )


def close(scope: Scope, review_id: str, *, by: str, note: str, now: datetime) -> int:
    """Note that a human looked; return how many of the person's reviews are still open."""
    scope.execute(
        "UPDATE reviews SET closed_at_ms = :now, closed_by = :by, note = :note"
        " WHERE id = :id AND user_id = :user AND closed_at_ms IS NULL",
        id=review_id,
        by=by,
        note=note,
        now=stamp(now),
    )
    left = scope.execute("SELECT count(*) FROM reviews WHERE user_id = :user AND closed_at_ms IS NULL")
    return int(left.fetchone()[0])


def found(connection: Connection, *, every: bool) -> list[Review]:
    """Return open reviews, oldest first; with `every` closed ones too. For operators."""
    rows = connection.execute(
        "SELECT reviews.*, users.name FROM reviews JOIN users ON users.id = reviews.user_id"
        " WHERE ?1 OR closed_at_ms IS NULL ORDER BY opened_at_ms, reviews.id",
        (every,),
    )
    return [_review(row) for row in rows]


def find(connection: Connection, review_id: str) -> Review:
    """Return the review of this id or unique start of one. Raises: UsageError. For operators."""
    rows = connection.execute(
        "SELECT reviews.*, users.name FROM reviews JOIN users ON users.id = reviews.user_id"
        " WHERE reviews.id = ?1 OR (length(?1) >= 6 AND reviews.id LIKE ?1 || '%')",
        (review_id,),
    ).fetchall()
    if len(rows) != 1:
        how_many = "No review has" if not rows else f"{len(rows)} reviews have"
        raise UsageError(f"{how_many} the id {review_id!r}; see `ivy review list --all`.")
    return _review(rows[0])


def _review(row: Row) -> Review:
    return Review(
        id=row["id"],
        user_id=row["user_id"],
        kind=Risk(row["kind"]),
        source=row["source"],
        ref=row["ref"],
        words=row["words"],
        opened_at=unstamp(row["opened_at_ms"]),
        closed_at=None if row["closed_at_ms"] is None else unstamp(row["closed_at_ms"]),
        closed_by=row["closed_by"],
        note=row["note"],
        name=row["name"],
    )
