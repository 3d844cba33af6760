"""When a turn starts, how much it may spend, and how its steps are named. May import: msgspec."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

QUIET = timedelta(seconds=1.5)
LONGEST = timedelta(seconds=5)
REPEATS = 3


def run_at(
    first_at: datetime, last_at: datetime, now: datetime, quiet: timedelta = QUIET, longest: timedelta = LONGEST
) -> datetime:
    """Return when to answer a burst of messages: after a quiet moment, but never `longest` after the first of them."""
    return max(now, min(last_at + quiet, first_at + longest))


@dataclass(frozen=True)
class Limits:
    """What one turn may use; money in micro-dollars."""

    model_calls: int = 6
    tool_calls: int = 10
    seconds: float = 120.0
    cost_micros: int = 200_000


@dataclass(frozen=True)
class Spent:
    """What a turn has used so far; money in micro-dollars."""

    model_calls: int = 0
    tool_calls: int = 0
    seconds: float = 0.0
    cost_micros: int = 0


def limit_reached(limits: Limits, spent: Spent) -> str | None:
    """Return the name of the first limit that leaves no room for another step, or None."""
    uses = {
        "model_calls": spent.model_calls >= limits.model_calls,
        "tool_calls": spent.tool_calls >= limits.tool_calls,
        "seconds": spent.seconds >= limits.seconds,
        "cost_micros": spent.cost_micros >= limits.cost_micros,
    }
    return next((name for name, reached in uses.items() if reached), None)


def turn_key(message_id: str) -> str:
    """Name the turn that answers from this message on: the first one not yet answered."""
    return f"turn:{message_id}"


def tool_key(turn_id: str, step: int, ordinal: int, tool: str, arguments: str) -> str:
    """Name one intended effect: the `ordinal`th call of a turn's step. `arguments` is JSON text; sha256 in hex."""
    return _digest([turn_id, step, ordinal, tool, canonical_json(arguments)])


def call_hash(tool: str, arguments: str) -> str:
    """Name what is asked, wherever in a turn: equal for equal requests. `arguments` is JSON text; sha256 in hex."""
    return _digest([tool, canonical_json(arguments)])


def repeats_too_often(hashes: Sequence[str], limit: int = REPEATS) -> bool:
    """Say whether the latest of a turn's `call_hash`es has now been asked `limit` times, in a row or not."""
    return bool(hashes) and hashes.count(hashes[-1]) >= limit


def canonical_json(text: str) -> str:
    """Return the one form of a JSON text: sorted keys, no blanks. What is no JSON is returned as it is, trimmed."""
    try:
        return msgspec.json.encode(msgspec.json.decode(text), order="sorted").decode()
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text.strip()


def _digest(parts: list[str | int]) -> str:
    # "surrogatepass": a model can write half a character, and a key must be made of it all the same.
    joined = "\x1f".join(f"{len(str(part))}:{part}" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()
