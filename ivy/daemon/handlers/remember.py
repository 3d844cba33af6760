"""Reads what somebody wrote for what it says of them, with the cheap model. May import: the agent and below."""

from datetime import UTC, datetime, time, timedelta

from ivy import log
from ivy.agent import remembering
from ivy.agent.router import Caller
from ivy.daemon.context import Context, Dropped, Later, Outcome
from ivy.domain.facts import Claim
from ivy.errors import VendorRefused
from ivy.store import facts
from ivy.store.binding import Connection
from ivy.store.jobs import Job
from ivy.store.scope import for_user, within
from ivy.store.spending import CapReached

logger = log.get(__name__)


async def handle(job: Job, context: Context) -> Outcome:
    """Ask once about all that waits; without a cheap model nothing is noticed, and "remember …" still works."""
    if job.user_id is None:
        return Dropped("It is nobody's.")
    user_id, rows = job.user_id, for_user(context.store, job.user_id)
    found = await rows.read(remembering.sources)
    ids = [each.message_id for each in found]

    def unread(connection: Connection) -> None:
        facts.settle(within(connection, user_id), ids, read=False)

    if not found:
        return Dropped("Nothing waits to be read.")
    if context.cheap is None:
        return Dropped("There is no cheap model.", unread)
    request = remembering.request_for(found, answer_tokens=context.config.facts.answer_tokens)
    caller = Caller(user_id, job.key, job.trace_id)
    try:
        answer = await context.cheap(request, caller, call_id=context.new_id())
        claims: list[Claim] = remembering.claims_in(answer.text, found)
    except CapReached:
        return Later(_tomorrow(context.clock.now()))
    except VendorRefused as error:
        logger.warning("what %s wrote is not read for what it says of them: %s", user_id, error)
        return Dropped(f"The model could not be asked, or not be understood: {error}", unread)
    return lambda connection: remembering.keep(within(connection, user_id), found, claims, context.desk(job))


def _tomorrow(now: datetime) -> datetime:
    """Return a moment of the next day of spending."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(0, 5), UTC)
