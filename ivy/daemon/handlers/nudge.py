"""Says a nudge when its time has come, if what it was for is still to come. May import: the agent and below."""

from ivy import log
from ivy.agent import nudging, onboarding
from ivy.clock import unstamp
from ivy.daemon.context import Context, Dropped, Outcome
from ivy.store import onboardings, people, switches
from ivy.store.binding import Connection
from ivy.store.jobs import Job
from ivy.store.scope import Scope, for_user, within

logger = log.get(__name__)


async def handle(job: Job, context: Context) -> Outcome:
    """Queue the text before a call or a workout; what is done, moved or unwanted meanwhile is dropped, with the reason."""
    if job.user_id is None:
        return Dropped("It is nobody's nudge.")
    if await context.store.read(switches.value, "proactive") == "off":
        return Dropped("The switch proactive is off.")
    user_id, ref, due_at = job.user_id, str(job.payload["ref"]), unstamp(int(job.payload["at_ms"]))

    if ref.startswith(onboardings.NUDGED):
        return lambda connection: onboarding.resume(within(connection, user_id), context.desk(job))

    def find(scope: Scope) -> nudging.Due | str:
        return nudging.due(scope, people.load(scope), ref, due_at, context.clock.now())

    found = await for_user(context.store, user_id).read(find)
    if isinstance(found, str):
        return Dropped(found)

    def write(connection: Connection) -> None:
        scope = within(connection, user_id)
        still = find(scope)
        if isinstance(still, str):  # a moment ago it was
            logger.info("nudge %s is not said: %s", ref, still)
            return
        decision = nudging.nudge(scope, people.load(scope), still, context.desk(job))
        logger.info("nudge %s: %s", ref, decision.value)

    return write
