"""Which currency somebody counts in, and whether it was only assumed. May import: preferences, expenses, scope, the domain."""

from dataclasses import replace
from datetime import datetime

from ivy.domain.money import Money
from ivy.domain.own_currency import in_other, of_zone
from ivy.store import expenses, preferences
from ivy.store.expenses import Which
from ivy.store.scope import Scope

_ASSUMED = "currency_assumed"
"""Key of the preference that says so: nothing told where they live when they were let in."""


def assume(scope: Scope, *, now: datetime) -> None:
    """Keep that the currency somebody counts in was assumed without knowing where they live."""
    preferences.remember(scope, _ASSUMED, "yes", source="admission", now=now)


def is_assumed(scope: Scope) -> bool:
    return preferences.recall(scope, _ASSUMED) is not None


def settle(scope: Scope, currency: str) -> None:
    """Let somebody count in a currency from now on; what is written keeps its own."""
    scope.execute("UPDATE users SET currency = :currency WHERE id = :user", currency=currency)
    preferences.forget(scope, _ASSUMED)


def has_money(scope: Scope) -> bool:
    """Say whether there is an expense, a wallet of giving or a gift of theirs, in whatever currency."""
    row = scope.execute(
        "SELECT EXISTS (SELECT 1 FROM expenses WHERE user_id = :user AND deleted_at_ms IS NULL)"
        " OR EXISTS (SELECT 1 FROM impact_wallets WHERE user_id = :user)"
        " OR EXISTS (SELECT 1 FROM donations WHERE user_id = :user)"
    ).fetchone()
    return bool(row[0])


def follow(scope: Scope, zone: str) -> str:
    """Let somebody of whom nothing was known count in the money of where they say they live; return it, "" if nothing changes.

    Who has money of any kind already is left as they are, and so is whoever's currency was told: a trip changes no money.
    """
    theirs = of_zone(zone)
    if not theirs or not is_assumed(scope) or has_money(scope):
        return ""
    settle(scope, theirs)
    return theirs


def spent_in(scope: Scope, currency: str) -> Money | None:
    """Return the sum of the expenses in a currency, or None if there are none."""
    return next((each.money for each in expenses.totals(scope, Which()) if each.money.currency == currency), None)


def read_anew(scope: Scope, old: str, new: str) -> int:
    """Let what was spent in a currency be as many of another, as it was meant; return how many expenses that were."""
    found = [each for each in expenses.listed(scope, Which(), limit=_MANY) if each.money.currency == old]
    for expense in found:
        expenses.change(scope, replace(expense, money=in_other(expense.money, new)))
    return len(found)


_MANY = 1000
"""More than anybody writes down before they said where they live."""
