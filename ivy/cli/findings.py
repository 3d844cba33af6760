"""What `ivy doctor` finds: one thing, how it is, and the line that mends it. May import: the standard library."""

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    OK = "ok"
    LOOK = "look"
    """Works, and will not for long, or not as well as it could."""
    MISSING = "missing"
    """Needed and not there, or wrong: Ivy does not run like this."""
    NOT_NEEDED = "not needed"


@dataclass(frozen=True)
class Finding:
    """`found` never holds a secret."""

    what: str
    state: State
    found: str
    mend: str = ""
    takes: str = ""
    """How long others need for it, where typing the line is not all: begin with those."""


def ok(what: str, found: str) -> Finding:
    return Finding(what, State.OK, found)


def look(what: str, found: str, mend: str, *, takes: str = "") -> Finding:
    return Finding(what, State.LOOK, found, mend, takes)


def missing(what: str, found: str, mend: str, *, takes: str = "") -> Finding:
    return Finding(what, State.MISSING, found, mend, takes)


def not_needed(what: str, found: str) -> Finding:
    return Finding(what, State.NOT_NEEDED, found)
