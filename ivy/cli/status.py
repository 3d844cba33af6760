"""`ivy status`: one screen that says how Ivy is doing, once or again and again. May import: the store, the rate card, frame."""

import shutil
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

import typer

from ivy import __version__
from ivy.cli import dependencies_view, doctor_backup, frame, status_concerns, status_screen
from ivy.cli.frame import Setup
from ivy.cli.status_concerns import Concern
from ivy.cli.status_screen import WIDEST, Line
from ivy.clock import SystemClock
from ivy.daemon import beat_file, rate_card
from ivy.domain.rates import Rates
from ivy.domain.voice_quality import Summary
from ivy.errors import UsageError
from ivy.store import (
    dependencies,
    feedback,
    measures,
    overview,
    ratings,
    replay_running,
    spending,
    today,
    voice_quality,
)
from ivy.store.binding import Connection
from ivy.store.dependencies import Dependency
from ivy.store.measures import Measures
from ivy.store.overview import Overview
from ivy.store.ratings import Satisfaction
from ivy.store.today import Today

MEASURED = timedelta(days=7)
RATED = timedelta(days=90)
"""Each person is asked every two weeks at most."""


@dataclass(frozen=True)
class Status:
    """What `ivy status --json` prints. Sizes in bytes, money in micro-dollars; `free_replies`: this month's allowance."""

    at: datetime
    version: str
    daemon_is_running: bool
    database: str
    database_bytes: int
    wal_bytes: int
    cap_micros: int
    free_replies: int
    now: Overview
    concerns: tuple[Concern, ...]
    dependencies: tuple[Dependency, ...] = ()
    measures: Measures | None = None
    satisfaction: Satisfaction | None = None
    feedback_open: int = 0
    voice: Summary | None = None
    today: Today = field(default_factory=Today)
    month_micros: int = 0
    month_cap_micros: int = 0
    backups: str = ""


def command(
    watch: Annotated[bool, typer.Option("--watch", help="Draw it again every two seconds, until Ctrl-C.")] = False,
    as_json: frame.Json = False,
) -> None:
    """Show how Ivy is doing: what is the matter and what to do, then people, calls, messages, queues, money and vendors."""
    if watch:
        if as_json or not sys.stdout.isatty():
            raise UsageError("--watch draws on a terminal: leave it out for a pipe or --json.")
        from ivy.cli import status_watch

        frame.run(status_watch.run)
        return
    status = frame.run(_load)
    if as_json:
        frame.print_json(status)
    else:
        width = shutil.get_terminal_size((WIDEST, 24)).columns if sys.stdout.isatty() else WIDEST
        show(status_screen.lines(status, width))


def show(lines: list[Line]) -> None:
    """Print the screen, in colour where it is one."""
    if not sys.stdout.isatty():
        for each in lines:
            frame.say(each.text.rstrip())
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for each in lines:
        console.print(Text(frame.clean(each.text), each.style))


async def _load() -> Status:
    setup = frame.setup()
    async with frame.operator(setup, action="status") as operator:
        return await operator.read(look, setup, card(setup), SystemClock().now())


def card(setup: Setup) -> Rates:
    return rate_card.load(setup.config.whatsapp.rates_file, setup.folder)


def look(connection: Connection, setup: Setup, rates: Rates, at: datetime) -> Status:
    """Look at everything as it is at one moment."""
    caps, running = spending.caps_of(setup.config.spend), frame.daemon_is_running(setup)
    found = overview.overview(connection, now=at)
    leans_on = dependencies.dependencies(connection, dependencies_view.names(setup.config), now=at)
    return Status(
        at=at,
        version=__version__,
        daemon_is_running=running,
        database=str(setup.database),
        database_bytes=_size(setup, ""),
        wal_bytes=_size(setup, "-wal"),
        cap_micros=caps.day,
        free_replies=rates.allowance(at.date()),
        now=found,
        concerns=tuple(
            status_concerns.concerns(
                found,
                leans_on,
                at=at,
                running=running,
                cap_micros=caps.day,
                beat=beat_file.last_beat(setup.database),
                replay=replay_running.unfinished(connection),
            )
        ),
        dependencies=leans_on,
        measures=measures.measures(connection, since=at - MEASURED),
        satisfaction=ratings.satisfaction(connection, since=at - RATED),
        feedback_open=feedback.waiting(connection),
        voice=voice_quality.of_last_days(connection, now=at),
        today=today.today(connection, now=at),
        month_micros=spending.spent(connection, None, now=at).month,
        month_cap_micros=caps.month,
        backups=doctor_backup.line(setup.config.backup, doctor_backup.standing(connection), at),
    )


def _size(setup: Setup, suffix: str) -> int:
    path = setup.database.with_name(setup.database.name + suffix)
    return path.stat().st_size if path.exists() else 0


def concerns(found: Overview, *, at: datetime, running: bool, cap_micros: int) -> list[str]:
    """Say what an operator should look at, the worst first, each with its next step, a line each."""
    return [each.line for each in status_concerns.concerns(found, at=at, running=running, cap_micros=cap_micros)]
