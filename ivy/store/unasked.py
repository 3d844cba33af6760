"""Contacts that nobody asked for, messages and calls in one count. May import: scope, the domain. Source: E13."""

from datetime import datetime, time

from ivy.clock import stamp
from ivy.domain.schedule import local_date, to_instant
from ivy.store.scope import Scope


def today(scope: Scope, zone: str, now: datetime, *, apart_from: str = "") -> int:
    """Return how many such contacts there were since midnight, as a zone counts its days.

    `apart_from` is the id of the message or the call that is decided about: it may have been tried before.
    """
    return since(scope, to_instant(datetime.combine(local_date(now, zone), time()), zone), apart_from=apart_from)


def since(scope: Scope, instant: datetime, *, apart_from: str = "") -> int:
    """Return how many such contacts left or rang since an instant.

    What was held, or did not arrive, was no contact; nor was a call that failed before anybody could pick up. A message
    that a call read out counts as its call, whose ringing was heard whether or not the words were.
    """
    return scope.execute(
        "SELECT (SELECT count(*) FROM messages_v2 WHERE user_id = :user AND direction = 'out' AND asked_for = 0"
        " AND sent_at_ms >= :since AND channel <> 'call' AND id <> :apart AND state NOT IN ('failed', 'cancelled', 'lapsed'))"
        " + (SELECT count(*) FROM calls WHERE user_id = :user AND placed_at_ms >= :since AND direction = 'out' AND chosen = 0"
        " AND state NOT IN ('due', 'queued', 'abandoned') AND (outcome <> 'failed' OR spoken_seconds > 0) AND id <> :apart)",
        since=stamp(instant),
        apart=apart_from,
    ).fetchone()[0]
