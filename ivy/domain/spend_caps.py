"""How much may still be spent: caps by day and month, of one person and of all, and what happens on the way there.

May import: the standard library. Models, messages, recordings and embeddings count; minutes of calls have caps of their own.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta
from enum import IntEnum

ALERT_AT = (50, 80, 100)
"""Percent of a cap at which the operator hears of it."""
CHEAP_FIRST_FROM = 80
CHEAP_ONLY_FROM = 90
FULL = 100
EXEMPT = frozenset({"reminder", "safety"})
"""What a message may be for that neither a cap nor the switch ever stops. They count all the same."""


@dataclass(frozen=True)
class Sums:
    """Micro-dollars, by span: of all people and of one, by UTC day and calendar month. As caps, 0 means none."""

    day: int = 0
    month: int = 0
    person_day: int = 0
    person_month: int = 0

    def by_span(self) -> Mapping[str, int]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


NO_CAPS = Sums()


class Stage(IntEnum):
    """What may still be asked of models."""

    USUAL = 0
    CHEAP_FIRST = 1
    CHEAP_ONLY = 2
    NOTHING = 3


@dataclass(frozen=True)
class Verdict:
    """Whether a sum may be spent; `span` names the cap in the way and `until` is when it counts from zero again."""

    ok: bool
    span: str = ""
    cap_micros: int = 0
    until: datetime | None = None


def judge(caps: Sums, spent: Sums, estimate: int, *, now: datetime) -> Verdict:
    """Say whether `estimate` more fits within every cap; of several in the way the one that lasts longest is named."""
    for span in ("month", "person_month", "day", "person_day"):
        cap = getattr(caps, span)
        if cap and getattr(spent, span) + estimate > cap:
            return Verdict(False, span, cap, begins_anew(span, now))
    return Verdict(True)


def left(caps: Sums, spent: Sums) -> int | None:
    """Return what may still be spent before the first cap is reached, never below 0; None without any cap."""
    had = spent.by_span()
    rooms = [max(0, cap - had[span]) for span, cap in caps.by_span().items() if cap]
    return min(rooms, default=None)


def nearest(caps: Sums, spent: Sums) -> str:
    """Return the span whose cap leaves least; of equal ones the longest. "" without any cap."""
    had = spent.by_span()
    rooms = {span: max(0, cap - had[span]) for span, cap in caps.by_span().items() if cap}
    return min(rooms, key=lambda span: (rooms[span], not span.endswith("month")), default="")


def percent(caps: Sums, spent: Sums) -> float:
    """Return how far the cap is used up that is nearest to its end, in percent; 0 without any cap."""
    had = spent.by_span()
    return max((100 * had[span] / cap for span, cap in caps.by_span().items() if cap), default=0.0)


def stage(caps: Sums, spent: Sums) -> Stage:
    """Return what may still be asked of models: first the cheap one answers first, then alone, then none does."""
    used = percent(caps, spent)
    if used >= FULL:
        return Stage.NOTHING
    if used >= CHEAP_ONLY_FROM:
        return Stage.CHEAP_ONLY
    return Stage.CHEAP_FIRST if used >= CHEAP_FIRST_FROM else Stage.USUAL


def order(roles: Iterable[str], dear: Mapping[str, int], at: Stage) -> tuple[str, ...]:
    """Return the roles to try, in order. `dear`: micro-dollars of the same call by role, of every role that has a model.

    At the end of the money only what costs nothing may still be asked.
    """
    usual = tuple(role for role in roles if role in dear)
    if at is Stage.USUAL or not usual:
        return usual
    least = 0 if at is Stage.NOTHING else min(dear[role] for role in usual)
    cheap = tuple(role for role in usual if dear[role] <= least)
    if at is not Stage.CHEAP_FIRST:
        return cheap
    return (*cheap, *(role for role in usual if role not in cheap))


def crossed(caps: Sums, spent: Sums, spans: Collection[str]) -> tuple[tuple[str, int], ...]:
    """Return every (span, percent of ALERT_AT) that is reached, of the spans asked for."""
    had = spent.by_span()
    return tuple(
        (span, at)
        for span, cap in caps.by_span().items()
        if span in spans and cap
        for at in ALERT_AT
        if 100 * had[span] >= at * cap
    )


def is_exempt(purpose: str, *, asked_for: bool, knocks: bool = False) -> bool:
    """Say whether a message goes however much is spent: an answer, a reminder, what an operator sends themself.

    A contact that somebody chose for every day is begun by Ivy all the same; what knocks is a template that opens the window.
    """
    is_answer = purpose == "reply" and asked_for
    is_operators = purpose == "notice" and not knocks
    return is_answer or is_operators or purpose in EXEMPT


def begins_anew(span: str, now: datetime) -> datetime:
    """Return when a span next counts from zero: midnight in UTC, or the first of the next month."""
    today = now.astimezone(UTC).date()
    first = today + timedelta(days=1)
    if span.endswith("month"):
        first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return datetime.combine(first, time(), UTC)
