"""The job that brings a file: this daemon's folder, vendors and answers, joined. May import: the agent and below."""

from datetime import timedelta

from ivy import log
from ivy.agent.attachments import FileAnswers
from ivy.agent.desk import Desk
from ivy.daemon.context import Context, Later, Outcome
from ivy.daemon.handlers import media
from ivy.errors import VendorMisconfigured
from ivy.store.binding import Connection
from ivy.store.jobs import Job

logger = log.get(__name__)
ANSWERS = FileAnswers()


async def handle(job: Job, context: Context) -> Outcome:
    """Bring the file of one message to its end. A wrong token holds files back, and not the turns beside them."""
    try:
        return await media.take(job, context, media.room_of(context, ANSWERS))
    except VendorMisconfigured as error:
        logger.error("files wait: %s", error)
        return Later(context.clock.now() + timedelta(seconds=context.config.retry.pause_seconds))


def buried(connection: Connection, job: Job, reason: str, desk: Desk) -> None:
    """A file that could not be had in all the time there was is owned up to."""
    media.buried(connection, job, reason, desk, ANSWERS)
