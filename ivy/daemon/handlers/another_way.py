"""Another time, another way: a message that did not go is held, handed on to the next channel, or given up.

May import: the agent and below.
"""

from datetime import timedelta

from ivy import log
from ivy.agent import doors, notice_calls, questions
from ivy.daemon import routing
from ivy.daemon.context import Context, Dropped, Later, Outcome
from ivy.daemon.handlers import sent, statuses
from ivy.domain.contents import Emoji
from ivy.domain.inbound import Status
from ivy.domain.routing import CALL, Divert, Hold
from ivy.errors import NotDelivered, VendorBusy, VendorRefused
from ivy.ports import Disposition
from ivy.store import jobs, outbox, replay_running
from ivy.store.binding import Connection
from ivy.store.jobs import Job
from ivy.store.outbox import Outgoing
from ivy.store.scope import within

logger = log.get(__name__)
MAY_BE_OUT = ("sending", "unknown")


async def not_delivered(job: Job, message: Outgoing, failure: Status, context: Context) -> Outcome:
    """A message was taken and then not delivered. Raises: NotDelivered."""
    if isinstance(message.content, Emoji):
        return Dropped(statuses.why(failure), sent.failed(message, statuses.why(failure), context))
    channel, desk = context.channels[message.channel], sent.desk_of(message, context)
    if not statuses.is_worth_repeating(message, failure, channel):
        code = str(failure.errors[0].code) if failure.errors else ""
        error = NotDelivered(message.channel, f"not delivered: {statuses.why(failure)}", code=code)
        is_gone = Disposition.GONE in map(channel.disposition, failure.errors)
        if is_gone and message.channel != routing.WHATSAPP:
            await context.store.write(sent.address_is_gone, message, message.recipient, error, context)
        return await give_up_here(job, message, error, context)
    until = context.clock.now() + statuses.AGAIN_AFTER
    return Later(until, lambda connection: statuses.take_back(connection, message, failure, channel, desk))


async def give_up_here(job: Job, message: Outgoing, error: VendorRefused, context: Context) -> Outcome:
    """Let the next channel carry what this one never will. Raises: `error`, if there is none, or if it is too late."""
    channel = await context.store.read(routing.way_on, message, context)
    if channel is None or context.clock.now() >= job.deadline:
        raise error
    return Dropped(error.reason, lambda connection: pass_on(connection, job, message, channel, error.reason, context))


def hold(connection: Connection, message: Outgoing, rule: str, context: Context, *, behind_door: bool = False) -> None:
    """Hold a message, if it must still wait now, and as was decided: until a time, or behind a template that tells of it.

    Raises: VendorBusy, since who wakes the lane passes by a job at work.
    """
    route = routing.route(connection, message, context)
    decision = route.decision
    may_be_out = message.state in MAY_BE_OUT
    if not isinstance(decision, Hold) and not (may_be_out and isinstance(decision, Divert)):
        raise VendorBusy(message.channel, "what it waited for came meanwhile", throttled=True)
    if may_be_out:  # that it may have been sent must not be forgotten
        outbox.mark_unknown(connection, message.id, now=context.clock.now())
        return
    if route.waits_behind_door != behind_door:  # others took the last place meanwhile: nobody would be told
        raise VendorBusy(message.channel, "what tells of it is barred, or free, meanwhile", throttled=True)
    sent.set_state(connection, message, "held", rule, context)
    if isinstance(decision, Hold) and decision.door is not None and message.user_id is not None:
        doors.knock(within(connection, message.user_id), decision.door, context.pack, sent.desk_of(message, context))


def hold_behind_door(connection: Connection, job: Job, message: Outgoing, rule: str, context: Context) -> None:
    """Hold what a template has announced: it must still be there when they tap, and lapses when they cannot any more."""
    hold(connection, message, rule, context, behind_door=True)
    if message.user_id is not None:
        ends = doors.shuts_at(within(connection, message.user_id), now=context.clock.now())
        jobs.prolong(connection, job, deadline=ends or job.deadline)


def divert(connection: Connection, job: Job, message: Outgoing, channel: str, rule: str, context: Context) -> None:
    """Let another channel carry a message, if this one still cannot: the same words, as a message of its own."""
    if not isinstance(routing.route(connection, message, context).decision, Divert):
        raise VendorBusy(message.channel, "what it waited for came meanwhile", throttled=True)
    pass_on(connection, job, message, channel, rule, context)


def pass_on(connection: Connection, job: Job, message: Outgoing, channel: str, rule: str, context: Context) -> None:
    now = context.clock.now()
    if outbox.outgoing(connection, message.id).state in statuses.DELIVERED:
        return  # heard of meanwhile
    logger.info("message %s goes by %s: %s", message.id, channel, rule)
    sent.set_state(connection, message, "cancelled", f"goes by {channel}: {rule}", context)
    if message.user_id is None:
        return
    scope = within(connection, message.user_id)
    first = (
        outbox.origin(scope, message) if message.channel == CALL else message
    )  # what was read out had lost its links
    ids = sent.desk_of(message, context).send(
        scope,
        notice_calls.text_of(scope, message)
        if channel == CALL
        else questions.in_words(scope, first.content, first.action_id),
        channel=channel,
        turn_id=message.turn_id,
        asked_for=message.asked_for,
        patience=max(job.deadline - now, timedelta(minutes=1)),
        purpose=message.purpose,
        action_id=message.action_id,
        instead_of=message.id,
        replayed_by=message.replayed_by,
    )
    if message.replayed_by and ids:  # its plan goes on watching it
        replay_running.carried_by(scope, message.id, ids[-1])
