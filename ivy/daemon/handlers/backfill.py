"""Remembers some of what was said and spent before there was a memory. May import: the store and below."""

from ivy import log
from ivy.daemon.context import Context, Dropped, Outcome
from ivy.store import memory_backfill
from ivy.store.binding import Connection
from ivy.store.jobs import Job

logger = log.get(__name__)


async def handle(job: Job, context: Context) -> Outcome:  # noqa: ARG001 - every handler takes its job
    """Make some memories, and let another job make the next; the last one leaves nothing behind."""
    if await context.store.read(memory_backfill.left) is None:
        return Dropped("Nothing is left to be remembered.")

    def write(connection: Connection) -> None:
        made, now = memory_backfill.step(connection, now=context.clock.now()), context.clock.now()
        logger.info("%s memories of what was said before there was a memory", made)
        memory_backfill.ask(connection, now=now)

    return write
