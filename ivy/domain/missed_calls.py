"""What follows a call that did not come about: another try, a text, another time, a question. May import: the domain.

Source: C-w4-retry, C-w6-recover, E20. What somebody declined is not tried again, a fault of ours or the provider's is never
their miss, and whatever happens they hear of it in one text within five minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from ivy.domain.calling_hours import OwnHours, is_open
from ivy.domain.calls import Again, CallKind, CallOutcome
from ivy.domain.schedule import local_date, to_instant, to_wall
from ivy.domain.windows import quiet_until

TEXT_WITHIN = timedelta(minutes=5)
RETRIES = (10, 40)
"""In minutes after the first attempt; the default of calls.retries_minutes."""
ASK_AFTER = 2
"""Unanswered slots in a row, after which the slot becomes a text and its time is asked about."""
LADDER = frozenset({CallKind.MORNING, CallKind.EVENING, CallKind.WEEKLY, CallKind.MONTHLY})
"""Calls at a time that somebody chose. Any other is tried once: a second ring for a rescue would be pressure."""
RECOVERED = frozenset({"elite", "concierge"})
"""Tiers whose missed calls are offered at another time as well."""
UNANSWERED = frozenset({CallOutcome.MISSED, CallOutcome.VOICEMAIL})
NO_MORE = frozenset({Again.NO, Again.NEVER, Again.MEND, Again.AT_WISH})


class Do(Enum):
    RETRY = "retry"
    WRITE = "write"
    """A text: we missed each other, call now, later, or text instead. Once for all attempts of a call."""
    ALTERNATE = "alternate"
    """One call at the same time tomorrow. None is placed where a slot of theirs comes by then: today it is the other time."""
    CHECK_IN = "check_in"
    """A text in place of a call that could not be had: how did it go?"""
    ASK_SLOT = "ask_slot"
    """The slot is by text from now on, and they are asked when a call would suit. It stands in for WRITE."""
    ARRANGE = "arrange"
    """They asked for another time: nothing is tried until it is known."""
    END_CALLS = "end_calls"
    """They said, to the agent, that they want no calls: their consent to calls ends."""
    TELL_OPERATOR = "tell_operator"


@dataclass(frozen=True)
class Step:
    """One thing to do at `at` (UTC); for RETRY and ALTERNATE the moment to dial, for texts the latest."""

    do: Do
    at: datetime


@dataclass(frozen=True)
class Attempted:
    """One attempt at a call that is over. `day` is the person's local date, `first_at` when the first attempt was placed."""

    kind: CallKind
    outcome: CallOutcome
    again: Again
    day: date
    first_at: datetime
    attempt: int = 1
    """From 1; the ones before had no answer either."""
    tier: str = "core"
    written: bool = False
    """WRITE was done after an earlier attempt."""
    unanswered: int = 0
    """Slots of this kind in a row that nobody answered, this one included; see `counts_as_miss`."""
    chosen: bool = False
    """They chose the time of the first attempt."""
    alternate: bool = False
    """This was itself the call at another time."""
    other_slot_at: datetime | None = None
    """When they are phoned next by another slot of theirs."""
    next_at: datetime | None = None
    """When they are phoned next by this slot itself."""


def is_fault(outcome: CallOutcome) -> bool:
    """Say whether a call failed by us or the provider: nothing of it may count against the person."""
    return outcome in (CallOutcome.FAILED, CallOutcome.CANCELLED)


def counts_as_miss(call: Attempted) -> bool:
    """Say whether a slot is one more that was not answered; count it once, when `after` has no RETRY left for it."""
    return call.kind in LADDER and not call.alternate and call.outcome in (*UNANSWERED, CallOutcome.DECLINED)


def after(
    call: Attempted, own: OwnHours, now: datetime, *, retries_minutes: Sequence[int] = RETRIES
) -> tuple[Step, ...]:
    """Return what follows an attempt, in the order to do it; nothing where they spoke, or we stopped it ourselves.

    `retries_minutes` are counted from the first attempt and rise. A caller that was asked to stop does none of it.
    """
    if call.kind is CallKind.NOTICE:  # the message goes another way, which is all that is to be done for the person
        return (Step(Do.TELL_OPERATOR, now),) if call.again in (Again.MEND, Again.NEVER) else ()
    if call.again is Again.AT_WISH:
        return (Step(Do.ARRANGE, now),)
    if call.outcome is CallOutcome.OPTED_OUT:
        return (Step(Do.END_CALLS, now),)
    if call.outcome in (CallOutcome.COMPLETED, CallOutcome.CANCELLED) or call.kind in (CallKind.TEST, CallKind.INBOUND):
        return ()
    retry = next_retry(call, own, now, retries_minutes=retries_minutes)
    steps = (*_words(call, now, last=retry is None), *([Step(Do.RETRY, retry)] if retry else _recovery(call, own, now)))
    if call.again in (Again.MEND, Again.NEVER):
        return (*steps, Step(Do.TELL_OPERATOR, now))
    return steps


def next_retry(
    call: Attempted, own: OwnHours, now: datetime, *, retries_minutes: Sequence[int] = RETRIES
) -> datetime | None:
    """Return when to dial again, or None: only on the same local date, outside quiet hours and within calling hours.

    A time that is over, because the end of the call was heard of late, is left out, and so is one that hours forbid:
    a call moved to when they open would be no retry.
    """
    declined = call.outcome in (CallOutcome.DECLINED, CallOutcome.OPTED_OUT, CallOutcome.COMPLETED)
    if call.kind not in LADDER or call.alternate or declined or call.again in NO_MORE:
        return None
    left = [call.first_at + timedelta(minutes=minutes) for minutes in retries_minutes[call.attempt - 1 :]]
    return next((at for at in left if at > now and _within(own, call, at)), None)


def has_first_retry(call: Attempted) -> bool:
    """Say whether what may follow is the first retry of a call that they missed, at whatever time that is."""
    is_first = call.attempt == 1 and not call.alternate
    return is_first and call.outcome in UNANSWERED and call.kind in LADDER and call.again not in NO_MORE


def _within(own: OwnHours, call: Attempted, at: datetime) -> bool:
    if local_date(at, own.zone) != call.day:
        return False
    return may_ring(own, at, call.first_at) if call.chosen else _is_free(own, at)


def may_ring(own: OwnHours, at: datetime, first_at: datetime) -> bool:
    """Say whether a later try may be dialled at `at`, where `first_at` is a time that they chose themselves.

    Whoever wants to be phoned at six is awake at twenty past six; a slot at ten to nine says nothing of half past nine. So
    their quiet hours, and the law's hours, bind a later try only where the first time lay outside of them.
    """
    quiet = quiet_until(own.quiet, own.zone, at) is None or quiet_until(own.quiet, own.zone, first_at) is not None
    lawful = is_open(own.hours, own.country, own.zone, at) or not is_open(own.hours, own.country, own.zone, first_at)
    return quiet and lawful


def _is_free(own: OwnHours, at: datetime) -> bool:
    return quiet_until(own.quiet, own.zone, at) is None and is_open(own.hours, own.country, own.zone, at)


def _words(call: Attempted, now: datetime, *, last: bool) -> tuple[Step, ...]:
    """Return the one text: the question about the slot when it has gone unanswered too often, else that we missed each other."""
    if last and _asks(call):
        return (Step(Do.ASK_SLOT, now + TEXT_WITHIN),)
    return () if call.written or call.alternate else (Step(Do.WRITE, now + TEXT_WITHIN),)


def _asks(call: Attempted) -> bool:
    return counts_as_miss(call) and call.unanswered >= ASK_AFTER


def _recovery(call: Attempted, own: OwnHours, now: datetime) -> tuple[Step, ...]:
    """Return the last rungs of those tiers that have them: one call at another time, then a text.

    A slot of theirs later today is the other time, and its own end brings the text; one of tomorrow is a day of its own, so
    the text comes today.
    """
    worth_it = call.outcome in UNANSWERED and call.again is Again.LADDER and call.kind in LADDER
    if call.tier not in RECOVERED or not worth_it or _asks(call):
        return ()
    if call.alternate:
        return (Step(Do.CHECK_IN, now + TEXT_WITHIN),)
    tomorrow = _same_time_tomorrow(call, own)
    coming = [at for at in (call.other_slot_at, call.next_at) if at is not None and now < at <= tomorrow]
    if coming:
        return () if local_date(min(coming), own.zone) == call.day else _check_in_today(call, own, now)
    if tomorrow > now and _is_free(own, tomorrow):
        return (Step(Do.ALTERNATE, tomorrow),)
    return (Step(Do.CHECK_IN, now + TEXT_WITHIN),) if call.written else ()  # else WRITE goes out at this very moment


def _check_in_today(call: Attempted, own: OwnHours, now: datetime) -> tuple[Step, ...]:
    """Return the text of a day whose calls are over: on that day, outside their quiet hours, and not beside WRITE."""
    is_today = local_date(now, own.zone) == call.day and quiet_until(own.quiet, own.zone, now) is None
    return (Step(Do.CHECK_IN, now + TEXT_WITHIN),) if call.written and is_today else ()


def _same_time_tomorrow(call: Attempted, own: OwnHours) -> datetime:
    clock = to_wall(call.first_at, own.zone).time().replace(second=0, microsecond=0)
    return to_instant(datetime.combine(call.day + timedelta(days=1), clock), own.zone)
