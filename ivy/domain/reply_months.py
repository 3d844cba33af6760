"""Which replies are charged: each calendar month (UTC) gives a number some for nothing, and they run out within it.

May import: rates, the standard library. Micro-dollars throughout.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from ivy.domain.rates import SERVICE, Rates


@dataclass(frozen=True)
class Replies:
    """Free text in the window, on past days in order; the days to come begin at `begins`."""

    by_day: Sequence[int]
    charged_by_day: Sequence[int]
    """What the ledger has for them."""
    to: Mapping[str, int]
    """How many went to each number: prices are by country."""
    used: int
    """How many the month of `begins` has had before that day, to anybody."""
    begins: date
    rates: Rates


@dataclass(frozen=True)
class Charged:
    """Of days to come: how many replies are beyond the free ones, and what they cost."""

    replies: float
    micros: float


def charged(expected: Sequence[float], replies: Replies) -> Charged:
    """Return what so many replies on each of the days to come cost: what is free is used up first, month by month."""
    count, micros = 0.0, 0.0
    days = [(replies.begins + timedelta(days=n), each) for n, each in enumerate(expected)]
    for _month, found in groupby(days, key=lambda item: (item[0].year, item[0].month)):
        of_month = list(found)
        first = of_month[0][0]
        used = replies.used if first == replies.begins else 0
        beyond = max(0.0, sum(each for _day, each in of_month) - max(0, replies.rates.allowance(first) - used))
        count, micros = count + beyond, micros + beyond * _price(replies, first)
    return Charged(count, micros)


def _price(replies: Replies, on: date) -> float:
    """Return what a charged reply costs, as they are spread over countries."""
    cost = sum(replies.rates.price(number, SERVICE, on).micros * count for number, count in replies.to.items())
    return cost / max(1, sum(replies.to.values()))
