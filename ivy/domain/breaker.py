"""When a failing vendor is left alone, and when it is tried again. May import: errors.

Closed: calls pass. Three failures in a row open it: none pass. After the rest one trial passes (half-open); it closes the
breaker, or opens it for twice as long. The trial is the next real call, never a ping.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ivy.errors import Cause, VendorBusy, VendorError, VendorMisconfigured, VendorRefused


@dataclass(frozen=True)
class BreakerPolicy:
    """`threshold` failures in a row open it for `rest`, then twice as long each time, `ceiling` at most.

    `setup` is the rest after an error of configuration, `hard` after a wrong key or a model that is gone.
    """

    threshold: int = 3
    rest: timedelta = timedelta(seconds=30)
    ceiling: timedelta = timedelta(minutes=10)
    setup: timedelta = timedelta(minutes=5)
    hard: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class Breaker:
    """`failures` in a row; `opened_at` and `until` are set while calls do not pass.

    `cause` is what an operator must mend, None while it merely fails; `not_before` is when a vendor that is well, and
    throttles, wants to be asked again.
    """

    failures: int = 0
    opened_at: datetime | None = None
    until: datetime | None = None
    reason: str = ""
    cause: Cause | None = None
    not_before: datetime | None = None


CLOSED = Breaker()


def waits_until(breaker: Breaker, now: datetime) -> datetime | None:
    """Return when a call may be made; None if one may now: always while closed, one as a trial when the rest is over."""
    return max((at for at in (breaker.until, breaker.not_before) if at is not None and at > now), default=None)


def lets_pass(breaker: Breaker, now: datetime) -> bool:
    """Say whether a call may be made now."""
    return waits_until(breaker, now) is None


def on_trial(breaker: Breaker, now: datetime, limit: timedelta) -> Breaker:
    """Return the breaker while a call of at most `limit` is under way: an open one lets no second trial pass."""
    return breaker if breaker.until is None else replace(breaker, until=now + limit)


def after_success(breaker: Breaker, now: datetime) -> Breaker:
    """Return the breaker after an answer: closed, though a pause that the vendor asked for stays."""
    throttled = breaker.not_before is not None and breaker.not_before > now
    return Breaker(not_before=breaker.not_before) if throttled else CLOSED


def after_failure(
    breaker: Breaker,
    policy: BreakerPolicy,
    reason: str,
    now: datetime,
    *,
    rest: timedelta | None = None,
    began: datetime | None = None,
    cause: Cause | None = None,
) -> Breaker:
    """Return the breaker after one more failure. `rest` opens it at once and for that long: a fault waiting does not mend.

    `began` is when the failed call left: one that was under way when the breaker opened tells nothing new.
    """
    if began is not None and breaker.opened_at is not None and began <= breaker.opened_at:
        return breaker
    failures = breaker.failures + 1
    if rest is None and failures < policy.threshold and breaker.opened_at is None:
        return Breaker(failures, reason=reason, not_before=breaker.not_before)
    doublings = min(max(failures - policy.threshold, 0), 16)
    pause = min(policy.rest * 2**doublings, policy.ceiling) if rest is None else rest
    return Breaker(failures, breaker.opened_at or now, now + pause, reason, cause, breaker.not_before)


def after_error(
    breaker: Breaker, policy: BreakerPolicy, error: VendorError, now: datetime, *, began: datetime | None = None
) -> Breaker:
    """Return the breaker after a call that ended so: what counts, what only pauses, what opens at once.

    Source: reference/llm.md, table 6.1. A refusal, a conflict and our own full pool say nothing of a vendor's health.
    """
    match error:
        case VendorMisconfigured(cause=cause):
            rest = rest_of(cause, policy, now)
            return after_failure(breaker, policy, error.reason, now, rest=rest, began=began, cause=cause)
        case VendorRefused():
            return after_success(breaker, now)
        case VendorBusy(throttled=True, after=None) | VendorBusy(conflict=True):
            return _untried(breaker, policy, now)
        case VendorBusy(throttled=True, after=timedelta() as after):
            # It answered: whatever failed before was over by then.
            latest = max(now + after, breaker.not_before or now)
            return replace(after_success(breaker, now), not_before=latest)
        case _:
            return after_failure(breaker, policy, error.reason, now, began=began)


def rest_of(cause: Cause, policy: BreakerPolicy, now: datetime) -> timedelta:
    """Return how long a fault keeps a breaker open that an operator must mend: money, till the next month begins (UTC)."""
    if cause is Cause.MONEY:
        today = now.astimezone(UTC)
        return datetime(today.year + today.month // 12, today.month % 12 + 1, 1, tzinfo=UTC) - now
    return policy.setup if cause is Cause.SETUP else policy.hard


def _untried(breaker: Breaker, policy: BreakerPolicy, now: datetime) -> Breaker:
    """A call that told nothing was no trial: the next may be one, after a short rest."""
    return breaker if breaker.until is None else replace(breaker, until=min(breaker.until, now + policy.rest))
