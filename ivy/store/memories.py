"""What a person's memory holds, and finding it by words: kept by kind and ref, once. May import: scope, the domain.

Kept in the commit that keeps what it is of. Vectors are made later, by a job (`memory_vectors.py`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain.memory_words import content_words
from ivy.store import memory_vectors
from ivy.store.binding import Row
from ivy.store.scope import Scope

LONGEST = 2000
"""Characters of a text that are kept here; the whole of it stays where it is from."""
MOST_PER_WORD = 100
"""Of a word that is in more memories than this, only the newest are looked at."""


@dataclass(frozen=True)
class Memory:
    """One thing remembered; `ref` is the id of the message, expense or fact that it is of."""

    id: int
    kind: str
    ref: str
    text: str
    digest: str
    length: int
    at: datetime


@dataclass(frozen=True)
class WordHits:
    """In how many memories a word is, and how often in each of the newest of them, by memory id."""

    memories: int
    times: Mapping[int, int]


def keep(scope: Scope, *, kind: str, ref: str, text: str, at: datetime, now: datetime | None = None) -> bool:
    """Remember a text under its kind and ref, in place of what was there; return False if nothing in it counts.

    `at` is when it was said, `now` when it is kept, if that is later. It is found by words from this commit on, by meaning
    once the job that this asks for has run.
    """
    words = content_words(text[:LONGEST])
    if not words:
        forget(scope, kind, ref)
        return False
    row = scope.execute(
        "INSERT INTO user_memory (user_id, kind, ref, text, digest, length, at_ms)"
        " VALUES (:user, :kind, :ref, :text, :digest, :length, :at) ON CONFLICT (user_id, kind, ref) DO UPDATE"
        " SET text = excluded.text, digest = excluded.digest, length = excluded.length, at_ms = excluded.at_ms RETURNING id",
        kind=kind,
        ref=ref,
        text=text[:LONGEST].strip(),
        digest=digest_of(kind, text[:LONGEST]),
        length=words.total(),
        at=stamp(at),
    ).fetchone()
    scope.execute("DELETE FROM memory_words WHERE user_id = :user AND memory_id = :id", id=row["id"])
    scope.execute(
        "INSERT INTO memory_words (user_id, word, memory_id, times)"
        " SELECT :user, key, :id, value FROM json_each(:words)",
        id=row["id"],
        words=msgspec.json.encode(words).decode(),
    )
    memory_vectors.ask(scope, now=now or at)
    return True


def forget(scope: Scope, kind: str, ref: str) -> bool:
    """Forget one thing, its words and its vectors; return False if it was not there."""
    row = scope.execute(
        "SELECT id FROM user_memory WHERE user_id = :user AND kind = :kind AND ref = :ref", kind=kind, ref=ref
    ).fetchone()
    if row is None:
        return False
    memory_vectors.forget(scope, [row["id"]])
    scope.execute("DELETE FROM memory_words WHERE user_id = :user AND memory_id = :id", id=row["id"])
    scope.execute("DELETE FROM user_memory WHERE user_id = :user AND id = :id", id=row["id"])
    return True


def digest_of(kind: str, text: str) -> str:
    """Return the name of what is embedded: two memories that say the same of the same kind share their vector."""
    return hashlib.sha256(embedded_as(kind, text.strip()).encode()).hexdigest()


def embedded_as(kind: str, text: str) -> str:
    """Return a memory as a model reads it: with its kind in front, which finds more (reference: llm, 7.1)."""
    return f"{kind}: {text}"


# --- finding ---------------------------------------------------------------------------------------


def count(scope: Scope) -> int:
    return scope.execute("SELECT count(*) AS n FROM user_memory WHERE user_id = :user").fetchone()["n"]


def having(scope: Scope, words: Sequence[str]) -> dict[str, WordHits]:
    """Return where each of these words is (as `content_words` writes them); one that is nowhere is left out."""
    found: dict[str, WordHits] = {}
    for word in words:
        hits = scope.execute(
            "SELECT memory_id, times FROM memory_words WHERE user_id = :user AND word = :word"
            " ORDER BY memory_id DESC LIMIT +:most",
            word=word,
            most=MOST_PER_WORD,
        ).fetchall()
        if hits:
            times = {row["memory_id"]: row["times"] for row in hits}
            found[word] = WordHits(_memories_with(scope, word) if len(hits) == MOST_PER_WORD else len(hits), times)
    return found


def _memories_with(scope: Scope, word: str) -> int:
    return scope.execute(
        "SELECT count(*) AS n FROM memory_words WHERE user_id = :user AND word = :word", word=word
    ).fetchone()["n"]


def by_id(scope: Scope, ids: Sequence[int]) -> dict[int, Memory]:
    """Return those of these memories that are the person's, by id."""
    rows = scope.execute(
        "SELECT * FROM user_memory WHERE +user_id = :user AND id IN (SELECT value FROM json_each(:ids))",
        ids=msgspec.json.encode(ids).decode(),
    )
    return {row["id"]: _memory(row) for row in rows}


def ids_of(scope: Scope, kind: str, refs: Sequence[str]) -> dict[str, int]:
    """Return the ids of memories by what they are of."""
    rows = scope.execute(
        "SELECT id, ref FROM user_memory WHERE user_id = :user AND kind = :kind"
        " AND ref IN (SELECT value FROM json_each(:refs))",
        kind=kind,
        refs=msgspec.json.encode(refs).decode(),
    )
    return {row["ref"]: row["id"] for row in rows}


def newest(scope: Scope, kind: str, *, limit: int) -> list[Memory]:
    """Return what was said last of a kind."""
    rows = scope.execute(
        "SELECT * FROM user_memory WHERE user_id = :user AND kind = :kind ORDER BY at_ms DESC, id DESC LIMIT +:limit",
        kind=kind,
        limit=limit,
    )
    return [_memory(row) for row in rows]


def _memory(row: Row) -> Memory:
    return Memory(row["id"], row["kind"], row["ref"], row["text"], row["digest"], row["length"], unstamp(row["at_ms"]))
