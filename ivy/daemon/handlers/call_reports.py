"""Takes in what a provider says of calls, in any order, twice or late. May import: the agent and below."""

from collections.abc import Sequence
from datetime import timedelta

from ivy import log
from ivy.agent.desk import Desk
from ivy.clock import stamp
from ivy.daemon import message_prices
from ivy.domain.calls import CallOutcome, Report
from ivy.domain.extraction import redacted
from ivy.domain.jobs import CALL_CHECK, CALL_OVER
from ivy.store import call_costs, calls, jobs, transcripts
from ivy.store.binding import Connection
from ivy.store.calls import Call
from ivy.store.jobs import NewJob
from ivy.store.scope import within

logger = log.get(__name__)
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
        if after.report.is_over:
            _over(connection, before, after, desk)


def _over(connection: Connection, before: Call, after: Call, desk: Desk) -> None:
    """Its line is free and its price known; what follows is a job of its own, one for each thing that was learnt."""
    call_costs.settle(connection, after, usd_per_minute=message_prices.minute_usd(after.to_number, desk))
    connection.touched.add(CALL_CHECK.queue.value)
    analysed = "analysed" in after.report.seen
    if after.outcome is not before.outcome or analysed != ("analysed" in before.report.seen):
        enqueue_over(connection, after, desk, was=before.outcome)
    if not analysed and after.outcome is CallOutcome.COMPLETED:
        enqueue_check(connection, after, desk, after=ANALYSED_WITHIN, why="analysis")


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


def enqueue_check(connection: Connection, call: Call, desk: Desk, *, after: timedelta, why: str) -> None:
    """Ask the provider later, should nothing be heard until then."""
    job = NewJob(
        id=desk.new_id(),
        kind=CALL_CHECK,
        key=f"check:{call.id}:{why}",
        due_at=desk.now + after,
        payload={"call": call.id, "why": why, "from_ms": stamp(desk.now + after)},
        user_id=call.user_id,
        trace_id=call.trace_id,
    )
    jobs.enqueue(connection, job, now=desk.now)
