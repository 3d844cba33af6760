"""Makes a plan easier on the day that its lock let it wait for. May import: the agent and below."""

from ivy.agent import easing
from ivy.daemon.context import Context, Dropped, Outcome
from ivy.store import easings
from ivy.store.binding import Connection
from ivy.store.jobs import Job
from ivy.store.scope import for_user, within


async def handle(job: Job, context: Context) -> Outcome:
    """Make the change that waits; one that was called off, or is made, is dropped."""
    if job.user_id is None:
        return Dropped("It is nobody's plan.")
    user_id, ref = job.user_id, str(job.payload["ref"])
    if await for_user(context.store, user_id).read(easings.load, ref) is None:
        return Dropped("It was called off.")

    def write(connection: Connection) -> None:
        easing.begin(within(connection, user_id), ref, context.desk(job))

    return write
