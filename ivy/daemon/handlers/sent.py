"""What came of a sending: taken, refused, unheard, and what that says of its window, its template, its address.

May import: the agent and below.
"""

from datetime import datetime

from ivy.agent.desk import Desk
from ivy.daemon import failing, routing
from ivy.daemon.context import Context, Write
from ivy.daemon.handlers import statuses
from ivy.domain.contents import Template
from ivy.domain.routing import Free
from ivy.errors import VendorBusy, VendorError, VendorRefused
from ivy.ports import Address
from ivy.store import blocked, breakers, message_statuses, outbox, templates, windows
from ivy.store.binding import Connection
from ivy.store.outbox import Outgoing
from ivy.store.scope import within

SAID_STOP = ("21610",)
"""They said STOP to their carrier, of which we heard nothing."""


def accepted(connection: Connection, message: Outgoing, external_id: str, context: Context) -> None:
    """The vendor took it. Raises: VendorBusy, if its failure was heard meanwhile."""
    outbox.accepted(connection, message.id, external_id, now=context.clock.now())
    breakers.succeeded(connection, message.channel, context.clock.now())
    channel, desk = context.channels[message.channel], desk_of(message, context)
    statuses.join(connection, outbox.outgoing(connection, message.id), external_id, channel, desk)
    believe(connection, message, external_id)


def not_sent(
    connection: Connection, message: Outgoing, error: VendorError, began: datetime, context: Context
) -> datetime | None:
    """The request was surely not heard; return until when the channel is left alone, if it is.

    Where it was a repeat, the first may still have been: a status of that one is waited for again.
    """
    if message.state == "unknown":
        outbox.not_repeated(connection, message, now=context.clock.now(), reason=str(error))
    else:
        outbox.unsend(connection, message.id, now=context.clock.now(), reason=str(error))
    return failing.count(connection, message.channel, error, began, context)


def unknown(connection: Connection, message: Outgoing, error: VendorError, began: datetime, context: Context) -> None:
    """The request may have been heard: a status says so, or it is repeated once."""
    outbox.mark_unknown(connection, message.id, now=context.clock.now())
    failing.count(connection, message.channel, error, began, context)


def mark_unknown(message: Outgoing, context: Context) -> Write:
    """It was leaving when the process died."""

    def write(connection: Connection) -> None:
        outbox.mark_unknown(connection, message.id, now=context.clock.now())

    return write


def window_closed(connection: Connection, message: Outgoing, reason: str, began: datetime, context: Context) -> bool:
    """Believe the vendor that the window is closed, unless they wrote since; return whether it still looks open."""
    now = context.clock.now()
    outbox.unsend(connection, message.id, now=now, reason=reason)
    breakers.succeeded(connection, message.channel, now)
    if message.user_id is not None:
        windows.close(within(connection, message.user_id), message.channel, sent_at=began, now=now)
    return isinstance(routing.route(connection, message, context).decision, Free)


def address_is_gone(
    connection: Connection, message: Outgoing, to: Address, error: VendorRefused, context: Context
) -> None:
    """An SMS number that said STOP to its carrier, a mailbox that is gone: never again, until they write there."""
    reason = blocked.SAID_STOP if error.code in SAID_STOP else str(error)
    blocked.block(connection, message.channel, to.external_id or to.phone, reason, now=context.clock.now())


def template_is_gone(
    connection: Connection, message: Outgoing, content: Template, error: VendorRefused, context: Context
) -> None:
    """Meta has it no more as we know it: the registry learns that, and the message looks for another way."""
    now = context.clock.now()
    outbox.unsend(connection, message.id, now=now, reason=str(error))
    templates.refused(connection, message.channel, content.name, content.language, int(error.code), at=now)


def believe(connection: Connection, message: Outgoing, external_id: str) -> None:
    """Let a sending count as done unless its failure was heard meanwhile. Raises: VendorBusy, to look again at once."""
    if message_statuses.failure_of(connection, message.channel, external_id) is not None:
        raise VendorBusy(message.channel, "it failed while it was being sent")


def failed(message: Outgoing, reason: str, context: Context) -> Write:
    return lambda connection: set_state(connection, message, "failed", reason, context)


def set_state(connection: Connection, message: Outgoing, state: str, reason: str, context: Context) -> None:
    outbox.set_state(connection, message.id, state, now=context.clock.now(), reason=reason)


def desk_of(message: Outgoing, context: Context) -> Desk:
    return context.desk_at(message.channel, message.trace_id)
