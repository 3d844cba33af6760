"""Tells the operator by one way: a mail, a message on WhatsApp, a post to a server of theirs. May import: the agent and below.

It is no message to a person: it has no row among theirs, no consent, and belongs to nobody.
"""

from collections.abc import Sequence

from ivy.agent import operator_line, paid
from ivy.daemon import alert_words
from ivy.daemon.context import Context
from ivy.domain import operator_routes
from ivy.domain.contents import LONGEST_TEXT, AnyContent, Words
from ivy.domain.operator_routes import Route
from ivy.domain.rates import SERVICE
from ivy.errors import VendorError, VendorMisconfigured
from ivy.ports import Address, Outbound
from ivy.store import message_costs, spending, templates
from ivy.store.alerts import Alert
from ivy.store.binding import Connection

MAIL, WHATSAPP = "mail", "whatsapp"


def wanted(context: Context) -> tuple[Route, ...]:
    """Return the ways that are configured and can be gone."""
    there = {
        Route.MAIL: MAIL in context.channels,
        Route.WHATSAPP: WHATSAPP in context.channels,
        Route.WEBHOOK: context.alert_post is not None,
    }
    return tuple(route for route in operator_routes.named(context.config.operator) if there[route])


async def tell(route: Route, our_id: str, news: Sequence[Alert], context: Context) -> None:
    """Tell it all at once; sent again under the same id it is the same message. Raises: VendorError."""
    match route:
        case Route.MAIL:
            to = Address(external_id=context.config.operator.mail)
            await _send(MAIL, Outbound(our_id, to, Words(alert_words.in_words(news))), 0, context)
        case Route.WHATSAPP:
            content, micros = await context.store.read(_for_whatsapp, news, context)
            to = Address(phone=context.config.operator.whatsapp)
            await _send(WHATSAPP, Outbound(our_id, to, content), micros, context)
        case Route.WEBHOOK if context.alert_post is not None:
            await context.alert_post.post(our_id, alert_words.document(our_id, news, context.clock.now()))
        case _:
            raise VendorMisconfigured(route, "it is not configured")


async def _send(channel: str, message: Outbound, micros: int, context: Context) -> None:
    now = context.clock.now()
    reserved = await context.store.write(
        message_costs.reserve, message.our_id, channel=channel, user_id=None, micros=micros, now=now
    )
    try:
        await paid.send(context.channels[channel], message, reserved)
    except VendorError:
        await context.store.write(spending.release, message.our_id)
        raise
    if channel == MAIL:  # WhatsApp says by a status what was delivered, and so what it costs
        await context.store.write(spending.close, message.our_id)


def _for_whatsapp(connection: Connection, news: Sequence[Alert], context: Context) -> tuple[AnyContent, int]:
    """Return what is sent, and its price at most: all of it inside the window, one line of it as a template outside.

    Raises: VendorMisconfigured while the template may not be sent.
    """
    now, phone = context.clock.now(), context.config.operator.whatsapp
    if operator_line.may_write_freely(connection, now):
        price = context.rates.price(phone, SERVICE, now.date())
        return Words(alert_words.in_words(news, longest=LONGEST_TEXT)), price.micros
    language = context.config.people.locale
    usable = templates.usable(
        connection, WHATSAPP, operator_line.TEMPLATE, language, now=now, digests=context.pack.digests
    )
    if usable is None:
        raise VendorMisconfigured(WHATSAPP, f"the template {operator_line.TEMPLATE} is not approved yet")
    what = {"what": alert_words.subject(news).removeprefix("Ivy: ").removeprefix("Ivy, ")}
    filled = context.pack.fill(operator_line.TEMPLATE, usable.language, what, (operator_line.SHOW_ALL,))
    return filled, context.rates.price(phone, usable.category.lower(), now.date()).micros
