"""What being phoned by a plan comes to: "mornings+evenings" in calls a day and minutes a call. May import: calls, call_minutes."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivy.domain.call_minutes import EXPECTED
from ivy.domain.calls import CallKind

_PARTS: Mapping[str, tuple[CallKind, float]] = {
    "mornings": (CallKind.MORNING, 1.0),
    "evenings": (CallKind.EVENING, 1.0),
    "weekly": (CallKind.WEEKLY, 1 / 7),
    "monthly": (CallKind.MONTHLY, 12 / 365),
}
"""Each part's kind of call, and how many of them a day has."""


@dataclass(frozen=True)
class CallPlan:
    """Calls a day, minutes a call (the mean), and which part of minutes and of calls are the evening's, from 0 to 1."""

    calls: float
    minutes: float
    evening: float
    evening_calls: float


def call_plan(words: str) -> CallPlan | None:
    """Read parts joined by +; None if one is not known, or is named twice."""
    parts = [each.strip().lower() for each in words.split("+")]
    if len(set(parts)) < len(parts) or not _PARTS.keys() >= set(parts):
        return None
    calls = {name: a_day for name, (_, a_day) in _PARTS.items() if name in parts}
    minutes = {name: a_day * EXPECTED[_PARTS[name][0]].total_seconds() / 60 for name, a_day in calls.items()}
    in_all = sum(calls.values())
    return CallPlan(
        in_all,
        sum(minutes.values()) / in_all,
        minutes.get("evenings", 0.0) / sum(minutes.values()),
        calls.get("evenings", 0.0) / in_all,
    )


def names() -> tuple[str, ...]:
    """Return what a plan may be made of."""
    return tuple(_PARTS)
