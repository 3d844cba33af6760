"""What a message costs by WhatsApp's rate card: dated, by market and category. May import: phones, the ground, msgspec.

Source: Meta's price pages, as `data/whatsapp_rates.toml` quotes them. Meta never sends an amount: it names a type and a
category, and the price is looked up here. A price is charged on delivery; a card's day is taken to begin in UTC.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
import phonenumbers

from ivy.domain.phones import region_of
from ivy.errors import ConfigError

CATEGORIES = ("marketing", "utility", "authentication", "service")
SERVICE = "service"
"""Free text in the window. A category of prices only: no template has it."""

REGULAR = "regular"
FREE_TYPES = frozenset({"free_customer_service", "free_entry_point", "free_group_customer_service"})
"""Price types that cost nothing. One that is not known is charged: it may be free, but nobody said so."""

_SAME_PRICE = {
    "marketing_lite": "marketing",
    "group_marketing": "marketing",
    "group_service": "service",
    "group_utility": "utility",
}
_FREE_CATEGORY = "referral_conversion"
EVERYWHERE = ""
"""The region of rows that hold wherever no other does."""


@dataclass(frozen=True)
class Price:
    """Micro-dollars. `known` is false for an estimate: the dearest that is known, or a guess at what the vendor means."""

    micros: int
    known: bool
    source: str


Micros = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One market's prices from a day on, in micro-dollars a delivered message; `regions` empty: everywhere else."""

    market: str
    since: date
    source: str
    confidence: Literal["good", "medium", "guess"]
    regions: tuple[Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")], ...] = ()
    marketing: Micros | None = None
    utility: Micros | None = None
    authentication: Micros | None = None
    service: Micros | None = None
    currency: str = "USD"
    listed: dict[str, str] = {}
    """The card's own amounts, where its currency is not the dollar."""


class FreeReplies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many service messages a number may have delivered for nothing in a calendar month, from a day on."""

    since: date
    service_messages: Annotated[int, msgspec.Meta(ge=0)]
    source: str = ""


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rates: tuple[Row, ...]
    allowance: tuple[FreeReplies, ...] = ()


@dataclass(frozen=True)
class _Dated:
    """Prices of one region and category, oldest first."""

    since: tuple[date, ...]
    prices: tuple[Price, ...]

    def on(self, day: date) -> Price | None:
        at = bisect_right(self.since, day)
        return self.prices[at - 1] if at else None


def quarter_of(day: date) -> date:
    """Return the first day of a quarter: the vendor changes prices on no other."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


class Rates:
    """A rate card that was read and found whole."""

    def __init__(self, card: Card) -> None:
        self._dated = _by_place(card.rates)
        self._allowances = sorted(card.allowance, key=lambda row: row.since)
        self.regions = frozenset(region for region, _category in self._dated)
        """Where the card has prices of its own, by ISO code; EVERYWHERE among them."""
        self.newest = max(row.since for row in card.rates)
        """The day of the newest price."""

    @staticmethod
    def load(text: str, name: str = "the rate card") -> "Rates":
        """Read a card from TOML. Raises: ConfigError, naming what is wrong with `name`."""
        try:
            return Rates(msgspec.convert(tomllib.loads(text), Card))
        except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as error:
            raise ConfigError(f"{name} is wrong: {error}") from None

    def price(self, to: str, category: str, on: date) -> Price:
        """Return what a charged message costs. `to`: E.164, or a business-scoped id, which begins with its country.

        For a market that the card does not have, or a day before the first it has, the dearest known rate stands in.
        """
        if category == _FREE_CATEGORY:
            return Price(0, known=True, source="nothing is charged after an ad")
        wanted = _SAME_PRICE.get(category, category)
        if wanted not in CATEGORIES:  # nobody knows the category: it is counted at the dearest
            found = self._priced(place_of(to), "marketing", on)
            return Price(found.micros, known=False, source=f"category {category or 'not named'}: {found.source}")
        return self._priced(place_of(to), wanted, on)

    def _priced(self, region: str, category: str, on: date) -> Price:
        own = self._dated.get((region, category))
        elsewhere = self._dated[EVERYWHERE, category]
        found = (own and own.on(on)) or elsewhere.on(on)
        return found or Price(elsewhere.prices[0].micros, known=False, source=f"no rate before {elsewhere.since[0]}")

    def allowance(self, on: date) -> int:
        """Return how many replies a month are free on a day; 0 when there is no allowance, because none is needed or given."""
        return next((row.service_messages for row in reversed(self._allowances) if row.since <= on), 0)

    def cost_of(self, price_type: str, category: str, to: str, at: datetime, used_this_month: int) -> Price:
        """Return what one delivered message costs. `at`: its delivery; `used_this_month`: free replies before this one.

        The vendor's word decides. A message it has not labelled is judged by our own count, as an estimate; a type that
        nobody knows is charged, as an estimate.
        """
        if price_type in FREE_TYPES:
            return Price(0, known=True, source=price_type)
        day = at.astimezone(UTC).date()
        listed = self.price(to, category, day)
        if price_type == REGULAR:
            return listed
        if not price_type and category == SERVICE and used_this_month < self.allowance(day):
            return Price(0, known=False, source="counted as one of the month's free replies")
        return Price(listed.micros, known=False, source=f"type {price_type or 'not named'}: {listed.source}")


def _by_place(rows: Sequence[Row]) -> dict[tuple[str, str], _Dated]:
    """Sort a card's rows by region and category. Raises: ValueError for two prices of one day, or a gap everywhere else."""
    found: dict[tuple[str, str], dict[date, Price]] = {}
    for row in rows:
        for category in CATEGORIES:
            micros: int | None = getattr(row, category)
            if micros is None:
                continue
            price = Price(micros, row.confidence != "guess", f"{row.market} since {row.since}: {row.source}")
            for region in row.regions or (EVERYWHERE,):
                if found.setdefault((region, category), {}).setdefault(row.since, price) is not price:
                    raise ValueError(f"{category} of {region or 'everywhere else'} has two prices since {row.since}")
    for category in CATEGORIES:
        if (EVERYWHERE, category) not in found:
            raise ValueError(f"a row without regions must say what {category} costs everywhere else")
    return {place: _Dated(*zip(*sorted(prices.items(), key=_since), strict=True)) for place, prices in found.items()}


def _since(item: tuple[date, Any]) -> date:
    return item[0]


def place_of(to: str) -> str:
    """Return the ISO code of where a recipient is; "" when it cannot be told."""
    if not to.startswith("+"):
        country, dot, rest = to.partition(".")
        return country if dot and rest and len(country) == 2 and country.isascii() and country.isupper() else ""
    if region := region_of(to):
        return region
    try:  # a number that nobody knows is still charged by its calling code
        code = phonenumbers.parse(to).country_code or 0
    except phonenumbers.NumberParseException:
        return ""
    region = phonenumbers.region_code_for_country_code(code)
    return region if len(region) == 2 and region.isalpha() and region != "ZZ" else ""
