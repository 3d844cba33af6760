"""What becomes of a dead letter that is sent back to work, and how alike letters are told apart. May import: the domain.

Asked when a plan is made, and again when it is carried out: what is too late, unwanted or already there is not sent again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ivy.domain import error_health
from ivy.domain.jobs import CALL, CALL_SLOT, INBOUND, KINDS, REMINDER, SEND, TURN, Kind
from ivy.domain.late import Late, Lateness, lateness
from ivy.domain.poison import is_poison
from ivy.domain.routing import For


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
    """"erased" when there is nobody any more."""
    asked_for: bool = True
    delivered: bool = False
    """Its message arrived after all: a status said so."""
    unheard: bool = False
    """Its message may have been sent: nothing was heard of it."""
    bytes_kept: bool = True
    purpose: str = ""
    """What its message is for: a value of `routing.For`."""
    to_stranger: bool = False
    good_until: datetime | None = None
    """When its message was to lapse, if whoever wrote it gave it less time than messages have."""


def fate(letter: Circumstances, now: datetime) -> Fate:
    """Decide about one letter that is to run at `now`; the first reason not to send it speaks."""
    kind = KINDS.get(letter.kind)
    if kind is None or not letter.bytes_kept:
        return Fate.LOST
    if letter.delivered:
        return Fate.ARRIVED
    if letter.status in ("stopped", "erased") or (letter.status == "paused" and not letter.asked_for):
        return Fate.OPTED_OUT
    behind = lateness(_policy(kind, letter), letter.due_at, now)
    lapsed = letter.good_until is not None and now > letter.good_until
    if behind is Lateness.TOO_LATE or lapsed or kind in NEVER_DIALLED:
        return Fate.TOO_LATE
    if letter.unheard:
        return Fate.TWICE
    return Fate.LATE if behind is Lateness.LATE and kind in (TURN, REMINDER) else Fate.AGAIN


NEVER_DIALLED = (CALL, CALL_SLOT)
"""A phone that rings hours after its time helps nobody, whatever the hour."""


def _policy(kind: Kind, letter: Circumstances) -> Late:
    """A reminder is as late on its way as before it left; so is the one sentence that a stranger hears."""
    return REMINDER.late if kind is SEND and (letter.purpose == For.REMINDER.value or letter.to_stranger) else kind.late


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
    (Fate.TOO_LATE, CALL.name): "nothing: a replay dials nobody",
    (Fate.TOO_LATE, CALL_SLOT.name): "nothing: a replay dials nobody",
}


def in_words(what: Fate, kind: str) -> str:
    """Say what happens to a letter of a kind, for a table."""
    return _SAID_OF.get((what, kind)) or _SAID[what]


def too_late_in_words(letter: Circumstances) -> str:
    """Name what is too late, for a count: "calls", "reminders over 2 h"."""
    if letter.kind in (CALL.name, CALL_SLOT.name):
        return "calls"
    if letter.kind == REMINDER.name or letter.purpose == For.REMINDER.value:
        return "reminders over 2 h"
    return f"{letter.purpose or letter.kind.replace('_', ' ')}s"


# --- what is alike -------------------------------------------------------------------------------

_PREFIX = re.compile(r"^(?:Given up after \d+ attempts|The same failure three times): ")
_WHOSE = re.compile(r"^\w+: (?=not delivered: )")
"""Told by a status or met by a job, it is the same trouble."""
_VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{18,22}|\b\d{7,}\b|(?<=\[)\d+(?=\])")
_CODE = re.compile(r"\b\d{6}\b")
_WORTH_WAITING = frozenset({"VendorBusy", "AllModelsDown", "OutcomeUnknown", "StoreBusy", "TookTooLong"})
_REFUSALS = frozenset({"VendorRefused", "RecipientGone", "WindowClosed", "NotDelivered"})
"""What a vendor says of one message, or one person: it tells nothing of other letters."""
_LONGEST_CAUSE = 90
CRASH = "Crash"


def cause(reason: str) -> str:
    """Return what letters with the same trouble have in common: the reason without counts and ids."""
    plain = _VARYING.sub("…", _WHOSE.sub("", _PREFIX.sub("", reason)))
    return plain if len(plain) <= _LONGEST_CAUSE else plain[: _LONGEST_CAUSE - 1] + "…"


def error_name(fingerprint: str) -> str:
    """Return the bare name in a fingerprint: "ivy.errors.VendorBusy@ivy.agent.turn:run" is VendorBusy."""
    return "+".join(part.partition("@")[0].rpartition(".")[2] for part in fingerprint.split("+"))


@dataclass(frozen=True)
class Failure:
    """One failed attempt of a letter."""

    fingerprint: str
    reason: str = ""

    @property
    def passes(self) -> bool:
        """Whether it is for want of a vendor, or of time, which mends by itself."""
        return error_name(self.fingerprint) in _WORTH_WAITING or any(
            error_health.passes(int(code)) for code in _CODE.findall(self.reason)
        )


def is_poisoned(failures: Sequence[Failure], *, since_replay: int | None = None) -> bool:
    """Say whether a letter will fail the same way again; oldest first.

    Three equal failures running are poison, and the one it had died of before a replay: `since_replay` failures are younger
    than the latest replay, None without one.
    """
    if not failures:
        return False
    last = failures[-1]
    if last.fingerprint == CRASH:
        return True
    if last.passes:
        return False
    if is_poison([failure.fingerprint for failure in failures]):
        return True
    before = failures[: len(failures) - since_replay] if since_replay else ()
    return bool(before) and (before[-1].fingerprint, cause(before[-1].reason)) == (
        last.fingerprint,
        cause(last.reason),
    )


def spreads(failure: Failure) -> bool:
    """Say whether letters that died of this are all poison when one is: a fault of Ivy's, not a refusal of one message."""
    return error_name(failure.fingerprint) not in _REFUSALS | {CRASH}
