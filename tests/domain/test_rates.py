from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.rates import CATEGORIES, EVERYWHERE, FREE_TYPES, REGULAR, Price, Rates, quarter_of
from ivy.errors import ConfigError

TEXT = (Path(__file__).parents[2] / "ivy" / "data" / "whatsapp_rates.toml").read_text()
CARD = Rates.load(TEXT)
COLOMBIA, UNKNOWN_MARKET, INDIA = "+573001112233", "+81312345678", "+919876543210"
LAST_FREE_DAY, FIRST_PAID_DAY = date(2026, 9, 30), date(2026, 10, 1)
NOON = datetime(2026, 10, 15, 12, 0, tzinfo=UTC)


def micros(to: str, category: str, on: date = FIRST_PAID_DAY) -> int:
    return CARD.price(to, category, on).micros


def test_colombia_costs_what_its_card_says() -> None:
    assert {category: micros(COLOMBIA, category) for category in CATEGORIES} == {
        "marketing": 12_500, "utility": 800, "authentication": 800, "service": 800,
    }  # fmt: skip
    assert micros(COLOMBIA, "marketing") // micros(COLOMBIA, "utility") == 15
    assert CARD.price(COLOMBIA, "utility", FIRST_PAID_DAY).known


def test_prices_change_on_the_first_of_a_quarter() -> None:
    quarters = {month: quarter_of(date(2026, month, 28)).month for month in range(1, 13)}
    assert list(quarters.values()) == [1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10]
    assert quarter_of(date(2026, 12, 31)) == date(2026, 10, 1)


def test_what_follows_an_ad_costs_nothing() -> None:
    price = CARD.price(COLOMBIA, "referral_conversion", FIRST_PAID_DAY)
    assert (price.micros, price.known) == (0, True)


def test_replies_were_free_until_the_end_of_september_2026() -> None:
    for to in (COLOMBIA, UNKNOWN_MARKET, ""):
        assert CARD.price(to, "service", LAST_FREE_DAY) == CARD.price(COLOMBIA, "service", LAST_FREE_DAY)
        assert micros(to, "service", LAST_FREE_DAY) == 0 < micros(to, "service", FIRST_PAID_DAY)
    assert (CARD.allowance(LAST_FREE_DAY), CARD.allowance(FIRST_PAID_DAY)) == (0, 1_000)


def test_an_unknown_market_is_charged_as_the_dearest_and_marked() -> None:
    for category in CATEGORIES:
        price = CARD.price(UNKNOWN_MARKET, category, FIRST_PAID_DAY)
        assert not price.known and "dearest" in price.source
        places = [f"{region}.1" for region in CARD.regions - {EVERYWHERE}]
        assert all(micros(place, category) <= price.micros for place in places)


def test_a_category_that_a_market_lacks_is_estimated() -> None:
    kenya = CARD.price("+254712345678", "marketing", FIRST_PAID_DAY)
    assert kenya.micros == micros(UNKNOWN_MARKET, "marketing") and not kenya.known
    assert CARD.price("+254712345678", "utility", FIRST_PAID_DAY) == Price(
        4_000, True, CARD.price("+254712345678", "utility", FIRST_PAID_DAY).source
    )


@pytest.mark.parametrize(
    ("to", "like"),
    [
        ("CO.13491208655302741918", COLOMBIA), ("IN.9", INDIA), ("+5700", COLOMBIA),
        ("US.ENT.1", "+12025550101"), ("+442079460000", "GB.1"), ("+4412", "GB.1"), ("+1999", "US.1"),
        ("co.1", ""), ("CO", ""), ("CO.", ""), ("nonsense", ""), ("+", ""), ("+999", ""), ("XX.1", ""), ("+80012345678", ""),
    ],
)  # fmt: skip
def test_the_market_is_the_countrys_that_the_recipient_is_named_by(to: str, like: str) -> None:
    assert CARD.price(to, "utility", FIRST_PAID_DAY) == CARD.price(like, "utility", FIRST_PAID_DAY)


@pytest.mark.parametrize(
    ("category", "like"),
    [("marketing_lite", "marketing"), ("group_service", "service"), ("group_utility", "utility")],
)
def test_categories_of_one_price(category: str, like: str) -> None:
    assert CARD.price(COLOMBIA, category, FIRST_PAID_DAY) == CARD.price(COLOMBIA, like, FIRST_PAID_DAY)


@pytest.mark.parametrize("category", ["", "general_purpose_ai", "authentication_international", "next_year"])
def test_a_category_that_nobody_knows_is_counted_at_the_dearest_and_marked(category: str) -> None:
    price = CARD.price(COLOMBIA, category, FIRST_PAID_DAY)
    assert (price.micros, price.known) == (12_500, False)


# --- what one message costs ------------------------------------------------------------------------


def cost(price_type: str, category: str = "service", *, used: int = 0, to: str = COLOMBIA) -> tuple[int, bool]:
    found = CARD.cost_of(price_type, category, to, NOON, used)
    return found.micros, found.known


@pytest.mark.parametrize("price_type", sorted(FREE_TYPES))
def test_what_the_vendor_calls_free_is_free_however_much_was_used(price_type: str) -> None:
    assert cost(price_type, used=5_000) == cost(price_type, "marketing", used=5_000) == (0, True)


def test_what_the_vendor_charges_is_charged_though_our_own_count_is_lower() -> None:
    assert cost(REGULAR, used=3) == (800, True)


def test_an_unlabelled_reply_is_judged_by_our_own_count() -> None:
    assert cost("", used=999) == (0, False)
    assert cost("", used=1_000) == (800, False)
    assert cost("", "utility", used=0) == (800, False)


def test_a_type_that_nobody_knows_is_charged_as_an_estimate() -> None:
    assert cost("free_of_next_year") == cost("half_price") == (800, False)


@given(
    st.sampled_from(["", REGULAR, "odd", *FREE_TYPES]) | st.text(max_size=12),
    st.sampled_from([*CATEGORIES, "", "referral_conversion"]) | st.text(max_size=12),
    st.sampled_from([COLOMBIA, UNKNOWN_MARKET, ""]) | st.text(max_size=20),
    st.integers(0, 3_000),
    st.integers(0, 3_000),
)
def test_more_use_never_costs_less_and_nothing_ever_earns(
    price_type: str, category: str, to: str, used: int, more: int
) -> None:
    first = CARD.cost_of(price_type, category, to, NOON, used)
    later = CARD.cost_of(price_type, category, to, NOON, used + more)
    assert 0 <= first.micros <= later.micros


# --- cards -----------------------------------------------------------------------------------------

days = st.dates(date(2025, 1, 1), date(2027, 12, 31))


def card(changes: dict[date, int], default: date = date(2024, 1, 1)) -> Rates:
    rows = [
        f'[[rates]]\nmarket = "x"\nregions = ["CO"]\nsince = {since}\nutility = {amount}\nconfidence = "good"\nsource = "s"'
        for since, amount in changes.items()
    ]
    rows.append(
        f'[[rates]]\nmarket = "rest"\nsince = {default}\nconfidence = "guess"\nsource = "s"\n'
        + "\n".join(f"{category} = 999999" for category in CATEGORIES)
    )
    return Rates.load("\n".join(rows))


@given(st.dictionaries(days, st.integers(0, 900_000), max_size=5), days)
def test_a_price_holds_from_its_day_until_the_next_ones(changes: dict[date, int], on: date) -> None:
    begun = [since for since in changes if since <= on]
    expected = changes[max(begun)] if begun else 999_999
    assert card(changes).price(COLOMBIA, "utility", on).micros == expected


@given(st.lists(st.integers(0, 900_000), min_size=1, max_size=6).map(sorted), st.data())
def test_prices_that_only_rise_never_fall_from_one_day_to_a_later(amounts: list[int], data: st.DataObject) -> None:
    since = sorted(data.draw(st.lists(days, min_size=len(amounts), max_size=len(amounts), unique=True)))
    rates = card(dict(zip(since, amounts, strict=True)))
    first = data.draw(st.dates(since[0], date(2028, 1, 1)))
    later = first + timedelta(days=data.draw(st.integers(0, 400)))
    price = [rates.price(COLOMBIA, "utility", on).micros for on in (first, later)]
    assert price == sorted(price)


@given(st.dictionaries(days, st.integers(0, 5_000), max_size=4), days)
def test_the_allowance_is_never_negative_and_holds_from_its_day(allowances: dict[date, int], on: date) -> None:
    text = TEXT.split("[[allowance]]")[0] + "[[rates]]" + TEXT.split("[[rates]]", 1)[1]
    rates = Rates.load(
        text + "\n".join(f"[[allowance]]\nsince = {day}\nservice_messages = {n}" for day, n in allowances.items())
    )
    begun = [day for day in allowances if day <= on]
    assert rates.allowance(on) == (allowances[max(begun)] if begun else 0) >= 0


@given(
    st.text(max_size=20) | st.sampled_from([COLOMBIA, "CO.1"]), st.text(max_size=20) | st.sampled_from(CATEGORIES), days
)
def test_every_question_has_an_answer(to: str, category: str, on: date) -> None:
    price = CARD.price(to, category, on)
    assert 0 <= price.micros <= 86_000 and price.source


ROW = '[[rates]]\nmarket = "x"\nsince = 2026-01-01\nconfidence = "good"\nsource = "s"\n'
ALL = "marketing = 1\nutility = 1\nauthentication = 1\nservice = 1\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rates = [", "my card is wrong"),
        ("", "rates"),
        (f"{ROW}{ALL}misspelt = 1", "misspelt"),
        (f"{ROW}marketing = 1\nutility = 1\nservice = 1", "authentication costs everywhere else"),
        (f"{ROW}{ALL.replace('service = 1', 'service = -1')}", "service"),
        (f"{ROW}{ALL.replace('service = 1', 'service = 0.0008')}", "service"),
        (f"{ROW}{ALL}{ROW}service = 2", "service of everywhere else has two prices since 2026-01-01"),
        (f'{ROW}{ALL}regions = ["co"]', "regions"),
        (f"{ROW}{ALL}".replace("2026-01-01", '"soon"'), "since"),
        (f"{ROW}{ALL}".replace('"good"', '"sure"'), "confidence"),
    ],
)
def test_a_card_that_is_wrong_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"my card is wrong") as refused:
        Rates.load(text, "my card")
    assert said in str(refused.value)


def test_the_source_of_each_row_of_the_shipped_card_is_named() -> None:
    import tomllib

    rows: list[dict[str, Any]] = tomllib.loads(TEXT)["rates"]
    assert all(row["source"] for row in rows)
    assert all(row["listed"] for row in rows if row.get("currency", "USD") != "USD")
