"""How somebody feels, in their own numbers and words: energy, mood, confidence; what changed in their life.

May import: scope, the ground.
"""

from dataclasses import dataclass
from datetime import date, datetime

from ivy.clock import stamp, unstamp
from ivy.store.binding import Row
from ivy.store.scope import Scope

MEASURES = ("energy", "mood", "confidence")
LOWEST, HIGHEST = 1, 10
TAGS = ("sleep", "clothes", "stairs", "mood", "relationships", "work", "other")


@dataclass(frozen=True)
class Score:
    """A number from 1 to 10 of a local date."""

    day: date
    measure: str
    score: int
    source: str = "text"


@dataclass(frozen=True)
class Marker:
    """A change that somebody noticed, in their own words, under one of TAGS."""

    day: date
    tag: str
    words: str
    source: str = "text"


def record(scope: Scope, score: Score, *, score_id: str, now: datetime) -> None:
    """Keep a score; the last word about a day and a measure counts."""
    scope.execute(
        "INSERT INTO transformation_scores (id, user_id, day, measure, score, source, at_ms)"
        " VALUES (:id, :user, :day, :measure, :score, :source, :at) ON CONFLICT (user_id, day, measure)"
        " DO UPDATE SET score = excluded.score, source = excluded.source, at_ms = excluded.at_ms",
        id=score_id,
        day=score.day.isoformat(),
        measure=score.measure,
        score=score.score,
        source=score.source,
        at=stamp(now),
    )


def between(scope: Scope, first: date, last: date) -> list[Score]:
    """Return the scores of local dates, both included, by date, then in the order of MEASURES."""
    rows = scope.execute(
        "SELECT * FROM transformation_scores WHERE user_id = :user AND day BETWEEN :first AND :last ORDER BY day",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return sorted(map(_score, rows), key=lambda each: (each.day, MEASURES.index(each.measure)))


def latest(scope: Scope) -> dict[str, Score]:
    """Return the newest score of each measure that has one."""
    rows = scope.execute("SELECT * FROM transformation_scores WHERE user_id = :user ORDER BY day, at_ms")
    return {row["measure"]: _score(row) for row in rows}


def note(scope: Scope, marker: Marker, *, marker_id: str, now: datetime) -> None:
    """Keep a change; the same words of the same day are kept once."""
    scope.execute(
        "INSERT INTO life_markers (id, user_id, day, tag, words, source, at_ms) SELECT :id, :user, :day, :tag, :words,"
        " :source, :at WHERE NOT EXISTS (SELECT 1 FROM life_markers WHERE user_id = :user AND day = :day AND tag = :tag"
        " AND words = :words)",
        id=marker_id,
        day=marker.day.isoformat(),
        tag=marker.tag,
        words=marker.words,
        source=marker.source,
        at=stamp(now),
    )


def markers(scope: Scope, first: date, last: date) -> list[Marker]:
    """Return the changes noted on local dates, both included, in order."""
    rows = scope.execute(
        "SELECT * FROM life_markers WHERE user_id = :user AND day BETWEEN :first AND :last ORDER BY day, at_ms, id",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return [Marker(date.fromisoformat(row["day"]), row["tag"], row["words"], row["source"]) for row in rows]


# --- taking back -----------------------------------------------------------------------------------


def last_scored(scope: Scope, since: datetime) -> datetime | None:
    """Return when scores were last given, if that was since an instant."""
    return _last(scope, "transformation_scores", since)


def last_noted(scope: Scope, since: datetime) -> datetime | None:
    """Return when a change was last noted, if that was since an instant."""
    return _last(scope, "life_markers", since)


def forget_scores(scope: Scope, at: datetime) -> None:
    """Take back the scores that were given at an instant: all of one answer."""
    scope.execute("DELETE FROM transformation_scores WHERE user_id = :user AND at_ms = :at", at=stamp(at))


def forget_marker(scope: Scope, at: datetime) -> None:
    """Take back the change that was noted at an instant."""
    scope.execute("DELETE FROM life_markers WHERE user_id = :user AND at_ms = :at", at=stamp(at))


def _last(scope: Scope, table: str, since: datetime) -> datetime | None:
    row = scope.execute(
        f"SELECT max(at_ms) AS at FROM {table} WHERE user_id = :user AND at_ms >= :since",
        since=stamp(since),
    ).fetchone()
    return None if row["at"] is None else unstamp(row["at"])


def _score(row: Row) -> Score:
    return Score(date.fromisoformat(row["day"]), row["measure"], row["score"], row["source"])
