"""Seven days of spending in numbers, and in words that are true whatever the numbers are. May import: the domain.

The numbers come from the store, by currency; nothing here adds anything. What is nothing is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ivy.domain.contents import short
from ivy.domain.currencies import exponent
from ivy.domain.expenses import name_of
from ivy.domain.money import Money, format_money
from ivy.domain.said import language
from ivy.domain.sentences import Say, say
from ivy.domain.weekly import DAYS, between
from ivy.domain.when import describe_day

MOST_CATEGORIES = 3
MOST_CURRENCIES = 3
LONGEST_NAME = 30


@dataclass(frozen=True)
class Biggest:
    money: Money
    description: str
    day: date


@dataclass(frozen=True)
class Spent:
    """What was spent in one currency. `before`: in the seven days before, `mean`: of the four weeks before; None: unknown.

    `categories`: the ones with most, the largest first.
    """

    total: Money
    count: int
    categories: tuple[tuple[str, Money], ...]
    biggest: Biggest
    before: Money | None = None
    mean: Money | None = None


@dataclass(frozen=True)
class SpendingWeek:
    """`first` is the first of the seven local days; `spent` has one entry for each currency, that with most expenses first."""

    first: date
    spent: tuple[Spent, ...] = ()

    @property
    def last(self) -> date:
        return self.first + timedelta(days=DAYS - 1)

    @property
    def is_empty(self) -> bool:
        return not self.spent


def first_day(today: date) -> date:
    """Return the first of the seven days that end with yesterday: told on the same weekday, every day is told once."""
    return today - timedelta(days=DAYS)


def allowed(week: SpendingWeek) -> frozenset[Decimal]:
    """Return every number that sentences about these days may contain: those of `facts`."""
    monies = [each.total for each in week.spent] + [each.biggest.money for each in week.spent]
    monies += [money for each in week.spent for _name, money in each.categories]
    return frozenset({_major(money) for money in monies} | {Decimal(each.count) for each in week.spent})


def facts(week: SpendingWeek, locale: str) -> dict[str, str]:
    """Return what a model is told of these days, by name; nothing to compare with, so that it compares nothing."""
    told: dict[str, str] = {}
    for each in week.spent:
        code = each.total.currency
        told[f"spent in {code}"] = format_money(each.total, locale)
        told[f"expenses in {code}"] = str(each.count)
        told[f"largest expense in {code}"] = format_money(each.biggest.money, locale)
        for name, money in each.categories:
            told[f"{name_of(name, language(locale))}, in {code}"] = format_money(money, locale)
    return told


# --- in words --------------------------------------------------------------------------------------


def summary(week: SpendingWeek, prose: str, speech: str) -> str:
    """Return the whole message: title, prose, and the lines of each currency."""
    lines = [say(Say.SPENDING_TITLE, speech, span=span(week, speech)), prose]
    for each in week.spent[:MOST_CURRENCIES]:
        lines += ["", *_lines(each, speech)]
    return "\n".join(lines)


def fixed_prose(speech: str) -> str:
    return say(Say.SPENDING_PROSE, speech)


def span(week: SpendingWeek, locale: str) -> str:
    return between(week.first, week.last, locale)


def _lines(spent: Spent, speech: str) -> Iterator[str]:
    total = format_money(spent.total, speech)
    if spent.count == 1:
        yield say(Say.SPENDING_ONE, speech, amount=total)
    else:
        yield say(Say.SPENDING_MANY, speech, amount=total, count=spent.count)
    if spent.before is not None:
        yield say(Say.SPENDING_BEFORE, speech, amount=format_money(spent.before, speech))
    if spent.mean is not None:
        yield say(Say.SPENDING_MEAN, speech, amount=format_money(spent.mean, speech))
    if spent.count > 1:
        yield say(Say.SPENDING_MOST, speech, categories=", ".join(_category(each, speech) for each in spent.categories))
        biggest = spent.biggest
        name = short(biggest.description, LONGEST_NAME) if biggest.description else "·"
        amount, day = format_money(biggest.money, speech), describe_day(biggest.day, speech)
        yield say(Say.SPENDING_BIGGEST, speech, amount=amount, what=name, day=day)


def _category(category: tuple[str, Money], speech: str) -> str:
    name, money = category
    return f"{short(name_of(name, language(speech)), LONGEST_NAME)} {format_money(money, speech)}"


def _major(money: Money) -> Decimal:
    return Decimal(money.amount_minor).scaleb(-exponent(money.currency))
