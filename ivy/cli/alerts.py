"""`ivy alerts`: what is the matter, who was told of it, whether they would be, and whether Ivy lives. May import: everything."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Annotated, Any

import trio
import typer

from ivy.cli import frame
from ivy.cli.frame import Setup
from ivy.cli.moments import shown, span
from ivy.clock import SystemClock
from ivy.daemon import beat_file
from ivy.domain import operator_routes
from ivy.domain.advice import Severity
from ivy.domain.ids import uuid7
from ivy.domain.operator_routes import Route
from ivy.domain.runbook import page_of
from ivy.errors import ConfigError, IvyError
from ivy.store import alerts, job_records, message_statuses
from ivy.store.alerts import Alert
from ivy.store.binding import Connection

command = typer.Typer(no_args_is_help=True, help="What is the matter, who was told of it, and whether you would be.")
LISTED = 50
LOOK_EVERY = 0.25
FOLLOWED_FOR, DELIVERED_WITHIN = 60.0, 15.0
"""Seconds in which a test is sent, and in which a phone has it."""
CHANNEL = "whatsapp"
Read = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Told:
    """One alert as `ivy alerts list --json` prints it; `told`: when each way was last told of it."""

    alert: Alert
    page: str
    told: dict[str, datetime]


@dataclass(frozen=True)
class Tried:
    """What became of a test by one way; `works` None: it left, and nobody has said that it arrived."""

    way: str
    works: bool | None
    said: str


@dataclass(frozen=True)
class Life:
    """Whether Ivy lives and is well. `well` decides the exit code; `wrong` has a line for each thing that is not."""

    well: bool
    daemon_is_running: bool
    last_beat: datetime | None
    wrong: tuple[str, ...]


@command.command("list")
def list_alerts(
    every: Annotated[bool, typer.Option("--all", help="Also those that are over, of the last 90 days.")] = False,
    as_json: frame.Json = False,
) -> None:
    """List what is the matter, the worst first, and which way was told of it."""
    where = frame.setup()
    frame.check_database(where.database)
    with frame.look_into(where.database) as connection:
        found = _told(connection, every=every)
    if as_json:
        frame.print_json(found)
    elif not found:
        frame.note("Nothing is the matter.")
    else:
        for each in found:
            _print(each)
        _note_ways(where)


def _told(connection: Connection, *, every: bool) -> list[Told]:
    listed = alerts.listed(connection, limit=LISTED) if every else alerts.open_alerts(connection)
    return [Told(each, page_of(each.key), alerts.told_by(connection, each.id)) for each in listed]


def _print(each: Told) -> None:
    alert, now = each.alert, SystemClock().now()
    if alert.resolved_at is None:
        state = f"for {span(now - alert.first_at)}"
    else:
        state = f"over since {shown(alert.resolved_at)} UTC"
    times = f", {alert.count} times" if alert.count > 1 else ""
    frame.say(f"{alert.severity.value:<8} {alert.title}")
    if alert.resolved_at is None:
        frame.say(f"{'':<8} → {alert.advice}")
    told = ", ".join(f"{way} {shown(at)}" for way, at in each.told.items()) or "nobody"
    where = f" · {each.page}" if each.page else ""
    frame.say(f"{'':<8} {alert.key} · {state}{times} · told: {told}{where}")


def _note_ways(where: Setup) -> None:
    ways = operator_routes.named(where.config.operator)
    frame.note(f"Told by: {', '.join(ways)}." if ways else "Nobody is told: [operator] in ivy.toml names no way.")


# --- test --------------------------------------------------------------------------------------------


@command.command("test")
def test(as_json: frame.Json = False) -> None:
    """Send a test by each way that [operator] names, and say what became of it. Exit code 1 when one does not work."""
    where = frame.setup()
    ways = operator_routes.named(where.config.operator)
    if not ways:
        raise ConfigError(
            "[operator] names nobody to tell: set operator.mail, operator.whatsapp or operator.webhook_url."
        )
    frame.check_database(where.database)
    if not frame.daemon_is_running(where):
        raise IvyError("The daemon is not running, and it is what tells you: `ivy daemon` starts it. Nothing was sent.")
    tried = frame.run(_try, where, ways)
    if as_json:
        frame.print_json(tried)
    else:
        for each in tried:
            mark = {True: "✓", False: "✗", None: "·"}[each.works]
            frame.say(f"{mark} {each.way:<9} {each.said}")
    raise typer.Exit(1 if any(each.works is False for each in tried) else 0)


async def _try(where: Setup, ways: tuple[Route, ...]) -> list[Tried]:
    from ivy.daemon.handlers import tell_operator

    now, chance = SystemClock().now(), SystemRandom()
    ids = {way: uuid7(now, chance) for way in ways}
    async with frame.operator(where, action="alerts test") as operator:
        for way, job_id in ids.items():
            await operator.write(tell_operator.put_in, way, job_id, now, test=True)
        return [await _follow(operator.store.read, way, job_id) for way, job_id in ids.items()]


async def _follow(read: Read, way: Route, job_id: str) -> Tried:
    """Wait until a test was sent, and, where its channel says so, arrived."""
    with trio.move_on_after(FOLLOWED_FOR):
        while (job := await read(job_records.load, job_id)).state in ("ready", "leased"):
            await trio.sleep(LOOK_EVERY)
        if job.state != "done":
            return Tried(way, False, job.reason)
        if way is not Route.WHATSAPP:
            return Tried(way, True, "the mail server took it" if way is Route.MAIL else "your server took it")
        return await _arrived(read, way, job_id)
    return Tried(way, False, f"it was not sent within {FOLLOWED_FOR:.0f} s; `ivy jobs show {job_id}` tells more")


async def _arrived(read: Read, way: Route, job_id: str) -> Tried:
    with trio.move_on_after(DELIVERED_WITHIN):
        while True:
            states = await read(message_statuses.states_of_our_id, CHANNEL, job_id)
            if "failed" in states:
                return Tried(way, False, "Meta took it and did not deliver it; `ivy alerts list` says why")
            if states & {"delivered", "read"}:
                return Tried(way, True, "it is on the phone")
            await trio.sleep(LOOK_EVERY)
    return Tried(way, None, f"Meta took it, and has not said within {DELIVERED_WITHIN:.0f} s that it arrived")


# --- check -------------------------------------------------------------------------------------------


@command.command("check")
def check(
    warnings: Annotated[bool, typer.Option("--warnings", help="Warnings are not well either.")] = False,
    as_json: frame.Json = False,
) -> None:
    """Say whether Ivy lives and nothing critical is open: exit code 0 if so, 1 if not. For cron, a timer, or monitoring.

    It asks nobody, writes nothing, and does not need the daemon.
    """
    where = frame.setup()
    frame.check_database(where.database)
    least = Severity.WARNING if warnings else Severity.CRITICAL
    life = look(where, SystemClock().now(), least)
    if as_json:
        frame.print_json(life)
    else:
        for line in life.wrong or ("All is well.",):
            frame.say(line)
    raise typer.Exit(0 if life.well else 1)


def look(where: Setup, now: datetime, least: Severity) -> Life:
    """Look at the daemon's lock, its last sign of life, and the alerts that are at least so bad."""
    running, beat = frame.daemon_is_running(where), beat_file.last_beat(where.database)
    wrong: list[str] = []
    if not running:
        wrong.append("The daemon is not running: nobody is answered. `ivy daemon` starts it.")
    elif beat is not None and now - beat > beat_file.STALE:
        wrong.append(f"The daemon hangs: its last sign of life is {span(now - beat)} old. Restart it.")
    with frame.look_into(where.database) as connection:
        found = [each for each in alerts.open_alerts(connection) if each.severity.rank >= least.rank]
    wrong += [
        f"{each.severity.upper()} for {span(max(now - each.first_at, timedelta(0)))}: {each.title} {each.advice}"
        for each in found
    ]
    return Life(not wrong, running, beat, tuple(wrong))
