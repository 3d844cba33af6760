"""When a failing vendor is left alone, and when it is tried again. May import: the standard library.

Closed: calls pass. Three failures in a row open it: none pass. After the rest one trial passes (half-open); it closes the
breaker, or opens it for twice as long.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class BreakerPolicy:
    threshold: int = 3
    rest: timedelta = timedelta(seconds=30)
    ceiling: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Breaker:
    """`failures` in a row; `opened_at` and `until` are set while calls do not pass."""

    failures: int = 0
    opened_at: datetime | None = None
    until: datetime | None = None
    reason: str = ""


CLOSED = Breaker()


def lets_pass(breaker: Breaker, now: datetime) -> bool:
    """Say whether a call may be made now: always while closed, one as a trial when the rest is over."""
    return breaker.until is None or now >= breaker.until


def on_trial(breaker: Breaker, now: datetime, limit: timedelta) -> Breaker:
    """Return the breaker while a call of at most `limit` is under way: an open one lets no second trial pass."""
    if breaker.until is None:
        return breaker
    return Breaker(breaker.failures, breaker.opened_at, now + limit, breaker.reason)


def after_failure(
    breaker: Breaker,
    policy: BreakerPolicy,
    reason: str,
    now: datetime,
    *,
    rest: timedelta | None = None,
    began: datetime | None = None,
) -> Breaker:
    """Return the breaker after one more failure. `rest` opens it at once and for that long: a fault waiting does not mend.

    `began` is when the failed call left: one that was under way when the breaker opened tells nothing new.
    """
    if began is not None and breaker.opened_at is not None and began <= breaker.opened_at:
        return breaker
    failures = breaker.failures + 1
    if rest is None and failures < policy.threshold and breaker.opened_at is None:
        return Breaker(failures, reason=reason)
    doublings = min(max(failures - policy.threshold, 0), 16)
    pause = min(policy.rest * 2**doublings, policy.ceiling) if rest is None else rest
    return Breaker(failures, breaker.opened_at or now, now + pause, reason)
