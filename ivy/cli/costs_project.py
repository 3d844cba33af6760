"""`ivy costs project`: what the coming month will cost, and what would cost less. May import: everything but the daemon's tasks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from typing import Annotated

import typer

from ivy.cli import frame, voice_price
from ivy.cli.moments import dollars
from ivy.clock import SystemClock
from ivy.domain import projection
from ivy.domain.pricing import estimate_micros
from ivy.domain.projection import MONTH, Habits, Instead, Projection, Range, Units
from ivy.domain.rates import Rates
from ivy.errors import UsageError
from ivy.ports import UnitPrices
from ivy.store import past_costs
from ivy.store.past_costs import Mix

USUAL_DAYS = 28
PREFIX, FRESH, OUT = 9000, 1500, 250
"""Tokens of a usual call to a model: what stays the same from call to call, what is new, the answer."""
EVENING = 0.45
"""The part of the minutes that evening calls take, where none was made yet: 120 of 270 seconds."""
BAR = 24


@dataclass(frozen=True)
class Told:
    """A projection, what it was made of, and what being phoned 3 minutes a day costs one person a month, at a country's price."""

    source: str
    country: str
    projection: Projection
    voice_month_micros: int
    minute_micros: int


def project(
    since_days: Annotated[int, typer.Option("--days", min=1, help="How many past days to go by.")] = USUAL_DAYS,
    people: Annotated[int | None, typer.Option(min=1, help="By numbers instead: how many people.")] = None,
    turns: Annotated[float, typer.Option(min=0, help="Answers a person and day.")] = 5.0,
    templates: Annotated[float, typer.Option(min=0, help="Messages outside the window, a person and day.")] = 1.0,
    calls: Annotated[float, typer.Option(min=0, help="Calls a person and day.")] = 0.0,
    minutes: Annotated[float, typer.Option(min=0, help="Minutes a call.")] = 3.0,
    number: Annotated[str, typer.Option(help="A number of the country they live in, for prices.")] = "+15550102030",
    month: Annotated[int, typer.Option(min=1, max=366, help="How many days to come.")] = MONTH,
    as_json: frame.Json = False,
) -> None:
    """Say what the coming month costs: low, likely, high; from past days, or from --people and their habits.

    Ranges are meant to hold nine months in ten. Past days are taken as those of the people who are here now, who go on as before;
    of their replies each calendar month has some for nothing. Below stands what would cost less.
    """
    if not number.startswith("+"):
        raise UsageError(f"--number {number} is no number: write it as +573001234567.")
    habits = Habits(turns, templates, calls, minutes)
    told = frame.run(_project, since_days, people, habits, number, month)
    if as_json:
        frame.print_json(told)
    else:
        _print(told)


async def _project(since_days: int, people: int | None, habits: Habits, number: str, month: int) -> Told:
    from ivy.daemon import rate_card

    where, clock = frame.setup(), SystemClock()
    today = clock.now().astimezone(UTC).date()
    rates = rate_card.load(where.config.whatsapp.rates_file, where.folder)
    minute = voice_price.minute_micros(number, where.config, where.folder, today)
    usual, cheap = _prices(where, "primary"), _prices(where, "cheap")
    if people is not None:
        units = Units(
            _turn(usual),
            rates.price(number, "service", today).micros,
            rates.price(number, "utility", today).micros,
            minute,
        )
        free = round(rates.allowance(today) * max(1.0, month / MONTH))
        found = projection.from_numbers(people, habits, units, days=month, free_replies=free)
        source, evening = f"{people} people with these habits", EVENING if habits.calls > 1 else 0.0
    else:
        past, mix = await _past(where, rates, since_days, today)
        found, evening = projection.from_past(past, days=month), _evening(mix)
        source = f"the {since_days} days before {today}, {past.people_now} people"
    part = _turn(cheap).likely / _turn(usual).likely if _turn(usual).likely else 1.0
    found = replace(found, instead=projection.cheaper(found, cheap_part=part, evening_part=evening))
    return Told(source, number[:3], found, projection.voice_of_a_month(3, minute), minute)


async def _past(where: frame.Setup, rates: Rates, since_days: int, today: date) -> tuple[projection.Past, Mix]:
    """Read whole days: today is not over."""
    last, first = today - timedelta(days=1), today - timedelta(days=since_days)
    async with frame.operator(where, action="costs") as operator:
        return (
            await operator.read(past_costs.past, rates, since=first, until=last),
            await operator.read(past_costs.mix, since=first, until=last),
        )


def _prices(where: frame.Setup, role: str) -> UnitPrices:
    from ivy.adapters.prices import PriceFile, PriceTable
    from ivy.agent import price_cards

    spend = where.config.spend
    rows = PriceFile.load(*price_cards.models_text(where.config, where.folder)).prices
    table = PriceTable(SystemClock(), ceiling=spend.ceiling, overrides=spend.prices, beyond=rows)
    section = getattr(where.config.models, role)
    return table.of(section.vendor, section.model)


def _turn(prices: UnitPrices) -> Range:
    """Return what a turn costs: one call whose prefix was cached, a usual one, one of several calls that pays for it all."""
    cached = round(PREFIX * prices.cache_read / 1_000_000)
    fresh = estimate_micros(FRESH, OUT, replace(prices, cache_read=0, cache_write=0))
    return Range(cached + fresh, 1.6 * (cached + fresh), 2 * (cached + fresh) + PREFIX * prices.input / 1_000_000)


def _evening(mix: Mix) -> float:
    spoken = sum(mix.call_seconds.values())
    return mix.call_seconds.get("evening", 0) / spoken if spoken else 0.0


def _print(told: Told) -> None:
    found = told.projection
    most = max((line.likely for line in found.lines), default=0)
    rows = [[line.kind, *_amounts(line.low, line.likely, line.high), bar(line.likely, most)] for line in found.lines]
    rows.append(["total", *_amounts(found.total.low, found.total.likely, found.total.high), ""])
    frame.table(f"{found.days} days to come, from {told.source}", ["kind", "low", "likely", "high", ""], rows)
    frame.say(f"A person costs about {dollars(found.per_person)} in that time.")
    if found.charged:
        frame.say(
            f"About {found.charged:,} of {found.replies:,} replies come after a calendar month's free ones, and are charged."
        )
    frame.say(
        f"3 minutes on the phone a day cost one person about {dollars(told.voice_month_micros)} a month"
        f" ({dollars(told.minute_micros, 3)} a minute to {told.country}…); chat needs none of it."
    )
    _print_cheaper(found.instead)


def _print_cheaper(instead: Sequence[Instead]) -> None:
    for n, each in enumerate(instead):
        first = "The cheapest that does nearly the same" if n == 0 else "Or"
        frame.say(f"{first}: {each.setting} saves about {dollars(each.saves)}.")


def _amounts(*micros: int) -> list[str]:
    return [dollars(each) for each in micros]


def bar(part: int, whole: int) -> str:
    """Return a bar as long as a part of the longest one."""
    return "█" * round(BAR * part / whole) or ("▏" if part else "") if whole else ""
