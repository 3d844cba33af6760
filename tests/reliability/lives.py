"""Lives of one daemon in processes of their own, so that SIGKILL is SIGKILL and the file is all that is left."""

import importlib
import json
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import trio
from trio.testing import MockClock

from ivy.cli.world import World, make_brain, open_world
from ivy.clock import VirtualClock
from ivy.config import Config
from ivy.emulators.whatsapp import WhatsAppEmulator
from ivy.emulators.whatsapp_payloads import Accepted
from ivy.threads import InlineThreads

# Imported here, before any fork, so that each life need not: they take a second.
for slow in (
    "anthropic",
    "anthropic.resources.messages",
    "openai",
    "openai.resources.chat.completions",
    "genai_prices",
):
    importlib.import_module(slow)
make_brain()

PHONE = "+12025550143"
START = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
A_LIFE = timedelta(minutes=3)


class Killer(trio.abc.Instrument):
    """Kills this very process at the `at`-th step of any task after it was armed; counts steps if `at` is 0."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.steps = 0
        self.armed = False

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        if not self.armed:
            return
        self.steps += 1
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Outcome:
    """How a life ended, and what it reported."""

    killed: bool
    report: dict[str, Any]


def live(
    folder: Path,
    life: Callable[[World, Killer, Path], Awaitable[dict[str, Any]]],
    *,
    number: int,
    kill_at: int = 0,
    config: Config | None = None,
) -> Outcome:
    """Live one life in a child process. The first is number 1; each begins three minutes after the one before."""
    report = folder / f"report-{number}.json"
    child = os.fork()
    if child == 0:
        try:
            killer = Killer(kill_at)
            trio.run(
                partial(_live, folder, life, killer, number, report, config),
                clock=MockClock(autojump_threshold=0),
                instruments=[killer],
            )
            os._exit(0)
        except BaseException as error:
            (folder / f"error-{number}.txt").write_text(repr(error))
            os._exit(1)
    _child, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not killed and os.WEXITSTATUS(status):
        raise AssertionError((folder / f"error-{number}.txt").read_text())
    return Outcome(killed, json.loads(report.read_text()) if report.exists() else {})


async def _live(
    folder: Path,
    life: Callable[..., Awaitable[dict[str, Any]]],
    killer: Killer,
    number: int,
    report: Path,
    config: Config | None,
) -> None:
    clock = VirtualClock(START + (number - 1) * A_LIFE)
    async with open_world(folder, clock=clock, threads=InlineThreads(), seed=number, config=config) as world:
        world.vendors.whatsapp.on_accept = partial(_remember, world.vendors.whatsapp, folder)
        for _number in range(1000 * (number - 1)):  # the vendor's ids go on where the last life left them
            world.vendors.whatsapp.wamid("burnt")
        result = await life(world, killer, folder)
        killer.armed = False
        report.write_text(json.dumps({**result, "steps": killer.steps}))


async def _remember(emulator: WhatsAppEmulator, folder: Path, accepted: Accepted) -> None:
    """What the vendor took outlives the daemon, and what it asks for it."""
    line = json.dumps(
        {
            "wamid": accepted.wamid,
            "our_id": accepted.our_id,
            "text": accepted.text,
            "phone": accepted.person.phone,
            "price": emulator.price_of(accepted),
        }
    )
    handle = os.open(folder / "accepted.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def accepted(folder: Path) -> list[dict[str, Any]]:
    """Return what the vendor took in all lives so far."""
    path = folder / "accepted.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def tell_statuses(world: World, folder: Path) -> None:
    """Let the vendor report, as it does until it is heard, what became of all it took in earlier lives."""
    from ivy.emulators import whatsapp_payloads as payloads

    emulator = world.vendors.whatsapp
    for taken in accepted(folder):
        person = emulator.person(taken["phone"])
        for state in ("sent", "delivered"):
            price = {"pricing": taken["price"]} if state == "sent" else {}
            told = payloads.status(person, taken["wamid"], state, world.clock.now(), our_id=taken["our_id"], **price)
            emulator.post(emulator.account.messages(person, statuses=[told]))
