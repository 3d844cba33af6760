"""What texts and minutes cost by country: dated, the dearest where nothing is known, and refused when the card is wrong."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.agent import price_cards
from ivy.config import CallsSection, Config, SmsSection
from ivy.domain.tariffs import Card, Row, Tariff, is_stale
from ivy.errors import ConfigError

TODAY = date(2026, 11, 23)
NUMBERS = {"US": "+12025550143", "CO": "+573001234567", "GB": "+442071838750", "FR": "+33123456789"}


@pytest.mark.parametrize("what", ["texts", "calls"])
def test_the_shipped_cards_have_colombia_and_are_dearest_where_nothing_is_known(what: str) -> None:
    card: Tariff = getattr(price_cards.shipped(), what)
    prices = {region: card.price(number, TODAY) for region, number in NUMBERS.items()}
    assert {"CO", "US", "GB"} <= card.regions
    assert prices["US"].known
    assert not prices["FR"].known  # nobody has a row for it
    assert prices["FR"].micros == max(price.micros for price in prices.values())
    assert card.price("", TODAY).micros == prices["FR"].micros
    assert all(price.source for price in prices.values())
    assert not is_stale(card.as_of, TODAY)


def test_units_are_not_mixed_up() -> None:
    assert (price_cards.shipped().texts.unit, price_cards.shipped().calls.unit) == ("segment", "minute")


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 1_000_000)), min_size=1, unique_by=lambda row: row[0]))
def test_the_newest_price_that_holds_is_taken(rows: list[tuple[int, int]]) -> None:
    first = date(2025, 1, 1)
    dated = [Row("Colombia", first + timedelta(days), micros, "test", "good", ("CO",)) for days, micros in rows]
    card = Tariff(Card("minute", first, (Row("else", first, 999, "test", "guess"), *dated)))
    for days, micros in rows:
        assert card.price(NUMBERS["CO"], first + timedelta(days)).micros == micros
    earliest = min(rows)[0]
    assert card.price(NUMBERS["CO"], first + timedelta(earliest) - timedelta(1)).micros == 999


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('unit = "minute"\nas_of = 2026-01-01\nrates = []', "everywhere else"),
        ("nonsense", "wrong"),
        ('unit = "hour"\nas_of = 2026-01-01\nrates = []', "hour"),
        (
            'unit = "minute"\nas_of = 2026-01-01\n'
            + '[[rates]]\nmarket = "x"\nsince = 2026-01-01\nmicros = 1\nsource = "s"\nconfidence = "good"\n' * 2,
            "two prices",
        ),
    ],
)
def test_a_wrong_card_is_refused_with_its_name(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=f"mine.toml.*{why}|{why}"):
        Tariff.load(text, "mine.toml")


def test_an_operators_own_card_takes_the_place_of_ours(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cards")
    row = '[[rates]]\nmarket = "all"\nsince = 2025-01-01\nmicros = 7\nsource = "contract"\nconfidence = "good"\n'
    (folder / "mine.toml").write_text(f'unit = "minute"\nas_of = 2026-01-01\n{row}')
    found = price_cards.load(Config(calls=CallsSection(rates_file="mine.toml")), folder)
    assert found.calls.price(NUMBERS["CO"], TODAY).micros == 7
    assert found.texts is price_cards.shipped().texts
    with pytest.raises(ConfigError, match=r"sms\.rates_file.*cannot be read"):
        price_cards.load(Config(sms=SmsSection(rates_file="gone.toml")), folder)


def test_prices_are_old_after_ninety_days() -> None:
    assert not is_stale(TODAY - timedelta(90), TODAY)
    assert is_stale(TODAY - timedelta(91), TODAY)
