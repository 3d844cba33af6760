"""Kinds of work: their queue, lane, patience and what being late means. May import: domain.late, the standard library."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from ivy.domain.late import ALWAYS, SKIP, Late, apologise_within


class Queue(StrEnum):
    """The kinds of worker."""

    INBOX = "inbox"
    AGENT = "agent"
    CALLS = "calls"
    OUTBOX = "outbox"
    UPKEEP = "upkeep"


@dataclass(frozen=True)
class Kind:
    """One kind of job. `limit` bounds an attempt, `patience` the whole job from the moment it was due."""

    name: str
    queue: Queue
    limit: timedelta
    patience: timedelta
    late: Late = ALWAYS
    dies_at_once: bool = False
    """A failure here is a payload nobody can read: it becomes a dead letter instead of blocking its lane."""


INBOUND = Kind("inbound", Queue.INBOX, timedelta(seconds=15), timedelta(days=7), dies_at_once=True)
TURN = Kind("turn", Queue.AGENT, timedelta(seconds=150), timedelta(hours=24))
SEND = Kind("send", Queue.OUTBOX, timedelta(seconds=30), timedelta(hours=24))
MARK_READ = Kind("mark_read", Queue.OUTBOX, timedelta(seconds=10), timedelta(minutes=2), SKIP)
REMINDER = Kind(
    "reminder", Queue.UPKEEP, timedelta(seconds=15), timedelta(hours=3), apologise_within(timedelta(hours=2))
)
MEDIA = Kind("media", Queue.AGENT, timedelta(seconds=180), timedelta(days=6))
"""A vendor keeps a file for a week."""

CALL_SLOT = Kind(
    "call_slot", Queue.UPKEEP, timedelta(seconds=15), timedelta(hours=1), apologise_within(timedelta(minutes=20))
)
"""A contact somebody chose is due: a call, or a text where they prefer that. Its `ref` is the slot's id."""
CALL = Kind("call", Queue.CALLS, timedelta(seconds=60), timedelta(hours=2))
"""Places one call. How late it may be is judged by `domain/dialing.py`."""
CALL_CHECK = Kind("call_check", Queue.CALLS, timedelta(seconds=30), timedelta(hours=6))
"""Asks the provider about a call of which nothing was heard."""
CALL_OVER = Kind("call_over", Queue.UPKEEP, timedelta(seconds=30), timedelta(hours=12))
"""What follows from the end of a call: the ladder, a message, what was told in it."""
NUDGE = Kind("nudge", Queue.UPKEEP, timedelta(seconds=15), timedelta(hours=1), SKIP)
"""A text a few minutes before a call or a planned workout. Its `ref` says of which."""
DAY_CLOSE = Kind("day_close", Queue.UPKEEP, timedelta(seconds=30), timedelta(days=3))
"""Looks, in the night, at what nobody said anything about."""
WEEKLY_SUMMARY = Kind("weekly_summary", Queue.AGENT, timedelta(seconds=120), timedelta(hours=20))

DIGEST = Kind("digest", Queue.UPKEEP, timedelta(seconds=30), timedelta(hours=12))
"""Tells somebody what they asked to be told every week. Its `ref` names the topic."""
PREWRITE = Kind("prewrite", Queue.AGENT, timedelta(seconds=120), timedelta(hours=6))
"""Makes, in the night, the sentences of what is told by day. Its `ref` names the topic."""

EMBED = Kind("embed", Queue.UPKEEP, timedelta(seconds=90), timedelta(days=3650))
"""Gives vectors to a person's new memories; due when the first of them was said, which may be long ago."""

BACKFILL = Kind("backfill", Queue.UPKEEP, timedelta(seconds=30), timedelta(days=30))
"""Remembers some of what was said and spent before there was a memory. Nobody's: it goes on person by person."""

REMEMBER = Kind("remember", Queue.AGENT, timedelta(seconds=90), timedelta(days=2))
"""Reads, after a quiet moment, what somebody wrote for what it says of them."""

TELL_OPERATOR = Kind("tell_operator", Queue.UPKEEP, timedelta(seconds=60), timedelta(days=1))
"""Never fails: what could not be mailed is tried again, and stays in `ivy status` meanwhile."""

REPLAY = Kind("replay", Queue.UPKEEP, timedelta(seconds=30), timedelta(days=2))
"""Lets an operator's plan send dead letters back to work, a few at a time. Its payload names the plan."""

BACKUP = Kind("backup", Queue.UPKEEP, timedelta(hours=6), timedelta(days=1))
"""Makes a backup into the configured folder. Its limit is that of a large database on a slow disk; a drain ends it sooner."""

EASING = Kind("easing", Queue.UPKEEP, timedelta(seconds=15), timedelta(days=30))
"""Makes a plan easier, which waited for its day because the plan is locked. Its `ref` is the row's id."""

_ALL = (
    *(INBOUND, TURN, SEND, MARK_READ, REMINDER, MEDIA, TELL_OPERATOR),
    *(CALL_SLOT, CALL, CALL_CHECK, CALL_OVER, NUDGE, DAY_CLOSE, WEEKLY_SUMMARY),
    EMBED,
    BACKFILL,
    REMEMBER,
    DIGEST,
    PREWRITE,
    REPLAY,
    BACKUP,
    EASING,
)
KINDS = {kind.name: kind for kind in _ALL}
LEASE_MARGIN = timedelta(seconds=30)
"""A lease outlives the limit of an attempt by this, so that two workers never hold one job."""


def turn_lane(user_id: str) -> str:
    return f"turn:{user_id}"


def remember_lane(user_id: str) -> str:
    return f"remember:{user_id}"


def send_lane(recipient: str, channel: str) -> str:
    """`recipient` is a user id, or the address of a stranger."""
    return f"send:{recipient}:{channel}"


def embed_lane(user_id: str) -> str:
    return f"embed:{user_id}"


def inbox_lane(vendor: str) -> str:
    return f"inbox:{vendor}"
