"""How well memory finds what was said in a public set of long conversations: LoCoMo (Maharana and others, 2024).

    python bench/public_memory.py FILE [words] [emulated] [local] [--model-file FILE]

FILE is the set as its authors publish it (snap-research/locomo: locomo10.json, or the zip of it); it is not in this
repository, whose licence is another. Nothing was tuned on it. Prints one JSON line an embedder: of the questions with an
answer, the share of which one of the turns that hold it comes first, among five, among ten, with the threshold in force; and
of those whose answer was never said (category 5), the share that get nothing. May import: everything.
"""

import argparse
import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory_scores import Kept, Question, answered, embedder

from ivy.adapters.minilm import missing

NEVER_SAID = 5
"""The category of questions that nothing in the conversation answers."""
DEPTHS = (1, 5, 10)
WHEN = "%I:%M %p on %d %B, %Y"


@dataclass(frozen=True)
class Conversation:
    """What two people said to each other over months, as one person's memories, and the questions about it."""

    kept: tuple[Kept, ...]
    asked: tuple[Question, ...]

    @property
    def ends(self) -> datetime:
        return max(each.at for each in self.kept)


def conversations(file: Path) -> list[Conversation]:
    """Read the set: one file with all conversations, or a zip with a file of each."""
    if file.suffix != ".zip":
        return [_conversation({**each["conversation"], "qa": each["qa"]}) for each in json.loads(file.read_bytes())]
    with zipfile.ZipFile(file) as packed:
        return [_conversation(json.loads(packed.read(name))) for name in packed.namelist() if name.endswith(".json")]


def _conversation(told: dict[str, Any]) -> Conversation:
    kept: list[Kept] = []
    number = 1
    while f"session_{number}_date_time" in told:
        at = datetime.strptime(told[f"session_{number}_date_time"].upper(), WHEN).replace(tzinfo=UTC)
        kept += [Kept(turn["dia_id"], "message", _words(turn), at) for turn in told.get(f"session_{number}", ())]
        number += 1
    known = {each.ref for each in kept}
    asked = [
        Question(each["question"], frozenset(each.get("evidence", ())) & known)
        for each in told["qa"]
        if each["category"] != NEVER_SAID
    ]
    nothing = [Question(each["question"], frozenset()) for each in told["qa"] if each["category"] == NEVER_SAID]
    return Conversation(tuple(kept), (*(each for each in asked if each.wanted), *nothing))


def _words(turn: dict[str, Any]) -> str:
    seen = f" (a picture: {turn['blip_caption']})" if turn.get("blip_caption") else ""
    return f"{turn['speaker']}: {turn.get('text', '')}{seen}"


def tell(name: str, found: Sequence[Conversation], model_file: Path | None) -> None:
    hits, answerable, silent, unanswerable = dict.fromkeys(DEPTHS, 0), 0, 0, 0
    how = embedder(name, model_file)
    for each in found:
        with tempfile.TemporaryDirectory() as folder:
            now = each.ends + timedelta(days=1)
            got = answered(Path(folder), each.kept, each.asked, *how, now=now, limit=max(DEPTHS))
        for question, memories in zip(each.asked, got, strict=True):
            refs = [memory.memory.ref for memory in memories]
            answerable += bool(question.wanted)
            unanswerable += not question.wanted
            silent += not question.wanted and not refs
            for depth in DEPTHS:
                hits[depth] += bool(question.wanted & set(refs[:depth]))
    line: dict[str, Any] = {"bench": "public_memory", "set": "LoCoMo", "embedder": name}
    line |= {f"recall@{depth}": round(hits[depth] / answerable, 3) for depth in DEPTHS}
    line |= {"abstention": round(silent / unanswerable, 3) if unanswerable else None, "questions": answerable}
    line |= {"never_said": unanswerable, "memories": sum(len(each.kept) for each in found)}
    print(json.dumps(line), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/public_memory.py")
    parser.add_argument("file", nargs="?", type=Path, help="locomo10.json, or the zip of it")
    parser.add_argument("embedders", nargs="*", default=["words", "emulated", "local"])
    parser.add_argument("--short", action="store_true", help="the first conversation only")
    parser.add_argument("--model-file", type=Path, default=None)
    asked = parser.parse_args()
    if asked.file is None:
        print(json.dumps({"bench": "public_memory", "left_out": "no FILE: the set is not in this repository"}))
        return
    found = conversations(asked.file)
    for name in asked.embedders:
        if name == "local" and (why := missing(asked.model_file)):
            print(json.dumps({"bench": "public_memory", "embedder": name, "left_out": why}))
            continue
        tell(name, found[:1] if asked.short else found, asked.model_file)


if __name__ == "__main__":
    main()
