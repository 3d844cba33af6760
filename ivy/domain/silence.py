"""Whether a number has stopped delivering: judged by what is heard of its messages. May import: the standard library.

A request that is answered with 200 says that Meta took the message, not that it left: a number without money or standing
gets the same answer. Of a message that leaves, `sent` is heard within seconds, also for somebody whose phone is off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

PATIENCE = timedelta(minutes=2)
"""A word of a message may take this long."""
LOOK_BACK = timedelta(minutes=60)
MESSAGES = 3
PEOPLE = 2


@dataclass(frozen=True)
class Sending:
    """One message that was taken: to whom, when, and whether anything was heard of it (sent, delivered, read, failed)."""

    person: str
    at: datetime
    heard: bool


class Verdict(Enum):
    SILENT = "silent"
    """Nothing is heard of the latest messages."""
    HEARD = "heard"
    """Something was heard of the latest message of which it could be."""
    UNDECIDED = "undecided"
    """Too little was sent to tell: what was thought before still holds."""


def judge(
    sendings: Sequence[Sending], *, now: datetime, people: int, listening_since: datetime | None = None
) -> Verdict:
    """Judge by the messages of the last hour, in any order; `people`: how many could be written to at all.

    Silent are those that were taken after the last one of which something was heard, two minutes ago or more; it takes
    three of them, to two people, or to the only one there is. What was sent before `listening_since`, when this process
    could not hear, says nothing by its silence.
    """
    lately = [sending for sending in sendings if now - LOOK_BACK <= sending.at <= now]
    last_heard = max((sending.at for sending in lately if sending.heard), default=None)
    silent = [
        sending
        for sending in lately
        if not sending.heard
        and sending.at <= now - PATIENCE
        and (last_heard is None or sending.at > last_heard)
        and (listening_since is None or sending.at >= listening_since)
    ]
    if len(silent) >= MESSAGES and len({sending.person for sending in silent}) >= min(PEOPLE, max(people, 1)):
        return Verdict.SILENT
    return Verdict.HEARD if last_heard is not None and not silent else Verdict.UNDECIDED
