"""What an amount may not be, each said in plain words: every branch of the rules of money, without chance."""

import pytest

from ivy.domain.money import Money, Unclear, parse_money

READ = {
    ("50!", "en-US", "USD"): Money(5_000, "USD"),  # a mark behind it means nothing
    ("20 p", "en-GB", "GBP"): Money(20, "GBP"),
    ("5 usd and 50", "en-US", "USD"): Money(550, "USD"),
    ("2.5 thousand", "en-US", "USD"): Money(250_000, "USD"),
    ("1,500 k", "en-US", "USD"): Money(150_000_000, "USD"),
    ("1.234", "en-US", "KWD"): Money(1_234, "KWD"),
}
ASKED = {
    ("", "en-US", "USD"): "How much is it?",
    ("20 p", "en-US", "USD"): "does not read as one amount",  # pence to the British only
    ("50 cents", "en-US", "JPY"): "JPY has no cents",
    ("2.5 cents", "en-US", "USD"): "Write whole cents",
    ("5 dollars and 500", "en-US", "USD"): "does not read as one amount",
    ("2k and 50", "en-US", "USD"): "does not read as one amount",
    ("5.5 and 50", "en-US", "USD"): "does not read as one amount",
    ("12.34", "en-US", "JPY"): "Is that",
    ("half yen", "en-US", "JPY"): "no coin that small",
    ("0.001 dollars", "en-US", "USD"): "too many figures",
    ("0", "en-US", "USD"): "more than zero",
    ("-5", "en-US", "USD"): "without the minus",
    ("9999999999999", "en-US", "USD"): "a zero too many",
}


@pytest.mark.parametrize(("said", "money"), READ.items(), ids=str)
def test_an_amount_is_read_as_it_is_meant(said: tuple[str, str, str], money: Money) -> None:
    text, locale, currency = said
    assert parse_money(text, locale=locale, currency=currency) == money


@pytest.mark.parametrize(("said", "question"), ASKED.items(), ids=str)
def test_what_is_no_amount_is_asked_about(said: tuple[str, str, str], question: str) -> None:
    text, locale, currency = said
    with pytest.raises(Unclear, match=question):
        parse_money(text, locale=locale, currency=currency)
