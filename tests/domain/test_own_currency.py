"""The money somebody counts in: of their country, by number or zone, or as they say it."""

import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import own_currency, places
from ivy.domain.currencies import CODES, exponent, of_region
from ivy.domain.money import Money, format_money
from ivy.domain.own_currency import assumed, in_other, of_number, of_zone, read_currency
from ivy.domain.said import word_set
from ivy.errors import ConfigError

DATA = tomllib.loads(resources.files("ivy").joinpath("data", "currencies.toml").read_text(encoding="utf-8"))
IN_EUROS = word_set("AT BE BG HR CY EE FI FR DE GR IE IT LV LT LU MT NL PT SK SI ES")
"""The 21 of 2026."""


def zones() -> dict[str, str]:
    lines = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {zone: region for region, _place, zone, *_ in rows}


def test_every_zone_of_every_country_has_a_currency_that_is_known() -> None:
    found = zones()
    assert len(found) > 400
    for zone, region in found.items():
        assert places.country_of(zone) == region
        assert of_zone(zone) == of_region(region) != ""
        assert exponent(of_zone(zone)) in (0, 2, 3)


def test_a_region_has_one_currency_and_a_currency_one_row() -> None:
    regions = [region for used_in in DATA["regions"].values() for region in used_in.split()]
    assert len(set(regions)) == len(regions)
    assert set(regions) == set(zones().values())
    assert set(DATA["regions"]) <= CODES
    assert DATA["source"] and DATA["checked"].year >= 2026


def test_the_euro_is_where_it_is_in_2026() -> None:
    assert {of_region(region) for region in IN_EUROS} == {"EUR"}
    assert "EUR" not in {of_region(region) for region in ("CZ", "DK", "HU", "PL", "RO", "SE", "GB", "CH")}


@pytest.mark.parametrize(
    ("zone", "currency"),
    [
        ("America/Bogota", "COP"),
        ("America/Guayaquil", "USD"),
        ("Europe/Sofia", "EUR"),
        ("Asia/Calcutta", "INR"),
        ("America/Buenos_Aires", "ARS"),
        ("US/Eastern", "USD"),
        ("UTC", ""),
        ("Etc/UTC", ""),
        ("EST", ""),
    ],
)
def test_a_zone_tells_the_money_by_an_older_name_too_and_one_of_no_country_tells_none(zone: str, currency: str) -> None:
    assert of_zone(zone) == currency


def test_a_number_comes_before_a_zone_and_what_is_configured_before_both() -> None:
    assert of_number("+573001234567") == of_number("", "CO.1234567890123") == "COP"
    assert of_number("", "573001234567") == of_number("+800") == of_number("") == ""
    assert assumed("", phone="+573001234567", zone="Europe/Madrid") == "COP"
    assert assumed("", zone="Europe/Madrid") == "EUR"
    assert assumed("", zone="UTC") == "USD"
    assert assumed("GBP", phone="+573001234567", zone="Europe/Madrid") == "GBP"


@pytest.mark.parametrize(
    ("said", "own", "home", "currency"),
    [
        ("euros", "USD", "COP", "EUR"),
        ("pesos colombianos", "USD", "USD", "COP"),
        ("GBP", "USD", "", "GBP"),
        ("gbp", "USD", "", "GBP"),
        ("pesos", "USD", "COP", "COP"),
        ("pesos", "MXN", "USD", "MXN"),
        ("dólares", "COP", "COP", "USD"),
        ("dollars", "COP", "CAD", "CAD"),
        ("US$", "COP", "COP", "USD"),
        ("€", "USD", "", "EUR"),
        ("$", "USD", "COP", "COP"),
        ("Hong Kong dollars", "USD", "USD", "HKD"),
        ("Jamaican dollars", "USD", "USD", "JMD"),
        ("soles peruanos", "USD", "", "PEN"),
        ("francos suizos", "USD", "", "CHF"),
        ("Swedish kronor", "USD", "", "SEK"),
        ("the currency of Peru", "USD", "", "PEN"),
        ("Colombian pesos (COP)", "USD", "", "COP"),
    ],
)
def test_money_is_known_by_what_people_call_it(said: str, own: str, home: str, currency: str) -> None:
    assert read_currency(said, own=own, home=home) == currency


@pytest.mark.parametrize(
    "said", ["", "pesos", "money", "bitcoin", "fijian dollars", "euros o dólares", "all", "try", "kr"]
)
def test_what_names_no_money_or_several_is_not_guessed(said: str) -> None:
    assert read_currency(said, own="USD", home="USD") == ""


@given(st.text(max_size=80), st.sampled_from(sorted(CODES)))
def test_whatever_is_said_one_known_currency_comes_of_it_or_none(said: str, own: str) -> None:
    assert read_currency(said, own=own, home="") in CODES | {""}


def test_every_code_names_itself() -> None:
    for code in CODES:
        assert read_currency(code, own="USD", home="COP") == code


@given(st.integers(1, 10**9), st.sampled_from(sorted(CODES)), st.sampled_from(sorted(CODES)))
def test_as_many_of_another_is_the_same_figure_and_never_nothing(minor: int, old: str, new: str) -> None:
    before, after = Money(minor, old), in_other(Money(minor, old), new)
    assert after.currency == new and after.amount_minor > 0
    if exponent(new) >= exponent(old):
        assert in_other(after, old) == before


def test_twenty_thousand_dollars_are_twenty_thousand_pesos() -> None:
    assert format_money(in_other(Money(2_000_000, "USD"), "COP"), "es-CO") == "$ 20.000"
    assert in_other(Money(2050, "USD"), "JPY") == Money(21, "JPY")


def test_what_is_configured_is_a_currency_or_nothing() -> None:
    own_currency.check("")
    own_currency.check("COP")
    with pytest.raises(ConfigError, match=r"people\.currency"):
        own_currency.check("pesos")


def test_a_dollar_sign_is_that_of_the_country_and_no_others() -> None:
    assert format_money(Money(1250, "BBD"), "en-BB") == "$12.50"
    assert format_money(Money(1250, "XCD"), "en-DM") == "$12.50"
    assert format_money(Money(1250, "BBD"), "en-US") == "BBD 12.50"
