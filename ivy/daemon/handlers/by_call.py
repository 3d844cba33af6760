"""The sending of a message that a phone call carries: its row of `calls` is written, and its end is waited for.

May import: the agent and below. There is no request here: the call is a job of its own, written in the commit that marks the
message as leaving, so a crash leaves both or none; and a message that was marked has its one call.
"""

from ivy import log
from ivy.agent import notice_calls
from ivy.daemon import routing
from ivy.daemon.context import Context
from ivy.domain.routing import CALL, Free
from ivy.errors import VendorBusy, VendorRefused
from ivy.store import message_statuses, people
from ivy.store.binding import Connection
from ivy.store.outbox import Outgoing
from ivy.store.scope import within

logger = log.get(__name__)


def begin(connection: Connection, message: Outgoing, context: Context) -> None:
    """Let a call carry a message, if it still may. Raises: VendorBusy, to look again at once."""
    route = routing.route(connection, message, context)
    if not isinstance(route.decision, Free) or message.user_id is None:
        raise VendorBusy(CALL, "what it waited for came meanwhile", throttled=True)
    scope = within(connection, message.user_id)
    desk = context.desk_at(CALL, message.trace_id)
    if not notice_calls.begin(scope, people.load(scope), message, route.to, desk):
        logger.info("message %s has no call: it is withdrawn, or has had one", message.id)


def failure(connection: Connection, message: Outgoing) -> VendorRefused | None:
    """Return why a message's call did not deliver it; None while the call goes on, and once it did."""
    status = message_statuses.failure_of(connection, CALL, message.external_id or "")
    if status is None or message.state in ("delivered", "read"):
        return None
    return VendorRefused(CALL, f"not delivered: {status.errors[0].title}", code="not_read_out")
