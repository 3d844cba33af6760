"""`ivy costs`: what was spent, on whom and on what. May import: the store, costs_people, frame, moments."""

from datetime import UTC, timedelta
from typing import Annotated

import typer

from ivy.cli import costs_people, frame
from ivy.cli.costs_project import project
from ivy.cli.moments import day, dollars
from ivy.clock import SystemClock
from ivy.errors import UsageError
from ivy.store import costs as costs_store
from ivy.store.costs import GROUPS, Cost, Costs, Idle

DAYS = 30
BAR = 20


command = typer.Typer(invoke_without_command=True)


@command.callback()
def costs(
    context: typer.Context,
    by: Annotated[str, typer.Option(help=f"One of: {', '.join(GROUPS)}.")] = "day",
    since: Annotated[
        str | None, typer.Option(help=f"First day (UTC), as 2026-11-01; {DAYS} days ago if not given.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Last day (UTC), included; today if not given.")] = None,
    idle: Annotated[
        bool,
        typer.Option("--idle", help="Only what was spent on days on which nobody wrote or was called: 0, or a fault."),
    ] = False,
    as_json: frame.Json = False,
) -> None:
    """Show what was spent: the rows add up to the total, to the millionth of a dollar.

    By user also what each comes to in a month, by chat alone and with calls, against the targets. `ivy costs project` says what
    the coming month will cost.
    """
    if context.invoked_subcommand is not None:
        return
    if by not in GROUPS:
        raise UsageError(f"--by {by} is not known; use one of {', '.join(GROUPS)}.")
    today = SystemClock().now().astimezone(UTC).date()
    last = day(until, today)
    first = day(since, min(last, today) - timedelta(days=DAYS - 1))
    if first > last:
        raise UsageError(f"--since {first} is after --until {last}.")
    span = (first.isoformat(), last.isoformat())
    if idle:
        _print_idle(frame.run(_load_idle, *span), as_json)
        return
    found = frame.run(_load, by, *span, today.isoformat())
    if as_json:
        frame.print_json(found)
    else:
        _print(found)


command.command("project")(project)


async def _load_idle(since: str, until: str) -> Idle:
    async with frame.operator(frame.setup(), action="costs") as operator:
        return await operator.read(costs_store.idle, since=since, until=until)


def _print_idle(found: Idle, as_json: bool) -> None:
    if as_json:
        frame.print_json(found)
        return
    frame.say(
        f"{dollars(found.micros, 6) if found.micros else '0'} on {found.days} days on which nobody wrote or was called."
    )
    for row in found.rows:
        frame.say(f"{row.day}: {row.kind} {row.name}, {dollars(row.micros, 6)}")


async def _load(by: str, since: str, until: str, today: str) -> Costs:
    setup = frame.setup()
    cap = round(setup.config.spend.daily_cap_usd * 1_000_000)
    async with frame.operator(setup, action="costs") as operator:
        return await operator.read(costs_store.costs, by, since=since, until=until, today=today, cap_micros=cap)


def _print(found: Costs) -> None:
    columns = [found.by, "spent", "share", "", "calls", "failed", "tokens in", "of them cached", "tokens out"]
    rows = [_row(row) for row in found.rows]
    rows.append(["total", dollars(found.total_micros, 6), "", "", *_sums(found.rows)])
    frame.table(f"Costs by {found.by}, {found.since} to {found.until} (UTC)", columns, rows)
    if found.reserved_micros:
        frame.say(f"{dollars(found.reserved_micros, 6)} of it is set aside for calls under way.")
    if found.people:
        costs_people.print_months(found.people)
    part = f" ({found.today_micros / found.cap_micros:.0%})" if found.cap_micros else ""
    frame.say(f"Today {dollars(found.today_micros)} of the daily cap of {dollars(found.cap_micros)}{part}.")


def _row(row: Cost) -> list[str]:
    bar = "█" * round(row.share * BAR) or ("▏" if row.micros else "")
    numbers = (row.calls, row.failed, row.input_tokens, row.cached_tokens, row.output_tokens)
    return [row.label, dollars(row.micros, 6), f"{row.share:.1%}", bar, *map(_number, numbers)]


def _sums(rows: tuple[Cost, ...]) -> list[str]:
    names = ("calls", "failed", "input_tokens", "cached_tokens", "output_tokens")
    return [_number(sum(getattr(row, name) for row in rows)) for name in names]


def _number(value: int) -> str:
    return f"{value:,}" if value else ""
