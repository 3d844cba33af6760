"""What one message costs: at most, before it leaves; and when its channel has said what became of it.

May import: the agent and below. WhatsApp by its rate card, a text by its segments and country, mail nothing.
"""

from ivy import log
from ivy.agent.desk import Desk
from ivy.domain.rates import SERVICE, Price, place_of
from ivy.domain.sms import cost_segments, plain
from ivy.ports import Address
from ivy.store import allowance, message_costs
from ivy.store.binding import Connection
from ivy.store.outbox import Outgoing

logger = log.get(__name__)
WHATSAPP, SMS = "whatsapp", "sms"
UTILITY = "utility"
_told: set[tuple[str, str]] = set()


def likely(connection: Connection, message: Outgoing, to: Address, desk: Desk, *, category: str = "") -> int:
    """Return what to set aside for a message. `category`: of the template it leaves as; "" for free text.

    A reply counts nothing while fewer messages than the month's free ones have left: one of those it surely is.
    """
    number = to.phone or to.external_id
    if message.channel == SMS:
        return of_text(message.body, number, desk)
    if message.channel != WHATSAPP:
        return 0
    if not category:
        free = desk.rates.allowance(desk.now.date())
        if free and message_costs.sent_this_month(connection, now=desk.now, up_to=free) < free:
            return 0
    return _surely(
        desk.rates.price(number, category.lower() or SERVICE, desk.now.date()), "whatsapp.rates_file", number
    )


def billed(connection: Connection, message: Outgoing, desk: Desk) -> int:
    """Return what a delivered message costs; the month's free replies are counted only where the vendor names no price."""
    number = message.recipient.phone or message.recipient.external_id
    if message.channel == SMS:
        return of_text(message.body, number, desk)
    if message.channel != WHATSAPP:
        return 0
    category = message.price_category or (UTILITY if message.sent_as == "template" else SERVICE)
    used = 0
    if not message.price_type and category == SERVICE:
        free = desk.rates.allowance(desk.now.date())
        used = max(0, allowance.free_replies(connection, WHATSAPP, now=desk.now, up_to=free + 1) - 1)
    return desk.rates.cost_of(message.price_type, category, number, desk.now, used).micros


def of_text(body: str, number: str, desk: Desk) -> int:
    """Return what a text costs in micro-dollars: its segments at the price of its country."""
    segments = max(1, cost_segments(plain(body)))
    if desk.config.sms.usd_per_segment > 0:
        return round(desk.config.sms.usd_per_segment * 1_000_000) * segments
    return _surely(desk.tariffs.texts.price(number, desk.now.date()), "sms.rates_file", number) * segments


def minute_usd(number: str, desk: Desk) -> float:
    """Return what a minute of a call to a number is reckoned at, in dollars."""
    if desk.config.calls.usd_per_minute > 0:
        return desk.config.calls.usd_per_minute
    return _surely(desk.tariffs.calls.price(number, desk.now.date()), "calls.rates_file", number) / 1_000_000


def _surely(price: Price, key: str, number: str) -> int:
    """Return a price; one that is a guess or a ceiling is told once, with the row that is missing."""
    region = place_of(number) or "this country"
    if not price.known and (key, region) not in _told:
        _told.add((key, region))
        logger.warning(
            "no sure price for %s: add a row for it to %s; charged until then: %s", region, key, price.source
        )
    return price.micros
