"""Whether a call is dialled at this moment, waits, or is not made: the one decision, asked again at every attempt.

May import: the domain. What the person said comes first, then the clock, then the caps, then what is ours: switches, minutes
and lines. Every answer but "dial" names its rule and, where it lifts by itself, when. What is ours or the provider's is a
fault: such a call never costs a streak.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from ivy.domain import call_minutes
from ivy.domain.calling_hours import OwnHours, next_open
from ivy.domain.calls import CallKind
from ivy.domain.consent import UNTIL_ANSWERED, Consent, PersonStatus, Purpose, may_contact
from ivy.domain.missed_calls import may_ring
from ivy.domain.schedule import local_date, to_instant

LATE = timedelta(minutes=20)
"""A call that begins later than this after its time is at a strange time, and is not made."""
WINDOW = timedelta(minutes=30)
"""Except for one that was on time and waits for us: for a line, for its turn, for the provider."""
LOOK_AGAIN = timedelta(seconds=15)
"""How soon a line is asked for again."""
PACED = "calls are dialled one after the other"


class Wish(Enum):
    """Whose idea a call was."""

    SLOT = "slot"
    """A time that they chose, with the word that chose it: it overrides quiet hours and calling hours."""
    NOW = "now"
    """They asked for this very call just now: it goes out even in a pause."""
    NOBODY = "nobody"
    """Ours, or the operator's."""


def wish_of(*, chosen: bool, asked_by: str) -> Wish:
    """Return whose idea a call was, from what is kept with it: `asked_by` is schedule, person, operator or ladder."""
    if not chosen:
        return Wish.NOBODY
    return Wish.NOW if asked_by == "person" else Wish.SLOT


@dataclass(frozen=True)
class Caps:
    """A local date. `unasked` counts messages too; `attempts` every ring, answered or not, and spares only what they ask for."""

    unasked: int = 2
    attempts: int = 8


@dataclass(frozen=True)
class Situation:
    """All that decides about one call. Instants are UTC."""

    now: datetime
    kind: CallKind
    due_at: datetime
    # --- the person
    status: PersonStatus
    consents: Consent
    suspended_until: datetime | None
    own: OwnHours
    wish: Wish
    minutes: call_minutes.Caps
    used: call_minutes.Used
    handed_over: bool = False
    """A human of the operator's is talking with this person."""
    to_operator: bool = False
    """The number is the operator's own: a test call there is bound by no person's hours, word or caps."""
    # --- the call
    attempt: int = 1
    first_at: datetime | None = None
    """When the first attempt was placed; None where this is it."""
    day: date | None = None
    """The person's local date that it is for: a later try rings on no other."""
    queued: bool = False
    """It was on time, and waited for us since: the last answer was a `Wait` that said so."""
    longest_seconds: int = 600
    # --- caps
    unasked_today: int = 0
    attempts_today: int = 0
    unwanted_today: bool = False
    """They want no calls on this date, but those that they ask for later."""
    answered: bool = False
    """They spoke or wrote since the first attempt: another ring would be about something that is settled."""
    caps: Caps = Caps()
    # --- ours
    voice_on: bool = True
    spending_on: bool = True
    breaker_until: datetime | None = None
    """The provider fails, and is left alone until then."""
    lines_now: int = 0
    lines_limit: int = 10
    """See `lines_limit`."""
    next_dial_at: datetime | None = None
    """See `paced`."""


@dataclass(frozen=True)
class Dial:
    """Dial now."""


@dataclass(frozen=True)
class Wait:
    """Ask again at `until`. `queued`: it waits for us, and is to be asked about as such."""

    until: datetime
    rule: str
    queued: bool = False


@dataclass(frozen=True)
class Refuse:
    """Do not make this call. `fault`: ours or the provider's; `until` is when the rule lifts, None where it does not by itself."""

    rule: str
    fault: bool
    until: datetime | None = None


Decision = Dial | Wait | Refuse


def decide(situation: Situation) -> Decision:
    """Decide what happens to a call at this moment."""
    checks = (_incoming, _early, _ours_to_keep) if _is_test(situation) else _CHECKS
    return next((found for check in checks if (found := check(situation)) is not None), Dial())


def lines_limit(configured: int, at_provider: int | None) -> int:
    """Return how many calls may go on at once: the configured limit, or the provider's where that is lower and known."""
    return configured if at_provider is None else min(configured, at_provider)


def paced(last_dial_at: datetime | None, per_second: float) -> datetime | None:
    """Return the earliest moment for the next dial after one, or None if there was none. `per_second` is above 0."""
    return None if last_dial_at is None else last_dial_at + timedelta(seconds=1 / per_second)


# --- the checks, strictest first ------------------------------------------------------------------------


def _is_test(situation: Situation) -> bool:
    return situation.kind is CallKind.TEST and situation.to_operator


def _incoming(situation: Situation) -> Decision | None:
    if situation.kind is CallKind.INBOUND:
        return Refuse("a call that came in is not dialled", fault=False)
    return None


def _consent(situation: Situation) -> Decision | None:
    permission = may_contact(
        situation.status,
        situation.consents,
        situation.suspended_until,
        Purpose.CALLS,
        asked_for=situation.wish is Wish.NOW,
        now=situation.now,
    )
    if permission.allowed:
        return None
    until = None if permission.until == UNTIL_ANSWERED else permission.until
    return Refuse(permission.rule, fault=False, until=until)


def _unwanted(situation: Situation) -> Decision | None:
    if situation.unwanted_today and situation.wish is not Wish.NOW:
        return Refuse("they want no calls today", fault=False, until=_tomorrow(situation))
    return None


def _answered(situation: Situation) -> Decision | None:
    if situation.answered:
        return Refuse("they answered meanwhile", fault=False)
    return None


def _handed_over(situation: Situation) -> Decision | None:
    if situation.handed_over:
        return Refuse("a human is talking with them, or looks first", fault=False)
    return None


def _early(situation: Situation) -> Decision | None:
    if situation.now < situation.due_at:
        return Wait(situation.due_at, "its time has not come")
    return None


def _late(situation: Situation) -> Decision | None:
    """Whoever is phoned at a strange time is not to blame for it: what made a call late is ours."""
    if not _is_its_day(situation, situation.now):
        return Refuse("it was another try for a day that is over", fault=True)
    if situation.now <= _end(situation):
        return None
    if situation.queued:
        return Refuse(f"it could not be placed within {_minutes(WINDOW)} minutes of its time", fault=True)
    return Refuse(f"more than {_minutes(LATE)} minutes late", fault=True)


def _is_its_day(situation: Situation, at: datetime) -> bool:
    """Say whether it may ring on the date of `at`: a later try that waited, for whatever reason, never goes over midnight."""
    is_first = situation.attempt == 1 or situation.day is None
    return is_first or local_date(at, situation.own.zone) == situation.day


def _hours(situation: Situation) -> Decision | None:
    """Quiet hours and calling hours, for what nobody asked for and for another try of what they did not answer."""
    if situation.wish is not Wish.NOBODY and (situation.attempt == 1 or _is_covered(situation)):
        return None
    opening = next_open(situation.own, situation.now)
    if opening.at == situation.now:
        return None
    if opening.at is not None and opening.at <= situation.due_at + LATE and _is_its_day(situation, opening.at):
        return Wait(opening.at, opening.rule)
    return Refuse(opening.rule, fault=False, until=opening.at)


def _is_covered(situation: Situation) -> bool:
    if situation.first_at is None or situation.wish is not Wish.SLOT:
        return False
    return may_ring(situation.own, situation.now, situation.first_at)


def _caps(situation: Situation) -> Decision | None:
    if situation.wish is Wish.NOW:
        return None
    caps, tomorrow = situation.caps, _tomorrow(situation)
    if situation.wish is Wish.NOBODY and situation.unasked_today >= caps.unasked:
        return Refuse(f"{caps.unasked} unasked contacts today already", fault=False, until=tomorrow)
    if situation.attempts_today >= caps.attempts:
        return Refuse(f"{caps.attempts} attempts a day", fault=False, until=tomorrow)
    return None


def _ours_to_keep(situation: Situation) -> Decision | None:
    """Switches, minutes and lines: they bind every call, a test too."""
    return _switches(situation) or _minutes_left(situation) or _provider(situation) or _lines(situation)


def _switches(situation: Situation) -> Decision | None:
    if not situation.voice_on:
        return Refuse("calls are switched off", fault=True)
    if not situation.spending_on:
        return Refuse("spending is switched off", fault=True)
    return None


def _minutes_left(situation: Situation) -> Decision | None:
    fits = call_minutes.fits(
        situation.minutes, situation.used, situation.longest_seconds, zone=situation.own.zone, now=situation.now
    )
    return None if fits.ok else Refuse(fits.rule, fault=True, until=fits.until)


def _provider(situation: Situation) -> Decision | None:
    if situation.breaker_until is None or situation.breaker_until <= situation.now:
        return None
    return _wait_for_us(situation, situation.breaker_until, "the provider of calls fails")


def _lines(situation: Situation) -> Decision | None:
    if situation.lines_now >= situation.lines_limit:
        rule = f"all {max(situation.lines_limit, 0)} lines are in use"
        return _wait_for_us(situation, situation.now + LOOK_AGAIN, rule)
    if situation.next_dial_at is not None and situation.next_dial_at > situation.now:
        return _wait_for_us(situation, situation.next_dial_at, PACED)
    return None


_CHECKS = (_incoming, _consent, _unwanted, _answered, _handed_over, _early, _late, _hours, _caps, _ours_to_keep)


def _wait_for_us(situation: Situation, until: datetime, rule: str) -> Decision:
    """Wait while the call's window lasts; a test has none: its operator is told at once instead, but of a turn that comes."""
    if _is_test(situation):
        return Wait(until, rule, queued=True) if rule == PACED else Refuse(rule, fault=True, until=until)
    if until > situation.due_at + WINDOW or not _is_its_day(situation, until):
        return Refuse(rule, fault=True, until=until)
    return Wait(until, rule, queued=True)


def _end(situation: Situation) -> datetime:
    return situation.due_at + (WINDOW if situation.queued else LATE)


def _tomorrow(situation: Situation) -> datetime:
    zone = situation.own.zone
    return to_instant(datetime.combine(local_date(situation.now, zone) + timedelta(days=1), time()), zone)


def _minutes(span: timedelta) -> int:
    return round(span / timedelta(minutes=1))
