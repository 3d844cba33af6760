"""Whether a message that was to ask somebody something has reached them. May import: the standard library.

What is unsure counts for the person: a text that a vendor took and never handed over (their phone is off, or has no network)
has asked nobody anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

TELLING = frozenset({"whatsapp", "solo"})
"""Channels that say when a message is on somebody's phone; from the others nothing more is heard of most that left."""
_ARRIVED = frozenset({"delivered", "read"})
_LEFT = frozenset({"accepted", "sent"})


@dataclass(frozen=True)
class Sending:
    """A message by one channel, the state it is in, and when it left, or was to."""

    channel: str
    state: str
    left_at: datetime


def has_reached(sendings: Iterable[Sending], last_word: datetime | None) -> bool:
    """Say whether any sending of a question got to its person; `last_word` is when they last wrote on the day it is about.

    Who wrote after it had left has their phone on: it is there, whatever the vendor told of it.
    """
    return any(_has_arrived(each, last_word) for each in sendings)


def _has_arrived(sending: Sending, last_word: datetime | None) -> bool:
    if sending.state not in _LEFT or sending.channel not in TELLING:
        return sending.state in _ARRIVED | _LEFT
    return last_word is not None and last_word >= sending.left_at
