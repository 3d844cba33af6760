"""Which memories answer a question: nearness in meaning and shared words joined, and when nothing does.

May import: the standard library. Meaning leads; words add to it as far as the question's words are known at all (joining two
ranked lists does worse than meaning alone). A memory must stand out from a sample of the person's memories: how near
unrelated texts are depends on the language of the question, and one fixed cosine held back what was meant in English and told
anything in Spanish. Without meaning, words must carry enough of the question's weight.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

SATURATION = 1.2
LENGTH_COUNTS = 0.4
USUAL_LENGTH = 6.0
"""Words that count in a memory, about."""


USUAL_COSINE = 0.3
BESIDE = 0.6
"""Beside one that is told, others are that have this share of the threshold."""
NEARLY_ALL = 0.8
"""With this share of a question's weight in its words a memory is told, whatever a model thinks of its meaning."""
FEWEST_SAMPLED = 20
"""Below this many sampled memories the usual cosine stands in for those that are missing."""


@dataclass(frozen=True)
class Weights:
    """How much each thing counts, beside a cosine of 0 to 1, and from which score on a memory is told."""

    threshold: float
    words: float = 0.1
    recency: float = 0.01
    fades_in: timedelta = timedelta(days=90)
    """Half of what recency counts is gone after this."""
    usual: float = 0.7
    """How much of what is usual for the question is taken off: to some questions, in Spanish above all, all is near."""


BY_MODEL: Mapping[str, Weights] = {
    "all-MiniLM-L6-v2-int8": Weights(threshold=0.26),
}
"""As measured on Ivy's own set (`bench/memory_scores.py`)."""
OTHERS = Weights(threshold=0.20)
"""Models nobody measured yet, OpenAI's among them: the configuration may say better."""
BY_WORDS = Weights(threshold=0.30, words=1.0)
"""Where nothing is known of meaning."""


@dataclass(frozen=True)
class Candidate:
    """A memory that may answer. `cosine`: None where it has no vector; `times`: how often it has each word of the question."""

    id: int
    cosine: float | None
    times: Mapping[str, int]
    length: int
    age: timedelta


@dataclass(frozen=True)
class Question:
    """The words of a question that count, and in how many of the person's `memories` each is (0: in none)."""

    words: Mapping[str, int]
    memories: int


@dataclass(frozen=True)
class Ranked:
    id: int
    score: float


def weights_of(model: str, threshold: float = 0.0) -> Weights:
    """Return how to weigh what a model finds; a `threshold` above 0 is the operator's own."""
    known = BY_MODEL.get(model, OTHERS)
    return replace(known, threshold=threshold) if threshold > 0 else known


def usual_cosine(sample: Sequence[float]) -> float:
    """Return how near memories are to a question that have nothing to do with it: what nine of ten sampled ones stay below."""
    padded = sorted([*sample, *[USUAL_COSINE] * (FEWEST_SAMPLED - len(sample))])
    return padded[round(0.9 * (len(padded) - 1))]


def by_meaning(
    question: Question, candidates: Sequence[Candidate], weights: Weights, *, sample: Sequence[float], limit: int
) -> list[Ranked]:
    """Return what stands out enough in meaning, the best first; nothing if even the best does not.

    `sample`: the cosines of some memories, whichever. What was said a moment ago has no vector yet: its words decide.
    """
    usual = weights.usual * usual_cosine(sample)
    strengths = {each.id: _strength(question, each) for each in candidates}
    best = max(strengths.values(), default=0.0)
    known = sum(1 for memories in question.words.values() if memories)
    by_word = weights.words * known / (len(question.words) * best) if best else 0.0
    said = {each.id: each.score for each in by_words(question, candidates, limit=len(candidates))}
    ranked: list[Ranked] = []
    for each in candidates:
        score = -math.inf
        if each.cosine is not None:
            score = each.cosine - usual + by_word * strengths[each.id] + _fresh(each, weights)
        if each.id in said and (each.cosine is None or said[each.id] >= NEARLY_ALL):
            score = max(score, weights.threshold + weights.words * min(said[each.id], 1.0))
        ranked.append(Ranked(each.id, score))
    return _told(ranked, weights, limit)


def by_words(
    question: Question, candidates: Sequence[Candidate], weights: Weights = BY_WORDS, *, limit: int
) -> list[Ranked]:
    """Return what has enough of the question's words, a rare one counting more; the best first."""
    whole = sum(_rarity(question, word) for word in question.words) or 1.0
    return _told(
        [
            Ranked(each.id, weights.words * _strength(question, each) / whole + _fresh(each, weights))
            for each in candidates
        ],
        weights,
        limit,
    )


def _told(ranked: list[Ranked], weights: Weights, limit: int) -> list[Ranked]:
    ranked.sort(key=lambda each: (-each.score, -each.id))
    if not ranked or ranked[0].score < weights.threshold:
        return []
    return [each for each in ranked[:limit] if each.score >= weights.threshold * BESIDE]


def _rarity(question: Question, word: str) -> float:
    found = question.words[word]
    return math.log(1 + (question.memories - found + 0.5) / (found + 0.5))


def _strength(question: Question, candidate: Candidate) -> float:
    """Return the BM25 of a memory for a question, by this person's own memories alone."""
    longer = 1 - LENGTH_COUNTS + LENGTH_COUNTS * candidate.length / USUAL_LENGTH
    return sum(
        _rarity(question, word) * times * (SATURATION + 1) / (times + SATURATION * longer)
        for word, times in candidate.times.items()
    )


def _fresh(candidate: Candidate, weights: Weights) -> float:
    return weights.recency * 0.5 ** (max(candidate.age, timedelta(0)) / weights.fades_in)
