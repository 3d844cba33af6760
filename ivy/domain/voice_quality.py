"""How a call sounded, from what is known of it: waits, interruptions, silence, an early end. May import: calls.

Reckoned from the report that is kept of each call, so it can be reckoned anew at any time.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

from ivy.domain.calls import CallOutcome, Report

EARLY = 10.0
"""Seconds: who hangs up within them did not want to hear more. Source: the plan, "hang-up in first 10 s"."""
FEWEST_CALLS = 20
"""Of fewer calls a share or a median says nothing."""
MOST_EARLY = 0.25
"""A larger share of early ends is too much. Our own choice; carriers take numbers with many short calls for spam
(reference voice.md, `marked_as_spam`)."""
LONGEST_WAIT_MS = 2_000
"""A larger median of answers' waits is too much: the strictest of the plan's three targets. Retell tells it of each call
as `latency.e2e.p50`, in ms (reference voice.md 2)."""
_PICKED_UP = (CallOutcome.COMPLETED, CallOutcome.DECLINED, CallOutcome.OPTED_OUT)


@dataclass(frozen=True)
class Quality:
    """One call. Waits in milliseconds, silence in seconds; None where the provider told no times."""

    answer_wait_ms: int | None
    """The median wait for an answer of the agent's."""
    interruptions: int | None
    """How often either began before the other had ended."""
    longest_silence: float | None
    hung_up_early: bool


@dataclass(frozen=True)
class Summary:
    """Many calls that somebody picked up; the waits are those of the calls' medians."""

    calls: int = 0
    early: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None

    @property
    def early_share(self) -> float:
        return self.early / self.calls if self.calls else 0.0

    @property
    def complaints(self) -> tuple[str, ...]:
        """Say which threshold is passed; nothing of too few calls."""
        if self.calls < FEWEST_CALLS:
            return ()
        found: list[str] = []
        if self.early_share > MOST_EARLY:
            found.append(f"{self.early} of {self.calls} people hung up within {EARLY:.0f} s")
        if self.p50_ms is not None and self.p50_ms > LONGEST_WAIT_MS:
            found.append(f"half of the calls have their people wait {self.p50_ms / 1000:.1f} s or more for an answer")
        return tuple(found)


def quality(report: Report) -> Quality | None:
    """Return how a call sounded; None for one that is not over, or that nobody picked up."""
    if report.outcome not in _PICKED_UP:
        return None
    timed = [
        (turn.by, turn.start, turn.end) for turn in report.spoken if turn.start is not None and turn.end is not None
    ]
    by_person = report.verdict is not None and report.verdict.by_person
    lasted = report.duration_seconds
    return Quality(
        report.latency_ms if report.latency_ms is not None else _wait(timed),
        sum(one[0] != other[0] and other[1] < one[2] for one, other in pairwise(timed)) if timed else None,
        _silence(timed, lasted) if timed else None,
        by_person and lasted is not None and lasted < EARLY,
    )


_Timed = tuple[str, float, float]
"""Who spoke, from when to when."""


def _wait(timed: Sequence[_Timed]) -> int | None:
    waits = [max(0.0, other[1] - one[2]) for one, other in pairwise(timed) if (one[0], other[0]) == ("person", "agent")]
    return round(median(waits) * 1000) if waits else None


def _silence(timed: Sequence[_Timed], lasted: float | None) -> float:
    """Return the longest span without a word, those before the first and after the last included."""
    spoken = sorted((start, end) for _, start, end in timed)
    quiet_from = accumulate((end for _, end in spoken), max, initial=0.0)
    ends = [start for start, _ in spoken] + ([] if lasted is None else [lasted])
    return round(max(0.0, *(until - since for since, until in zip(quiet_from, ends, strict=False))), 1)


def summary(found: Iterable[Quality]) -> Summary:
    """Return many calls as one."""
    calls = list(found)
    waits = sorted(each.answer_wait_ms for each in calls if each.answer_wait_ms is not None)
    return Summary(len(calls), sum(each.hung_up_early for each in calls), _at(waits, 0.5), _at(waits, 0.95))


def _at(ordered: Sequence[int], part: float) -> int | None:
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else None
