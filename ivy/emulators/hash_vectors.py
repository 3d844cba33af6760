"""Vectors of texts without a model: words and parts of words, hashed. May import: the standard library.

The same text always has the same vector. Texts that share words have near ones, and so have texts whose words mean the same
by a small table (`concepts.tsv`), in English and Spanish: enough to show what an embedder is for.
"""

import hashlib
import math
import re
import shlex
import struct
from collections import Counter
from functools import cache
from pathlib import Path

_WORD = re.compile(r"\w+")
_PART = 4
_TABLE = Path(__file__).with_name("concepts.tsv")
_WORTH = 6
"""Of a thing that is meant, beside 3 for a word and 1 for a part of one."""
_LONGEST_NAME = 2


def vector(text: str, size: int) -> list[float]:
    """Return a vector of unit length. What kind of text it is ("expense: ") counts for little."""
    features = _features(text)
    values = [0.0] * size
    for feature, weight in features.items():
        seed = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "big")
        # A sign of its own keeps unrelated features that meet in one place from adding up.
        values[seed % size] += weight if seed >> 63 else -weight
    length = math.sqrt(sum(value * value for value in values))
    if not length:
        values[0], length = 1.0, 1.0
    return [value / length for value in values]


def as_bytes(values: list[float]) -> bytes:
    """Return a vector as the wire carries it: little-endian float32."""
    return struct.pack(f"<{len(values)}f", *values)


def _features(text: str) -> Counter[str]:
    label, colon, rest = text.partition(": ")
    said = rest if colon and label.isalpha() else text
    found: Counter[str] = Counter({f"{label}:": 1} if said is rest else {})
    for word in _WORD.findall(said.lower()):
        found[word] += 3
        found.update(word[at : at + _PART] for at in range(len(word) - _PART + 1))
    words, known = _WORD.findall(said.lower()), _concepts()
    for length in range(1, _LONGEST_NAME + 1):
        for at in range(len(words) - length + 1):
            if (thing := known.get(" ".join(words[at : at + length]))) is not None:
                found[f"={thing}"] += _WORTH
    return found or Counter([text])


@cache
def _concepts() -> dict[str, str]:
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {name: thing for thing, names in rows for name in shlex.split(names)}
