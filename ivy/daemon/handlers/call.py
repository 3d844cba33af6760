"""Places one call: decided at this moment, recorded before it leaves, looked up and never dialled blindly after.

May import: the agent and below. `dialing` is committed before the request; a crash or a lost answer leaves that mark, and
the provider is asked what it has of the call before anything else is done.
"""

from datetime import datetime, timedelta

import trio

from ivy import log
from ivy.agent import call_snapshot, notice_calls, paid
from ivy.agent.desk import Desk
from ivy.daemon import calling, failing, message_prices
from ivy.daemon.context import Context, Dropped, Later, Outcome
from ivy.daemon.handlers import call_reports
from ivy.domain import dialing
from ivy.domain.call_variables import MissingVariable
from ivy.domain.calls import CallKind, CallState, Report
from ivy.domain.voicemail import leaves_message
from ivy.errors import OutcomeUnknown, VendorBusy, VendorError, VendorMisconfigured, VendorRefused
from ivy.ports import Dial, Voice
from ivy.store import breakers, call_costs, calls, jobs, people
from ivy.store.binding import Connection
from ivy.store.calls import Call, Dialled
from ivy.store.jobs import Job
from ivy.store.people import Person
from ivy.store.scope import Scope, within
from ivy.store.spending import Reserved

logger = log.get(__name__)
ANSWERS_WITHIN = 30.0
LOOK_UP_AFTER = timedelta(seconds=20)
"""A provider whose answer was lost may need a moment before it can tell."""
_SHORT = {CallKind.NOTICE: notice_calls.LONGEST_SECONDS, CallKind.HELLO: 90}
"""Seconds: who is to know a voice is spoken to for thirty, and may answer."""
NO_VOICE = "voice.enabled is false"


async def handle(job: Job, context: Context) -> Outcome:
    """Take a call one step further along its states."""
    call = await context.store.read(calls.find, str(job.payload["call"]))
    if call is None:
        return Dropped("There is no such call any more.")
    if call.state is CallState.DIALING and not call.provider_call_id:
        return await _look_up(job, call, context)
    if call.state not in calls.NOT_YET:
        return Dropped(f"It is {call.state.value} already.")
    if context.voice is None:
        return _fail(job, call, NO_VOICE, context)
    await context.lines.look(context.voice, context.clock)
    match _in_turn(await context.store.read(calling.decide, call, context), call, context):
        case dialing.Wait(until, rule, queued):
            to = CallState.QUEUED if queued else call.state
            return Later(until, lambda connection: calls.move(connection, call, to, rule, now=context.clock.now()))
        case dialing.Refuse(rule, fault):
            return _fail(job, call, rule, context) if fault else _give_up(job, call, rule, context)
        case dialing.Dial():
            return await _dial(job, call, context.voice, context)


def _in_turn(decision: dialing.Decision, call: Call, context: Context) -> dialing.Decision:
    """Let calls that are due at once wait for a moment of their own each, rather than all for the next one."""
    now = context.clock.now()
    match decision:
        case _ if call.kind is CallKind.TEST:  # its operator waits beside the phone
            return decision
        case dialing.Dial():
            earliest = now
        case dialing.Wait(earliest, dialing.PACED):
            pass
        case _:
            return decision
    turn = context.turns.of(call.id, now, context.config.calls.per_second, earliest=earliest)
    return dialing.Dial() if turn <= now else dialing.Wait(turn, dialing.PACED, queued=True)


def _give_up(job: Job, call: Call, rule: str, context: Context) -> Outcome:
    """It is not made; what that means for the person is looked at like the end of any call."""

    def write(connection: Connection) -> None:
        moved = calls.move(connection, call, CallState.ABANDONED, rule, now=context.clock.now())
        if moved is not None:
            call_reports.enqueue_over(connection, moved, context.desk(job))

    return Dropped(rule, write)


async def _dial(job: Job, call: Call, voice: Voice, context: Context) -> Outcome:
    try:
        dialled, voicemail = await context.store.read(_prepare, call, voice.name, context)
    except MissingVariable as error:
        return _fail(job, call, f"it was not dialled: {error}", context)
    began = context.clock.now()
    reserved = await context.store.write(_begin, job, call, dialled, context)
    if isinstance(reserved, datetime):
        context.turns.keep(call.id, reserved)
        return Later(reserved)
    request = Dial(
        call.id,
        call.user_id,
        dialled.to_number,
        dialled.language,
        dialled.snapshot,
        dialled.reserved_seconds,
        voicemail,
    )
    try:
        with trio.fail_after(ANSWERS_WITHIN):
            provider_call_id = await paid.dial(voice, request, reserved)
    except trio.TooSlowError:
        return await _unsure(call, OutcomeUnknown(voice.name, f"no answer in {ANSWERS_WITHIN:.0f} s"), began, context)
    except OutcomeUnknown as error:
        return await _unsure(call, error, began, context)
    except VendorRefused as error:
        await context.store.write(
            breakers.succeeded, voice.name, context.clock.now()
        )  # it refuses this call, and is well
        return _fail(job, call, str(error), context)
    except (VendorBusy, VendorMisconfigured) as error:
        await context.store.write(_not_placed, call, error, began, context)
        return Later(context.clock.now() + _pause(error))
    return lambda connection: _placed(connection, job, call, provider_call_id, context)


def _prepare(connection: Connection, call: Call, provider: str, context: Context) -> tuple[Dialled, str]:
    """Return what is dialled, and what an answering machine is told. Raises: MissingVariable."""
    scope = within(connection, call.user_id)
    person = people.load(scope)
    told = notice_calls.facts(scope, call)
    snapshot = call_snapshot.build(scope, person, call.kind, now=context.clock.now(), call_day=call.day, told=told)
    dialled = Dialled(
        provider, person.phone or "", person.language, snapshot.prompt, snapshot.variables, _longest(call, context)
    )
    return dialled, _voicemail(scope, call, person, context)


def _begin(connection: Connection, job: Job, call: Call, dialled: Dialled, context: Context) -> Reserved | datetime:
    """Mark a call as leaving, if the rule still says so: others may have taken the line, the minutes or the trial meanwhile.

    Returns when to look again if it does not.
    """
    jobs.check_held(connection, job)
    now, settings = context.clock.now(), context.config.calls
    decision = calling.decide(connection, call, context)
    if not isinstance(decision, dialing.Dial):
        return decision.until if isinstance(decision, dialing.Wait) else now
    if not calls.begin(
        connection, call, dialled, most_lines=dialing.lines_limit(settings.concurrent, context.lines.limit), now=now
    ):
        return now + dialing.LOOK_AGAIN
    breakers.begin(connection, dialled.provider, now, timedelta(seconds=ANSWERS_WITHIN))
    begun = calls.find(connection, call.id) or call
    usd = message_prices.minute_usd(dialled.to_number, context.desk(job))
    return call_costs.reserve(connection, begun, seconds=dialled.reserved_seconds, usd_per_minute=usd, now=now)


def _longest(call: Call, context: Context) -> int:
    """Return how many seconds a call may last."""
    longest = context.config.calls.longest_seconds
    return min(longest, _SHORT.get(call.kind, longest))


def _voicemail(scope: Scope, call: Call, person: Person, context: Context) -> str:
    """Return what an answering machine is told, or "" to hang up without a word."""
    today = calls.of_day(scope, call.day)
    already = any(each.report.voicemail_left for each in today if each.kind is not CallKind.NOTICE)
    if not leaves_message(call.kind, context.config.calls.voicemail, already):
        return ""
    return call_snapshot.voicemail(person, call.kind, notice_calls.facts(scope, call))


def _pause(error: VendorError) -> timedelta:
    """Return how long to wait before the rule is asked again: it knows how long the provider is left alone."""
    return (error.after if isinstance(error, VendorBusy) else None) or dialing.LOOK_AGAIN


def _not_placed(connection: Connection, call: Call, error: VendorError, began: datetime, context: Context) -> None:
    """The provider surely placed nothing: it waits for its next try, and its money is free again."""
    now = context.clock.now()
    if (dialling := calls.find(connection, call.id)) is not None:
        calls.move(connection, dialling, CallState.QUEUED, str(error), now=now)
    call_costs.release(connection, call.id)
    failing.count(connection, call.provider or error.vendor, error, began, context)


async def _unsure(call: Call, error: OutcomeUnknown, began: datetime, context: Context) -> Outcome:
    logger.warning("call %s may have been placed: %s", call.id, error)
    await context.store.write(failing.count, error.vendor, error, began, context)
    return Later(context.clock.now() + LOOK_UP_AFTER)


async def _look_up(job: Job, call: Call, context: Context) -> Outcome:
    """Ask the provider what it has of a call that may have been placed: found, it goes on; surely not, it is dialled anew."""
    if context.voice is None:
        return _fail(job, call, NO_VOICE, context)
    try:
        with trio.fail_after(ANSWERS_WITHIN):
            found = await context.voice.look_up(call.id)
    except trio.TooSlowError:
        raise VendorBusy(context.voice.name, f"no answer in {ANSWERS_WITHIN:.0f} s") from None
    if found is None:
        return Later(context.clock.now(), lambda connection: _never_left(connection, call, context))
    return lambda connection: _found(connection, job, call, found, context)


def _never_left(connection: Connection, call: Call, context: Context) -> None:
    calls.move(connection, call, CallState.QUEUED, "it was not placed", now=context.clock.now())
    call_costs.release(connection, call.id)


def _found(connection: Connection, job: Job, call: Call, found: Report, context: Context) -> None:
    _placed(connection, job, call, found.provider_call_id, context)
    call_reports.take(connection, [found], context.desk(job))


def _placed(connection: Connection, job: Job, call: Call, provider_call_id: str, context: Context) -> None:
    settings = context.config.calls
    calls.placed(connection, call.id, provider_call_id)
    breakers.succeeded(connection, context.voice.name if context.voice else call.provider, context.clock.now())
    rung = settings.ring_seconds + settings.quiet_after_started_seconds
    placed, desk = calls.find(connection, call.id) or call, context.desk(job)
    call_reports.enqueue_check(connection, placed, desk, after=timedelta(seconds=rung), why=call_reports.RINGING)
    longest = timedelta(seconds=rung + settings.longest_seconds)
    call_reports.enqueue_check(connection, placed, desk, after=longest, why=call_reports.END)


def _fail(job: Job, call: Call, reason: str, context: Context) -> Outcome:
    """It cannot be placed as it is, now or later: a fault of ours or the provider's, and never the person's."""

    def write(connection: Connection) -> None:
        before = calls.find(connection, call.id)
        moved = before and calls.move(connection, before, CallState.FAILED, reason, now=context.clock.now())
        call_costs.release(connection, call.id)
        if moved:
            call_reports.enqueue_over(connection, moved, context.desk(job))

    return Dropped(reason, write)


def buried(connection: Connection, job: Job, reason: str, desk: Desk) -> None:
    """A call that is given up on is a fault of ours, which the person hears of like of any other."""
    call = calls.find(connection, str(job.payload["call"]))
    if call is None or call.state not in (*calls.NOT_YET, CallState.DIALING):
        return
    moved = calls.move(connection, call, CallState.FAILED, reason, now=desk.now)
    if moved is not None:
        call_reports.enqueue_over(connection, moved, desk)
