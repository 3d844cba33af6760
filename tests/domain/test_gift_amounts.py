"""The round amounts near one dollar: there for every currency, and each can be halved and multiplied as gifts are."""

import tomllib
from dataclasses import astuple
from decimal import Decimal
from importlib import resources

from ivy.config import GivingSection
from ivy.domain.currencies import CODES, exponent
from ivy.domain.gift_amounts import near_a_dollar
from ivy.domain.giving import LARGEST, usual
from ivy.domain.money import Money, format_money, parse_money

DATA = tomllib.loads(resources.files("ivy").joinpath("data", "gift_amounts.toml").read_text(encoding="utf-8"))
REGIONS = tomllib.loads(resources.files("ivy").joinpath("data", "currencies.toml").read_text(encoding="utf-8"))[
    "regions"
]


def test_every_currency_that_somebody_may_count_in_has_one_and_says_from_when() -> None:
    assert set(REGIONS) <= CODES == set(DATA["amounts"])
    assert DATA["source"] and DATA["checked"].year >= 2026


def test_each_is_one_two_or_five_times_a_power_of_ten() -> None:
    for currency in CODES:
        assert near_a_dollar(currency).normalize().as_tuple().digits in {(1,), (2,), (5,)}, currency


def test_each_its_half_and_its_multiples_are_whole_minor_units_within_bounds() -> None:
    for currency in CODES:
        amount, daily, monthly, comeback = astuple(usual(GivingSection(), currency))
        assert 1 <= comeback < amount < monthly < LARGEST * 10 ** exponent(currency), currency
        assert Decimal(amount).scaleb(-exponent(currency)) == near_a_dollar(currency)
        assert (daily, monthly, amount) == (2 * amount, 40 * amount, 2 * comeback), currency


def test_the_dollar_and_the_euro_are_one_and_a_currency_nobody_knows_is_its_unit() -> None:
    assert [near_a_dollar(each) for each in ("USD", "EUR", "GBP", "XYZ")] == [1, 1, 1, 1]
    assert [str(near_a_dollar(each)) for each in ("COP", "JPY", "MXN", "KWD")] == ["5000", "200", "20", "0.2"]


def test_each_is_read_back_as_it_is_written_in_a_prompt() -> None:
    for currency in CODES:
        amount = Money(usual(GivingSection(), currency).amount, currency)
        assert parse_money(format_money(amount, "en-US"), locale="en-US", currency=currency) == amount
