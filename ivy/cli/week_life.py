"""People living for days in an emulated world: the real daemon on a virtual clock. May import: everything.

Only what an emulated world changes is different: the transport, the clock, the threads and a throwaway file.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import trio

from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.pack import pack
from ivy.adapters.whatsapp.templates import TemplateLibrary
from ivy.cli import template_submission
from ivy.cli.week_people import CHARITY, Town
from ivy.cli.world import APP_SECRET, ORIGIN, TOKEN, WABA, World, open_world
from ivy.clock import VirtualClock
from ivy.config import Config, GivingSection, SpendSection, VoiceSection
from ivy.config.sections import CharitySection
from ivy.domain.jobs import KINDS
from ivy.emulators.in_process import in_process
from ivy.emulators.personas import Somebody
from ivy.store import jobs
from ivy.store.scope import OperatorStore
from ivy.threads import InlineThreads

REVIEW = timedelta(seconds=70)
"""Meta reads the templates for that long before anybody lives."""
SETTLES = timedelta(hours=1)
"""What is under way at the end may end."""
LOOK_EVERY = 5.0
STEP = timedelta(hours=1)
"""How often the progress bar moves."""
Step = Callable[[float], None]
"""Hears which part, 0 to 1, of the time is over."""


def week_config() -> Config:
    """Return the configuration of an operator with a hundred people: a line to every country, a charity, money enough."""
    return Config(
        voice=VoiceSection(enabled=True, number_is_imported=True),
        giving=GivingSection(charities={CHARITY: CharitySection(name="Clean Water", country="US")}),
        spend=SpendSection(daily_cap_usd=0, monthly_cap_usd=0, person_daily_cap_usd=0, person_monthly_cap_usd=0),
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
