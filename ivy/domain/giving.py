"""What a kept workout gives, how much at most, and what is taken back. May import: the configuration, the errors, the domain.

Amounts are integer minor units of the wallet's currency (ISO 4217). Nothing is paid here: a gift is a pledge until
somebody pays it. Rows are never changed: what is taken back is another row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction

from ivy.config import CharitySection, GivingSection
from ivy.domain.currencies import exponent
from ivy.domain.gift_amounts import ONE, near_a_dollar
from ivy.domain.workouts import WorkoutState, counts_for_streak
from ivy.errors import ConfigError

LARGEST = 10**9
"""In whole units of any currency: more than that in the configuration is a slip."""
WHOLE, NOTHING = Fraction(1), Fraction(0)
TIMES = tuple(Decimal(times) for times in ("1.00", "2.00", "40.00", "0.50"))
"""How many times the usual amount each value of `Usual` is where nobody says."""


class Kind(StrEnum):
    """What a row is: for a workout, for coming back after a miss, or what takes one of these back."""

    GIFT = "gift"
    COMEBACK = "comeback"
    REVERSAL = "reversal"


class PartialGives(StrEnum):
    """What a workout done in part gives, as the person chose."""

    NONE = "none"
    PRO_RATA = "pro_rata"
    FULL = "full"


@dataclass(frozen=True)
class Wallet:
    """Who gives how much a workout, and to whom; the caps are for one local date and one calendar month of the person's."""

    charity: str
    """The short name that the configuration has."""
    amount_minor: int
    currency: str
    daily_cap_minor: int
    monthly_cap_minor: int
    payer: str = "self"
    """self, employer or sponsor."""


@dataclass(frozen=True)
class Usual:
    """What the configuration gives where a person says nothing, in minor units of their currency."""

    amount: int
    daily_cap: int
    monthly_cap: int
    comeback: int


@dataclass(frozen=True)
class Given:
    """A gift that stands: it was not taken back. `day` is the person's local date it was given on."""

    id: str
    kind: Kind
    charity: str
    amount_minor: int
    currency: str
    payer: str
    day: date


@dataclass(frozen=True)
class Used:
    """What stands of a local date and of its month, in the wallet's currency."""

    day_minor: int = 0
    month_minor: int = 0


@dataclass(frozen=True)
class Move:
    """A row to be written; `amount_minor` is negative for a reversal, which names what it `reverses`."""

    kind: Kind
    charity: str
    amount_minor: int
    currency: str
    payer: str
    reverses: str | None = None


@dataclass(frozen=True)
class Gift:
    """What one word moved in all; negative when something was taken back. `comeback_minor` is a part of `amount_minor`."""

    charity: str
    """As people know it."""
    amount_minor: int
    currency: str
    comeback_minor: int = 0


# --- what a workout deserves -------------------------------------------------------------------------


def share(state: WorkoutState, minutes: int | None, *, minimum_minutes: int, partial: PartialGives) -> Fraction:
    """Return which part of the amount a workout deserves, 0 to 1.

    Done in part and `pro_rata` it is the part of the person's own minimum; minutes that nobody named count for them.
    """
    if state is WorkoutState.DONE:
        return WHOLE
    if state is not WorkoutState.PARTIAL or partial is PartialGives.NONE:
        return NOTHING
    if counts_for_streak(minutes, minimum_minutes):
        return WHOLE
    if partial is PartialGives.FULL or not minutes:
        return NOTHING
    return Fraction(minutes, minimum_minutes)


def gift_for(
    wallet: Wallet | None,
    standing: Sequence[Given],
    *,
    before: Fraction,
    after: Fraction,
    comeback_minor: int,
    used: Used,
    today: date,
) -> tuple[Move, ...]:
    """Return the rows that bring what stands for one workout to what its state deserves, within what the caps leave today.

    `before` and `after` are its share by its last state and by the new one: the same share moves nothing, so that a gift
    that a cap cut stays as it is. `wallet` is None where nothing may be given; `comeback_minor` is 0 unless it is due.
    """
    if after == NOTHING:
        return _taken_back(standing)
    if after < before:
        back = _taken_back(standing)
        if wallet is None:
            return back
        deserved = int(wallet.amount_minor * after)
        return (*back, *_given(wallet, deserved, comeback_minor, _without(used, standing, wallet.currency, today)))
    if wallet is None or after == before:
        return ()
    gifts = [each for each in standing if each.kind is Kind.GIFT]
    has_comeback = len(gifts) < len(standing)
    stands = sum(each.amount_minor for each in gifts)
    same_money = all(each.currency == wallet.currency for each in gifts)
    missing = int(wallet.amount_minor * after) - stands if same_money else 0
    return _given(wallet, missing, 0 if has_comeback else comeback_minor, used)


def part_of(wallet: Wallet, share: float) -> int:
    """Return a part of what a workout usually gives, in minor units, rounded down."""
    return int(wallet.amount_minor * Decimal(str(share)))


def comeback(wallet: Wallet, comeback_minor: int, used: Used) -> tuple[Move, ...]:
    """Return the row for a workout that turns out, when its eve is closed, to have been a return after a miss."""
    return _given(wallet, 0, comeback_minor, used)


def _taken_back(standing: Sequence[Given]) -> tuple[Move, ...]:
    return tuple(
        Move(Kind.REVERSAL, each.charity, -each.amount_minor, each.currency, each.payer, each.id) for each in standing
    )


def _given(wallet: Wallet, wanted: int, comeback_minor: int, used: Used) -> tuple[Move, ...]:
    """Return a gift and a bonus of what the caps leave; none of nothing."""
    if wallet.amount_minor == 0:
        return ()
    left = max(0, min(wallet.daily_cap_minor - used.day_minor, wallet.monthly_cap_minor - used.month_minor))
    gift = min(max(wanted, 0), left)
    amounts = ((Kind.GIFT, gift), (Kind.COMEBACK, min(comeback_minor, left - gift)))
    return tuple(
        Move(kind, wallet.charity, amount, wallet.currency, wallet.payer) for kind, amount in amounts if amount
    )


def _without(used: Used, back: Sequence[Given], currency: str, today: date) -> Used:
    """Return what is used once some gifts are taken back: those of today, or of this month, leave room again."""
    month = [each for each in back if each.currency == currency and each.day.replace(day=1) == today.replace(day=1)]
    return Used(
        used.day_minor - sum(each.amount_minor for each in month if each.day == today),
        used.month_minor - sum(each.amount_minor for each in month),
    )


def in_all(moves: Sequence[Move], charities: Mapping[str, CharitySection]) -> Gift | None:
    """Return what rows move together, as it is told; None if that is nothing."""
    if not moves:
        return None
    told = moves[-1]
    same = [each for each in moves if each.currency == told.currency]
    net = sum(each.amount_minor for each in same)
    is_plain = all(each.kind is not Kind.REVERSAL for each in same)
    extra = sum(each.amount_minor for each in same if is_plain and each.kind is Kind.COMEBACK)
    return Gift(name_of(told.charity, charities), net, told.currency, extra) if net else None


def together(gifts: Sequence[Gift | None]) -> Gift | None:
    """Return what several words moved, where it went to one charity in one currency; else the last of it."""
    there = [each for each in gifts if each is not None]
    if not there:
        return None
    last = there[-1]
    same = [each for each in there if (each.charity, each.currency) == (last.charity, last.currency)]
    amount = sum(each.amount_minor for each in same)
    return replace(last, amount_minor=amount, comeback_minor=sum(each.comeback_minor for each in same))


# --- what is configured ------------------------------------------------------------------------------


def name_of(charity: str, charities: Mapping[str, CharitySection]) -> str:
    """Return how people know a charity; its short name where the configuration has no other."""
    section = charities.get(charity)
    return (section.name if section is not None else "") or charity


def minor(amount: str, currency: str) -> int:
    """Return a configured decimal as minor units, rounded down: "1.00" is 100 in USD, 1 in JPY, 1000 in KWD.

    Raises: ConfigError, Unclear for what is no currency.
    """
    return int(_read(amount) * 10 ** exponent(currency))


def _read(amount: str) -> Decimal:
    try:
        value = Decimal(amount)
    except InvalidOperation:
        value = Decimal("NaN")
    if not 0 <= (value if value.is_finite() else -1) <= LARGEST:
        raise ConfigError(f'"{amount}" under [giving] is not an amount; write it such as "1.00", or leave it empty.')
    return value


def usual(section: GivingSection, currency: str) -> Usual:
    """Return what is given where a person says nothing: what is written, else so many times an amount near one dollar.

    What is written counts in any currency as it is, and so does what is not written beside it: 1.00, 2.00, 40.00, 0.50.
    A written 0 is nothing in every currency, and leaves the others as they are. Raises: ConfigError, Unclear.
    """
    written = (section.amount, section.daily_cap, section.monthly_cap, section.comeback)
    unit = ONE if any(_read(each) for each in written if each) else near_a_dollar(currency)
    amounts = (each or str(unit * times) for each, times in zip(written, TIMES, strict=True))
    return Usual(*(minor(each, currency) for each in amounts))


def check(section: GivingSection) -> None:
    """Raise ConfigError unless every amount of the configuration can be read. For start-up."""
    usual(section, "USD")


def wallet_of(
    section: GivingSection, charity: str, currency: str, *, amount_minor: int | None = None, payer: str = "self"
) -> Wallet:
    """Return the wallet of somebody who chose a charity and perhaps an amount: caps keep the configuration's proportions.

    So 5,000 pesos a workout are not stopped by caps meant for dollars. Raises: ConfigError if no such charity is configured.
    """
    if charity not in section.charities:
        raise ConfigError(f"No charity is called {charity!r} under [giving.charities].")
    told = usual(section, currency)
    amount = told.amount if amount_minor is None else amount_minor
    daily, monthly = (cap * amount // told.amount if told.amount else cap for cap in (told.daily_cap, told.monthly_cap))
    return Wallet(charity, amount, currency, daily, monthly, payer)
