"""What a minute of a call or a segment of a text costs, by country and day. May import: rates, the ground.

Amounts are whole micro-dollars. A country that a card does not have costs what stands for everywhere else, which is meant
to be too high: better counted too dear than not at all.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec

from ivy.domain.rates import EVERYWHERE, Price, place_of
from ivy.errors import ConfigError

STALE_AFTER = timedelta(days=90)
"""Prices that nobody has looked at for so long are worth a look."""


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One country's price from a day on, in micro-dollars a unit; `regions` empty: everywhere else."""

    market: str
    since: date
    micros: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
    source: str
    confidence: Literal["good", "medium", "guess"]
    regions: tuple[Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")], ...] = ()


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    unit: Literal["segment", "minute"]
    as_of: date
    rates: tuple[Row, ...]


class Tariff:
    """A card that was read and found whole."""

    def __init__(self, card: Card) -> None:
        self.unit = card.unit
        self.as_of = card.as_of
        self._rows = _by_region(card.rates)
        self.regions = frozenset(self._rows) - {EVERYWHERE}

    @staticmethod
    def load(text: str, name: str) -> "Tariff":
        """Read a card from TOML. Raises: ConfigError, naming what is wrong with `name`."""
        try:
            return Tariff(msgspec.convert(tomllib.loads(text), Card))
        except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as error:
            raise ConfigError(f"{name} is wrong: {error}") from None

    def price(self, to: str, on: date) -> Price:
        """Return what a unit costs to a number in E.164; `known` is False where the price is a ceiling or a guess."""
        region = place_of(to)
        found = _on(self._rows.get(region, ()), on) or _on(self._rows[EVERYWHERE], on)
        row = found or self._rows[EVERYWHERE][0]
        known = bool(row.regions) and row.confidence != "guess"
        return Price(row.micros, known, f"{row.market} since {row.since}: {row.source}")


@dataclass(frozen=True)
class Tariffs:
    """What texts and calls cost."""

    texts: Tariff
    calls: Tariff


def _on(rows: Sequence[Row], day: date) -> Row | None:
    at = bisect_right([row.since for row in rows], day)
    return rows[at - 1] if at else None


def _by_region(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Sort rows by region and day. Raises: ValueError for two prices of one day, or none for everywhere else."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.since):
        for region in row.regions or (EVERYWHERE,):
            same = found.setdefault(region, [])
            if same and same[-1].since == row.since:
                raise ValueError(f"{region or 'everywhere else'} has two prices since {row.since}")
            same.append(row)
    if EVERYWHERE not in found:
        raise ValueError("a row without regions must say what it costs everywhere else")
    return found


def is_stale(as_of: date, today: date) -> bool:
    """Say whether prices were looked at so long ago that they are worth a look."""
    return today - as_of > STALE_AFTER
