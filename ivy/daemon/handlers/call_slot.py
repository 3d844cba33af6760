"""A contact that somebody chose is due: a call is asked for, once a local date, or a text is begun.

May import: the agent and below.
"""

from ivy import log
from ivy.agent import checkins
from ivy.clock import unstamp
from ivy.daemon.context import Context, Dropped, Outcome
from ivy.domain.calls import CallKind
from ivy.domain.consent import Purpose
from ivy.domain.schedule import to_wall
from ivy.domain.slots import By
from ivy.store import call_slots, calls, consents, people
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.jobs import Job
from ivy.store.scope import within

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
    may_call = Purpose.CALLS in consents.current(scope)
    by_phone = slot.by is By.VOICE and may_call and person.phone and context.voice is not None
    if not by_phone:
        checkins.begin(scope, person, kind, desk, day=day)
        return
    call = Call(
        desk.new_id(),
        scope.user_id,
        kind,
        day,
        due_at,
        chosen=slot.consent_id is not None,
        slot=calls.slot_of(scope.user_id, kind, day),
        trace_id=desk.trace_id,
    )
    calls.ask(scope, call, now=desk.now)
