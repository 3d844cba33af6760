"""Closes a day a whole day after it, and asks about it on the next morning. May import: the agent and below.

Day D is closed on the evening of D + 1: until then the person has time to say what became of it, and only their own words
count. What is closed late, or around a long journey, costs nobody anything.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ivy.agent import verdicts
from ivy.clock import unstamp
from ivy.daemon.context import Context, Dropped, Outcome
from ivy.domain import streaks
from ivy.domain.jobs import DAY_CLOSE
from ivy.domain.schedule import local_date, to_instant, zone
from ivy.store import backups, calls, feedback, jobs, lost_contacts, people, preferences, workouts
from ivy.store.binding import Connection
from ivy.store.feedback import Kind
from ivy.store.jobs import Job, NewJob
from ivy.store.people import Person
from ivy.store.scope import Scope, for_user, within
from ivy.store.workouts import Word

CRON = "0 23 * * *"
BEFORE_CLOSE = timedelta(hours=6)
"""This long before its slot it is the evening's own date everywhere, even where clocks jump over midnight."""
PUNCTUAL = timedelta(hours=1)
"""A day that is closed later than this after its slot was closed late."""
ASKED_AT = time(9)
ASKED_UNTIL = timedelta(hours=9)
"""Later than this the day is over, and nothing is asked. Until then it is: a miss is not followed by two silent days (E7)."""
LOOKED_BACK = timedelta(days=14)
JOURNEY = timedelta(hours=3)
"""A change of the clock on the wall by this much makes the days around it unsure."""
_KEPT = "day_close"


@dataclass(frozen=True)
class _Known:
    """The last day that was closed, and the zones that the person lived by on the last two evenings."""

    last: date
    zone: str
    zone_before: str


async def handle(job: Job, context: Context) -> Outcome:
    """Close the day before the evening of the slot, or `day`; with `ask` in the payload, ask about a day that was closed."""
    if job.user_id is None:
        return Dropped("It is nobody's day.")
    user_id = job.user_id
    person = await for_user(context.store, user_id).read(people.load)
    if person.status != "active":
        return Dropped(f"The person is {person.status}.")
    if "ask" in job.payload:
        if context.clock.now() > job.due_at + ASKED_UNTIL:
            return Dropped("The day is over.")
        return lambda connection: _ask(within(connection, user_id), job, context)
    return lambda connection: _close(connection, user_id, job, context)


def _ask(scope: Scope, job: Job, context: Context) -> None:
    person = people.load(scope)
    if person.status == "active" and not person.coach_is_quiet:
        verdicts.ask(scope, person, date.fromisoformat(str(job.payload["day"])), context.desk(job))


def _close(connection: Connection, user_id: str, job: Job, context: Context) -> None:
    """Close the day and those before it that were never closed, in one commit with the question's job."""
    scope = within(connection, user_id)
    person, now = people.load(scope), context.clock.now()
    day = _day_of(job, person)
    known = _known(scope)
    is_late = now > job.due_at + PUNCTUAL
    word = Word(person, "day_close", now, context.new_id, context.config.giving, context.config.experiments)
    outcome = None
    for each in _to_close(day, known):
        unsure = is_late or each < day or _is_journey(person, known, now)
        unsure = unsure or backups.lost_day(connection, each, person.zone)  # what they said of it may be lost
        fault = calls.failed_by_fault(scope, each) or lost_contacts.was_lost(scope, each) or person.is_cared_for
        fault = fault or feedback.is_kept(scope, Kind.APPEAL, each.isoformat())  # a call of that day was judged wrongly
        outcome = workouts.close(scope, each, word, fault=fault, unsure=unsure)
    if known is None or day > known.last:
        _remember(scope, day, person, known, now)
    if outcome is streaks.Outcome.MISSED:
        _ask_in_the_morning(connection, day, person, job, context)


def _day_of(job: Job, person: Person) -> date:
    if "day" in job.payload:
        return date.fromisoformat(str(job.payload["day"]))
    evening = local_date(unstamp(int(job.payload["at_ms"])) - BEFORE_CLOSE, person.zone)
    return evening - timedelta(days=1)


def _to_close(day: date, known: _Known | None) -> list[date]:
    """Return the days that are to be closed, `day` last; none that was closed before."""
    first = day if known is None else max(known.last + timedelta(days=1), day - LOOKED_BACK)
    return [first + timedelta(days=number) for number in range((day - first).days + 1)]


def _is_journey(person: Person, known: _Known | None, now: datetime) -> bool:
    """Say whether the person's clock was set by hours on the day that is closed, or on the day they had to speak of it."""
    if known is None:
        return False
    offsets = [now.astimezone(zone(name)).utcoffset() for name in (known.zone_before, known.zone, person.zone)]
    there = [offset for offset in offsets if offset is not None]
    return max(there) - min(there) >= JOURNEY


def _known(scope: Scope) -> _Known | None:
    words = (preferences.recall(scope, _KEPT) or "").split()
    return _Known(date.fromisoformat(words[0]), words[1], words[2]) if words else None


def _remember(scope: Scope, day: date, person: Person, known: _Known | None, now: datetime) -> None:
    zones = f"{person.zone} {known.zone if known is not None else person.zone}"
    preferences.remember(scope, _KEPT, f"{day} {zones}", source="day_close", now=now)


def _ask_in_the_morning(connection: Connection, day: date, person: Person, job: Job, context: Context) -> None:
    now = context.clock.now()
    morning = datetime.combine(local_date(now, person.zone), ASKED_AT)
    at = to_instant(morning, person.zone)
    if at <= now:
        at = to_instant(morning + timedelta(days=1), person.zone)
    question = NewJob(
        id=context.new_id(),
        kind=DAY_CLOSE,
        key=f"day_ask:{person.id}:{day}",
        due_at=at,
        payload={"day": day.isoformat(), "ask": True},
        user_id=person.id,
        trace_id=job.trace_id,
    )
    jobs.enqueue(connection, question, now=now)
