"""Vectors of texts without a model: words and parts of words, hashed. May import: the standard library.

The same text always has the same vector, and texts that share words have near ones; meaning is beyond it.
"""

import hashlib
import math
import re
import struct
from collections import Counter

_WORD = re.compile(r"\w+")
_PART = 4


def vector(text: str, size: int) -> list[float]:
    """Return a vector of unit length."""
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
    found: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        found[word] += 3
        found.update(word[at : at + _PART] for at in range(len(word) - _PART + 1))
    return found or Counter([text])
