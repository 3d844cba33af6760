"""Which currency somebody counts in: of where they live, or as they say it. May import: currencies, money, places, phones."""

from decimal import ROUND_HALF_UP, Decimal

from ivy.domain import places
from ivy.domain.currencies import CODES, LIKE_ENGLISH_OR_SPANISH, MENTIONS, exponent, of_region
from ivy.domain.money import Money
from ivy.domain.phones import region_of
from ivy.domain.plain_words import words_of
from ivy.domain.said import word_set
from ivy.errors import ConfigError

OTHERWISE = "USD"
"""For somebody of whom nothing tells where they live."""
_BESIDE = word_set(
    "a an the that my me in to of is with and from now on please money currency count amounts code it"
    " el la los las lo mi mis en a de del es con y desde hoy ahora por favor dinero plata moneda montos codigo"
)
"""What stands around the name of a currency and says nothing of it."""


def check(configured: str) -> None:
    """Raise ConfigError for what `people.currency` cannot be."""
    if configured and configured not in CODES:
        raise ConfigError(
            f"people.currency is {configured!r}; write the three letters of one, such as COP, or leave it empty."
        )


def of_number(phone: str, external_id: str = "") -> str:
    """Return the currency of the country of a number (E.164), or of an id that begins with one ("CO.123"); "" if neither tells."""
    zones = places.zones_of_id(external_id)
    return of_region(region_of(phone)) or (of_zone(zones[0]) if zones else "")


def of_zone(zone: str) -> str:
    """Return the currency of a zone's country; "" for a zone of none, such as UTC."""
    return of_region(places.country_of(zone))


def assumed(configured: str, *, phone: str = "", external_id: str = "", zone: str = "") -> str:
    """Return what is assumed of somebody: what is configured for all, or their country's by number, or by zone, or the dollar."""
    return configured or of_number(phone, external_id) or of_zone(zone) or OTHERWISE


def read_currency(text: str, *, own: str, home: str) -> str:
    """Return the currency that is named: "euros", "pesos colombianos", "GBP", "Hong Kong dollars", "that of Peru".

    What several countries call so is that of `home`, else `own`, the one they count in now; "" where none, or more, are named.
    """
    left, named, others = CODES, list[str](), list[str]()
    for word in _words(text):
        if _is_code(word, text):
            left, named = left & {word.upper()}, [*named, word.upper()]
        elif mention := MENTIONS.get(word):
            left, named = left & mention.codes, [*named, mention.otherwise]
        elif word not in _BESIDE:
            others.append(word)
    if others:  # the name of a country, or nothing to be guessed about
        zones = places.zones_named(" ".join(others))
        theirs = of_zone(zones[0]) if zones else ""
        left, named = left & {theirs}, [theirs]
    wanted = (home, own, *named) if named else ()
    return next((code for code in wanted if code in left), next(iter(left)) if len(left) == 1 else "")


def _is_code(word: str, text: str) -> bool:
    code = word.upper()
    return code in CODES and (code not in LIKE_ENGLISH_OR_SPANISH or code in text)


def _words(text: str) -> list[str]:
    """Return the plain words, and signs such as "$" and "€", of a short text."""
    words = words_of(text)
    return [*words, *(sign for sign in text.lower().split() if sign in MENTIONS and sign not in words)]


def in_other(money: Money, currency: str) -> Money:
    """Return as many of another currency, for an amount that was said without naming one: 20 dollars as 20 yen, no change of money.

    What the other cannot be divided into is rounded, to no less than its smallest unit.
    """
    amount = Decimal(money.amount_minor).scaleb(exponent(currency) - exponent(money.currency))
    return Money(max(1, int(amount.to_integral_value(ROUND_HALF_UP))), currency)
