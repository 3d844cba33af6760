"""What `ivy upgrade` does in which order, and what is to be done when it was cut off. May import: msgspec, the standard library."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

import msgspec

STEADY_SECONDS = 5.0
OLDEST_SNAPSHOT = timedelta(minutes=30)
"""An older one is not put back without a human: too much was done since that is not in it."""
SPARE_BYTES = 256 << 20


class Step(StrEnum):
    """Where an upgrade is. Up to REHEARSING nothing of the running service was touched."""

    BUILDING = "building"
    REHEARSING = "rehearsing"
    STOPPING = "stopping"
    SNAPSHOT = "snapshot"
    SWITCHING = "switching"
    MIGRATING = "migrating"
    STARTING = "starting"
    RETURNING = "returning"


class Mend(StrEnum):
    """What is left to do about an upgrade that ended without saying so."""

    FORGET = "forget"
    LOOK = "look"
    """The new release was started: it stays if it is well."""
    RETURN = "return"


class HalfDone(msgspec.Struct, frozen=True):
    """An upgrade under way, as it stands in a file. Later programs read it: fields are only ever added."""

    step: Step
    old: str
    new: str
    began: str
    """UTC, as in the names of its files."""
    log: str = ""
    snapshot: str = ""
    reason: str = ""
    """Why it goes back, once it does."""
    probe: str = ""
    """What a release has to pass, as the old one did; empty: not asked yet."""


def mend(step: Step, *, new_serves: bool) -> Mend:
    """Return what an upgrade that was cut off in this step needs.

    `new_serves`: the new release is current and well; a machine that was restarted meanwhile may have started it.
    """
    if step in (Step.BUILDING, Step.REHEARSING):
        return Mend.FORGET
    return Mend.LOOK if new_serves or step is Step.STARTING else Mend.RETURN


def steady_seconds(health_seconds: float) -> float:
    """Return how long a release must be well without a break before it is believed."""
    return min(STEADY_SECONDS, health_seconds / 4)


def is_steady(answers: Sequence[tuple[float, bool]], *, steady: float) -> bool:
    """Say whether the newest answers were all good for `steady` seconds; `answers` are (when, good), the oldest first."""
    since: float | None = None
    for at, good in answers:
        since = (at if since is None else since) if good else None
    return since is not None and answers[-1][0] - since >= steady


def room_needed(database_bytes: int) -> int:
    """Return how many bytes must be free beside the database: a copy, what its migration adds, and a little."""
    return 2 * database_bytes + SPARE_BYTES
