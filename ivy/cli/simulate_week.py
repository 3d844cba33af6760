"""`ivy simulate week`: many people, many days, the real daemon on a virtual clock, and what came of it. May import: everything.

Only what an emulated world changes is different: the transport, the clock, the threads and a throwaway file. The same seed
tells the same story, event by event.
"""

import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Annotated

import trio
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from trio.testing import MockClock

from ivy import log
from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.pack import pack
from ivy.adapters.whatsapp.templates import TemplateLibrary
from ivy.cli import frame, template_submission, week_report
from ivy.cli.same_chance import same_chance
from ivy.cli.week_people import CHARITY, Town
from ivy.cli.world import APP_SECRET, ORIGIN, TOKEN, WABA, World, open_world
from ivy.clock import VirtualClock
from ivy.config import Config, GivingSection, SpendSection, VoiceSection
from ivy.config.sections import CharitySection
from ivy.domain.jobs import KINDS
from ivy.emulators import personas
from ivy.emulators.in_process import in_process
from ivy.emulators.personas import Somebody
from ivy.errors import UsageError
from ivy.store import jobs
from ivy.store.scope import OperatorStore
from ivy.threads import InlineThreads

MONDAY = "2026-11-23"
MOST_PEOPLE, MOST_DAYS = 1000, 400
REVIEW = timedelta(seconds=70)
"""Meta reads the templates for that long before anybody lives."""
SETTLES = timedelta(hours=1)
"""What is under way at the end may end."""
LOOK_EVERY = 5.0
STEP = timedelta(hours=1)
"""How often the progress bar moves."""
Step = Callable[[float], None]
"""Hears which part, 0 to 1, of the time is over."""


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
    told = run(users, days, seed, begins=begins, only=only)
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
    users: int, days: int, seed: int, *, begins: datetime, only: Sequence[str] = (), config: Config | None = None
) -> "week_report.Told":
    """Live through it and return what came of it; a terminal shows how far it is."""
    live = partial(simulate, users, days, seed, begins, only, config or week_config())
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
        same_chance(seed),
    ):
        task = bar.add_task(f"{users} people, {days} days", total=1.0)

        def step(part: float) -> None:
            bar.update(task, completed=part)

        return trio.run(live, Path(folder), step, clock=MockClock(autojump_threshold=0))


def week_config() -> Config:
    """Return the configuration of an operator with a hundred people: a line to every country, a charity, money enough."""
    return Config(
        voice=VoiceSection(enabled=True, number_is_imported=True),
        giving=GivingSection(charities={CHARITY: CharitySection(name="Clean Water", country="US")}),
        spend=SpendSection(daily_cap_usd=0, monthly_cap_usd=0, person_daily_cap_usd=0, person_monthly_cap_usd=0),
    )


async def simulate(
    users: int,
    days: int,
    seed: int,
    begins: datetime,
    only: Sequence[str],
    config: Config,
    folder: Path,
    step: Step = lambda _part: None,
) -> "week_report.Told":
    """Let everybody live for so many days, and count."""
    began, somebodies = perf_counter(), personas.people(users, seed, only=only)
    async with lived(somebodies, days, seed, begins, config, folder, step) as town:
        return await week_report.tell(
            town.world, town, users=users, days=days, seed=seed, seconds=perf_counter() - began
        )


@asynccontextmanager
async def lived(
    somebodies: Sequence[Somebody],
    days: int,
    seed: int,
    begins: datetime,
    config: Config,
    folder: Path,
    step: Step = lambda _part: None,
) -> AsyncGenerator[Town]:
    """Open a world in which these people have lived for so many days since `begins`, and nothing is under way any more."""
    clock = VirtualClock(begins - REVIEW)
    async with open_world(folder, clock=clock, threads=InlineThreads(), config=config, seed=seed) as world:
        await submit_templates(world)
        town = Town(world, somebodies, begins.date())
        await town.move_in()
        await trio.sleep(max(0.0, (begins - clock.now()).total_seconds()))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(town.live)
            for hour in range(days * 24):
                step(hour / (days * 24))
                await trio.sleep(STEP.total_seconds())
            nursery.cancel_scope.cancel()
        await settle(world)
        yield town


async def submit_templates(world: World) -> None:
    """Let Meta approve the pack: who has not written for a day is reached by templates only."""
    emulator = world.vendors.whatsapp
    emulator.templates.delay = (REVIEW / 2).total_seconds()
    async with open_client(transport=in_process(emulator.app)) as http:
        graph = Graph(http, base_url=ORIGIN, version="v26.0", token=TOKEN, app_secrets=(APP_SECRET,))
        operator = OperatorStore(world.store, "simulate", "a simulated week")
        await template_submission.submit(TemplateLibrary(graph, WABA), operator, pack(), world.clock)
    await trio.sleep((REVIEW / 2).total_seconds() + LOOK_EVERY)


async def settle(world: World) -> None:
    """Wait until nothing is under way: what is due later stays undone."""
    retell = world.vendors.retell
    with trio.move_on_after(SETTLES.total_seconds()):
        while True:
            if retell is not None:
                await retell.settled()
            if not await world.store.read(jobs.busy, tuple(KINDS), until=world.clock.now()):
                return
            await trio.sleep(LOOK_EVERY)
