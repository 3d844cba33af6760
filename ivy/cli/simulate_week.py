"""`ivy simulate week`: many people, many days, the real daemon on a virtual clock, and what came of it. May import: everything.

Only what an emulated world changes is different: the transport, the clock, the threads and a throwaway file. The same seed
tells the same story, event by event.
"""

import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ivy import log
from ivy.cli import frame, week_report, week_towns
from ivy.cli.week_life import week_config
from ivy.config import Config
from ivy.emulators import personas
from ivy.errors import UsageError

MONDAY = "2026-11-23"
MOST_PEOPLE, MOST_DAYS = 1000, 400


def week(
    users: Annotated[int, typer.Option(help="How many people.", min=1, max=MOST_PEOPLE)] = 100,
    days: Annotated[int, typer.Option(help="How many days.", min=1, max=MOST_DAYS)] = 7,
    seed: Annotated[int, typer.Option(help="The same seed tells the same story.")] = 1,
    start: Annotated[str, typer.Option(metavar="DATE", help="The first day, at 0:00 UTC.")] = MONDAY,
    persona: Annotated[
        list[str] | None, typer.Option(help="Only people of this kind. May be repeated; `--persona list` shows all.")
    ] = None,
    transcript: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write down every message and call, one JSON line each.")
    ] = None,
    together: Annotated[
        bool, typer.Option("--together", help="One Ivy for all, where more than 50 people are towns with an Ivy each.")
    ] = False,
    as_json: frame.Json = False,
) -> None:
    """Live through days of many people in a moment: emulated vendors, a virtual clock, no key, nothing of yours is touched.

    People pick up, ghost, travel, relapse, joke and say stop. The report says what Ivy did, what it would cost, and what must
    never happen: dead letters, doubles, contacts in the night that nobody chose, words after a stop.
    """
    log.start("error", plain=True)
    only = _personas(persona or [])
    try:
        begins = datetime.fromisoformat(start).replace(tzinfo=UTC)
    except ValueError:
        raise UsageError(f"--start {start!r} is no date; write it like {MONDAY}.") from None
    told = run(users, days, seed, begins=begins, only=only, together=together)
    if transcript is not None:
        transcript.write_text("".join(f"{line}\n" for line in told.story))
    if as_json:
        frame.print_json(told.report)
    else:
        week_report.show(told.report)


def _personas(named: Sequence[str]) -> tuple[str, ...]:
    known = {each.name: each.about for each in personas.cast().persona}
    if "list" in named:
        frame.table("Personas", ["persona", "who they are"], list(known.items()))
        raise typer.Exit
    if unknown := [name for name in named if name not in known]:
        raise UsageError(f"No persona is called {unknown[0]!r}; there are {', '.join(known)}.")
    return tuple(named)


def run(
    users: int,
    days: int,
    seed: int,
    *,
    begins: datetime,
    only: Sequence[str] = (),
    config: Config | None = None,
    together: bool = False,
) -> week_report.Told:
    """Live through it and return what came of it; a terminal shows how far it is. `together`: one Ivy for all."""
    began, somebodies = perf_counter(), personas.people(users, seed, only=only)
    with (
        tempfile.TemporaryDirectory(prefix="ivy-") as folder,
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        ) as bar,
    ):
        task = bar.add_task(f"{users} people, {days} days", total=1.0)

        def step(part: float) -> None:
            bar.update(task, completed=part)

        most = users if together else week_towns.MOST
        wanted = week_towns.plans(somebodies, days, seed, begins, config or week_config(), Path(folder), most=most)
        towns = week_towns.live_all(wanted, step)
    return week_report.tell(towns, users=users, days=days, seed=seed, seconds=perf_counter() - began)
