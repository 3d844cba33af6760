"""Makes one of the daemon's own backups. May import: the agent and below; what makes it is imported when one is made."""

from ivy.daemon.context import Context, Dropped, Outcome
from ivy.store.jobs import Job


async def handle(_job: Job, context: Context) -> Outcome:
    """Make a backup now, if the daemon is to make any."""
    room = context.backups
    if room is None:
        return Dropped("The daemon makes no backups any more.")
    from ivy.daemon import backing_up

    return await backing_up.back_up(room, context)
