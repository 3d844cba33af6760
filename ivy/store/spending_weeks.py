"""Seven days of one person's spending, counted; and what was told of them, once. May import: scope, expenses, the domain.

Every number of the weekly summary of expenses comes from here: sums, means and the largest are SQL's, by currency.
"""

from datetime import date, datetime, timedelta

import msgspec

from ivy.clock import stamp
from ivy.domain.money import Money
from ivy.domain.spending_week import MOST_CATEGORIES, Biggest, SpendingWeek, Spent
from ivy.domain.weekly import DAYS
from ivy.store import expenses
from ivy.store.expenses import Total, Which
from ivy.store.scope import Scope

WEEKS_OF_MEAN = 4
_COUNTED = "user_id = :user AND deleted_at_ms IS NULL AND currency = :currency"


def of_days(scope: Scope, first: date) -> SpendingWeek:
    """Count the seven local days from `first` on."""
    which = Which(first, first + timedelta(days=DAYS - 1))
    by_category = expenses.totals_by_category(scope, which)
    return SpendingWeek(
        first, tuple(_spent(scope, which, total, by_category) for total in expenses.totals(scope, which))
    )


def _spent(scope: Scope, which: Which, total: Total, by_category: list[tuple[str, Total]]) -> Spent:
    currency = total.money.currency
    mine = [(name, each.money) for name, each in by_category if each.money.currency == currency]
    before, mean = _compared(scope, which, currency)
    return Spent(
        total.money, total.count, tuple(mine[:MOST_CATEGORIES]), _biggest(scope, which, currency), before, mean
    )


def _biggest(scope: Scope, which: Which, currency: str) -> Biggest:
    row = scope.execute(
        f"SELECT amount_minor, description, day FROM expenses WHERE {_COUNTED} AND day BETWEEN :since AND :until"
        " ORDER BY amount_minor DESC, day, rowid LIMIT 1",
        currency=currency,
        since=str(which.since),
        until=str(which.until),
    ).fetchone()
    return Biggest(Money(row["amount_minor"], currency), row["description"], date.fromisoformat(row["day"]))


def _compared(scope: Scope, which: Which, currency: str) -> tuple[Money | None, Money | None]:
    """Return the sum of the week before, if there is one, and the mean of four, if they have written down for so long."""
    first = which.since or date.min
    row = scope.execute(
        f"SELECT sum(amount_minor) FILTER (WHERE day >= :week) AS before, (2 * sum(amount_minor) + {WEEKS_OF_MEAN})"
        f" / {2 * WEEKS_OF_MEAN} AS mean, min(day) < :second AS knows FROM expenses WHERE {_COUNTED}"
        " AND day >= :start AND day < :first",
        currency=currency,
        week=str(first - timedelta(days=DAYS)),
        start=str(first - timedelta(days=DAYS * WEEKS_OF_MEAN)),
        second=str(first - timedelta(days=DAYS * (WEEKS_OF_MEAN - 1))),
        first=str(first),
    ).fetchone()
    before = None if row["before"] is None else Money(row["before"], currency)
    knows = bool(row["knows"]) or _wrote_before(scope, currency, first - timedelta(days=DAYS * WEEKS_OF_MEAN))
    return before, Money(row["mean"], currency) if knows and row["mean"] else None


def _wrote_before(scope: Scope, currency: str, day: date) -> bool:
    return bool(
        scope.execute(
            f"SELECT 1 FROM expenses WHERE {_COUNTED} AND day < :day LIMIT 1", currency=currency, day=str(day)
        ).fetchone()
    )


# --- what was told -----------------------------------------------------------------------------------


def keep(scope: Scope, week: SpendingWeek, prose: str, message_id: str, *, now: datetime) -> bool:
    """Keep what is told of seven days; return False if they were told before."""
    return bool(
        scope.execute(
            "INSERT INTO spending_summaries (user_id, first_day, numbers, prose, message_id, at_ms)"
            " VALUES (:user, :first, :numbers, :prose, :message, :at) ON CONFLICT DO NOTHING",
            first=week.first.isoformat(),
            numbers=msgspec.json.encode(week).decode(),
            prose=prose,
            message=message_id,
            at=stamp(now),
        ).rowcount
    )


def told(scope: Scope, first: date) -> tuple[SpendingWeek, str] | None:
    """Return what was told of the seven days from `first` on: numbers and prose."""
    row = scope.execute(
        "SELECT numbers, prose FROM spending_summaries WHERE user_id = :user AND first_day = :first",
        first=first.isoformat(),
    ).fetchone()
    return row and (msgspec.json.decode(row["numbers"], type=SpendingWeek), row["prose"])
