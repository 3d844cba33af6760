from dataclasses import dataclass, replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.pricing import cost_micros, estimate_micros
from ivy.ports import UnitPrices, Usage

counts = st.integers(0, 2_000_000)
rates = st.integers(0, 75_000_000)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    fresh, read, write = draw(counts), draw(counts), draw(counts)
    return Usage(input=fresh + read + write, output=draw(counts), cache_read=read, cache_write=write)


@dataclass(frozen=True)
class Rate:
    input: int
    output: int
    cache_read: int
    cache_write: int


prices_of_models = st.builds(Rate, rates, rates, rates, rates)
SONNET = UnitPrices(2_000_000, 10_000_000, 100_000, 2_500_000, source="test")


def test_a_typical_turn_costs_what_its_parts_cost() -> None:
    usage = Usage(input=3_500, output=250, cache_read=2_000)
    assert cost_micros(usage, SONNET) == 1_500 * 2 + 2_000 // 10 + 250 * 10


def test_the_smallest_fraction_of_a_micro_dollar_is_rounded_up_to_one() -> None:
    assert cost_micros(Usage(input=1), Rate(1, 0, 0, 0)) == 1
    assert cost_micros(Usage(), SONNET) == 0


@given(usages(), prices_of_models)
def test_the_cost_is_exact_to_the_micro_dollar(usage: Usage, prices: Rate) -> None:
    fresh = usage.input - usage.cache_read - usage.cache_write
    exact = (
        Fraction(fresh * prices.input, 1_000_000)
        + Fraction(usage.cache_read * prices.cache_read, 1_000_000)
        + Fraction(usage.cache_write * prices.cache_write, 1_000_000)
        + Fraction(usage.output * prices.output, 1_000_000)
    )
    assert 0 <= cost_micros(usage, prices) - exact < 1


@given(usages(), prices_of_models, st.sampled_from(["input", "output"]), counts)
def test_more_tokens_never_cost_less(usage: Usage, prices: Rate, field: str, more: int) -> None:
    grown = replace(usage, **{field: getattr(usage, field) + more})
    assert cost_micros(grown, prices) >= cost_micros(usage, prices)


@given(usages(), prices_of_models, st.sampled_from(["input", "output", "cache_read", "cache_write"]), rates)
def test_a_dearer_model_never_costs_less(usage: Usage, prices: Rate, field: str, more: int) -> None:
    dearer = replace(prices, **{field: getattr(prices, field) + more})
    assert cost_micros(usage, dearer) >= cost_micros(usage, prices)


anything = st.integers(-(10**9), 10**9)


@given(st.builds(Usage, anything, anything, anything, anything), st.builds(Rate, *[anything] * 4))
def test_nonsense_from_a_vendor_never_earns_money(usage: Usage, prices: Rate) -> None:
    assert cost_micros(usage, prices) >= 0
    assert estimate_micros(usage.input, usage.output, prices) >= 0


@given(usages(), prices_of_models)
def test_what_is_reserved_covers_every_way_the_prompt_can_be_cached(usage: Usage, prices: Rate) -> None:
    assert cost_micros(usage, prices) <= estimate_micros(usage.input, usage.output, prices)


@pytest.mark.parametrize(("read", "write"), [(5_000, 0), (0, 5_000)])
def test_cached_parts_larger_than_the_whole_are_still_paid(read: int, write: int) -> None:
    usage = Usage(input=1_000, cache_read=read, cache_write=write)
    assert cost_micros(usage, SONNET) == (read * 100_000 + write * 2_500_000) // 1_000_000
