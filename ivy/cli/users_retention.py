"""`ivy users retention`: how many people are still there after 30, 90 and 180 days. May import: everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import typer

from ivy.cli import frame, moments
from ivy.clock import SystemClock
from ivy.domain.retention import AROUND, BESIDE, HORIZONS, LEAST, Cell, Share, cell, cells, is_over
from ivy.domain.schedule import local_date
from ivy.store import retention as kept
from ivy.store.binding import Connection
from ivy.store.retention import Began

SPONSORED = ("employer", "sponsor")
_NOBODY = "nobody"
_GIVERS = {
    _NOBODY: "nobody gives",
    "self": "they give themselves",
    "employer": "their employer gives",
    "sponsor": "a sponsor gives",
}
_RULE = (
    "Day 0 is the first local date on which somebody wrote, answered a call, or kept a workout. Who is there on a later"
    f" day did one of these within {AROUND.days} days of it, before or after, and had not said stop. People are counted"
    " once those days are over."
)
_FEW = f"A group of fewer than {LEAST} people is not told of; where it could be found by subtraction, another is hidden too."


@dataclass(frozen=True)
class Horizon:
    """Who was there so many days after they began: of all, by the month they began in, and by who gives for them."""

    day: int
    everybody: Cell
    months: tuple[Cell, ...]
    givers: tuple[Cell, ...]
    """Empty where nobody but the people themselves gives."""


@dataclass(frozen=True)
class Retention:
    """`asked_at` is the instant it was counted, `since` the first day 0 that counts."""

    asked_at: datetime
    since: date | None
    rule: str
    horizons: tuple[Horizon, ...]


def retention(
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only people who began on this local date or later.")
    ] = None,
    as_json: frame.Json = False,
) -> None:
    """Count who is still there 30, 90 and 180 days after they began, by the month they began in, with 95 % intervals."""
    first = None if since is None else moments.day(since, date.max)
    found = frame.run(_retention, frame.setup(), first)
    if as_json:
        frame.print_json(found)
        return
    frame.table("Still there", ["began", *(f"day {each.day}" for each in found.horizons)], _rows(found))
    frame.say(_RULE)
    frame.say(_FEW)


async def _retention(where: frame.Setup, since: date | None) -> Retention:
    async with frame.operator(where, action="users retention") as store:
        return await store.read(count, since=since, now=SystemClock().now())


def count(connection: Connection, *, since: date | None, now: datetime) -> Retention:
    """Return who is still there, in two statements over everybody."""
    people = kept.began(connection, since=since)
    asked = [(who, day) for who in people for day in HORIZONS if is_over(who.day, day, local_date(now, who.zone))]
    there = list(zip(asked, kept.stayed(connection, asked), strict=True))
    gives = any(who.payer in SPONSORED for who in people)
    horizons = [
        _horizon(day, [(who, is_there) for (who, of), is_there in there if of == day], gives) for day in HORIZONS
    ]
    return Retention(now, since, _RULE, tuple(horizons))


def _horizon(day: int, there: Sequence[tuple[Began, bool]], gives: bool) -> Horizon:
    everybody = cell("everybody", sum(is_there for _, is_there in there), len(there))
    months = cells((f"{who.day:%Y-%m}", is_there) for who, is_there in there)
    givers = cells((who.payer or _NOBODY, is_there) for who, is_there in there) if gives else ()
    return Horizon(day, everybody, months, givers)


# --- how they say it -------------------------------------------------------------------------------


def _rows(found: Retention) -> list[list[str]]:
    def row(name: str, group: str, columns: Sequence[Sequence[Cell]]) -> list[str]:
        by_day = [next((each for each in column if each.group == group), None) for column in columns]
        return [name, *(words(each) for each in by_day)]

    months, givers = [each.months for each in found.horizons], [each.givers for each in found.horizons]
    return [
        row("everybody", "everybody", [(each.everybody,) for each in found.horizons]),
        *(row(group, group, months) for group in _groups(months)),
        *(row(_GIVERS[group], group, givers) for group in _groups(givers)),
    ]


def _groups(columns: Sequence[Sequence[Cell]]) -> list[str]:
    return sorted({each.group for column in columns for each in column})


def words(found: Cell | None) -> str:
    """Return a cell for a table: "12 of 20, 60 % (39 to 78)"."""
    if found is None or found.people == 0:
        return "nobody yet"
    if found.share is None:
        return "hidden beside it" if found.hidden == BESIDE else f"fewer than {LEAST}"
    return f"{found.retained} of {found.people}, {in_percent(found.share)}"


def in_percent(share: Share) -> str:
    """Return a share with its interval: "60 % (39 to 78)"."""
    return f"{100 * share.share:.0f} % ({100 * share.low:.0f} to {100 * share.high:.0f})"
