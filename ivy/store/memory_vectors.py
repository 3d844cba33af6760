"""Vectors of what is remembered, one person's at a time: exact search with sqlite-vec. May import: scope, jobs, the domain.

A space holds the vectors of one model. A change of model begins a new space; the old one is searched until all is in the
new. `vec0` has a table for each space, partitioned by person: `bench/README.md` says why not a plain table.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ivy.clock import stamp
from ivy.domain.jobs import EMBED, embed_lane
from ivy.store import jobs
from ivy.store.binding import Connection
from ivy.store.jobs import NewJob
from ivy.store.scope import Scope

GATHER = timedelta(seconds=5)
"""What a person says within this is embedded together."""
CHUNK = 128
"""Vectors a chunk: fewer are slower to search, more waste room on people who say little."""
SAMPLE = 24
"""Memories that tell how near to a question unrelated ones are."""


@dataclass(frozen=True)
class Space:
    """Where the vectors of one model are."""

    id: int
    model: str
    dimension: int
    is_wanted: bool

    @property
    def table(self) -> str:
        return f"memory_vectors_{self.id}"


@dataclass(frozen=True)
class Unembedded:
    """A text of the person's without a vector; `memory_ids` are those that say it."""

    digest: str
    kind: str
    text: str
    memory_ids: tuple[int, ...]


@dataclass(frozen=True)
class Meaning:
    """What is looked for, as a vector (`packed`) of one space; `threshold`: the operator's own, above 0."""

    space: Space
    vector: bytes
    threshold: float = 0.0


# --- spaces ----------------------------------------------------------------------------------------


def want(connection: Connection, model: str, dimension: int, *, now: datetime) -> Space:
    """Say which model texts are to be embedded with from now on; another one's vectors are kept until all is done anew."""
    for space in spaces(connection):
        if space.is_wanted and (space.model, space.dimension) == (model, dimension):
            return space
    connection.execute("UPDATE memory_spaces SET state = 'old' WHERE state = 'wanted'")
    row = connection.execute(
        "INSERT INTO memory_spaces (model, dimension, state, since_ms) VALUES (?, ?, 'wanted', ?)"
        " ON CONFLICT (model, dimension) DO UPDATE SET state = 'wanted', since_ms = excluded.since_ms RETURNING id",
        (model, dimension, stamp(now)),
    ).fetchone()
    space = Space(row["id"], model, dimension, is_wanted=True)
    connection.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {space.table} USING vec0(id INTEGER PRIMARY KEY, user_id TEXT PARTITION KEY,"
        f" vector FLOAT[{dimension}] DISTANCE_METRIC=L2, CHUNK_SIZE={CHUNK})"
    )
    # sqlite-vec (0.1.9, pinned) looks for a person's chunks among everybody's: with 8,000 people that is 6 ms of a search and
    # 2.5 ms of each insert, and with this index 0.06 of both.
    connection.execute(f"CREATE INDEX IF NOT EXISTS {space.table}_by_person ON {space.table}_chunks (partition00)")
    return space


def want_none(connection: Connection) -> None:
    """Say that no model embeds any more: what there is stays, in case one comes back."""
    connection.execute("UPDATE memory_spaces SET state = 'old' WHERE state = 'wanted'")


def spaces(connection: Connection) -> list[Space]:
    """Return the wanted space first, then those from before, the newest first."""
    rows = connection.execute("SELECT * FROM memory_spaces ORDER BY state = 'wanted' DESC, since_ms DESC, id DESC")
    return [Space(row["id"], row["model"], row["dimension"], row["state"] == "wanted") for row in rows]


def retire(connection: Connection) -> list[str]:
    """Drop old spaces once everybody's memories are in the wanted one; return their models."""
    every = spaces(connection)
    others = every[1:]
    if not others or not every[0].is_wanted or people_behind(connection, limit=1):
        return []
    for space in others:
        connection.execute("DELETE FROM memory_embeddings WHERE space_id = ?", (space.id,))
        connection.execute(f"DROP TABLE IF EXISTS {space.table}")
        connection.execute("DELETE FROM memory_spaces WHERE id = ?", (space.id,))
    return [space.model for space in others]


# --- what is still to be embedded --------------------------------------------------------------------

_MISSING = (
    " FROM user_memory m WHERE m.user_id = :user AND NOT EXISTS (SELECT 1 FROM memory_embeddings e"
    " WHERE e.memory_id = m.id AND e.space_id = :space AND e.digest = m.digest)"
)


def ask(scope: Scope, *, now: datetime) -> bool:
    """Ask for the person's new texts to be embedded, if a model is there and nobody has asked yet."""
    found = scope.connection.execute("SELECT 1 FROM memory_spaces WHERE state = 'wanted'").fetchone()
    lane = embed_lane(scope.user_id)
    waits = scope.execute(
        "SELECT 1 FROM jobs WHERE lane = :lane AND lane <> '' AND state = 'ready' AND user_id = :user", lane=lane
    )
    if found is None or waits.fetchone():
        return False
    key = f"{lane}:{stamp(now)}"
    job = NewJob(key, EMBED, key, now, {}, lane=lane, user_id=scope.user_id)
    return jobs.enqueue(scope.connection, job, now=now, run_at=now + GATHER) or jobs.again(
        scope.connection, key, run_at=now + GATHER
    )


def missing(scope: Scope, space: Space, *, limit: int) -> list[Unembedded]:
    """Return texts that have no vector in a space, the newest first, each once."""
    rows = scope.execute(
        "SELECT m.digest, m.kind, max(m.text) AS text, json_group_array(m.id) AS ids" + _MISSING + " GROUP BY m.digest"
        " ORDER BY max(m.id) DESC LIMIT +:limit",
        space=space.id,
        limit=limit,
    )
    return [Unembedded(row["digest"], row["kind"], row["text"], tuple(msgspec.json.decode(row["ids"]))) for row in rows]


def is_complete(scope: Scope, space: Space) -> bool:
    """Say whether all that the person's memory holds is in a space."""
    return scope.execute("SELECT 1" + _MISSING + " LIMIT 1", space=space.id).fetchone() is None


def embedded(scope: Scope, space: Space) -> int:
    """Return how many of the person's memories are in a space."""
    return scope.execute(
        "SELECT count(*) AS n FROM memory_embeddings WHERE user_id = :user AND space_id = :space", space=space.id
    ).fetchone()["n"]


def people_behind(connection: Connection, *, limit: int) -> list[str]:
    """Return people who have texts without a vector in the wanted space."""
    rows = connection.execute(
        "SELECT id FROM users u WHERE EXISTS (SELECT 1 FROM user_memory m JOIN memory_spaces s ON s.state = 'wanted'"
        " WHERE m.user_id = u.id AND NOT EXISTS (SELECT 1 FROM memory_embeddings e WHERE e.memory_id = m.id"
        " AND e.space_id = s.id AND e.digest = m.digest)) ORDER BY id LIMIT +?",
        (limit,),
    )
    return [row["id"] for row in rows]


# --- vectors -----------------------------------------------------------------------------------------


def known(scope: Scope, space: Space, digests: Sequence[str]) -> dict[str, bytes]:
    """Return the vectors of texts that the person has said before, by digest."""
    rows = scope.execute(
        "SELECT e.digest, v.vector FROM memory_embeddings e"
        f" JOIN {space.table} v ON v.id = e.memory_id WHERE e.user_id = :user AND e.space_id = :space"
        " AND e.digest IN (SELECT value FROM json_each(:digests)) GROUP BY e.digest",
        space=space.id,
        digests=msgspec.json.encode(digests).decode(),
    )
    return {row["digest"]: row["vector"] for row in rows}


def put(scope: Scope, space: Space, vectors: Mapping[int, tuple[str, bytes | None]], *, now: datetime) -> int:
    """Keep vectors (`packed`) by memory id, each with the digest of its text; return how many were still wanted.

    A text that was forgotten or changed while a model read it gets none; one that the model refuses (None) is noted as done.
    """
    kept = 0
    for memory_id, (digest, vector) in vectors.items():
        if not scope.execute(
            "SELECT 1 FROM user_memory WHERE user_id = :user AND id = :id AND digest = :digest",
            id=memory_id,
            digest=digest,
        ).fetchone():
            continue
        if _has_vector(scope, space, memory_id):
            scope.execute(f"DELETE FROM {space.table} WHERE user_id = :user AND id = :id", id=memory_id)
        if vector is not None:
            scope.execute(
                f"INSERT INTO {space.table} (id, user_id, vector) VALUES (:id, :user, :vector)",
                id=memory_id,
                vector=vector,
            )
        scope.execute(
            "INSERT INTO memory_embeddings (memory_id, space_id, user_id, model, dimension, digest, at_ms)"
            " VALUES (:id, :space, :user, :model, :dimension, :digest, :at) ON CONFLICT (memory_id, space_id) DO UPDATE"
            " SET digest = excluded.digest, at_ms = excluded.at_ms",
            id=memory_id,
            space=space.id,
            model=space.model,
            dimension=space.dimension,
            digest=digest,
            at=stamp(now),
        )
        kept += 1
    return kept


def _has_vector(scope: Scope, space: Space, memory_id: int) -> bool:
    return bool(
        scope.execute(
            "SELECT 1 FROM memory_embeddings WHERE user_id = :user AND memory_id = :id AND space_id = :space",
            id=memory_id,
            space=space.id,
        ).fetchone()
    )


def forget(scope: Scope, memory_ids: Sequence[int]) -> None:
    """Delete the vectors of these memories, in every space."""
    for space in spaces(scope.connection):
        for memory_id in memory_ids:
            scope.execute(f"DELETE FROM {space.table} WHERE user_id = :user AND id = :id", id=memory_id)
    for memory_id in memory_ids:
        scope.execute("DELETE FROM memory_embeddings WHERE user_id = :user AND memory_id = :id", id=memory_id)


def forget_all(scope: Scope) -> None:
    """Delete all vectors of the person; what says which there were goes with the person's other rows."""
    for space in spaces(scope.connection):
        rows = scope.execute(
            "SELECT memory_id FROM memory_embeddings WHERE user_id = :user AND space_id = :space", space=space.id
        )
        for row in rows.fetchall():
            scope.execute(f"DELETE FROM {space.table} WHERE user_id = :user AND id = :id", id=row["memory_id"])


def nearest(scope: Scope, space: Space, vector: bytes, *, limit: int) -> dict[int, float]:
    """Return the memories nearest in meaning with their cosine, exactly: every vector of the person is compared."""
    rows = scope.execute(
        f"SELECT id, distance FROM {space.table} WHERE user_id = :user AND vector MATCH :vector AND k = :limit",
        vector=vector,
        limit=limit,
    )
    return {row["id"]: cosine_of(row["distance"]) for row in rows}


def closeness(scope: Scope, space: Space, vector: bytes, memory_ids: Sequence[int]) -> dict[int, float]:
    """Return the cosine of these memories; one that has no vector yet is left out."""
    found: dict[int, float] = {}
    for memory_id in memory_ids:
        row = scope.execute(
            f"SELECT vec_distance_L2(vector, :vector) AS distance FROM {space.table} WHERE id = :id AND user_id = :user",
            id=memory_id,
            vector=vector,
        ).fetchone()
        if row is not None:
            found[memory_id] = cosine_of(row["distance"])
    return found


def sampled(scope: Scope, space: Space, vector: bytes) -> list[float]:
    """Return the cosines of some of the person's memories, whichever: those whose digests come first, always the same."""
    rows = scope.execute(
        "SELECT memory_id FROM memory_embeddings WHERE user_id = :user AND space_id = :space ORDER BY digest LIMIT +:n",
        space=space.id,
        n=SAMPLE,
    ).fetchall()
    return list(closeness(scope, space, vector, [row["memory_id"] for row in rows]).values())


def cosine_of(distance: float) -> float:
    """Return the cosine of two vectors of length one that are so far apart: that distance is quicker to compute."""
    return 1.0 - distance * distance / 2


def packed(vector: Sequence[float]) -> bytes:
    """Return a vector, brought to length one, as it is kept: little-endian float32. Raises: ValueError for no direction."""
    length = math.sqrt(math.fsum(value * value for value in vector))
    if not length or not math.isfinite(length):
        raise ValueError("a vector without a direction")
    return struct.pack(f"<{len(vector)}f", *(value / length for value in vector))
