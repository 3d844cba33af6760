"""Carries out an operator's plan, a few letters at a time, and stops when something new goes wrong.

May import: the agent and below. What is released is committed with this job's own step, so it happens once.
"""

from datetime import datetime

from ivy import log
from ivy.daemon import replay_bundles
from ivy.daemon.context import Context, Later, Outcome, nothing
from ivy.domain.jobs import REPLAY
from ivy.domain.replay_plan import Look, Over, Release, Stop, next_step
from ivy.store import jobs, replay_plans, replay_progress, replay_running
from ivy.store.binding import Connection
from ivy.store.jobs import Job

logger = log.get(__name__)


async def handle(job: Job, context: Context) -> Outcome:
    """Take a plan one step further."""
    plan_id, now = str(job.payload["plan"]), context.clock.now()
    match await context.store.read(_next, plan_id, now):
        case None:
            return nothing
        case Stop(cause):
            why = f"a new error: {cause}"
            logger.error("plan %s stops: %s", plan_id, why)
            return lambda connection: replay_running.end(connection, plan_id, now=context.clock.now(), stopped_by=why)
        case Over():
            return lambda connection: replay_running.end(connection, plan_id, now=context.clock.now())
        case Look(at):
            return Later(at, lambda connection: _has_time(connection, job, at))
        case Release(count, pause):
            return Later(
                now + pause, lambda connection: _release(connection, job, plan_id, count, now + pause, context)
            )


def _next(connection: Connection, plan_id: str, now: datetime) -> Release | Look | Over | Stop | None:
    """Return the next step of a plan; None if it does not run."""
    if replay_running.running(connection) != plan_id:
        return None
    plan = replay_plans.load(connection, plan_id)
    if died := replay_progress.new_cause(connection, plan):
        return Stop(died)
    return next_step(replay_progress.progress(connection, plan_id, now=now), plan.rate, now)


def _has_time(connection: Connection, job: Job, at: datetime) -> None:
    """Let a plan wait for as long as it takes: its patience begins anew at each step."""
    jobs.prolong(connection, job, deadline=at + REPLAY.patience)


def _release(connection: Connection, job: Job, plan_id: str, count: int, at: datetime, context: Context) -> None:
    _has_time(connection, job, at)
    if replay_running.running(connection) != plan_id:
        return  # stopped a moment ago
    plan = replay_plans.load(connection, plan_id)
    for bundle in replay_running.next_bundles(connection, plan_id, count):
        replay_bundles.release(connection, plan, bundle, context)
