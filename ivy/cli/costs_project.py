"""`ivy costs project`: what the coming month will cost, and what would cost less. May import: everything but the daemon's tasks."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from ivy.cli import costs_people, frame, voice_price
from ivy.cli.moments import dollars
from ivy.clock import SystemClock
from ivy.domain import call_plans, person_month, projection
from ivy.domain.call_plans import CallPlan
from ivy.domain.phones import example_of, region_of
from ivy.domain.pricing import estimate_micros
from ivy.domain.projection import MONTH, Habits, Instead, Projection, Range, Spoken, Units
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
USUAL_MINUTES, USUAL_NUMBER = 3.0, "+15550102030"
PLANS = call_plans.names()
BAR = 24


@dataclass(frozen=True)
class Told:
    """A projection, what it was made of, and what being phoned 3 minutes a day costs one person a month, at a country's price."""

    source: str
    country: str
    projection: Projection
    voice_month_micros: int
    minute_micros: int
    chat_month_micros: int
    """What one of these people is likely to cost in 30 days by chat alone; below, with the calls that are likely."""
    month_micros: int


def project(
    since_days: Annotated[int, typer.Option("--days", min=1, help="How many past days to go by.")] = USUAL_DAYS,
    people: Annotated[
        int | None, typer.Option("--people", "--users", min=1, help="By numbers instead: how many people.")
    ] = None,
    turns: Annotated[float, typer.Option(min=0, help="Answers a person and day.")] = 5.0,
    templates: Annotated[float, typer.Option(min=0, help="Messages outside the window, a person and day.")] = 1.0,
    calls: Annotated[float | None, typer.Option(min=0, help="Calls a person and day.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Minutes a call.")] = None,
    plan: Annotated[
        str | None, typer.Option(help=f"What they are phoned for, instead of --calls: {', '.join(PLANS)}, joined by +.")
    ] = None,
    number: Annotated[str | None, typer.Option(help="A number of the country they live in, for prices.")] = None,
    country: Annotated[str | None, typer.Option(help="That country instead: its code, as CO.")] = None,
    begins: Annotated[
        str | None, typer.Option("--from", metavar="MONTH", help="At the prices and free replies of a month, or a day.")
    ] = None,
    month: Annotated[int | None, typer.Option(min=1, max=366, help="How many days to come.")] = None,
    as_json: frame.Json = False,
) -> None:
    """Say what the coming month costs: low, likely, high; from past days, or from --people and their habits.

    Ranges are meant to hold nine months in ten. Past days are taken as those of the people who are here now, who go on as before;
    of their replies each calendar month has some for nothing. Below stands what would cost less.
    """
    if people is None and (plan or country or begins):
        raise UsageError("--plan, --country and --from are for people by numbers: say how many with --people.")
    phoned = _phoned(plan, calls, minutes)
    habits = Habits(turns, templates, phoned.calls, phoned.minutes)
    first, days = _begin(begins, month)
    told = frame.run(_project, since_days, people, habits, phoned, _number(number, country), first, days)
    if as_json:
        frame.print_json(told)
    else:
        _print(told)


def _phoned(plan: str | None, calls: float | None, minutes: float | None) -> CallPlan:
    """Return how they are phoned: by a plan, or by numbers. Raises: UsageError."""
    if plan is None:
        a_day = calls or 0.0
        evening = (EVENING, 1 / a_day) if a_day > 1 else (0.0, 0.0)
        return CallPlan(a_day, USUAL_MINUTES if minutes is None else minutes, *evening)
    if calls is not None or minutes is not None:
        raise UsageError("--plan says how often and how long they are phoned: leave --calls and --minutes out.")
    if (found := call_plans.call_plan(plan)) is None:
        raise UsageError(f"--plan {plan} is not known: join some of {', '.join(PLANS)} by +, each once.")
    # Where all calls are the evening's, "instead of every call" says it already.
    return found if found.evening < 1 else replace(found, evening=0.0, evening_calls=0.0)


def _number(number: str | None, country: str | None) -> str:
    """Return a number by whose country prices are found. Raises: UsageError."""
    if number is not None and country is not None:
        raise UsageError("Give --number or --country, not both.")
    if country is not None:
        if not (found := example_of(country)):
            raise UsageError(f"--country {country} is no country's code: write it as CO.")
        return found
    if number is not None and not number.startswith("+"):
        raise UsageError(f"--number {number} is no number: write it as +573001234567.")
    return number or USUAL_NUMBER


def _begin(begins: str | None, days: int | None) -> tuple[date, int]:
    """Return the day whose prices count, and how many days there are: all of a month that is named. Raises: UsageError."""
    if begins is None:
        return SystemClock().now().astimezone(UTC).date(), days or MONTH
    is_month = begins.count("-") == 1
    try:
        first = date.fromisoformat(f"{begins}-01" if is_month else begins)
    except ValueError:
        raise UsageError(f"--from {begins} is no month and no day: write 2026-12, or 2026-12-15.") from None
    return first, days or (monthrange(first.year, first.month)[1] if is_month else MONTH)


async def _project(
    since_days: int, people: int | None, habits: Habits, phoned: CallPlan, number: str, today: date, month: int
) -> Told:
    from ivy.daemon import rate_card

    where = frame.setup()
    rates = rate_card.load(where.config.whatsapp.rates_file, where.folder)
    minute = voice_price.minute_micros(number, where.config, where.folder, today)
    usual, cheap = _prices(where, "primary", today), _prices(where, "cheap", today)
    if people is not None:
        units = Units(
            _turn(usual),
            rates.price(number, "service", today).micros,
            rates.price(number, "utility", today).micros,
            minute,
        )
        free = round(rates.allowance(today) * max(1.0, month / MONTH))
        found = projection.from_numbers(people, habits, units, days=month, free_replies=free)
        source = f"{people} people with these habits"
        spoken = Spoken(people * month * phoned.calls, phoned.evening, phoned.evening_calls, text=units.template)
    else:
        past, mix = await _past(where, rates, since_days, today)
        found = projection.from_past(past, days=month)
        spoken = _spoken(mix, found, rates, today)
        source = f"the {since_days} days before {today}, {past.people_now} people"
    part = _turn(cheap).likely / _turn(usual).likely if _turn(usual).likely else 1.0
    found = replace(found, instead=projection.cheaper(found, cheap_part=part, spoken=spoken))
    voice = projection.voice_of_a_month(3, minute)
    return Told(
        source, region_of(number) or number, found, voice, minute, *person_month.projected(found, call=projection.CALL)
    )


async def _past(where: frame.Setup, rates: Rates, since_days: int, today: date) -> tuple[projection.Past, Mix]:
    """Read whole days: today is not over."""
    last, first = today - timedelta(days=1), today - timedelta(days=since_days)
    async with frame.operator(where, action="costs") as operator:
        return (
            await operator.read(past_costs.past, rates, since=first, until=last),
            await operator.read(past_costs.mix, since=first, until=last),
        )


@dataclass(frozen=True)
class _Noon:
    """A clock that stands at noon of a day."""

    day: date
    virtual: bool = False

    def now(self) -> datetime:
        return datetime.combine(self.day, time(12), UTC)


def _prices(where: frame.Setup, role: str, on: date) -> UnitPrices:
    from ivy.adapters.prices import PriceFile, PriceTable
    from ivy.agent import price_cards

    spend = where.config.spend
    rows = PriceFile.load(*price_cards.models_text(where.config, where.folder)).prices
    table = PriceTable(_Noon(on), ceiling=spend.ceiling, overrides=spend.prices, beyond=rows)
    section = getattr(where.config.models, role)
    return table.of(section.vendor, section.model)


def _turn(prices: UnitPrices) -> Range:
    """Return what a turn costs: one call whose prefix was cached, a usual one, one of several calls that pays for it all."""
    cached = round(PREFIX * prices.cache_read / 1_000_000)
    fresh = estimate_micros(FRESH, OUT, replace(prices, cache_read=0, cache_write=0))
    return Range(cached + fresh, 1.6 * (cached + fresh), 2 * (cached + fresh) + PREFIX * prices.input / 1_000_000)


def _spoken(mix: Mix, found: Projection, rates: Rates, today: date) -> Spoken:
    """Return how many calls the likely month has, at what one cost in the past, and what texts to those numbers cost."""
    seconds, calls = sum(mix.call_seconds.values()), sum(mix.calls.values())
    if not calls:
        return Spoken()
    likely = next((line.likely for line in found.lines if line.kind == projection.CALL), 0)
    return Spoken(
        calls=likely * calls / mix.call_micros,
        evening=mix.call_seconds.get("evening", 0) / seconds if seconds else 0.0,
        evening_calls=mix.calls.get("evening", 0) / calls,
        text=sum(rates.price(to, "utility", today).micros * number for to, number in mix.called.items()) / calls,
    )


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
        f" ({dollars(told.minute_micros, 3)} a minute to {told.country}); chat needs none of it."
    )
    if told.month_micros:
        frame.say(costs_people.told(told.chat_month_micros, told.month_micros))
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
