"""What seven days cost, counted from the file: each number against one added up by hand."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import spending_week
from ivy.domain.money import Money
from ivy.domain.spending_week import Biggest, SpendingWeek, Spent, allowed, first_day
from ivy.store import expenses, spending_weeks
from ivy.store.expenses import Expense
from ivy.store.migrate import migrate
from ivy.store.people import NewPerson
from ivy.store.people import add as add_person
from ivy.store.scope import PersonStore, Scope, within
from ivy.store.settings import open_writer
from tests.conftest import MONDAY as NOW

FIRST = date(2026, 11, 15)
EXPENSE = st.tuples(
    st.integers(-40, 10),
    st.integers(1, 500_000),
    st.sampled_from(["USD", "COP"]),
    st.sampled_from(["food", "travel", "home"]),
)


@pytest.fixture(scope="module")
def scope(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    connection = open_writer(tmp_path_factory.mktemp("spending") / "ivy.db", throwaway=True)
    migrate(connection)
    for user in ("ana", "ben"):
        add_person(connection, NewPerson(user, user, "active", "en-US", "UTC", "USD", None), now=NOW)
    return within(connection, "ana")


@given(st.lists(EXPENSE, max_size=25))
def test_every_number_is_what_was_written_down(scope: Scope, spent: list[tuple[int, int, str, str]]) -> None:
    scope.execute("DELETE FROM expenses WHERE user_id = :user")
    for number, (day, amount, currency, category) in enumerate(spent):
        expense = Expense(
            f"x{number}", Money(amount, currency), f"thing {number}", category, FIRST + timedelta(days=day)
        )
        expenses.add(scope, expense, now=NOW)
        if number % 5 == 4:
            expenses.take_back(scope, expense.id, now=NOW)
    counted = [each for number, each in enumerate(spent) if number % 5 != 4]
    week = spending_weeks.of_days(scope, FIRST)
    assert {each.total.currency for each in week.spent} == {each[2] for each in counted if 0 <= each[0] < 7}
    for each in week.spent:
        mine = [one for one in counted if one[2] == each.total.currency]
        in_week = [one for one in mine if 0 <= one[0] < 7]
        assert (each.total.amount_minor, each.count) == (sum(one[1] for one in in_week), len(in_week))
        assert each.biggest.money.amount_minor == max(one[1] for one in in_week)
        sums: dict[str, int] = defaultdict(int)
        for one in in_week:
            sums[one[3]] += one[1]
        assert dict(each.categories) == {name: Money(sums[name], each.total.currency) for name in sums}
        before = [one[1] for one in mine if -7 <= one[0] < 0]
        assert each.before == (Money(sum(before), each.total.currency) if before else None)
        four = sum(one[1] for one in mine if -28 <= one[0] < 0)
        mean = int((Decimal(four) / 4).quantize(Decimal(1), ROUND_HALF_UP))
        knows = any(one[0] < -21 for one in mine)
        assert each.mean == (Money(mean, each.total.currency) if knows and mean else None)


async def test_anothers_expenses_are_never_counted_and_a_week_is_told_once(person: PersonStore) -> None:
    await person.write(expenses.add, Expense("x", Money(500, "USD"), "lunch", "food", FIRST), now=NOW)
    week = await person.read(spending_weeks.of_days, FIRST)
    assert await person.write(spending_weeks.keep, week, "Nice.", "m1", now=NOW)
    assert not await person.write(spending_weeks.keep, week, "Again.", "m2", now=NOW)
    assert await person.read(spending_weeks.told, FIRST) == (week, "Nice.")
    assert (await person.read(spending_weeks.of_days, FIRST + timedelta(days=1))).is_empty


def test_told_every_week_on_one_day_each_day_is_told_once() -> None:
    weeks = [first_day(FIRST + timedelta(weeks=number)) for number in range(1, 6)]
    days = [week + timedelta(days=number) for week in weeks for number in range(7)]
    assert days == [FIRST + timedelta(days=number) for number in range(35)]


def test_the_message_leaves_out_what_is_nothing_and_says_each_currency_apart() -> None:
    dollars = Spent(
        Money(12050, "USD"),
        3,
        (("food", Money(9000, "USD")), ("transport", Money(3050, "USD"))),
        Biggest(Money(9000, "USD"), "dinner for four", FIRST),
        before=Money(8000, "USD"),
        mean=Money(10000, "USD"),
    )
    pesos = Spent(
        Money(5_000_000, "COP"), 1, (("food", Money(5_000_000, "COP")),), Biggest(Money(5_000_000, "COP"), "", FIRST)
    )
    week = SpendingWeek(FIRST, (dollars, pesos))
    text = spending_week.summary(week, spending_week.fixed_prose("en-US"), "en-US")
    assert text.splitlines() == [
        "*Your spending, 15 to 21 Nov*",
        "Here are the seven days as you wrote them down.",
        "",
        "$120.50 in 3 expenses",
        "The week before: $80.00",
        "Mean of the four weeks before: $100.00",
        "Most of it: food $90.00, transport $30.50",
        "The largest: $90.00, dinner for four, Sun 15 Nov",
        "",
        f"{text.splitlines()[9].split(' in ')[0]} in one expense",
    ]
    assert "Sus gastos" in spending_week.summary(week, "", "es-CO-x-usted")
    assert Decimal("120.5") in allowed(week) and Decimal(3) in allowed(week) and Decimal(80) not in allowed(week)
    assert all("80.00" not in value for value in spending_week.facts(week, "en-US").values())
