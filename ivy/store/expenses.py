"""Expenses: what was spent, on what, on which of the person's days. May import: scope, preferences, memories, the domain.

Amounts are integer minor units of one currency, and every sum is SQL's. What was taken back is kept, marked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

import msgspec

from ivy.clock import stamp
from ivy.domain.csv_text import inert
from ivy.domain.currencies import exponent
from ivy.domain.expenses import guess_category, name_of, remembered_as, searchable
from ivy.domain.money import Money
from ivy.store import memories, preferences
from ivy.store.binding import Row
from ivy.store.scope import Scope

_HEADERS = {
    "en": ("day", "amount", "currency", "category", "description"),
    "es": ("día", "importe", "moneda", "categoría", "descripción"),
}
MEMORY = "expense"
"""The kind of memory that an expense is."""
CHOICE = "expense_category:"
"""Keys of preferences: what the person said that expenses of these words are for."""


@dataclass(frozen=True)
class Expense:
    """`day` is the person's local date."""

    id: str
    money: Money
    description: str
    category: str
    day: date


@dataclass(frozen=True)
class Which:
    """Which expenses are meant; both days count. `words`: beginnings of words, all of which must be there."""

    since: date | None = None
    until: date | None = None
    category: str = ""
    words: tuple[str, ...] = ()
    ids: tuple[str, ...] | None = None
    """Only these; None: any."""


@dataclass(frozen=True)
class Total:
    """A sum in one currency; no sum ever mixes two."""

    money: Money
    count: int


_WHICH = (
    "user_id = :user AND deleted_at_ms IS NULL AND (:since IS NULL OR day >= :since) AND (:until IS NULL OR day <= :until)"
    " AND (:category = '' OR category = :category)"
    " AND NOT EXISTS (SELECT 1 FROM json_each(:words) WHERE instr(expenses.plain, ' ' || json_each.value) = 0)"
    " AND (:ids IS NULL OR id IN (SELECT value FROM json_each(:ids)))"
)


def _bound(which: Which) -> dict[str, str | None]:
    return {
        "since": which.since.isoformat() if which.since else None,
        "until": which.until.isoformat() if which.until else None,
        "category": which.category,
        "words": msgspec.json.encode(which.words).decode(),
        "ids": None if which.ids is None else msgspec.json.encode(which.ids).decode(),
    }


def add(scope: Scope, expense: Expense, *, now: datetime) -> None:
    scope.execute(
        "INSERT INTO expenses (id, user_id, amount_minor, currency, description, plain, category, day, created_at_ms)"
        " VALUES (:id, :user, :amount, :currency, :description, :plain, :category, :day, :now)",
        now=stamp(now),
        **_columns(expense),
    )
    _remember(scope, expense, now)


def change(scope: Scope, expense: Expense) -> None:
    """Write all of an expense anew under its id."""
    scope.execute(
        "UPDATE expenses SET amount_minor = :amount, currency = :currency, description = :description, plain = :plain,"
        " category = :category, day = :day WHERE user_id = :user AND id = :id AND deleted_at_ms IS NULL",
        **_columns(expense),
    )
    _remember(scope, expense)


def _remember(scope: Scope, expense: Expense, now: datetime | None = None) -> None:
    spent_at = datetime.combine(expense.day, time(12), UTC)
    memories.keep(scope, kind=MEMORY, ref=expense.id, text=expense.description, at=spent_at, now=now)


def _columns(expense: Expense) -> dict[str, str | int]:
    return {
        "id": expense.id,
        "amount": expense.money.amount_minor,
        "currency": expense.money.currency,
        "description": expense.description,
        "plain": searchable(expense.description),
        "category": expense.category,
        "day": expense.day.isoformat(),
    }


def listed(scope: Scope, which: Which, *, limit: int = 50) -> list[Expense]:
    """Return the newest first."""
    rows = scope.execute(
        f"SELECT * FROM expenses WHERE {_WHICH} ORDER BY day DESC, created_at_ms DESC, rowid DESC LIMIT +:limit",
        limit=limit,
        **_bound(which),
    )
    return [_expense(row) for row in rows]


def last_written(scope: Scope) -> Expense | None:
    """Return the expense that was written down last, whatever day it is of."""
    row = scope.execute(
        "SELECT * FROM expenses WHERE user_id = :user AND deleted_at_ms IS NULL"
        " ORDER BY created_at_ms DESC, rowid DESC LIMIT 1"
    ).fetchone()
    return row and _expense(row)


def totals(scope: Scope, which: Which) -> list[Total]:
    """Return the sum of each currency, the one with most expenses first."""
    rows = scope.execute(
        f"SELECT currency, sum(amount_minor) AS amount, count(*) AS count FROM expenses WHERE {_WHICH}"
        " GROUP BY currency ORDER BY count(*) DESC, currency",
        **_bound(which),
    )
    return [Total(Money(row["amount"], row["currency"]), row["count"]) for row in rows]


def totals_by_category(scope: Scope, which: Which) -> list[tuple[str, Total]]:
    """Return the sum of each category and currency, the largest of a currency first."""
    rows = scope.execute(
        f"SELECT category, currency, sum(amount_minor) AS amount, count(*) AS count FROM expenses WHERE {_WHICH}"
        " GROUP BY category, currency ORDER BY currency, sum(amount_minor) DESC, category",
        **_bound(which),
    )
    return [(row["category"], Total(Money(row["amount"], row["currency"]), row["count"])) for row in rows]


def take_back(scope: Scope, expense_id: str, *, now: datetime) -> bool:
    """Count an expense no more; return False if it was not counted."""
    memories.forget(scope, MEMORY, expense_id)
    return bool(
        scope.execute(
            "UPDATE expenses SET deleted_at_ms = :now WHERE user_id = :user AND id = :id AND deleted_at_ms IS NULL",
            id=expense_id,
            now=stamp(now),
        ).rowcount
    )


def category_for(scope: Scope, description: str) -> str:
    """Return what the person said that such expenses are for, or else a guess."""
    return preferences.recall(scope, CHOICE + remembered_as(description)) or guess_category(description)


def categorise(scope: Scope, expense: Expense, category: str, *, source: str, now: datetime) -> int:
    """Put an expense, and all others of the same words from now on, into a category."""
    preferences.remember(scope, CHOICE + remembered_as(expense.description), category, source=source, now=now)
    return scope.execute(
        "UPDATE expenses SET category = :category WHERE user_id = :user AND id = :id AND deleted_at_ms IS NULL",
        category=category,
        id=expense.id,
    ).rowcount


def csv_rows(scope: Scope, which: Which = Which(), *, language: str = "en") -> Iterator[tuple[str, ...]]:
    """Yield a header and the expenses, the oldest first; amounts as plain decimals. Safe to open in a spreadsheet."""
    yield _HEADERS[language]
    rows = scope.execute(f"SELECT * FROM expenses WHERE {_WHICH} ORDER BY day, created_at_ms, rowid", **_bound(which))
    for expense in map(_expense, rows):
        places = exponent(expense.money.currency)
        amount = f"{Decimal(expense.money.amount_minor).scaleb(-places):.{places}f}"
        yield (
            expense.day.isoformat(),
            amount,
            expense.money.currency,
            inert(name_of(expense.category, language)),
            inert(expense.description),
        )


def _expense(row: Row) -> Expense:
    return Expense(
        id=row["id"],
        money=Money(row["amount_minor"], row["currency"]),
        description=row["description"],
        category=row["category"],
        day=date.fromisoformat(row["day"]),
    )
