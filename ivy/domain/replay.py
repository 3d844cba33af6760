"""What becomes of a dead letter that is sent back to work, and how alike letters are told apart. May import: the domain.

Asked when a plan is made: what is too late, unwanted or already there is not sent again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ivy.domain.jobs import INBOUND, KINDS, REMINDER, TURN
from ivy.domain.late import Lateness, lateness
from ivy.domain.poison import is_poison


class Fate(StrEnum):
    """What a replay does with one letter."""

    AGAIN = "again"
    TWICE = "maybe_twice"
    LATE = "late"
    TOO_LATE = "too_late"
    OPTED_OUT = "opted_out"
    ARRIVED = "arrived"
    LOST = "lost"

    @property
    def runs(self) -> bool:
        """Whether the letter goes back to work at all."""
        return self in (Fate.AGAIN, Fate.TWICE, Fate.LATE)


@dataclass(frozen=True)
class Circumstances:
    """What is known of one letter. `status` is its person's, empty for nobody's; the rest is true only of some kinds."""

    kind: str
    due_at: datetime
    status: str = ""
    asked_for: bool = True
    delivered: bool = False
    """Its message arrived after all: a status said so."""
    unheard: bool = False
    """Its message may have been sent: nothing was heard of it."""
    bytes_kept: bool = True


def fate(letter: Circumstances, now: datetime) -> Fate:
    """Decide about one letter; the first reason not to send it speaks."""
    kind = KINDS.get(letter.kind)
    if kind is None or not letter.bytes_kept:
        return Fate.LOST
    if letter.delivered:
        return Fate.ARRIVED
    if letter.status == "stopped" or (letter.status == "paused" and not letter.asked_for):
        return Fate.OPTED_OUT
    behind = lateness(kind.late, letter.due_at, now)
    if behind is Lateness.TOO_LATE:
        return Fate.TOO_LATE
    if letter.unheard:
        return Fate.TWICE
    return Fate.LATE if behind is Lateness.LATE and kind in (TURN, REMINDER) else Fate.AGAIN


_SAID = {
    Fate.AGAIN: "sent again",
    Fate.TWICE: "sent again, though the first may have arrived",
    Fate.LATE: "answered late",
    Fate.TOO_LATE: "nothing: too late to be of use",
    Fate.OPTED_OUT: "nothing: the person stopped",
    Fate.ARRIVED: "nothing: it arrived after all",
    Fate.LOST: "nothing: what it needs is not kept any more",
}

_SAID_OF = {
    (Fate.AGAIN, INBOUND.name): "read again",
    (Fate.AGAIN, TURN.name): "answered",
    (Fate.AGAIN, REMINDER.name): "said",
    (Fate.LATE, REMINDER.name): "said late, with an apology",
}


def in_words(what: Fate, kind: str) -> str:
    """Say what happens to a letter of a kind, for a table."""
    return _SAID_OF.get((what, kind)) or _SAID[what]


# --- what is alike -------------------------------------------------------------------------------

_PREFIX = re.compile(r"^(?:Given up after \d+ attempts|The same failure three times): ")
_VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{18,22}|\b\d{7,}\b|(?<=\[)\d+(?=\])")
_WORTH_WAITING = frozenset({"VendorBusy", "AllModelsDown", "OutcomeUnknown", "StoreBusy", "TookTooLong"})
_LONGEST_CAUSE = 90
CRASH = "Crash"


def cause(reason: str) -> str:
    """Return what letters with the same trouble have in common: the reason without counts and ids."""
    plain = _VARYING.sub("…", _PREFIX.sub("", reason))
    return plain if len(plain) <= _LONGEST_CAUSE else plain[: _LONGEST_CAUSE - 1] + "…"


def error_name(fingerprint: str) -> str:
    """Return the bare name in a fingerprint: "ivy.errors.VendorBusy@ivy.agent.turn:run" is VendorBusy."""
    return "+".join(part.partition("@")[0].rpartition(".")[2] for part in fingerprint.split("+"))


def is_poisoned(fingerprints: Sequence[str]) -> bool:
    """Say whether a letter failed the same way three times running, and not for want of a vendor; oldest first."""
    if fingerprints and fingerprints[-1] == CRASH:
        return True
    return is_poison(fingerprints) and error_name(fingerprints[-1]) not in _WORTH_WAITING
