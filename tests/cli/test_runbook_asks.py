"""What the runbook has you type at a vendor's door, typed: against emulated vendors on loopback, beside a daemon that works.

The rest of its commands is typed page by page in `support/test_runbook.py`; together they are all of them.
"""

import os
import shlex
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from typer.testing import CliRunner, Result

from ivy.cli import whatsapp_probe
from ivy.cli.app import app
from ivy.cli.world import (
    APP_SECRET,
    KEY,
    OPERATOR_SECRET,
    PNID,
    TOKEN,
    VERIFY,
    VOICE_KEY,
    VOICE_NUMBER,
    WABA,
    World,
    open_world,
)
from ivy.clock import SystemClock
from ivy.config import Config, OperatorSection, Secret, VoiceSection
from ivy.daemon import lock, web
from ivy.daemon.server import bind, serve
from ivy.domain.consent import Purpose
from ivy.domain.public_paths import WHATSAPP
from ivy.emulators.retell_people import Busy, Pickup
from ivy.store import consents
from ivy.store.scope import for_user
from ivy.threads import PooledThreads
from tests.cli.runbook_commands import PAGES, asks_others, commands_of

ANA = "+12025550143"
PIN = "123456"
TOML = """
[server]
public_url = "{ivy}"
[store]
seal_key_file = "seal"
[whatsapp]
base_url = "{whatsapp}"
phone_number_id = "{pnid}"
waba_id = "{waba}"
token_file = "token"
app_secrets_file = "app"
verify_token_file = "verify"
[models.primary]
base_url = "{anthropic}"
api_key_file = "key"
[models.fallback]
base_url = "{openai}/v1"
api_key_file = "key"
[models.cheap]
base_url = "{anthropic}"
api_key_file = "key"
[voice]
enabled = true
base_url = "{retell}"
api_key_file = "voice"
webhook_keys_file = "voice"
number = "{number}"
[operator]
phone = "{ana}"
webhook_url = "{operator}/ivy"
webhook_secret_file = "operator"
"""
SECRETS = {
    "seal": "00" * 32, "token": TOKEN, "app": APP_SECRET, "verify": VERIFY, "key": KEY, "voice": VOICE_KEY,
    "operator": OPERATOR_SECRET,
}  # fmt: skip
LOOKS_AT_THE_MACHINE = ("doctor", "doctor --live")
"""They may end with 1, which says that something is missing here."""
MEANS = {"NAME": "Ana"}


@asynccontextmanager
async def on_ports(folder: Path) -> AsyncGenerator[World]:
    """Run a daemon with emulated vendors, each of which also answers on a port, and configure the folder with those."""
    operator = OperatorSection(phone=ANA, webhook_url="https://ops.example.org/ivy", webhook_secret=Secret("s"))
    config = Config(voice=VoiceSection(enabled=True), operator=operator)
    async with AsyncExitStack() as stack:
        opened = open_world(folder, clock=SystemClock(), threads=PooledThreads(), config=config, throwaway=True)
        world = await stack.enter_async_context(opened)
        vendors, context = world.vendors, world.daemon.context
        assert vendors.retell is not None
        apps = {
            "ivy": web.public_app(context, world.daemon.health),
            "whatsapp": vendors.whatsapp.app,
            "anthropic": vendors.anthropic.app,
            "openai": vendors.openai.app,
            "retell": vendors.retell.app,
            "operator": vendors.operator.app,
        }
        where = await stack.enter_async_context(_served(apps))
        vendors.whatsapp.setup.app.callback_url = f"{where['ivy']}{WHATSAPP}"
        vendors.retell.person_answers(ANA, Busy(Pickup(0.1, "dial_busy")))
        (folder / "ivy.toml").write_text(TOML.format(**where, pnid=PNID, waba=WABA, number=VOICE_NUMBER, ana=ANA))
        for name, text in SECRETS.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o600)
        stack.enter_context(lock.hold(world.store.path))
        yield world


@asynccontextmanager
async def _served(apps: Mapping[str, Any]) -> AsyncGenerator[dict[str, str]]:
    """Serve each app on a free port until the block ends; yield their addresses."""
    where: dict[str, str] = {}
    async with trio.open_nursery() as nursery:
        for name, each in apps.items():
            listener = bind("127.0.0.1", 0)
            where[name] = f"http://127.0.0.1:{listener.getsockname()[1]}"
            nursery.start_soon(partial(serve, each, listener, stop=trio.Event(), grace=1))
        yield where
        nursery.cancel_scope.cancel()


async def test_each_command_that_asks_others_works_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("IVY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(whatsapp_probe, "ask_pin", lambda: PIN)  # it is typed on a terminal
    asked = dict.fromkeys(each for page in PAGES for each in commands_of(page) if asks_others(each))
    assert len(asked) >= 14
    wrong: list[str] = []
    async with on_ports(tmp_path) as world:
        user = await world.add_person(ANA)
        await for_user(world.store, user).write(
            consents.record, Purpose.CALLS, granted=True, proof="test", now=world.clock.now()
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_writes_now_and_then, world)
            await trio.to_thread.run_sync(_type, tmp_path, "voice agents sync --bind")  # they know where Ivy is
            for command in asked:
                with trio.move_on_after(60) as patience:
                    done = await trio.to_thread.run_sync(_type, tmp_path, command)
                    if done.exit_code not in ((0, 1) if command in LOOKS_AT_THE_MACHINE else (0,)) or _raised(done):
                        wrong.append(f"{command}: {done.exit_code} {done.exception!r}\n{done.output}")
                if patience.cancelled_caught:
                    wrong.append(f"{command}: no end in a minute")
            nursery.cancel_scope.cancel()
    assert wrong == []


async def _writes_now_and_then(world: World) -> None:
    """Somebody writes to the number, as the page asks of you while `ivy whatsapp probe` waits."""
    while True:
        await trio.sleep(3)
        await world.vendors.whatsapp.person_says(ANA, "hello")


def _type(folder: Path, command: str) -> Result:
    words = [MEANS.get(word, word) for word in shlex.split(command)]
    return CliRunner().invoke(app, ["--config", str(folder / "ivy.toml"), *words])


def _raised(done: Result) -> bool:
    return done.exception is not None and not isinstance(done.exception, SystemExit)
