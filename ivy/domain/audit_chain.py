"""The audit log's chain: each line's hash is made of what it says and of the hash before it. May import: chain, msgspec.

A line that an older Ivy wrote has no hash of its own; the next one that has covers it too.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from ivy.domain.chain import BEGINNING, Checked, End, Link, end_of

FIELDS = ("id", "at_ms", "actor", "action", "reason", "subject", "details")
"""All that is hashed of a line, beside the hash before it."""


def line_hash(line: Link, before: str) -> str:
    """Return the hash of a line: sha256, in hex, of its fields and of the hash before as JSON with sorted keys and no blanks."""
    said = {name: line[name] for name in FIELDS} | {"before": before}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def roll(lines: Iterable[Link], end: End) -> End:
    """Return the end of the chain after these lines, which follow `end`."""
    for line in lines:
        end = End(line["id"], line_hash(line, end.hash))
    return end


def check(lines: Iterable[Link], end: End | None) -> Checked:
    """Check all lines in their order against their hashes and against where the chain is known to end."""
    so_far, rows, at_end = End(), 0, BEGINNING
    for line in lines:
        before = so_far.n
        so_far = End(line["id"], line_hash(line, so_far.hash))
        if line["hash"] is not None and line["hash"] != so_far.hash:
            return Checked(rows, so_far.hash, str(line["id"]), _why(line["id"], before))
        rows += 1
        if end is not None and line["id"] == end.n:
            at_end = so_far.hash
    return end_of(Checked(rows, so_far.hash), so_far.n, at_end, end)


def _why(its_id: int, before: int) -> str:
    if its_id > before + 1:
        return f"what stood between row {before} and it is missing"
    return "it, or a row before it, is not as it was written"
