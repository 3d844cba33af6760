"""`ivy giving`: to whom people give, and what was pledged. May import: the store, the domain, frame.

Ivy pays nothing: what these commands show is pledged until somebody pays it.
"""

import re
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from ivy.cli import frame
from ivy.clock import SystemClock
from ivy.config import GivingSection
from ivy.domain import chain, giving
from ivy.domain.csv_text import as_csv, inert
from ivy.domain.currencies import exponent
from ivy.errors import UsageError
from ivy.store import donations, people
from ivy.store.binding import Connection
from ivy.store.donations import Owed

STATUS = "pledged until it is paid"
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")

command = typer.Typer(no_args_is_help=True, help="Charities, and what was pledged to them.")


@dataclass(frozen=True)
class Charity:
    """A charity as people may choose it."""

    short: str
    name: str
    country: str
    url: str


@dataclass(frozen=True)
class Line:
    """One line of a month's worksheet; `pledged` is a plain decimal in `currency`."""

    month: str
    charity: str
    name: str
    currency: str
    payer: str
    people: int
    gifts: int
    taken_back: int
    pledged: str
    pledged_minor: int
    status: str = STATUS


@command.command("charities")
def charities(as_json: frame.Json = False) -> None:
    """List the charities of the configuration."""
    section = frame.setup().config.giving
    found = [Charity(short, each.name or short, each.country, each.url) for short, each in section.charities.items()]
    if as_json:
        frame.print_json({"charities": found})
    elif not found:
        frame.say("No charity is configured, so nothing is given; [giving.charities] in ivy.toml names them.")
    else:
        rows = [[each.short, each.name, each.country, each.url] for each in found]
        frame.table("Charities", ["short name", "name", "country", "address"], rows)


@command.command("payouts")
def payouts(
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Which month; this one if not given.")] = None,
    as_csv_: Annotated[bool, typer.Option("--csv", help="Print a table for a spreadsheet.")] = False,
    as_json: frame.Json = False,
) -> None:
    """Show what is to be paid for a month, by charity, currency and who pays. It is pledged until it is paid."""
    month = month or f"{SystemClock().now():%Y-%m}"
    if not _MONTH.fullmatch(month):
        raise UsageError(f"{month!r} is no month: write it as 2026-11.")
    lines = frame.run(_payouts, month)
    if as_json:
        frame.print_json({"month": month, "status": STATUS, "payouts": lines})
    elif as_csv_:
        sys.stdout.buffer.write(worksheet(lines))
    else:
        _print(month, lines)


@command.command("export")
def export(
    user: Annotated[
        str | None, typer.Option(metavar="WHO", help="Only theirs, as a receipt: an id, phone, or name.")
    ] = None,
) -> None:
    """Print the ledger, or one person's rows of it, as JSON that `ivy verify` checks."""
    frame.print_json(frame.run(_export, user))


async def _payouts(month: str) -> list[Line]:
    setup = frame.setup()
    async with frame.operator(setup, action="giving payouts") as operator:
        owed = await operator.read(donations.of_month, month)
    return [_line(month, each, setup.config.giving) for each in owed]


async def _export(user: str | None) -> dict[str, Any]:
    async with frame.operator(frame.setup(), action="giving export") as operator:
        return await operator.read(_document, user)


def _document(connection: Connection, user: str | None) -> dict[str, Any]:
    rows = list(donations.links(connection, None if user is None else people.find(connection, user).id))
    return {"whole": user is None, "head": rows[-1]["hash"] if rows else chain.BEGINNING, "rows": rows}


def _line(month: str, owed: Owed, section: GivingSection) -> Line:
    return Line(
        month,
        owed.charity,
        giving.name_of(owed.charity, section.charities),
        owed.currency,
        owed.payer,
        owed.people,
        owed.gifts,
        owed.taken_back,
        decimal(owed.pledged_minor, owed.currency),
        owed.pledged_minor,
    )


def decimal(minor: int, currency: str) -> str:
    """Return minor units as a plain decimal, with as many places as the currency has: "12.50", "1250", "1.250"."""
    places = exponent(currency)
    whole, rest = divmod(abs(minor), 10**places)
    return f"{'-' if minor < 0 else ''}{whole}" + (f".{rest:0{places}d}" if places else "")


def worksheet(lines: list[Line]) -> bytes:
    """Return the lines as a file that spreadsheets open."""
    names = ("month", "charity", "name", "currency", "payer", "people", "gifts", "taken_back", "pledged", "status")
    rows = [[_cell(getattr(line, name)) for name in names] for line in lines]
    return as_csv([list(names), *rows])


def _cell(value: str | int) -> str:
    """Return a value for a cell; a negative amount is a number and not a formula."""
    text = str(value)
    return text if re.fullmatch(r"-?[\d.]+", text) else inert(text)


def _print(month: str, lines: list[Line]) -> None:
    if not lines:
        frame.say(f"Nothing is pledged for {month}.")
        return
    columns = ["charity", "currency", "payer", "people", "gifts", "taken back", STATUS]
    rows = [
        [each.name, each.currency, each.payer, str(each.people), str(each.gifts), str(each.taken_back), each.pledged]
        for each in lines
    ]
    frame.table(f"To be paid for {month}", columns, rows)
    frame.say("Ivy pays nothing: each amount is pledged until whoever pays has paid it.")
