"""The ledger's chain: each row's hash is made of its fields and of the hash before it. May import: msgspec.

Who knows one row's hash can tell whether anything up to that row was changed since.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

BEGINNING = "0" * 64
"""What stands before the first row."""
FIELDS = (
    *("n", "id", "user_id", "kind", "workout_id", "reverses", "day", "charity", "amount_minor", "currency", "payer"),
    *("at_ms", "before"),
)
"""All that is hashed: every column but the hash itself."""
_SAME = ("user_id", "workout_id", "charity", "currency", "payer")
"""What a reversal shares with what it takes back."""

Link = Mapping[str, Any]
"""A row of the ledger by column, with its `hash`."""


@dataclass(frozen=True)
class End:
    """Where a chain ends: the number of its last row, 0 for none, and that row's hash."""

    n: int = 0
    hash: str = BEGINNING


@dataclass(frozen=True)
class Checked:
    """What a check found: how many rows were right, the hash of the last of them, and the first that is not, with why."""

    rows: int
    head: str
    bad: str = ""
    why: str = ""


def link_hash(link: Link) -> str:
    """Return the hash of a row: sha256, in hex, of its fields as JSON with sorted keys and no blanks."""
    return hashlib.sha256(msgspec.json.encode({name: link[name] for name in FIELDS}, order="sorted")).hexdigest()


def check(links: Iterable[Link], *, whole: bool) -> Checked:
    """Check rows in the order of `n`; `whole` is the ledger from its first row on, else some rows of it: a receipt."""
    rows, head, last = 0, BEGINNING, 0
    gifts: dict[str, Link] = {}
    taken_back: set[str] = set()
    for link in links:
        why = _wrong(link) or _misplaced(link, last, head, whole=whole)
        why = why or _wrong_reversal(link, gifts, taken_back, whole=whole)
        if why:
            return Checked(rows, head, f"{link.get('n', '?')} ({link.get('id', 'no id')})", why)
        rows, head, last = rows + 1, link["hash"], link["n"]
        gifts[link["id"]] = link
        taken_back.add(link["reverses"] or "")
    return Checked(rows, head)


def end_of(checked: Checked, last: int, at_end: str, end: End | None) -> Checked:
    """Compare rows that are right among themselves with where their chain is known to end; `at_end` is the hash there.

    Rows after that are an older Ivy's, which keeps no end.
    """
    if checked.bad:
        return checked
    if end is None:
        return Checked(checked.rows, checked.head, "after the last", "where the chain ends is not kept any more")
    if last < end.n:
        return Checked(checked.rows, checked.head, str(last + 1), f"it is missing: there were {end.n}")
    if end.hash and at_end != end.hash:
        return Checked(checked.rows, checked.head, str(end.n), "it is not the one with which the chain ended")
    return checked


def _wrong(link: Link) -> str:
    if lacking := [name for name in (*FIELDS, "hash") if name not in link]:
        return f"it lacks {', '.join(lacking)}"
    if type(link["n"]) is not int or type(link["amount_minor"]) is not int:
        return "its number or its amount is no whole number"
    return "" if link_hash(link) == link["hash"] else "its hash is not that of what it says"


def _misplaced(link: Link, last: int, head: str, *, whole: bool) -> str:
    if link["n"] <= last or (whole and link["n"] != last + 1):
        return f"it stands after row {last}"
    if link["n"] == last + 1 and link["before"] != head:
        return "it does not follow from the row before it"
    return ""


def _wrong_reversal(link: Link, gifts: Mapping[str, Link], taken_back: set[str], *, whole: bool) -> str:
    """Say what is wrong with a row that takes one back; a receipt need not have that other row."""
    reverses = link["reverses"]
    if reverses is None:
        return ""
    gift = gifts.get(reverses)
    if gift is None:
        return "it takes back a row that is not there" if whole else ""
    if reverses in taken_back:
        return "it takes back a row for the second time"
    if link["amount_minor"] != -gift["amount_minor"] or any(link[name] != gift[name] for name in _SAME):
        return "it does not take back just what was given"
    return ""
