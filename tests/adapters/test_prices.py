import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ivy.adapters.prices import DatedPrice, PriceFile, PriceTable
from ivy.agent import price_cards
from ivy.config import Config
from ivy.domain.pricing import cost_micros
from ivy.domain.tariffs import is_stale
from ivy.errors import ConfigError
from ivy.ports import UnitPrices, Usage
from ivy.threads import InlineThreads


@dataclass(frozen=True)
class Dollars:
    input: float
    output: float
    cache_read: float = 0.0
    cache_write: float = 0.0


class StoppedClock:
    virtual = True

    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)


CEILING = Dollars(15, 75, 15, 20)


def table(compatible: tuple[str, ...] = (), **overrides: Dollars) -> PriceTable:
    named = {key.replace("__", ":").replace("_", "-"): dollars for key, dollars in overrides.items()}
    return PriceTable(StoppedClock(), ceiling=CEILING, overrides=named, compatible=compatible)


@pytest.mark.parametrize(
    ("vendor", "model", "dollars"),
    [
        ("anthropic", "claude-sonnet-5-5", (2, 10, 0.10, 2.50)),
        ("anthropic", "claude-haiku-5-5", (0.10, 0.50, 0.01, 0.125)),
        ("openai", "gpt-6-luna", (0.10, 0.50, 0.01, 0.125)),
        ("openai", "text-embedding-3-small", (0.02, 0, 0.02, 0.02)),
    ],
)
def test_the_list_knows_the_models_in_use(vendor: str, model: str, dollars: tuple[float, ...]) -> None:
    prices = table().of(vendor, model)
    assert prices.known
    assert prices.source.startswith("genai-prices 0.")
    micros = (prices.input, prices.output, prices.cache_read, prices.cache_write)
    assert micros == tuple(round(one * 1_000_000) for one in dollars)


def test_a_typical_turn_costs_what_the_vendor_bills() -> None:
    usage = Usage(input=3_500, output=250, cache_read=2_000)
    assert cost_micros(usage, table().of("anthropic", "claude-sonnet-5-5")) == 5_700
    assert cost_micros(usage, table().of("anthropic", "claude-haiku-5-5")) == 295


def test_an_override_wins_over_the_list_and_the_vendors_own_over_the_models() -> None:
    prices = table(gpt_6_luna=Dollars(1, 2), openai__gpt_6_luna=Dollars(0.3, 4, 0.03, 0.4))
    assert prices.of("openai", "gpt-6-luna") == UnitPrices(300_000, 4_000_000, 30_000, 400_000, source="override")
    assert prices.of("attic", "gpt-6-luna").input == 1_000_000


def test_a_cached_part_without_a_price_of_its_own_costs_what_fresh_input_does() -> None:
    prices = table(some=Dollars(1, 2)).of("openai", "some")
    assert (prices.cache_read, prices.cache_write) == (1_000_000, 1_000_000)


def test_a_local_model_may_be_free() -> None:
    free = table(openai__llama=Dollars(0, 0)).of("openai", "llama")
    assert free == UnitPrices(0, 0, 0, 0, source="override")


def test_a_compatible_server_is_not_charged_by_another_vendors_list() -> None:
    assert not table(compatible=("openai",)).of("openai", "gpt-6-luna").known


def test_what_nobody_knows_costs_the_ceiling_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    prices = table()
    with caplog.at_level(logging.WARNING, logger="ivy"):
        found = [prices.of("openai", "gpt-6.2-sol") for _call in range(3)]
    assert found[-1] == UnitPrices(15_000_000, 75_000_000, 15_000_000, 20_000_000, source="ceiling", known=False)
    assert [record.getMessage() for record in caplog.records] == [
        "no price is known for openai:gpt-6.2-sol; the ceiling is charged. Add to prices under [spend]:"
        ' "openai:gpt-6.2-sol" = {input = ..., output = ...}'
    ]


def test_a_model_that_is_not_priced_by_tokens_costs_the_ceiling() -> None:
    assert not table().of("openai", "gpt-transcribe").known


def test_a_fraction_of_a_micro_dollar_is_never_lost() -> None:
    assert table(cheap=Dollars(0.000_000_1, 0)).of("openai", "cheap").input == 1
    assert table(exact=Dollars(0.1, 0)).of("openai", "exact").input == 100_000


@pytest.mark.parametrize("price", [-1.0, float("nan"), float("inf")])
def test_a_price_that_is_none_stops_the_start(price: float) -> None:
    with pytest.raises(ConfigError, match="gpt-6-luna"):
        table(gpt_6_luna=Dollars(price, 1))


async def test_the_list_can_be_read_ahead_of_the_first_look_up() -> None:
    prices = table()
    await prices.load(InlineThreads())
    assert prices.of("openai", "gpt-6-luna").known


# --- the dated file -----------------------------------------------------------------------------------


def test_the_shipped_file_prices_what_the_list_does_not_know() -> None:
    rows = PriceFile.load(*price_cards.models_text(Config(), Path()))
    assert not is_stale(rows.as_of, date(2026, 11, 23))
    prices = PriceTable(StoppedClock(), ceiling=CEILING, beyond=rows.prices)
    for row in rows.prices:
        found = prices.of(row.vendor, row.model)
        assert found.known
        assert found.input == pytest.approx(row.input * 1_000_000)


def test_the_newest_row_that_holds_is_taken_and_compatible_servers_have_none() -> None:
    rows = [
        DatedPrice("openai", "mine-1", date(2026, 1, 1), "old", 2.0),
        DatedPrice("openai", "mine-1", date(2026, 6, 1), "new", 1.0),
        DatedPrice("openai", "mine-1", date(2099, 1, 1), "to come", 9.0),
    ]
    table = PriceTable(StoppedClock(), ceiling=CEILING, beyond=rows)
    assert (table.of("openai", "mine-1").input, table.of("openai", "mine-1").source) == (1_000_000, "new")
    assert (
        not PriceTable(StoppedClock(), ceiling=CEILING, beyond=rows, compatible={"openai"}).of("openai", "mine-1").known
    )


def test_a_wrong_file_is_refused_with_its_name() -> None:
    with pytest.raises(ConfigError, match=r"mine\.toml is wrong"):
        PriceFile.load("prices = 3", "mine.toml")
