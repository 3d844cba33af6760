"""Looks through one person's memory, by meaning and by words. May import: memories, memory_vectors, scope, the domain."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ivy.domain.memory_search import Candidate, Question, by_meaning, by_words, weights_of
from ivy.domain.memory_words import content_words
from ivy.store import memories, memory_vectors
from ivy.store.memories import Memory, WordHits
from ivy.store.memory_vectors import Meaning
from ivy.store.scope import Scope

NEAREST = 20
"""Memories that are near in meaning which are looked at; a few questions' worth."""
HAVING_WORDS = 12
"""Memories with most of the words that are looked at."""
MOST_WORDS = 12
"""Of a long question, only these words that are rarest."""
TOO_COMMON = 200
"""A word in more memories than this, and in more than a fifth of them, finds nothing."""


@dataclass(frozen=True)
class Found:
    """A memory, and how well it answers."""

    memory: Memory
    score: float


def search(
    scope: Scope,
    text: str,
    meaning: Meaning | None,
    *,
    now: datetime,
    limit: int,
    kinds: Collection[str] = (),
) -> list[Found]:
    """Return what answers a question, the best first, each text once; nothing if nothing does.

    `kinds`: only of these.
    """
    words = content_words(text)
    hits = memories.having(scope, list(words))
    total = memories.count(scope)
    question = Question({word: hits[word].memories if word in hits else 0 for word in words}, total)
    telling = _telling(hits, total)
    near = memory_vectors.nearest(scope, meaning.space, meaning.vector, limit=NEAREST) if meaning else {}
    ids = _having_most(telling) | near.keys()
    found = memories.by_id(scope, sorted(ids))
    if meaning:
        near |= memory_vectors.closeness(scope, meaning.space, meaning.vector, sorted(found.keys() - near.keys()))
    candidates = [
        Candidate(
            each.id,
            near.get(each.id),
            {word: hit.times[each.id] for word, hit in telling.items() if each.id in hit.times},
            each.length,
            now - each.at,
        )
        for each in found.values()
        if not kinds or each.kind in kinds
    ]
    if meaning:
        weights = weights_of(meaning.space.model, meaning.threshold)
        sample = memory_vectors.sampled(scope, meaning.space, meaning.vector)
        ranked = by_meaning(question, candidates, weights, sample=sample, limit=len(candidates))
    else:
        ranked = by_words(question, candidates, limit=len(candidates))
    once = {found[each.id].digest: Found(found[each.id], each.score) for each in reversed(ranked)}
    return sorted(once.values(), key=lambda each: -each.score)[:limit]


def _telling(hits: dict[str, WordHits], total: int) -> dict[str, WordHits]:
    rare_first = sorted(hits, key=lambda word: hits[word].memories)
    return {
        word: hits[word]
        for word in rare_first[:MOST_WORDS]
        if hits[word].memories <= TOO_COMMON or hits[word].memories * 5 <= total
    }


def _having_most(hits: dict[str, WordHits]) -> set[int]:
    """Return the memories with most of the words, the newest of equals."""
    count: dict[int, float] = {}
    for hit in hits.values():
        for memory_id in hit.times:
            count[memory_id] = count.get(memory_id, 0.0) + 1 / hit.memories
    best = sorted(count, key=lambda memory_id: (-count[memory_id], -memory_id))
    return set(best[:HAVING_WORDS])
