"""Asks a provider what became of a call of which nothing was heard. May import: the agent and below.

Webhooks get lost. Asked once when a call that nobody picked up must be over, so that its text comes within five minutes;
then at 0, 1, 5, 15 and 60 minutes after any call must be over: it counts as lost, which is nobody's fault but the provider's.
"""

from datetime import timedelta

from ivy import log
from ivy.clock import unstamp
from ivy.daemon.context import Context, Dropped, Later, Outcome
from ivy.daemon.handlers import call_reports
from ivy.domain.calls import Again, CallOutcome, CallState, Report, Verdict
from ivy.ports import Voice
from ivy.store import calls
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.jobs import Job

logger = log.get(__name__)
ASKED_AT = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
LOST = "lost"


async def handle(job: Job, context: Context) -> Outcome:
    """Bring one call to its end, by asking; a call whose end is known needs nothing."""
    call = await context.store.read(calls.find, str(job.payload["call"]))
    if call is None or context.voice is None:
        return Dropped("There is no such call, or nobody to ask.")
    why = job.payload.get("why")
    waits_for_analysis, was_rung = why == call_reports.ANALYSIS, why == call_reports.RINGING
    if call.state is CallState.ANALYSED or (call.report.is_over and not waits_for_analysis):
        return Dropped("It is over, and known to be.")
    if was_rung and call.state is not CallState.DIALING:
        return Dropped("Somebody picked up.")
    report = await _ask(context.voice, call)
    if report is not None and (report.is_over or waits_for_analysis):
        return lambda connection: call_reports.take(connection, [report], context.desk(job))
    if waits_for_analysis:
        return Dropped("Its analysis does not come.")
    if was_rung:
        return Dropped("It goes on.")
    waited = context.clock.now() - unstamp(int(job.payload["from_ms"]))
    following = next((after for after in ASKED_AT if after > waited), None)
    if following is not None:
        return Later(unstamp(int(job.payload["from_ms"])) + following)
    logger.error("call %s is lost: nothing was heard of it, and its provider knows no end", call.id)
    lost = Report(
        provider=call.provider,
        provider_call_id=call.provider_call_id,
        our_id=call.id,
        seen=(LOST,),
        reason=LOST,
        verdict=Verdict(CallOutcome.FAILED, Again.NO, known=False),  # any word of the provider's is surer
    )
    return lambda connection: _lose(connection, lost, job, context)


async def _ask(voice: Voice, call: Call) -> Report | None:
    """Ask by the provider's id, else by ours. Raises: VendorError."""
    if call.provider_call_id:
        return await voice.get(call.provider_call_id)
    return await voice.look_up(call.id)


def _lose(connection: Connection, lost: Report, job: Job, context: Context) -> None:
    call_reports.take(connection, [lost], context.desk(job))
