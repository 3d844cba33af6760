"""A contact that somebody chose is due: a call is asked for, once a local date, or a text is begun.

May import: the agent and below.
"""

from datetime import date, datetime

from ivy import log
from ivy.agent import checkins
from ivy.agent.desk import Desk
from ivy.clock import unstamp
from ivy.daemon.context import Context, Dropped, Outcome
from ivy.daemon.handlers import call_reports
from ivy.domain.calls import CallKind, CallState
from ivy.domain.consent import Purpose
from ivy.domain.schedule import to_wall
from ivy.domain.slots import By
from ivy.store import call_slots, calls, consents, jobs, lost_contacts, people
from ivy.store.binding import Connection
from ivy.store.call_slots import Slot
from ivy.store.calls import Call
from ivy.store.jobs import Job
from ivy.store.people import Person
from ivy.store.scope import Scope, within

logger = log.get(__name__)
SILENT = ("stopped", "paused")


async def handle(job: Job, context: Context) -> Outcome:
    """Ask for the call of a slot; a slot that is off by now, or whose person is silent, is dropped."""
    if job.user_id is None:
        return Dropped("It is nobody's slot.")
    return lambda connection: begin(connection, job, context)


def begin(connection: Connection, job: Job, context: Context) -> None:
    """Begin the contact of a slot, by phone or by text; a date that has had it stays as it is."""
    scope, desk = within(connection, str(job.user_id)), context.desk(job)
    slot = call_slots.load(scope, str(job.payload["ref"]))
    person = people.load(scope)
    if slot is None or not slot.is_on or person.status in SILENT:
        logger.info("slot %s is not kept: it is off, or they are %s", job.payload["ref"], person.status)
        return
    due_at = unstamp(int(job.payload["at_ms"]))
    day, kind = to_wall(due_at, person.zone).date(), CallKind(slot.kind.value)
    if not _goes_by_phone(scope, person, slot, has_voice=context.voice is not None):
        checkins.begin(scope, person, kind, desk, day=day)
        return
    calls.ask(scope, _call_of(scope, slot, day, due_at, desk), now=desk.now)


def _goes_by_phone(scope: Scope, person: Person, slot: Slot, *, has_voice: bool) -> bool:
    return slot.by is By.VOICE and Purpose.CALLS in consents.current(scope) and bool(person.phone) and has_voice


def _call_of(scope: Scope, slot: Slot, day: date, due_at: datetime, desk: Desk) -> Call:
    kind = CallKind(slot.kind.value)
    return Call(
        desk.new_id(),
        scope.user_id,
        kind,
        day,
        due_at,
        chosen=slot.consent_id is not None,
        slot=calls.slot_of(scope.user_id, kind, day),
        trace_id=desk.trace_id,
    )


def buried(connection: Connection, job: Job, reason: str, desk: Desk) -> None:
    """A contact that came too late, or never, is a fault of ours: kept as one, so that its day costs nothing.

    A call is told of like any other that failed, while its part of the day goes on.
    """
    if job.user_id is None:
        return
    scope, due_at = within(connection, job.user_id), unstamp(int(job.payload["at_ms"]))
    slot, person = call_slots.load(scope, str(job.payload["ref"])), people.load(scope)
    if slot is None or not slot.is_on or person.status in SILENT:
        return
    day = to_wall(due_at, person.zone).date()
    if not _goes_by_phone(scope, person, slot, has_voice=desk.config.voice.enabled):
        lost_contacts.note(scope, day, CallKind(slot.kind.value), due_at, reason=reason, now=desk.now)
        return
    call = _call_of(scope, slot, day, due_at, desk)
    if not calls.ask(scope, call, now=desk.now):  # that day has had its call
        return
    jobs.cancel_key(connection, calls.job_key(call.id), now=desk.now)
    failed = calls.move(connection, call, CallState.FAILED, reason, now=desk.now)
    if failed is not None and desk.now <= due_at + checkins.PATIENCE:
        call_reports.enqueue_over(connection, failed, desk)
