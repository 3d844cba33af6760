"""Reads all that decides about a call at the moment of dialling, and lets the rule decide. May import: the store and below."""

from datetime import UTC, datetime, time

from ivy.daemon.context import Context
from ivy.domain import call_minutes, dialing
from ivy.domain.calling_hours import OwnHours, country_of
from ivy.domain.calls import CallState
from ivy.domain.consent import Consent, PersonStatus
from ivy.domain.dialing import Caps, Decision, Situation, Wish, wish_of
from ivy.domain.schedule import to_instant, to_wall
from ivy.domain.windows import QuietHours
from ivy.store import breakers, calls, calls_off, consents, contact, people, switches, unasked
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.people import Person
from ivy.store.scope import Scope, within


def decide(connection: Connection, call: Call, context: Context) -> Decision:
    """Decide whether a call is dialled now."""
    return dialing.decide(situation(connection, call, context))


def situation(connection: Connection, call: Call, context: Context) -> Situation:
    """Return all that decides about a call, as it is at this moment."""
    scope, now, settings = within(connection, call.user_id), context.clock.now(), context.config.calls
    person = people.load(scope)
    today = to_wall(now, person.zone).date()
    first_at = _first_at(scope, call)
    wish = wish_of(chosen=call.chosen, asked_by=call.asked_by)
    operator = context.config.operator.phone
    return Situation(
        now=now,
        kind=call.kind,
        due_at=call.due_at,
        status=PersonStatus(person.status),
        consents=Consent(consents.current(scope)),
        suspended_until=person.suspended_until,
        own=own_hours(person, context),
        wish=wish,
        minutes=call_minutes.Caps(settings.minutes_per_person_month, settings.minutes_per_day),
        used=_used(scope, person, now),
        handed_over=person.coach_is_quiet,
        to_operator=bool(operator) and person.phone == operator,
        attempt=call.attempt,
        first_at=first_at,
        day=call.day,
        unwanted_today=calls_off.is_left_out(scope, today),
        answered=first_at is not None and contact.spoke_since(scope, first_at),
        queued=call.state is CallState.QUEUED,
        longest_seconds=settings.longest_seconds,
        unasked_today=unasked.today(scope, person.zone, now, apart_from=call.id) if wish is Wish.NOBODY else 0,
        attempts_today=calls.attempts(scope, today),
        caps=Caps(unasked=settings.unasked_per_day),
        voice_on=switches.value(connection, "voice") == "on",
        spending_on=switches.value(connection, "spend") == "on",
        breaker_until=breakers.standing(connection, call.provider or _provider(context), now).until,
        lines_now=calls.lines_in_use(connection),
        lines_limit=dialing.lines_limit(settings.concurrent, context.lines.limit),
        next_dial_at=dialing.paced(calls.last_placed(connection, now=now), settings.per_second),
    )


def _first_at(scope: Scope, call: Call) -> datetime | None:
    """Return when the first attempt of a later one was placed; a ladder's call is by the wish of its first."""
    if call.attempt == 1:
        return None
    first = calls.load(scope, call.chain)
    return first and (first.placed_at or first.due_at)


def own_hours(person: Person, context: Context) -> OwnHours:
    """Return what bounds a call that a person did not ask for."""
    quiet = QuietHours(time.fromisoformat(person.quiet_from), time.fromisoformat(person.quiet_to))
    return OwnHours(person.zone, quiet, context.calling_hours, country_of(person.phone or ""))


def _used(scope: Scope, person: Person, now: datetime) -> call_minutes.Used:
    """Return the seconds of this month of theirs, and of everybody's day by UTC."""
    first = datetime.combine(to_wall(now, person.zone).date().replace(day=1), time())
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return call_minutes.Used(
        calls.seconds_of_person(scope, to_instant(first, person.zone)), calls.seconds_of_all(scope.connection, midnight)
    )


def _provider(context: Context) -> str:
    return context.voice.name if context.voice is not None else ""
