"""What a channel says became of our messages: forward only, in any order, any number of times. May import: the agent and below.

Not a kind of job: statuses come inside webhooks, and the inbound handler calls this in its commit.
"""

from datetime import timedelta

from ivy import log
from ivy.agent import operator_line
from ivy.agent.desk import Desk
from ivy.daemon import message_prices
from ivy.daemon.handlers import health
from ivy.domain.contents import Emoji
from ivy.domain.inbound import Status
from ivy.errors import NotDelivered
from ivy.ports import Channel, Disposition
from ivy.store import jobs, message_costs, message_statuses, outbox, people, templates, windows
from ivy.store.binding import Connection
from ivy.store.outbox import Outgoing
from ivy.store.scope import within

logger = log.get(__name__)
WHATSAPP, SMS = "whatsapp", "sms"
AGAIN_AFTER = timedelta(seconds=10)
RESENDS = 1
DELIVERED = ("delivered", "read")
BILLED = {SMS: ("sent", *DELIVERED)}
"""Carriers bill what leaves, and some never say that it arrived."""
TEMPLATE_IS_GONE = frozenset({132001, 132007, 132015, 132016})
"""Not approved any more, against a policy, paused (or held and dropped), disabled: met between two webhooks."""
ON_ITS_WAY = ("sending", "unknown", "accepted", "sent")
"""What a status can still say of as failed."""


def take(connection: Connection, status: Status, channel: Channel, desk: Desk) -> None:
    """Take in one status; one that comes before its message is known stays kept and is joined later."""
    if not message_statuses.keep_status(connection, status):
        return
    message_id = message_statuses.of_status(connection, status)
    if message_id is None and status.channel == people.SOLO and status.state == "delivered":
        message_id = message_statuses.lone_unknown(connection, status)
    if message_id is None:
        operator_line.status(connection, status, desk)
    else:
        _apply(connection, outbox.outgoing(connection, message_id), status, channel, desk)


def join(connection: Connection, message: Outgoing, external_id: str, channel: Channel, desk: Desk) -> None:
    """Take in what was heard of a sending before its vendor's id was known."""
    for status in message_statuses.statuses_of(connection, message.channel, external_id):
        if status.state != "failed":
            _apply(connection, message, status, channel, desk)


def _apply(connection: Connection, message: Outgoing, status: Status, channel: Channel, desk: Desk) -> None:
    if status.state == "failed":
        _failed(connection, message, status, channel, desk)
        return
    if message_statuses.failure_of(connection, status.channel, status.external_id):
        return  # late word of a sending that failed since: the message waits for another
    message_statuses.keep_price(connection, message.id, status)
    message_statuses.adopt(connection, message.id, status, now=desk.now)
    message_statuses.advance(connection, message.id, status.state, now=desk.now)
    _charge(connection, outbox.outgoing(connection, message.id), status, desk)


def _charge(connection: Connection, message: Outgoing, status: Status, desk: Desk) -> None:
    """A message costs when it is delivered, a text when it leaves; what the channel says of the price, even late, counts.

    Nobody hears that a reaction was delivered: it costs when the channel names its price.
    """
    is_priced_reaction = isinstance(message.content, Emoji) and message.price_type and message.state == "sent"
    if message.state not in BILLED.get(message.channel, DELIVERED) and not is_priced_reaction:
        return
    message_costs.bill(
        connection,
        message.id,
        channel=message.channel,
        user_id=message.user_id,
        micros=message_prices.billed(connection, message, desk),
        is_told=bool(status.price_type or status.price_category),  # until then it is an estimate
        now=desk.now,
    )


# --- a message that was taken and then not delivered -------------------------------------------------


def why(status: Status) -> str:
    """Return the channel's reasons for a failure, on one line."""
    return (
        "; ".join(f"{error.code} {error.title or error.details}".strip() for error in status.errors)
        or "no reason given"
    )


def is_worth_repeating(message: Outgoing, status: Status, channel: Channel) -> bool:
    """Say whether a message may be sent again after this failure: when its window opens, or once if it was the vendor."""
    if message.sent_as == "template" and _blames_the_template(status):
        return message.template is not None and message.resends < RESENDS
    codes = [channel.disposition(error) for error in status.errors]
    if Disposition.WINDOW_CLOSED in codes and message.user_id is not None:
        return True
    return Disposition.BUSY in codes and message.resends < RESENDS


def take_back(connection: Connection, message: Outgoing, status: Status, channel: Channel, desk: Desk) -> None:
    """Let a failed sending count for nothing: the message waits to be sent again."""
    if message.user_id is not None and Disposition.WINDOW_CLOSED in map(channel.disposition, status.errors):
        scope = within(connection, message.user_id)
        windows.close(scope, message.channel, sent_at=message.sent_at or message.state_at, now=desk.now)
    if message.template is not None and _blames_the_template(status):
        _template_is_gone(connection, message, message.template.name, status, desk)
    outbox.unsend(connection, message.id, now=desk.now, reason=why(status))


def _blames_the_template(status: Status) -> bool:
    """Say whether the template is at fault, such as one that was held for a look at its quality and dropped."""
    return any(error.code in TEMPLATE_IS_GONE for error in status.errors)


def _template_is_gone(connection: Connection, message: Outgoing, name: str, status: Status, desk: Desk) -> None:
    """Let the registry know, so that the message looks for another way."""
    locale = people.load(within(connection, str(message.user_id))).locale
    usable = templates.usable(connection, message.channel, name, locale, now=desk.now)
    code = next(error.code for error in status.errors if error.code in TEMPLATE_IS_GONE)
    if usable is not None:
        templates.refused(connection, message.channel, name, usable.language, code, at=desk.now)


def _may_go_on(message: Outgoing, desk: Desk) -> bool:
    """Say whether the ladder of a message's purpose goes on after its channel."""
    ladder: tuple[str, ...] = getattr(desk.config.routing, message.purpose.value)
    return message.user_id is not None and message.channel in ladder[:-1]


def _failed(connection: Connection, message: Outgoing, status: Status, channel: Channel, desk: Desk) -> None:
    """Hold a message, try it once more, or let support see it."""
    if message.channel == WHATSAPP:
        health.take_failure(connection, status.errors, desk.now)
    if message.state in ("delivered", "read"):
        logger.warning("message %s is said to have failed after it was %s: %s", message.id, message.state, why(status))
        return
    if isinstance(message.content, Emoji):  # nobody waits for a reaction
        if message.external_id not in (None, status.external_id):
            return  # an earlier sending of it
        outbox.set_state(connection, message.id, "failed", now=desk.now, reason=why(status))
        message_costs.take_back(connection, message.id, channel=message.channel)  # its price came before it arrived
        return
    if message.state not in ON_ITS_WAY or message.external_id not in (None, status.external_id):
        return  # an earlier sending of it
    key = outbox.send_key(message.id)
    if is_worth_repeating(message, status, channel):
        pause = timedelta(0) if _blames_the_template(status) else AGAIN_AFTER
        ended = jobs.again(connection, key, run_at=desk.now + pause)
        if ended:
            take_back(connection, message, status, channel, desk)
    elif _may_go_on(message, desk):
        ended = jobs.again(connection, key, run_at=desk.now)  # finds the failure, and another channel or none
    else:
        reason = f"not delivered: {why(status)}"
        ended = jobs.bury_done(connection, key, reason=reason, error=NotDelivered.__name__, now=desk.now)
        if ended:
            outbox.set_state(connection, message.id, "failed", now=desk.now, reason=why(status))
    if not ended:  # its job still waits for an outcome, and hears of it now; one at work looks when it ends
        message_statuses.name(connection, message.id, status.external_id)
        jobs.move(connection, key, run_at=desk.now)
