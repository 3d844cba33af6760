"""Sends one message: decided at this moment, recorded before it leaves, reconciled after. May import: the agent and below.

A message's state lives in `messages_v2`. `sending` is committed before the request, so a crash or a lost answer leaves a
mark: such a message waits for a status that carries our id, and is repeated once if none comes.
"""

from datetime import datetime, timedelta

import trio

from ivy import log
from ivy.agent import doors, paid
from ivy.agent.desk import Desk
from ivy.daemon import failing, message_prices, routing
from ivy.daemon.context import Context, Dropped, Later, Outcome, nothing
from ivy.daemon.handlers import another_way, by_call, sent, statuses
from ivy.domain.breaker import waits_until
from ivy.domain.contents import AnyContent, Emoji, File, Template
from ivy.domain.jobs import SEND
from ivy.domain.routing import CALL, Divert, Free, Hold, Refuse, UseTemplate
from ivy.errors import (
    OutcomeUnknown,
    RecipientGone,
    VendorBusy,
    VendorMisconfigured,
    VendorRefused,
    WindowClosed,
)
from ivy.ports import Channel, Outbound
from ivy.store import breakers, jobs, media, message_costs, message_statuses, outbox
from ivy.store.binding import Connection
from ivy.store.jobs import Job
from ivy.store.outbox import Outgoing
from ivy.store.scope import for_user, within
from ivy.store.spending import Reserved

logger = log.get(__name__)
RESENDS = 1
REACT_AGAIN = timedelta(seconds=30)
NOTHING_HEARD = "it was sent twice and nothing was heard of either"
TEMPLATE_IS_GONE = frozenset(map(str, statuses.TEMPLATE_IS_GONE))
ANSWERS_WITHIN = SEND.limit - timedelta(seconds=10)
"""So that what came of it is written within the limit."""
LOCAL = "local"
"""The code of what a channel refused by itself: its vendor never heard of it."""
UPLOADS_LAST = timedelta(days=29)
"""Meta keeps an uploaded file for 30 days."""
SETTLED = ("accepted", "sent", "delivered", "read")
WITHDRAWN = ("cancelled", "lapsed")


async def handle(job: Job, context: Context) -> Outcome:
    """Take a message one step further along its states."""
    message, ahead = await context.store.read(_look, str(job.payload["message"]))
    if message.state in WITHDRAWN:
        return Dropped(f"It is {message.state} already.")
    if message.state == "failed" and isinstance(message.content, Emoji):
        return Dropped("Nobody waits for a reaction.")
    if message.channel == CALL and message.external_id:
        lost = await context.store.read(by_call.failure, message)
        return nothing if lost is None else await another_way.give_up_here(job, message, lost, context)
    if message.external_id and message.state in statuses.ON_ITS_WAY:
        failure = await context.store.read(message_statuses.failure_of, message.channel, message.external_id)
        if failure is not None:
            return await another_way.not_delivered(job, message, failure, context)
    if message.state in SETTLED:
        return lambda connection: sent.believe(connection, message, message.external_id or "")
    patience = timedelta(seconds=context.config.whatsapp.reconcile_seconds)
    if message.state == "sending":  # it was leaving when the process died; a status can only be heard from now on
        return Later(context.clock.now() + patience, sent.mark_unknown(message, context))
    if message.state == "unknown":
        if context.clock.now() < message.state_at + patience:
            return Later(message.state_at + patience)
        try:
            found = await _look_up(message, context)
        except VendorMisconfigured as error:  # its channel alone is left alone, not the whole queue
            rests_until = await context.store.write(failing.count, message.channel, error, context.clock.now(), context)
            return Later(rests_until or context.clock.now() + patience)
        if found:
            return lambda connection: sent.accepted(connection, message, found, context)
        if message.resends >= RESENDS and isinstance(message.content, Emoji):
            return Dropped(NOTHING_HEARD, sent.failed(message, NOTHING_HEARD, context))
        if message.resends >= RESENDS:
            raise VendorRefused(message.channel, NOTHING_HEARD, code="unknown")
    return await _as_decided(job, message, ahead, context)


async def _as_decided(job: Job, message: Outgoing, ahead: datetime | None, context: Context) -> Outcome:
    """Do with a message what the rules say at this moment; `ahead` is when an earlier part of the same answer is tried."""
    patience = timedelta(seconds=context.config.whatsapp.reconcile_seconds)
    route = await context.store.read(routing.route, message, context)
    match route.decision:
        case Refuse() as refusal:
            reason = refusal.reason
            return Dropped(reason, lambda connection: sent.set_state(connection, message, "cancelled", reason, context))
        case Hold(_, rule) if context.clock.now() >= job.deadline:
            return Dropped(rule, lambda connection: sent.set_state(connection, message, "lapsed", rule, context))
        case Divert(_, rule) if message.state in another_way.MAY_BE_OUT and context.clock.now() >= job.deadline:
            return Dropped(rule, lambda connection: sent.set_state(connection, message, "lapsed", rule, context))
        case Divert(_, rule) if (
            message.state in another_way.MAY_BE_OUT
        ):  # nobody is written to twice because nothing was heard
            return Later(
                context.clock.now() + patience, lambda connection: another_way.hold(connection, message, rule, context)
            )
        case Divert(channel, rule):
            return Dropped(
                rule, lambda connection: another_way.divert(connection, job, message, channel, rule, context)
            )
        case Hold(None, rule) if route.waits_behind_door:
            until = context.clock.now() + doors.LASTS  # by then its deadline, which is when the door ends, is over
            return Later(
                until, lambda connection: another_way.hold_behind_door(connection, job, message, rule, context)
            )
        case Hold(until, rule):
            until = min(until or job.deadline, job.deadline)  # what is late by then is not sent at all
            told = route.waits_behind_door
            return Later(
                until, lambda connection: another_way.hold(connection, message, rule, context, behind_door=told)
            )
        case Free() | UseTemplate() if ahead is not None:  # what is said in several messages is read in order
            return Later(ahead)
        case Free() if message.channel == CALL:
            return lambda connection: by_call.begin(connection, message, context)
        case Free():
            return await _send(job, message, route.content, route, context)
        case UseTemplate(template):
            return await _send(job, message, _as_template(message, template.language, context), route, context)


def _look(connection: Connection, message_id: str) -> tuple[Outgoing, datetime | None]:
    """Return a message and, if an earlier part of the same answer waits for a time, when that is."""
    message = outbox.outgoing(connection, message_id)
    if message.user_id is None or message.state not in ("queued", "held"):
        return message, None
    return message, outbox.next_try_ahead(within(connection, message.user_id), message)


def _as_template(message: Outgoing, language: str, context: Context) -> AnyContent:
    own = message.template
    if own is None:  # it is a template by itself
        return message.content
    return context.pack.fill(own.name, language, own.values, own.actions)


async def _look_up(message: Outgoing, context: Context) -> str | None:
    """Ask a vendor that can tell what became of a sending of which nothing was heard. Raises: VendorError."""
    channel = context.channels[message.channel]
    if not channel.can_look_up or message.sent_at is None:
        return None
    return await channel.look_up(
        Outbound(message.id, message.recipient, message.content, message.quoted_id), message.sent_at
    )


async def _send(job: Job, message: Outgoing, content: AnyContent, route: routing.Route, context: Context) -> Outcome:
    repeats = message.state == "unknown"
    began = context.clock.now()
    try:
        vendor_id = await _vendor_id(message, content, route, context)
    except VendorMisconfigured as error:
        await context.store.write(failing.count, message.channel, error, began, context)
        return Later(context.clock.now())  # it is held, or goes another way
    began = context.clock.now()
    match await context.store.write(_begin, job, message, route, str(content.__struct_config__.tag), repeats, context):
        case datetime() as until:
            return Later(until)
        case None:
            return Dropped("It is not to be sent any more.")
        case Reserved() as reserved:
            pass
    if repeats:
        logger.warning("message %s is sent a second time: nothing was heard of the first", message.id)
    try:
        external_id = await _ask(
            context.channels[message.channel],
            Outbound(message.id, route.to, content, message.quoted_id, vendor_id, message.user_id or ""),
            reserved,
        )
    except OutcomeUnknown as error:
        logger.warning("message %s may have been sent: %s", message.id, error)
        until = context.clock.now() + timedelta(seconds=context.config.whatsapp.reconcile_seconds)
        failure = error  # a name that outlives this clause
        return Later(until, lambda connection: sent.unknown(connection, message, failure, began, context))
    except WindowClosed as error:
        if await context.store.write(sent.window_closed, message, str(error), began, context):
            raise VendorBusy(message.channel, f"{error.reason}, though they wrote", throttled=True) from error
        return Later(context.clock.now())  # looked at again at once: there may be another way
    except VendorMisconfigured as error:
        logger.error("%s is left alone: %s", message.channel, error)
        await context.store.write(sent.not_sent, message, error, began, context)
        return Later(context.clock.now())  # it is held, or goes another way
    except VendorBusy as error:  # surely not sent
        rests_until = await context.store.write(sent.not_sent, message, error, began, context)
        if isinstance(message.content, Emoji):
            return _react_later(job, message, error, context)
        if rests_until is not None:
            return Later(context.clock.now())  # held until the channel is tried again, which is no failure of its own
        raise
    except VendorRefused as error:
        if error.code != LOCAL:
            # It refuses this message, and is well.
            await context.store.write(breakers.succeeded, message.channel, context.clock.now())
        if isinstance(message.content, Emoji):
            return Dropped(str(error), sent.failed(message, str(error), context))
        if isinstance(content, Template) and error.code in TEMPLATE_IS_GONE:
            await context.store.write(sent.template_is_gone, message, content, error, context)
            return Later(context.clock.now())
        if isinstance(error, RecipientGone) and message.channel != routing.WHATSAPP:
            await context.store.write(sent.address_is_gone, message, route.to, error, context)
        return await another_way.give_up_here(job, message, error, context)
    return lambda connection: sent.accepted(connection, message, external_id, context)


async def _ask(channel: Channel, message: Outbound, reserved: Reserved) -> str:
    """Send one message; a channel that does not answer is one that fails. Raises: VendorError."""
    try:
        with trio.fail_after(ANSWERS_WITHIN.total_seconds()):
            return await paid.send(channel, message, reserved)
    except trio.TooSlowError:
        raise OutcomeUnknown(channel.name, f"no answer in {ANSWERS_WITHIN.total_seconds():.0f} s") from None


def _react_later(job: Job, message: Outgoing, error: VendorBusy, context: Context) -> Outcome:
    """A reaction is tried for as long as it means something, and then it is no dead letter: nobody waits for it."""
    again = context.clock.now() + (error.after or REACT_AGAIN)
    return Later(again) if again < job.deadline else Dropped(str(error), sent.failed(message, str(error), context))


async def _vendor_id(message: Outgoing, content: AnyContent, route: routing.Route, context: Context) -> str:
    """Return the vendor's id of a form, or of a file, which is handed over first if that was not done lately."""
    if not isinstance(content, File) or message.channel not in context.fetchers or message.user_id is None:
        return route.vendor_id
    person = for_user(context.store, message.user_id)
    known = await person.read(media.uploaded, message.channel, content.sha256, now=context.clock.now())
    if known:
        return known
    path = context.files.path(content.sha256)
    vendor_id = await context.fetchers[message.channel].upload(path, mime=content.mime, filename=content.filename)
    until = context.clock.now() + UPLOADS_LAST
    await person.write(media.note_upload, message.id, vendor_id, until=until)
    return vendor_id


def _begin(
    connection: Connection, job: Job, message: Outgoing, route: routing.Route, kind: str, resend: bool, context: Context
) -> Reserved | datetime | None:
    """Record that the request leaves, and what it may cost, if this worker still holds the job; return until when it may not."""
    jobs.check_held(connection, job)
    now = context.clock.now()
    if (rests_until := waits_until(breakers.standing(connection, message.channel, now), now)) is not None:
        return rests_until
    is_counted = isinstance(route.decision, UseTemplate) or not message.asked_for
    if is_counted and routing.route(connection, message, context).decision != route.decision:
        return now  # others took the last place meanwhile, or the window opened
    breakers.begin(connection, message.channel, now, SEND.limit)
    if not outbox.begin_sending(
        connection, message.id, route.to, kind=kind, resend=resend, now=now, window_open=route.window_open
    ):
        return None
    category = route.decision.template.category if isinstance(route.decision, UseTemplate) else ""
    micros = message_prices.likely(connection, message, route.to, sent.desk_of(message, context), category=category)
    return message_costs.reserve(
        connection, message.id, channel=message.channel, user_id=message.user_id, micros=micros, now=now
    )


def buried(connection: Connection, job: Job, reason: str, desk: Desk) -> None:
    """A job that is given up on leaves its message failed, with the reason."""
    outbox.set_state(connection, str(job.payload["message"]), "failed", now=desk.now, reason=reason)
