"""Prompts' beginnings that an emulated vendor remembers, as it bills them. May import: trio, domain."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import trio

_MOST = 5_000


@dataclass(frozen=True)
class Mark:
    """A place up to which the prompt may be kept: everything before it, by hash and tokens, and for how many seconds."""

    digest: str
    tokens: int
    seconds: float


class PrefixCache:
    """`minimum` is the shortest beginning worth keeping, in tokens."""

    def __init__(self, minimum: int) -> None:
        self._minimum = minimum
        self._until: dict[str, float] = {}

    def bill(self, marks: Sequence[Mark]) -> tuple[int, int]:
        """Return the tokens read from the cache and written to it; what is read lives on from now."""
        now = trio.current_time()
        marks = [mark for mark in marks if mark.tokens >= self._minimum]
        known = [mark.tokens for mark in marks if self._until.get(mark.digest, now) > now]
        read = max(known, default=0)
        for mark in marks:
            self._until.pop(mark.digest, None)
            self._until[mark.digest] = now + mark.seconds
        while len(self._until) > _MOST:
            del self._until[next(iter(self._until))]
        return read, max((mark.tokens for mark in marks), default=0) - read


def running_digests(parts: Iterable[bytes]) -> list[str]:
    """Return, for each part, the hash of it and of all before it."""
    running = hashlib.sha256()
    digests: list[str] = []
    for part in parts:
        running.update(len(part).to_bytes(8, "big") + part)
        digests.append(running.hexdigest())
    return digests
