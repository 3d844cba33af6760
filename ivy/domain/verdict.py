"""What becomes of a job whose attempt failed: another try, a pause of its queue, or the dead letters.

May import: domain.jobs, domain.poison, domain.retry, errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ivy.domain.jobs import Kind
from ivy.domain.poison import fingerprint, is_poison
from ivy.domain.retry import RetryPolicy, next_try
from ivy.errors import OutcomeUnknown, StoreBusy, VendorBusy, VendorMisconfigured, VendorRefused


@dataclass(frozen=True)
class TryAgain:
    at: datetime
    reason: str
    error: str


@dataclass(frozen=True)
class GiveUp:
    reason: str
    error: str


@dataclass(frozen=True)
class PauseQueue:
    reason: str


Verdict = TryAgain | GiveUp | PauseQueue


class TookTooLong(Exception):
    """The attempt outlived its kind's limit."""


def judge(
    error: Exception,
    *,
    kind: Kind,
    policy: RetryPolicy,
    failures: int,
    earlier: Sequence[str],
    now: datetime,
    deadline: datetime,
    jitter: float,
) -> Verdict:
    """Decide after the `failures`-th failure (from 1); `earlier` are the fingerprints of the failures before it."""
    reason = plain(error)
    if isinstance(error, VendorMisconfigured):
        return PauseQueue(reason)
    name = fingerprint(error)
    if kind.dies_at_once or isinstance(error, VendorRefused):
        return GiveUp(reason, name)
    expected = isinstance(error, VendorBusy | OutcomeUnknown | StoreBusy | TookTooLong)
    if not expected and is_poison([*earlier, name]):
        return GiveUp(f"The same failure three times: {reason}", name)
    after = error.after if isinstance(error, VendorBusy) else None
    at = next_try(policy, failures, now=now, deadline=deadline, jitter=jitter, after=after)
    if at is None:
        return GiveUp(f"Given up after {failures} attempts: {reason}", name)
    return TryAgain(at, reason, name)


def plain(error: BaseException) -> str:
    """Return one line that says what went wrong, without a trace."""
    return " ".join(f"{error}".split())[:500] or type(error).__name__
