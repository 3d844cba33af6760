"""Takes in what a provider says of calls, in any order, twice or late. May import: the agent and below."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ivy import log
from ivy.agent.desk import Desk
from ivy.clock import stamp
from ivy.daemon import message_prices
from ivy.domain.calls import CallOutcome, CallState, Report
from ivy.domain.extraction import redacted
from ivy.domain.jobs import CALL_CHECK, CALL_OVER
from ivy.store import call_costs, calls, jobs, transcripts
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.jobs import NewJob
from ivy.store.scope import within

logger = log.get(__name__)
RINGING, END, ANALYSIS = "ringing", "end", "analysis"
"""Why a provider is asked what became of a call: nobody picked up, it must be over, its analysis is missing."""
ANALYSED_WITHIN = timedelta(minutes=10)
"""An analysis that has not come by then is asked for once; it may never come."""


def take(connection: Connection, reports: Sequence[Report], desk: Desk) -> None:
    """Let each report have its effect; one that tells nothing new has none."""
    for report in reports:
        heard = calls.hear(connection, report, at=desk.now)
        if heard is None:
            logger.info("a report of call %s tells nothing new", report.our_id or report.provider_call_id)
            continue
        before, after = heard
        if report.spoken:
            transcripts.keep(within(connection, after.user_id), after.id, redacted(report.spoken), now=desk.now)
        _call_off_checks(connection, after, now=desk.now)
        if after.report.is_over:
            _over(connection, before, after, desk)


def _call_off_checks(connection: Connection, call: Call, *, now: datetime) -> None:
    """Nobody need be asked any more what was just told."""
    told = [RINGING] if call.state is not CallState.DIALING else []
    if call.report.is_over:
        told += [END, ANALYSIS] if "analysed" in call.report.seen else [END]
    for why in told:
        jobs.cancel_key(connection, check_key(call, why), now=now)


def _over(connection: Connection, before: Call, after: Call, desk: Desk) -> None:
    """Its line is free and its price known; what follows is a job of its own, one for each thing that was learnt."""
    call_costs.settle(connection, after, usd_per_minute=message_prices.minute_usd(after.to_number, desk))
    connection.touch(CALL_CHECK.queue.value)
    analysed = "analysed" in after.report.seen
    if after.outcome is not before.outcome or analysed != ("analysed" in before.report.seen):
        enqueue_over(connection, after, desk, was=before.outcome)
    if not analysed and after.outcome is CallOutcome.COMPLETED:
        enqueue_check(connection, after, desk, after=ANALYSED_WITHIN, why=ANALYSIS)


def enqueue_over(connection: Connection, call: Call, desk: Desk, *, was: CallOutcome | None = None) -> None:
    """Look at what follows from the end of a call, once for each outcome and once for its analysis.

    `was` is the outcome that it had by what was known before.
    """
    outcome = call.outcome.value if call.outcome else call.state.value
    is_told = call.outcome is CallOutcome.COMPLETED and "analysed" in call.report.seen
    job = NewJob(
        id=desk.new_id(),
        kind=CALL_OVER,
        key=f"over:{call.id}:{outcome}{':analysed' if is_told else ''}",
        due_at=desk.now,
        payload={"call": call.id, "was": was.value if was else ""},
        lane=f"over:{call.user_id}",
        user_id=call.user_id,
        trace_id=call.trace_id,
    )
    jobs.enqueue(connection, job, now=desk.now)


def check_key(call: Call, why: str) -> str:
    return f"check:{call.id}:{why}"


def enqueue_check(connection: Connection, call: Call, desk: Desk, *, after: timedelta, why: str) -> None:
    """Ask the provider later, should nothing be heard until then."""
    job = NewJob(
        id=desk.new_id(),
        kind=CALL_CHECK,
        key=check_key(call, why),
        due_at=desk.now + after,
        payload={"call": call.id, "why": why, "from_ms": stamp(desk.now + after)},
        user_id=call.user_id,
        trace_id=call.trace_id,
    )
    jobs.enqueue(connection, job, now=desk.now)
