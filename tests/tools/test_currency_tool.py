"""The money somebody counts in is theirs to say: what comes is read in it, and what is noted keeps its own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ivy.config import CharitySection, GivingSection
from ivy.domain import giving
from ivy.domain.money import Money
from ivy.store import counting, expenses, people, spending_weeks, wallets
from ivy.store.database import Store
from ivy.store.expenses import Expense, Which
from ivy.store.people import NewPerson
from ivy.tools.executor import Place
from tests.tools.diary import MONDAY, Diary, diary_of

GIVING = GivingSection(charities={"water": CharitySection("Clean Water")})


async def again(diary: Diary) -> Diary:
    """Return their tools in the next turn, which reads anew who they are."""
    person = await diary.rows.read(people.load)
    return Diary(diary.rows, person, diary.registry, diary.new_id, diary.now + timedelta(minutes=1), diary.turns)


async def test_new_amounts_are_read_in_it_and_what_is_noted_keeps_its_own(ben: Diary) -> None:
    await ben("add_expense", amount="20", description="lunch")
    assert await ben("change_currency", money="euros") == (
        "From now on I count in EUR; what is noted keeps its currency."
    )
    ben = await again(ben)
    assert (await ben("add_expense", amount="30", description="taxi")).startswith("Logged: €30 for taxi")
    found = await ben.rows.read(expenses.listed, Which())
    assert [each.money for each in found] == [Money(3000, "EUR"), Money(2000, "USD")]
    assert (await ben("sum_expenses")).startswith("You spent €30 and $20.00: ")


async def test_money_changed_and_spent_in_one_turn_is_read_in_the_new_one(ben: Diary) -> None:
    turn = Place("one-turn", 1, 0)
    await ben.call("change_currency", '{"money": "euros"}', place=turn)
    said = await ben.call("add_expense", '{"amount": "30", "description": "taxi"}', place=replace(turn, ordinal=1))
    assert said.content.startswith("Logged: €30 for taxi")


async def test_no_sum_ever_mixes_two(ben: Diary) -> None:
    for code in ("euros", "US dollars", "pesos mexicanos", "euros"):
        await ben("change_currency", money=code)
        ben = await again(ben)
        await ben("add_expense", amount="10.50", description="lunch")
    totals = {each.money for each in await ben.rows.read(expenses.totals, Which())}
    assert totals == {Money(2100, "EUR"), Money(1050, "USD"), Money(1050, "MXN")}
    by_category = await ben.rows.read(expenses.totals_by_category, Which())
    assert {each.money for _category, each in by_category} == totals
    week = await ben.rows.read(spending_weeks.of_days, MONDAY.date())
    assert {spent.total for spent in week.spent} == totals
    told = await ben("sum_expenses", by_category=True)
    assert told.splitlines()[1:] == ["food: €21", "food: MX$10.50", "food: $10.50"]


@pytest.mark.parametrize(
    ("words", "currency"),
    [("pesos", "COP"), ("dólares", "USD"), ("euros", "EUR"), ("pesos mexicanos", "MXN"), ("GBP", "GBP")],
)
async def test_a_name_of_several_is_that_of_where_they_live(ana: Diary, words: str, currency: str) -> None:
    assert await ana("change_currency", money=words) == (
        f"Desde ahora cuento en {currency}; lo anotado conserva su moneda."
    )
    assert (await ana.rows.read(people.load)).currency == currency


@pytest.mark.parametrize("words", ["", "bitcoin", "pesos", "euros or pounds"])
async def test_what_is_unclear_is_asked_and_changes_nothing(ben: Diary, words: str) -> None:
    assert "three letters" in await ben.fails("change_currency", money=words)
    assert (await ben.rows.read(people.load)).currency == "USD"


async def test_giving_keeps_its_own_and_that_is_said(ben: Diary) -> None:
    await ben.rows.write(wallets.save, giving.wallet_of(GIVING, "water", "USD"), now=MONDAY)
    before = await ben.rows.read(wallets.load)
    assert "your giving stays in USD" in await ben("change_currency", money="euros")
    assert await ben.rows.read(wallets.load) == before
    assert "giving" not in await ben("change_currency", money="dollars")


async def test_a_trip_changes_no_money(ben: Diary) -> None:
    await ben("change_zone", place="Madrid")
    assert (await ben.rows.read(people.load)).currency == "USD"


async def test_where_they_live_told_for_the_first_time_tells_the_money_and_a_trip_after_it_does_not(
    store: Store,
) -> None:
    new = await diary_of(store, NewPerson("eva", "Eva", "active", "en-US", "UTC", "USD"), now=MONDAY)
    await new.rows.write(counting.assume, now=MONDAY)
    assert (await new("change_zone", place="Lisbon")).endswith("I count money in EUR.")
    assert (await new("change_zone", place="London")).endswith("keep their time of day.")
    assert (await new.rows.read(people.load)).currency == "EUR"


async def test_who_has_money_already_keeps_theirs_wherever_they_live(store: Store) -> None:
    new = await diary_of(store, NewPerson("eva", "Eva", "active", "en-US", "UTC", "USD"), now=MONDAY)
    await new.rows.write(counting.assume, now=MONDAY)
    await new("add_expense", amount="20", description="lunch")
    await new("change_zone", place="Lisbon")
    assert (await new.rows.read(people.load)).currency == "USD"


async def test_what_was_assumed_is_settled_by_their_word(store: Store) -> None:
    new = await diary_of(store, NewPerson("eva", "Eva", "active", "en-US", "UTC", "USD"), now=MONDAY)
    await new.rows.write(counting.assume, now=MONDAY)
    assert await new.rows.read(counting.is_assumed)
    await new("change_currency", money="pounds")
    assert not await new.rows.read(counting.is_assumed)


async def test_only_what_was_assumed_is_read_anew(ben: Diary) -> None:
    for money in (Money(2050, "USD"), Money(30, "USD"), Money(700, "EUR")):
        await ben.rows.write(expenses.add, Expense(ben.new_id(), money, "x", "other", MONDAY.date()), now=MONDAY)
    assert await ben.rows.write(counting.read_anew, "USD", "JPY") == 2
    found = {each.money for each in await ben.rows.read(expenses.listed, Which())}
    assert found == {Money(21, "JPY"), Money(1, "JPY"), Money(700, "EUR")}


async def test_there_is_money_once_anything_is_noted_or_given(ben: Diary, ana: Diary) -> None:
    assert not await ben.rows.read(counting.has_money)
    await ben("add_expense", amount="20", description="lunch")
    assert await ben.rows.read(counting.has_money)
    assert not await ana.rows.read(counting.has_money)
    await ben("undo_expense")
    assert not await ben.rows.read(counting.has_money)
    await ben.rows.write(wallets.save, giving.wallet_of(GIVING, "water", "USD"), now=MONDAY)
    assert await ben.rows.read(counting.has_money)
