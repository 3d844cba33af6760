"""`ivy simulate`: the whole product without a key, over the real pipeline and a throwaway file. May import: everything."""

import os
import re
import sys
import tempfile
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Annotated

import trio
import typer
from msgspec.structs import replace
from rich.console import Console
from trio.testing import MockClock

from ivy import config as configuration
from ivy import log
from ivy.cli import simulate_call, simulate_personas, simulate_week, week_life
from ivy.cli.simulate_chat import Chat, Partner
from ivy.cli.world import open_world
from ivy.clock import Clock, SystemClock, VirtualClock
from ivy.config import Config
from ivy.domain import own_currency
from ivy.domain.schedule import to_wall
from ivy.errors import UsageError
from ivy.threads import InlineThreads, PooledThreads, Threads

command = typer.Typer(no_args_is_help=True, help="Try Ivy without a key: a conversation over the real pipeline.")

PHONE = "+12025550143"
SPAN = re.compile(r"(\d+)\s*([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@command.callback()
def simulate() -> None:
    """Try Ivy without a key."""


@command.command()
def chat(
    script: Annotated[Path | None, typer.Option(help="Read the conversation from a file: a message a line.")] = None,
    live_models: Annotated[
        bool, typer.Option("--live-models", help="Spend money: use the models of ivy.toml.")
    ] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show tools, tokens and cost of each turn.")] = False,
    name: Annotated[str, typer.Option(help="The person's name.")] = "Ana",
    zone: Annotated[str, typer.Option(help="The person's time zone.")] = "America/New_York",
    locale: Annotated[str, typer.Option(help="Language and country, such as es-CO.")] = "en-US",
    currency: Annotated[str | None, typer.Option(help="The person's currency; of the zone if not given.")] = None,
    start: Annotated[str, typer.Option(help="When it begins, as YYYY-MM-DDTHH:MM in UTC; now by default.")] = "",
    new: Annotated[
        bool,
        typer.Option(
            "--new", help="Begin as a stranger: Ivy gets to know you, from hello to the first booked contact."
        ),
    ] = False,
    phone: Annotated[str, typer.Option(help="The number you write from; one like CO.12345 hides it.")] = PHONE,
) -> None:
    """Talk to Ivy in the terminal. `/tap Done`, `/react 👍` and `/voice words` do what a phone does; `/wait 2h` lets time pass.

    With `--new`, zone, locale and currency are not told: they are asked for, or seen from the number. `/share +573001234567`
    gives a number where one is asked for.
    """
    log.start("error", plain=True)
    config = Config()
    if live_models:
        config = configuration.load(configuration.config_path(), os.environ)
    try:
        begins = datetime.fromisoformat(start).replace(tzinfo=UTC) if start else datetime.now(UTC)
    except ValueError:
        raise UsageError(f"--start {start!r} is no time; write it like 2026-11-23T09:00.") from None
    lines = script.read_text().splitlines() if script else None
    counted_in = currency or own_currency.assumed("", zone=zone)
    who = {"name": name, "zone": zone, "locale": locale, "currency": counted_in}
    config = newcomers(config) if new else config
    talk = partial(converse, config, lines, begins, phone, who, new=new, live=live_models, verbose=verbose)
    trio.run(talk, clock=MockClock(rate=1.0) if live_models else MockClock(autojump_threshold=0))


command.command()(simulate_call.call)
command.command()(simulate_week.week)
command.command()(simulate_personas.personas)


def newcomers(config: Config) -> Config:
    """Return the configuration of an Ivy who lets anybody in, can phone everybody and has something to give to."""
    week = week_life.week_config()
    return replace(
        config,
        admission=replace(config.admission, policy="open"),
        voice=replace(config.voice, enabled=True, number_is_imported=True),
        giving=config.giving if config.giving.charities else week.giving,
    )


async def converse(
    config: Config,
    lines: list[str] | None,
    begins: datetime,
    phone: str,
    who: dict[str, str],
    *,
    new: bool,
    live: bool,
    verbose: bool,
) -> None:
    """Hold the conversation, from a script or the keyboard."""
    console = Console(soft_wrap=True)
    clock: Clock = SystemClock() if live else VirtualClock(begins)
    threads: Threads = PooledThreads() if live else InlineThreads()
    async with _throwaway() as folder:
        seed = Random().randrange(2**32) if lines is None else 1
        async with open_world(
            folder, clock=clock, threads=threads, config=config, seed=seed, live_models=live
        ) as world:
            if new and not live:  # Meta reads the templates for a while; a real minute of that is not waited for
                await week_life.submit_templates(world)
            elif not new:
                await world.add_person(phone, **who)
            console.print(_headline(who, clock.now(), new=new, live=live), style="bold", highlight=False)
            chat = Chat(world, Partner(phone, who["name"], who["zone"]), console, verbose=verbose)
            async with aclosing(_lines(lines, threads, console)) as typed:
                async for line in typed:
                    await _act(chat, line, live=live)


def _headline(who: dict[str, str], now: datetime, *, new: bool, live: bool) -> str:
    models = "Live models: this costs money." if live else "Emulated models: nothing here is real or costs anything."
    wall = to_wall(now, who["zone"])
    known = ", whom Ivy does not know yet" if new else ""
    return f"{models} {who['name']}{known}, {wall:%a %d %b %Y %H:%M} in {who['zone']}."


async def _act(chat: Chat, line: str, *, live: bool) -> None:
    if not line.startswith("/"):
        await chat.say(line)
        return
    word, _, rest = line.partition(" ")
    phone = {"/tap": chat.tap, "/react": chat.react, "/voice": chat.speak, "/share": chat.share}
    if word in phone:
        await phone[word](rest.strip())
        return
    span = sum(int(number) * SECONDS[unit] for number, unit in SPAN.findall(line))
    if not line.startswith("/wait") or not span:
        raise UsageError(
            f"{line!r} is not known; there is /tap TITLE, /react 👍, /voice WORDS, /share NUMBER, /wait 2h (also 30m, 1d) and"
            " /quit."
        )
    if live:
        raise UsageError("/wait needs the virtual clock; leave --live-models out.")
    await chat.wait(timedelta(seconds=span))


async def _lines(script: Iterable[str] | None, threads: Threads, console: Console) -> AsyncGenerator[str]:
    """Yield what the person says: the script's lines, shown, or what is typed."""
    for line in script or ():
        if line.strip() and not line.startswith("#"):
            console.print(f"you  › {line.strip()}", style="cyan", markup=False, highlight=False)
            yield line.strip()
    prompt = "you  › " if sys.stdin.isatty() else ""
    while script is None:
        try:
            line = (await threads.run(input, prompt)).strip()
        except EOFError:
            return
        if line == "/quit":
            return
        if line:
            yield line


@asynccontextmanager
async def _throwaway() -> AsyncGenerator[Path]:
    with tempfile.TemporaryDirectory(prefix="ivy-") as folder:
        yield Path(folder)
