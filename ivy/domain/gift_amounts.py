"""A round amount near one US dollar in each currency. May import: the standard library. Source: `data/gift_amounts.toml`."""

from decimal import Decimal
from functools import lru_cache
from importlib import resources

ONE = Decimal(1)


def near_a_dollar(currency: str) -> Decimal:
    """Return the amount in whole units: 5000 in COP, 200 in JPY, 0.2 in KWD; one unit of what the file does not have."""
    return _by_currency().get(currency, ONE)


@lru_cache(maxsize=1)
def _by_currency() -> dict[str, Decimal]:
    import tomllib  # seldom needed where a command only starts

    text = resources.files("ivy").joinpath("data", "gift_amounts.toml").read_text(encoding="utf-8")
    amounts: dict[str, str] = tomllib.loads(text)["amounts"]
    return {currency: Decimal(amount) for currency, amount in amounts.items()}
