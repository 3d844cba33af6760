import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.expenses import search_words
from ivy.domain.money import Money
from ivy.store import expenses
from ivy.store.binding import Connection, connect
from ivy.store.expenses import Expense, Total, Which
from ivy.store.migrate import migrate
from ivy.store.scope import PersonStore, Scope

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ALL = Which()


def spent(
    name: str, amount: int, description: str, *, currency: str = "COP", category: str = "food", day: date = TODAY
) -> Expense:
    return Expense(name, Money(amount, currency), description, category, day)


async def add(person: PersonStore, *each: Expense) -> None:
    for one in each:
        await person.write(expenses.add, one, now=NOW)


async def test_sums_are_exact_and_never_mix_currencies(ana: PersonStore) -> None:
    await add(
        ana,
        spent("1", 10**12, "house"),
        spent("2", 1, "sweet"),
        spent("3", 10**12, "house"),
        spent("4", 1999, "lunch", currency="USD"),
        spent("5", 1, "taxi", category="transport", day=date(2026, 10, 31)),
    )
    assert await ana.read(expenses.totals, ALL) == [
        Total(Money(2 * 10**12 + 2, "COP"), 4),
        Total(Money(1999, "USD"), 1),
    ]
    november = Which(since=date(2026, 11, 1), until=date(2026, 11, 30), category="food")
    assert await ana.read(expenses.totals, november) == [
        Total(Money(2 * 10**12 + 1, "COP"), 3),
        Total(Money(1999, "USD"), 1),
    ]
    assert await ana.read(expenses.totals_by_category, ALL) == [
        ("food", Total(Money(2 * 10**12 + 1, "COP"), 3)),
        ("transport", Total(Money(1, "COP"), 1)),
        ("food", Total(Money(1999, "USD"), 1)),
    ]
    assert await ana.read(expenses.totals, Which(category="fun")) == []


@pytest.fixture(scope="module")
def memory() -> Iterator[Connection]:
    connection = connect("file::memory:")
    migrate(connection)
    connection.execute(
        "INSERT INTO users (id, name, status, locale, zone, currency, created_at_ms)"
        " VALUES ('u', 'U', 'active', 'en-US', 'UTC', 'USD', 0)"
    )
    yield connection
    connection.close()


@settings(deadline=None, max_examples=40)
@given(amounts=st.lists(st.tuples(st.integers(1, 10**12), st.sampled_from(["COP", "USD", "JPY"])), max_size=30))
def test_a_sum_is_the_sum(memory: Connection, amounts: list[tuple[int, str]]) -> None:
    scope = Scope(memory, "u")
    memory.execute("BEGIN")
    for number, (amount, currency) in enumerate(amounts):
        expenses.add(scope, spent(str(number), amount, "x", currency=currency), now=NOW)
    found = {total.money.currency: total.money.amount_minor for total in expenses.totals(scope, ALL)}
    memory.execute("ROLLBACK")
    expected: dict[str, int] = {}
    for amount, currency in amounts:
        expected[currency] = expected.get(currency, 0) + amount
    assert found == expected


async def test_words_find_what_was_bought(ana: PersonStore) -> None:
    await add(
        ana,
        spent("1", 500, "Café en el aeropuerto"),
        spent("2", 700, "coffee table", category="home"),
        spent("3", 900, "Taxi al aeropuerto", category="transport"),
    )

    async def found(words: str) -> list[str]:
        return [each.id for each in await ana.read(expenses.listed, Which(words=search_words(words)))]

    assert await found("cafés") == ["1"]
    assert await found("AEROPUERTO") == ["3", "1"]
    assert await found("taxis al aeropuerto") == ["3"]
    assert await found("table") == ["2"]
    assert await found("able") == []
    assert await found("%") == ["3", "2", "1"]  # no words at all
    assert await found("'; DROP TABLE expenses; --") == []


async def test_a_choice_of_category_is_remembered_for_the_same_words(ana: PersonStore, ben: PersonStore) -> None:
    assert await ana.read(expenses.category_for, "Coffee at Juan Valdez") == "food"
    coffee = spent("1", 500, "Coffee at Juan Valdez")
    await add(ana, coffee)
    await ana.write(expenses.categorise, coffee, "work", source="text", now=NOW)
    assert [each.category for each in await ana.read(expenses.listed, ALL)] == ["work"]
    assert await ana.read(expenses.category_for, "coffee, Juan Valdez") == "work"
    assert await ana.read(expenses.category_for, "coffee table") == "home"
    assert await ben.read(expenses.category_for, "Coffee at Juan Valdez") == "food"
    await ana.write(expenses.categorise, coffee, "fun", source="text", now=NOW)
    assert await ana.read(expenses.category_for, "the coffee at Juan Valdez") == "fun"


async def test_what_is_taken_back_counts_no_more_and_the_one_before_is_last(ana: PersonStore) -> None:
    await add(ana, spent("1", 500, "lunch"), spent("2", 900, "taxi", day=date(2026, 11, 1)))
    for expected in ("2", "1"):
        last = await ana.read(expenses.last_written)
        assert last and last.id == expected
        assert await ana.write(expenses.take_back, last.id, now=NOW)
        assert not await ana.write(expenses.take_back, last.id, now=NOW)
    assert await ana.read(expenses.last_written) is None
    assert await ana.read(expenses.totals, ALL) == []


async def test_a_change_is_found_by_its_new_words(ana: PersonStore) -> None:
    await add(ana, spent("1", 500, "lunch"))
    changed = spent("1", 700, "Cena", currency="USD", day=date(2026, 11, 22))
    await ana.write(expenses.change, changed)
    assert await ana.read(expenses.listed, Which(words=("cena",))) == [changed]
    assert await ana.read(expenses.listed, Which(words=("lunch",))) == []


async def test_rows_for_a_spreadsheet_are_exact_and_inert(ana: PersonStore) -> None:
    await add(
        ana,
        spent("1", 5000050, 'lunch, "big"\nand more'),
        spent("2", 1200, "ramen", currency="JPY", day=date(2026, 11, 1)),
        spent("3", 1, "=HYPERLINK(1)", currency="KWD"),
    )

    def text(scope: Scope) -> str:
        out = io.StringIO()
        csv.writer(out).writerows(expenses.csv_rows(scope))
        return out.getvalue()

    rows: list[Any] = list(csv.reader(io.StringIO(await ana.read(text))))
    assert rows == [
        ["day", "amount", "currency", "category", "description"],
        ["2026-11-01", "1200", "JPY", "food", "ramen"],
        ["2026-11-23", "50000.50", "COP", "food", 'lunch, "big"\nand more'],
        ["2026-11-23", "0.001", "KWD", "food", "'=HYPERLINK(1)"],
    ]


async def test_nobody_touches_anothers_expenses(ana: PersonStore, ben: PersonStore) -> None:
    lunch = spent("1", 500, "lunch")
    await add(ana, lunch)
    assert await ben.read(expenses.listed, ALL) == []
    assert await ben.read(expenses.totals, ALL) == []
    assert await ben.read(expenses.last_written) is None
    assert not await ben.write(expenses.take_back, "1", now=NOW)
    await ben.write(expenses.change, spent("1", 1, "mine"))
    assert await ben.write(expenses.categorise, lunch, "fun", source="text", now=NOW) == 0
    assert await ana.read(expenses.listed, ALL) == [lunch]
