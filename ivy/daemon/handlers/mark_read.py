"""Shows a person that their message was taken in; nobody is the worse if it fails. May import: the agent and below."""

from ivy import log
from ivy.daemon.context import Context, Dropped, Outcome, nothing
from ivy.errors import VendorError
from ivy.store.jobs import Job

logger = log.get(__name__)


async def handle(job: Job, context: Context) -> Outcome:
    """Send one read receipt, once: it is worth no second try."""
    try:
        await context.channels[str(job.payload["channel"])].mark_read(str(job.payload["external_id"]))
    except VendorError as error:
        logger.info("no read receipt: %s", error)
        return Dropped(str(error))
    return nothing
