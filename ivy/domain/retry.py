"""When to try again: backoff with jitter. May import: the standard library."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_DOUBLINGS = 32  # more would overflow a timedelta, and the ceiling is long reached


@dataclass(frozen=True)
class RetryPolicy:
    """`first` is the longest wait after the first failure; it doubles up to `ceiling`."""

    first: timedelta = timedelta(seconds=2)
    ceiling: timedelta = timedelta(minutes=15)


def next_try(
    policy: RetryPolicy,
    failures: int,
    *,
    now: datetime,
    deadline: datetime,
    jitter: float,
    after: timedelta | None = None,
) -> datetime | None:
    """Return when to try again after `failures` (from 1), or None if that is not before `deadline`. 0 <= `jitter` < 1.

    Full jitter: anywhere between now and the backoff. The vendor's advice, `after`, wins over the backoff; it is
    never taken below `policy.first`, or a vendor that says 0 would be asked in a tight loop.
    """
    if after is None:
        wait = _backoff(policy, failures) * jitter
    else:
        wait = max(after, policy.first)
    return now + wait if wait < deadline - now else None


def _backoff(policy: RetryPolicy, failures: int) -> timedelta:
    doublings = min(max(failures - 1, 0), _DOUBLINGS)
    return min(policy.first * 2**doublings, policy.ceiling)
