"""Makes, in the night, the sentences of what a person is told by day. May import: the agent and below."""

from ivy.agent import prewriting
from ivy.daemon.context import Context, Dropped, Outcome
from ivy.store import topics as kept_topics
from ivy.store.jobs import Job
from ivy.store.scope import for_user, within


async def handle(job: Job, context: Context) -> Outcome:
    """Keep a model's sentences if they hold; without them the day's own fixed ones are told."""
    if job.user_id is None:
        return Dropped("It is nobody's.")
    user_id, topic = job.user_id, kept_topics.topic_of(str(job.payload["ref"]))
    keep = await prewriting.prepare(
        for_user(context.store, user_id),
        topic,
        context.cheap,
        context.clock.now(),
        call_id=context.new_id(),
        trace_id=job.trace_id,
    )
    if isinstance(keep, str):
        return Dropped(keep)
    return lambda connection: keep(within(connection, user_id))
