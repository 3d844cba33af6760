"""`ivy simulate`: the whole product without a key, over the real pipeline and a throwaway file. May import: everything."""

import os
import re
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Annotated, Any

import trio
import typer
from rich.console import Console
from trio.testing import MockClock

from ivy import config as configuration
from ivy import log
from ivy.cli import simulate_call, simulate_week
from ivy.cli.world import World, open_world
from ivy.clock import Clock, SystemClock, VirtualClock
from ivy.config import Config
from ivy.domain.jobs import INBOUND, MEDIA, SEND, TURN
from ivy.domain.schedule import to_wall
from ivy.emulators.sample_files import ogg_opus
from ivy.errors import UsageError
from ivy.store import jobs, outbox, people, turns
from ivy.store.scope import for_user
from ivy.threads import InlineThreads, PooledThreads, Threads

command = typer.Typer(no_args_is_help=True, help="Try Ivy without a key: a conversation over the real pipeline.")

PHONE = "+12025550143"
SPAN = re.compile(r"(\d+)\s*([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LOOK_EVERY = 0.25
QUIET_FOR = timedelta(seconds=8)


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
    currency: Annotated[str, typer.Option(help="The person's currency.")] = "USD",
    start: Annotated[str, typer.Option(help="When it begins, as YYYY-MM-DDTHH:MM in UTC; now by default.")] = "",
) -> None:
    """Talk to Ivy in the terminal. `/tap Done`, `/react 👍` and `/voice words` do what a phone does; `/wait 2h` lets time pass."""
    log.start("error", plain=True)
    config = Config()
    if live_models:
        config = configuration.load(configuration.config_path(), os.environ)
    try:
        begins = datetime.fromisoformat(start).replace(tzinfo=UTC) if start else datetime.now(UTC)
    except ValueError:
        raise UsageError(f"--start {start!r} is no time; write it like 2026-11-23T09:00.") from None
    lines = script.read_text().splitlines() if script else None
    who = {"name": name, "zone": zone, "locale": locale, "currency": currency}
    talk = partial(converse, config, lines, begins, who, live=live_models, verbose=verbose)
    trio.run(talk, clock=MockClock(rate=1.0) if live_models else MockClock(autojump_threshold=0))


command.command()(simulate_call.call)
command.command()(simulate_week.week)


class Chat:
    """One conversation: what the person says goes in, what they read comes out."""

    def __init__(self, world: World, user_id: str, console: Console, *, verbose: bool) -> None:
        self._world = world
        self._user_id = user_id
        self._console = console
        self._verbose = verbose
        self._seen = 0
        self._typed = 0

    async def say(self, text: str) -> None:
        """Send one message and show what comes back."""
        await self._world.vendors.whatsapp.person_says(PHONE, text)
        await self.settle()

    async def tap(self, title: str) -> None:
        """Tap a button or a row of the newest message that has it."""
        for accepted in reversed(self._world.vendors.whatsapp.sent):
            found = [each for each in options_of(accepted.request) if each[1].casefold() == title.casefold()]
            if found:
                await self._world.vendors.whatsapp.person_taps(PHONE, *found[0], quoted=accepted.wamid)
                await self.settle()
                return
        raise UsageError(f"There is no button {title!r}.")

    async def react(self, emoji: str) -> None:
        """React to Ivy's newest message."""
        got = self._world.vendors.whatsapp.got(PHONE)
        if not got or not emoji:
            raise UsageError("There is nothing to react to; write it like /react 👍.")
        await self._world.vendors.whatsapp.person_reacts(PHONE, got[-1].wamid, emoji)
        await self.settle()

    async def speak(self, words: str) -> None:
        """Send a voice note in which these words are heard."""
        whatsapp = self._world.vendors.whatsapp
        note = ogg_opus(seed=1 + len(whatsapp.heard))
        self._world.vendors.transcription.say(note, words)
        shelved = whatsapp.media.put(note, "audio/ogg; codecs=opus")
        await whatsapp.person_sends(PHONE, whatsapp.media.content_of("audio", shelved, voice=True))
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing more is under way, showing what arrives."""
        kinds = (INBOUND.name, MEDIA.name, TURN.name, SEND.name)
        while True:
            await trio.sleep(LOOK_EVERY)
            await self.show()
            until = self._world.clock.now() + QUIET_FOR
            if not await self._world.store.read(jobs.busy, kinds, until=until):
                return

    async def wait(self, span: timedelta) -> None:
        """Let time pass."""
        await trio.sleep(span.total_seconds())
        await self.settle()
        wall = to_wall(self._world.clock.now(), await self._zone())
        self._console.print(f"     it is {wall:%a %d %b %H:%M}", style="dim", highlight=False)

    async def show(self) -> None:
        """Print what the person got since the last look."""
        emulator = self._world.vendors.whatsapp
        if len(emulator.typings) > self._typed:
            self._typed = len(emulator.typings)
            self._console.print("ivy  … typing", style="dim", highlight=False)
        for accepted in emulator.sent[self._seen :]:
            self._seen += 1
            for number, line in enumerate(accepted.text.splitlines() or [""]):
                self._console.print("ivy  › " if number == 0 else "       ", end="", style="green", highlight=False)
                self._console.print(line, markup=False, highlight=False)
            if titles := [title for _action, title in options_of(accepted.request)]:
                shown = " ".join(f"[{title}]" for title in titles)
                self._console.print(f"       {shown}", style="cyan", markup=False, highlight=False)
            if self._verbose:
                await self._account(accepted.our_id)

    async def _zone(self) -> str:
        return (await for_user(self._world.store, self._user_id).read(people.load)).zone

    async def _account(self, message_id: str) -> None:
        person = for_user(self._world.store, self._user_id)
        turn_id = await person.read(outbox.turn_of, message_id)
        if turn_id is None:
            self._console.print("       (no model was called)", style="dim", highlight=False)
            return
        account = await person.read(turns.account, turn_id)
        for tool, arguments, status in account.tools:
            self._console.print(f"       {tool} {arguments} → {status}", style="dim", markup=False, highlight=False)
        cost = f"${account.micros / 1_000_000:.4f}"
        used = f"{account.calls} calls, {account.input_tokens} tokens in, {account.output_tokens} out, {cost}"
        self._console.print(f"       {used}", style="dim", highlight=False)


def options_of(request: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what can be tapped in a message: the action and the title of each."""
    action = request.get("interactive", {}).get("action", {})
    buttons = [(each["reply"]["id"], each["reply"]["title"]) for each in action.get("buttons", ())]
    rows = [(row["id"], row["title"]) for section in action.get("sections", ()) for row in section["rows"]]
    return buttons + rows


async def converse(
    config: Config, lines: list[str] | None, begins: datetime, who: dict[str, str], *, live: bool, verbose: bool
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
            user_id = await world.add_person(PHONE, **who)
            wall = to_wall(clock.now(), who["zone"])
            models = (
                "Live models: this costs money." if live else "Emulated models: nothing here is real or costs anything."
            )
            console.print(
                f"{models} {who['name']}, {wall:%a %d %b %Y %H:%M} in {who['zone']}.", style="bold", highlight=False
            )
            chat = Chat(world, user_id, console, verbose=verbose)
            async for line in _lines(lines, threads, console):
                await _act(chat, line, live=live)


async def _act(chat: Chat, line: str, *, live: bool) -> None:
    if not line.startswith("/"):
        await chat.say(line)
        return
    word, _, rest = line.partition(" ")
    phone = {"/tap": chat.tap, "/react": chat.react, "/voice": chat.speak}
    if word in phone:
        await phone[word](rest.strip())
        return
    span = sum(int(number) * SECONDS[unit] for number, unit in SPAN.findall(line))
    if not line.startswith("/wait") or not span:
        raise UsageError(
            f"{line!r} is not known; there is /tap TITLE, /react 👍, /voice WORDS, /wait 2h (also 30m, 1d) and /quit."
        )
    if live:
        raise UsageError("/wait needs the virtual clock; leave --live-models out.")
    await chat.wait(timedelta(seconds=span))


async def _lines(script: Iterable[str] | None, threads: Threads, console: Console) -> AsyncIterator[str]:
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


command.command()(simulate_call.call)
command.command()(simulate_week.week)
