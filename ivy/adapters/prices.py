"""What a model costs: the operator's own prices, a packaged list, a dated file, else a ceiling. May import: ports, the ground.

The list comes with a package and is never fetched. It knows prices of long prompts too; Ivy's prompts are short, so the
base price is the one used.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ivy import log
from ivy.clock import Clock
from ivy.errors import ConfigError
from ivy.ports import UnitPrices
from ivy.threads import Threads

if TYPE_CHECKING:
    from types import ModuleType

LISTED = frozenset({"anthropic", "openai"})
"""Vendors whose models are looked up in the list."""

_PACKAGE = "genai_prices"
_MICROS = 1_000_000


class Dollars(Protocol):
    """Dollars per million tokens. A cached part at 0 beside a dearer input has no price of its own: it costs what input does."""

    @property
    def input(self) -> float: ...
    @property
    def output(self) -> float: ...
    @property
    def cache_read(self) -> float: ...
    @property
    def cache_write(self) -> float: ...


class DatedPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of a price file: dollars per million tokens from a day on."""

    vendor: str
    model: str
    since: date
    source: str
    input: float
    output: float = 0.0
    cache_read: float = 0.0
    cache_write: float = 0.0


class PriceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices that the packaged list does not have; `as_of` is when somebody last looked."""

    as_of: date
    prices: tuple[DatedPrice, ...] = ()

    @staticmethod
    def load(text: str, name: str) -> PriceFile:
        """Read a file of prices. Raises: ConfigError, naming what is wrong with `name`."""
        try:
            return msgspec.convert(tomllib.loads(text), PriceFile)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise ConfigError(f"{name} is wrong: {error}") from None


class PriceTable:
    """Prices by vendor and model: overrides (keys `vendor:model` or `model`) win, then the packaged list, then `beyond`.

    What nobody knows costs `ceiling`.

    `compatible` are vendors whose base_url is not their own: their models' names mean nothing to the list.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        ceiling: Dollars,
        overrides: Mapping[str, Dollars] | None = None,
        beyond: Sequence[DatedPrice] = (),
        compatible: Collection[str] = (),
    ) -> None:
        self._clock = clock
        self._ceiling = _priced(ceiling, "ceiling", "ceiling", known=False)
        self._overrides = {key: _priced(dollars, key, "override") for key, dollars in (overrides or {}).items()}
        self._beyond = sorted(beyond, key=lambda row: row.since)
        self._listed = LISTED - frozenset(compatible)
        self._found: dict[tuple[str, str, date], UnitPrices] = {}
        self._told: set[tuple[str, str]] = set()

    async def load(self, threads: Threads) -> None:
        """Import the list off the loop; otherwise the first look-up does it, and holds everything up for a moment."""
        await threads.run(importlib.import_module, _PACKAGE)

    def of(self, vendor: str, model: str) -> UnitPrices:
        """Return today's prices; `known` is False where they are the ceiling, which is logged once."""
        override = self._overrides.get(f"{vendor}:{model}") or self._overrides.get(model)
        if override is not None:
            return override
        key = (vendor, model, self._clock.now().date())  # a list may know of a change to come
        if key not in self._found:
            self._found[key] = self._look_up(vendor, model)
        return self._found[key]

    def _look_up(self, vendor: str, model: str) -> UnitPrices:
        listed = self._from_list(vendor, model) if vendor in self._listed else None
        if listed is not None:
            return listed
        if (ours := self._from_file(vendor, model)) is not None:
            return ours
        if (vendor, model) not in self._told:
            self._told.add((vendor, model))
            log.get(__name__).warning(
                "no price is known for %s:%s; the ceiling is charged. Add to prices under [spend]:"
                ' "%s:%s" = {input = ..., output = ...}',
                vendor,
                model,
                vendor,
                model,
            )
        return self._ceiling

    def _from_file(self, vendor: str, model: str) -> UnitPrices | None:
        if vendor not in self._listed:  # a compatible server gives its models any name
            return None
        today = self._clock.now().date()
        rows = [row for row in self._beyond if (row.vendor, row.model) == (vendor, model) and row.since <= today]
        return _priced(rows[-1], f"{vendor}:{model}", rows[-1].source) if rows else None

    def _from_list(self, vendor: str, model: str) -> UnitPrices | None:
        prices: ModuleType = importlib.import_module(_PACKAGE)
        try:
            found: Any = prices.calc_price(
                prices.Usage(input_tokens=0, output_tokens=0),
                model_ref=model,
                provider_id=vendor,
                genai_request_timestamp=self._clock.now(),
            ).model_price
        except LookupError:
            return None
        fresh = _base(found.input_mtok)
        if fresh is None:  # priced by something else than tokens
            return None
        return UnitPrices(
            input=_micros(fresh),
            output=_micros(_base(found.output_mtok) or Decimal(0)),
            cache_read=_micros(_or(_base(found.cache_read_mtok), fresh)),
            cache_write=_micros(_or(_base(found.cache_write_mtok), fresh)),
            source=f"genai-prices {prices.__version__}",
        )


def _base(price: Any) -> Decimal | None:
    return getattr(price, "base", price)


def _or(price: Decimal | None, instead: Decimal) -> Decimal:
    return instead if price is None else price


def _priced(dollars: Dollars, key: str, source: str, *, known: bool = True) -> UnitPrices:
    fresh = _read(dollars.input, key)
    return UnitPrices(
        input=_micros(fresh),
        output=_micros(_read(dollars.output, key)),
        cache_read=_micros(_read(dollars.cache_read, key) or fresh),
        cache_write=_micros(_read(dollars.cache_write, key) or fresh),
        source=source,
        known=known,
    )


def _read(dollars: float, key: str) -> Decimal:
    price = Decimal(str(dollars))  # what was written, not its nearest binary fraction
    if not price.is_finite() or price < 0:
        raise ConfigError(f"The price of {key} is not a number of dollars: {dollars}.")
    return price


def _micros(dollars: Decimal) -> int:
    """Return dollars per million tokens as whole micro-dollars per million tokens, rounded up."""
    return int((dollars * _MICROS).to_integral_value(ROUND_CEILING))
