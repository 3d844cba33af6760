"""One kind of job per file, and the list of them all. May import: the agent and below."""

from collections.abc import Mapping

from ivy.daemon.context import Buried, Handler
from ivy.daemon.handlers import attachment, inbound, mark_read, reminder, send, tell_operator, turn
from ivy.domain.jobs import INBOUND, MARK_READ, MEDIA, REMINDER, SEND, TELL_OPERATOR, TURN

HANDLERS: Mapping[str, Handler] = {
    INBOUND.name: inbound.handle,
    TURN.name: turn.handle,
    SEND.name: send.handle,
    MARK_READ.name: mark_read.handle,
    REMINDER.name: reminder.handle,
    MEDIA.name: attachment.handle,
    TELL_OPERATOR.name: tell_operator.handle,
}

BURIED: Mapping[str, Buried] = {
    TURN.name: turn.buried,
    SEND.name: send.buried,
    REMINDER.name: reminder.buried,
    MEDIA.name: attachment.buried,
}
"""What else happens in the commit that gives up on a job of a kind, as dead or as too late."""
