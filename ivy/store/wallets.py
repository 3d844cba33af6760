"""Impact wallets: who gives how much a workout, to whom, and how much at most. May import: scope, the domain."""

from datetime import datetime

from ivy.clock import stamp
from ivy.domain.giving import PartialGives, Wallet
from ivy.store.scope import Scope


def save(scope: Scope, wallet: Wallet, *, now: datetime) -> None:
    """Keep a person's wallet in the place of the one before; what was given stays as it is."""
    scope.execute(
        "INSERT INTO impact_wallets (user_id, charity, amount_minor, currency, payer, daily_cap_minor, monthly_cap_minor,"
        " changed_at_ms) VALUES (:user, :charity, :amount, :currency, :payer, :daily, :monthly, :now)"
        " ON CONFLICT (user_id) DO UPDATE SET charity = excluded.charity, amount_minor = excluded.amount_minor,"
        " currency = excluded.currency, payer = excluded.payer, daily_cap_minor = excluded.daily_cap_minor,"
        " monthly_cap_minor = excluded.monthly_cap_minor, changed_at_ms = excluded.changed_at_ms",
        charity=wallet.charity,
        amount=wallet.amount_minor,
        currency=wallet.currency,
        payer=wallet.payer,
        daily=wallet.daily_cap_minor,
        monthly=wallet.monthly_cap_minor,
        now=stamp(now),
    )


def load(scope: Scope) -> Wallet | None:
    """Return a person's wallet; None where they give nothing."""
    row = scope.execute("SELECT * FROM impact_wallets WHERE user_id = :user").fetchone()
    return row and Wallet(
        row["charity"],
        row["amount_minor"],
        row["currency"],
        row["daily_cap_minor"],
        row["monthly_cap_minor"],
        row["payer"],
    )


def remove(scope: Scope) -> None:
    """Give nothing from now on."""
    scope.execute("DELETE FROM impact_wallets WHERE user_id = :user")


def set_partial(scope: Scope, gives: PartialGives) -> None:
    """Keep what a workout done in part gives from now on."""
    scope.execute("UPDATE users SET partial_gives = :gives WHERE id = :user", gives=gives.value)
