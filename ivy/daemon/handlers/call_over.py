"""What follows from the end of a call. May import: the agent and below."""

from ivy.agent import after_call
from ivy.daemon import calling
from ivy.daemon.context import Context, Dropped, Outcome
from ivy.domain.calls import CallOutcome
from ivy.store import calls, people
from ivy.store.binding import Connection
from ivy.store.jobs import Job
from ivy.store.scope import within


async def handle(job: Job, context: Context) -> Outcome:
    """Look at a call once for each outcome that it had, and once for its analysis."""
    if job.user_id is None:
        return Dropped("It is nobody's call.")
    return lambda connection: settle(connection, job, context)


def settle(connection: Connection, job: Job, context: Context) -> None:
    scope = within(connection, str(job.user_id))
    call = calls.load(scope, str(job.payload["call"]))
    if call is not None:
        was = job.payload.get("was")
        own = calling.own_hours(people.load(scope), context)
        after_call.settle(scope, call, own, context.desk(job), was=CallOutcome(str(was)) if was else None)
