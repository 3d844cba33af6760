"""Tells somebody what they asked to be told every week; no model is asked. May import: the agent and below."""

from ivy import log
from ivy.agent import telling
from ivy.clock import unstamp
from ivy.daemon.context import Context, Dropped, Outcome
from ivy.domain.spending_week import SpendingWeek
from ivy.store import people
from ivy.store import topics as kept_topics
from ivy.store.binding import Connection
from ivy.store.jobs import Job
from ivy.store.scope import Scope, for_user, within

logger = log.get(__name__)


async def handle(job: Job, context: Context) -> Outcome:
    """Queue what a topic tells this week, counted in the same commit; what is empty, told or unwanted is dropped."""
    if job.user_id is None:
        return Dropped("It is nobody's.")
    user_id, topic = job.user_id, kept_topics.topic_of(str(job.payload["ref"]))
    due_at = unstamp(int(job.payload["at_ms"]))

    def find(scope: Scope) -> SpendingWeek | str:
        return telling.due(scope, people.load(scope), topic, due_at, context.clock.now())

    found = await for_user(context.store, user_id).read(find)
    if isinstance(found, str):
        return Dropped(found)

    def write(connection: Connection) -> None:
        scope = within(connection, user_id)
        week = find(scope)
        if isinstance(week, str):  # a moment ago there was something to tell
            logger.info("%s is not told to %s: %s", topic, user_id, week)
            return
        decision = telling.tell(scope, people.load(scope), topic, week, context.desk(job))
        logger.info("%s for %s: %s", topic, user_id, decision.value)

    return write
