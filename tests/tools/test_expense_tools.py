import pytest

from ivy.domain.money import Money
from ivy.store import expenses
from ivy.store.expenses import Which
from tests.tools.diary import Diary


async def test_fifty_dollars_are_5000_cents_of_food(ben: Diary) -> None:
    assert await ben("add_expense", amount="$50", description="lunch") == "Logged: $50.00 for lunch (food), Mon 23 Nov."
    (expense,) = await ben.rows.read(expenses.listed, Which())
    assert (expense.money, expense.category, expense.day.isoformat()) == (Money(5000, "USD"), "food", "2026-11-23")


@pytest.mark.parametrize("amount", ["$50.000", "50 mil", "50 lucas", "50000", "cincuenta mil pesos"])
async def test_fifty_thousand_pesos_in_every_way_that_bogota_says_it(ana: Diary, amount: str) -> None:
    assert await ana("add_expense", amount=amount, description="almuerzo", day="ayer") == (
        "Anotado: $ 50.000 en almuerzo (comida), dom 22 nov."
    )
    (total,) = await ana.rows.read(expenses.totals, Which())
    assert total.money == Money(5_000_000, "COP")


async def test_sums_are_told_per_currency_period_and_thing(ben: Diary) -> None:
    for amount, description, day in (
        ("$50", "lunch", ""),
        ("$0.10", "coffee", ""),
        ("$0.20", "coffee", "yesterday"),
        ("20 euros", "dinner", ""),
        ("$30", "taxi", "2026-10-31"),
        ("$7", "coffee table", ""),
    ):
        await ben("add_expense", amount=amount, description=description, day=day)
    assert await ben("sum_expenses") == ("You spent $57.30 and €20: Sun 1 Nov to Mon 30 Nov (5 expenses).")
    assert await ben("sum_expenses", on="food", period="today") == (
        "You spent $50.10 and €20 on food: Mon 23 Nov (3 expenses)."
    )
    assert await ben("sum_expenses", on="coffees", period="this month") == (
        "You spent $0.30 on coffees: Sun 1 Nov to Mon 30 Nov (2 expenses)."
    )
    assert await ben("sum_expenses", on="the taxis", period="last month") == (
        "You spent $30.00 on the taxis: Thu 1 Oct to Sat 31 Oct (1 expense)."
    )
    assert await ben("sum_expenses", on="food", period="last month") == (
        "You spent nothing on food: Thu 1 Oct to Sat 31 Oct."
    )
    assert await ben("sum_expenses", period="this month", by_category=True) == (
        "You spent $57.30 and €20: Sun 1 Nov to Mon 30 Nov (5 expenses).\nfood: €20\nfood: $50.30\nhome: $7.00"
    )


async def test_a_list_is_the_newest_first(ana: Diary) -> None:
    assert await ana("list_expenses", period="hoy") == "No hay gastos: lun 23 nov."
    await ana("add_expense", amount="20 mil", description="taxi", day="ayer")
    await ana("add_expense", amount="50 mil", description="almuerzo")
    assert await ana("list_expenses", period="esta semana") == (
        "Gastos, lun 23 nov a dom 29 nov:\n$ 50.000 en almuerzo (comida), lun 23 nov"
    )
    assert await ana("list_expenses", on="transporte") == (
        "Gastos, dom 25 oct a lun 23 nov:\n$ 20.000 en taxi (transporte), dom 22 nov"
    )
    for number in range(30):
        await ana("add_expense", amount=f"{number + 1} mil", description="café")
    assert (await ana("list_expenses")).endswith("\ny 12 más")


async def test_a_persons_own_category_is_remembered(ben: Diary, ana: Diary) -> None:
    await ben("add_expense", amount="$20", description="Taxi to the client")
    assert await ben("categorise_expense", which="taxi", category="Work") == (
        "Now under work: $20.00 for Taxi to the client (work), Mon 23 Nov. I'll remember that for the next ones."
    )
    assert "(work)" in await ben("add_expense", amount="$22", description="taxi to client")
    assert "(transport)" in await ben("add_expense", amount="$9", description="taxi home")
    await ben("categorise_expense", category="side project")
    assert await ben("sum_expenses", on="Side project") == (
        "You spent $9.00 on side project: Sun 1 Nov to Mon 30 Nov (1 expense)."
    )
    assert "(transporte)" in await ana("add_expense", amount="20 mil", description="taxi to client")
    assert "(trabajo)" in await ana("add_expense", amount="20 mil", description="taxi", category="trabajo")
    assert "(transporte)" in await ana("add_expense", amount="20 mil", description="taxi")


async def test_a_category_of_their_own_hides_nothing_that_goes_by_its_name(ben: Diary) -> None:
    await ben("add_expense", amount="$5", description="beans", category="coffee")
    assert await ben("sum_expenses", on="coffee") == ("You spent $5.00 on coffee: Sun 1 Nov to Mon 30 Nov (1 expense).")
    for amount, description in (("$4.50", "flat white"), ("$6.20", "Starbucks"), ("$90", "coffee table")):
        await ben("add_expense", amount=amount, description=description)
    told = await ben("sum_expenses", on="coffee")
    assert told.startswith("You spent $15.70 on coffee: Sun 1 Nov to Mon 30 Nov (3 expenses).\n")
    assert [name in told for name in ("beans", "flat white", "Starbucks", "table")] == [True, True, True, False]
    assert await ben("sum_expenses", on="coffee", period="last month") == (
        "You spent nothing on coffee: Thu 1 Oct to Sat 31 Oct."
    )


async def test_a_correction_changes_what_was_said_and_nothing_else(ben: Diary) -> None:
    await ben("add_expense", amount="$50", description="lunch", day="yesterday")
    await ben("add_expense", amount="$20", description="taxi")
    assert await ben("change_expense", which="the lunch", amount="$60") == (
        "Corrected: $60.00 for lunch (food), Sun 22 Nov."
    )
    assert await ben("change_expense", amount="$21", day="last friday") == (
        "Corrected: $21.00 for taxi (transport), Fri 20 Nov."
    )
    assert await ben("change_expense", which="$60", description="shoes") == (
        "Corrected: $60.00 for shoes (clothes), Sun 22 Nov."
    )
    assert await ben.fails("change_expense", which="taxi") == "What should change, and to what?"
    assert "Nothing there is called" in await ben.fails("change_expense", which="rent", amount="$1")


async def test_undo_takes_back_one_after_the_other(ben: Diary) -> None:
    for amount, description in (("$1", "coffee"), ("$2", "taxi"), ("$3", "rent")):
        await ben("add_expense", amount=amount, description=description)
    assert await ben("undo_expense", which="taxi") == "Taken back: $2.00 for taxi (transport), Mon 23 Nov."
    assert await ben("undo_expense") == "Taken back: $3.00 for rent (home), Mon 23 Nov."
    assert await ben("undo_expense") == "Taken back: $1.00 for coffee (food), Mon 23 Nov."
    assert await ben.fails("undo_expense") == "No expenses are written down."
    assert await ben("sum_expenses") == "You spent nothing: Sun 1 Nov to Mon 30 Nov."


@pytest.mark.parametrize(
    "arguments",
    [
        {"amount": "a lot"},
        {"amount": ""},
        {"amount": "-5"},
        {"amount": "$0"},
        {"amount": "9" * 30},
        {"amount": "$50", "day": "tomorrow"},
        {"amount": "$50", "day": "someday"},
        {"amount": "$50", "description": "x" * 201},
        {"amount": "$50", "category": "x" * 500},
    ],
)
async def test_what_cannot_be_written_down_is_refused_in_a_sentence(ben: Diary, arguments: dict[str, str]) -> None:
    assert (await ben.fails("add_expense", **arguments)).endswith((".", "?"))
    assert await ben.rows.read(expenses.listed, Which()) == []
