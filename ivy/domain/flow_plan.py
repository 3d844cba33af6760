"""What must be done so that the vendor has our forms as we have them. May import: the standard library.

A form is found again by the id we kept, else by its title; a title that is taken for good (a retired form keeps it) gets
a number behind.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import count

DRAFT, DEPRECATED, BLOCKED = "DRAFT", "DEPRECATED", "BLOCKED"


class Do(Enum):
    CREATE = "create"
    UPDATE = "update"
    PUBLISH = "publish"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Wanted:
    """One form in one language as we have it. `endpoint` is the address it asks, or empty."""

    name: str
    language: str
    title: str
    digest: str
    endpoint: str = ""


@dataclass(frozen=True)
class Known:
    """What we kept of it: its id there, and what was uploaded last."""

    vendor_id: str
    digest: str


@dataclass(frozen=True)
class Theirs:
    """One form as the vendor lists it."""

    id: str
    title: str
    status: str
    endpoint: str = ""


@dataclass(frozen=True)
class Step:
    """What to do for one form and why; `theirs` is the one it is about, `title` the name for a new one.

    `uploaded` is the digest of what it is known to hold, or empty.
    """

    wanted: Wanted
    do: Do
    why: str
    title: str
    theirs: Theirs | None = None
    uploaded: str = ""


def plan(
    wanted: Iterable[Wanted], known: Mapping[tuple[str, str], Known], listed: Sequence[Theirs]
) -> tuple[Step, ...]:
    """Return one step for each form, in order. Once all are done, the next plan is nothing but NOTHING."""
    return tuple(_step(each, known.get((each.name, each.language)), listed) for each in wanted)


def _step(wanted: Wanted, known: Known | None, listed: Sequence[Theirs]) -> Step:
    theirs = _found(wanted, known, listed)
    uploaded = known.digest if known is not None and theirs is not None and known.vendor_id == theirs.id else ""
    do, why = _decide(wanted, theirs, uploaded)
    return Step(wanted, do, why, free_title(wanted.title, listed), theirs, uploaded)


def _decide(wanted: Wanted, theirs: Theirs | None, uploaded: str) -> tuple[Do, str]:
    if theirs is None:
        return Do.CREATE, "the vendor does not have it"
    if theirs.status == BLOCKED:
        return Do.NOTHING, "blocked for its endpoint's failures; it comes back once that is well"
    if theirs.endpoint != wanted.endpoint and wanted.endpoint:
        return Do.UPDATE, "its endpoint has another address"
    if not uploaded:
        return Do.UPDATE, "what was uploaded is not known"
    if uploaded != wanted.digest:
        return Do.UPDATE, "it changed since it was uploaded"
    if theirs.status == DRAFT:
        return Do.PUBLISH, "it is still a draft"
    return Do.NOTHING, "as it should be"


def _found(wanted: Wanted, known: Known | None, listed: Sequence[Theirs]) -> Theirs | None:
    usable = [each for each in listed if each.status != DEPRECATED]
    kept = [each for each in usable if known is not None and each.id == known.vendor_id]
    ours = [each for each in usable if is_ours(each.title, wanted.title)]
    # One that may be sent goes before one that a broken-off push left behind.
    return next(iter(kept or sorted(ours, key=lambda each: each.status == DRAFT)), None)


def is_ours(title: str, base: str) -> bool:
    """Say whether a title is a form's own, with or without a number behind."""
    return re.fullmatch(re.escape(base) + r"(_v[0-9]{1,4})?", title) is not None


def free_title(base: str, listed: Sequence[Theirs]) -> str:
    """Return the form's title, or the first numbered one that nobody has."""
    taken = {each.title for each in listed}
    return next(title for number in count(1) if (title := base if number == 1 else f"{base}_v{number}") not in taken)
