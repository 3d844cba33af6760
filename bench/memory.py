"""Searching one person's memory among a thousand people's: how long it takes, and that it is exact.

One database: 1,000 people with 1,000 memories each, and one with 10,000. Each figure stands beside a flat table that is
filtered by person and compared with `vec_distance_L2`, in the same run and on the same rows. May import: everything.
"""

import array
import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from _figures import Bench, main, quantile

from ivy.clock import stamp
from ivy.domain.memory_words import stem
from ivy.store import memory_search, memory_vectors, people
from ivy.store.binding import Connection
from ivy.store.memory_vectors import Meaning, Space, packed
from ivy.store.migrate import migrate
from ivy.store.people import NewPerson
from ivy.store.scope import Scope, within
from ivy.store.settings import open_reader, open_writer

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DIMENSION = 384
POOL = 5_000
BATCH = 5_000
PROMISE = "p99 < 10 ms for a person with 10,000 memories among 1,000 people"
WORDS = (
    *("run", "knee", "coffee", "lunch", "taxi", "sister", "Lisbon", "yoga"),
    *("rent", "sleep", "doctor", "film", "guitar", "garden", "passport", "swim"),
)


def run(bench: Bench, folder: Path) -> None:
    everybody, each, most, asked = (20, 50, 500, 30) if bench.short else (1_000, 1_000, 10_000, 300)
    chance = Random(1)
    pool = [vector(chance) for _ in range(200 if bench.short else POOL)]
    path = folder / "memory.db"
    writer = open_writer(path, throwaway=True)
    migrate(writer)
    space = fill(bench, writer, pool, chance, everybody, each, most)
    writer.close()
    reader = open_reader(path)
    questions = [chance.choice(pool) for _ in range(asked)]
    for name, user, n in (("10,000", "most", most), ("1,000", "p7", each)):
        scope = within(reader, user)
        ivy = timed(
            lambda question, scope=scope: list(memory_vectors.nearest(scope, space, question, limit=20)), questions
        )
        flat = timed(lambda question, user=user: flat_scan(reader, user, question, 20), questions)
        whole = timed(lambda question, scope=scope: searched(scope, space, question, chance), questions)
        tell(bench, f"nearest 20 of {name}", ivy, n, promise=PROMISE if user == "most" else "")
        tell(bench, f"whole search in {name}: meaning and words", whole, n, promise=PROMISE if user == "most" else "")
        tell(bench, f"flat scan with a filter, {name}", flat, n)
        bench.tell(f"times quicker than the flat scan, {name}", quantile(flat, 0.5) / quantile(ivy, 0.5), "x", n=asked)
        recall = sum(exactness(reader, scope, space, each) for each in questions[:100]) / len(questions[:100])
        bench.tell(
            f"recall@10 against the flat scan, {name}", recall, "share", n=len(questions[:100]),
            promise="1.0", met=recall == 1.0,
        )  # fmt: skip
    reader.close()


def fill(
    bench: Bench, writer: Connection, pool: Sequence[bytes], chance: Random, everybody: int, each: int, most: int
) -> Space:
    """Put in everybody's memories as they come in life: mixed, so that no person's rows lie side by side."""
    names = [f"p{number}" for number in range(everybody)]
    owners = [name for name in names for _ in range(each)] + ["most"] * most
    chance.shuffle(owners)
    bench.note(f"putting in {len(owners):,} memories")
    writer.execute("BEGIN")
    for name in (*names, "most"):
        people.add(writer, NewPerson(name, name, "active", "en-US", "UTC", "USD", None), now=NOW)
    space = memory_vectors.want(writer, "bench", DIMENSION, now=NOW)
    writer.execute("CREATE TABLE flat (id INTEGER PRIMARY KEY, user_id TEXT NOT NULL, vector BLOB NOT NULL) STRICT")
    writer.execute("CREATE INDEX flat_of_person ON flat (user_id)")
    began = time.perf_counter()
    for first in range(0, len(owners), BATCH):
        keep(writer, space, list(enumerate(owners[first : first + BATCH], first + 1)), pool, chance)
        writer.execute("COMMIT")
        writer.execute("BEGIN")
    writer.execute("COMMIT")
    seconds = time.perf_counter() - began
    bench.tell("putting in one memory, and the flat row beside", seconds / len(owners) * 1e6, "us", n=len(owners))
    return space


def keep(
    writer: Connection, space: Space, owners: Sequence[tuple[int, str]], pool: Sequence[bytes], chance: Random
) -> None:
    """Write what `memories.keep` and `memory_vectors.put` write, many at once: one by one it takes a quarter of an hour."""
    texts = [(number, owner, [*chance.sample(WORDS, 3), str(number % 997)]) for number, owner in owners]
    vectors = [(number, owner, chance.choice(pool)) for number, owner in owners]
    writer.executemany(
        "INSERT INTO user_memory (id, user_id, kind, ref, text, digest, length, at_ms) VALUES (?, ?, 'message', ?, ?, ?, 4, ?)",
        [
            (number, owner, str(number), " ".join(words), str(number), stamp(NOW - timedelta(minutes=number % 500_000)))
            for number, owner, words in texts
        ],
    )
    writer.executemany(
        "INSERT INTO memory_words (user_id, word, memory_id, times) VALUES (?, ?, ?, 1)",
        [(owner, stem(word.lower()), number) for number, owner, words in texts for word in words],
    )
    writer.executemany(
        "INSERT INTO memory_embeddings (memory_id, space_id, user_id, model, dimension, digest, at_ms)"
        " VALUES (?, ?, ?, 'bench', ?, ?, 1)",
        [
            (number, space.id, owner, DIMENSION, hashlib.sha256(str(number).encode()).hexdigest())
            for number, owner in owners
        ],
    )
    into = f"INSERT INTO {space.table} (id, user_id, vector) VALUES (?, ?, ?)"  # noqa: S608 - a name of ours
    writer.executemany(into, vectors)
    writer.executemany("INSERT INTO flat (id, user_id, vector) VALUES (?, ?, ?)", vectors)


def vector(chance: Random) -> bytes:
    return packed([chance.gauss(0, 1) for _ in range(DIMENSION)])


def flat_scan(connection: Connection, user: str, question: bytes, limit: int) -> list[int]:
    rows = connection.execute(
        "SELECT id FROM flat WHERE user_id = ? ORDER BY vec_distance_L2(vector, ?), id LIMIT ?", (user, question, limit)
    )
    return [row["id"] for row in rows]


def exactness(connection: Connection, scope: Scope, space: Space, question: bytes) -> float:
    """Return which share of the ten found is as near as the flat scan's tenth: of equals either may be told."""
    rows = connection.execute(
        "SELECT vec_distance_L2(vector, ?) AS distance FROM flat WHERE user_id = ? ORDER BY distance LIMIT 10",
        (question, scope.user_id),
    ).fetchall()
    farthest = memory_vectors.cosine_of(rows[-1]["distance"]) - 1e-6
    found = memory_vectors.nearest(scope, space, question, limit=10)
    return sum(cosine >= farthest for cosine in found.values()) / len(rows)


def searched(scope: Scope, space: Space, question: bytes, chance: Random) -> None:
    text = f"what about the {chance.choice(WORDS)} and {chance.choice(WORDS)} {chance.randrange(997)}"
    memory_search.search(scope, text, Meaning(space, question), now=NOW, limit=5)


def timed(search: Callable[[bytes], object], questions: Sequence[bytes]) -> list[float]:
    """Return milliseconds, the first few questions not counted."""
    found = array.array("d")
    for question in questions:
        began = time.perf_counter()
        search(question)
        found.append((time.perf_counter() - began) * 1e3)
    return list(found)[5:]


def tell(bench: Bench, figure: str, times: Sequence[float], n: int, *, promise: str = "") -> None:
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        value = quantile(times, share)
        promised = promise if name == "p99" else ""
        bench.tell(f"{figure}, {name}", value, "ms", n=n, promise=promised, met=value < 10 if promised else None)


if __name__ == "__main__":
    main("memory", run)
