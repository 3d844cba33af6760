"""`ivy init --solo`: one question, asked of WhatsApp's agent platform; and what `ivy doctor` says of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from msgspec.structs import replace

from ivy import config as configuration
from ivy.adapters.client import open_client
from ivy.cli import doctor_channels
from ivy.cli.doctor_live import ask_solo
from ivy.cli.findings import State
from ivy.config import Config, Secret, SoloSection
from ivy.emulators.whatsapp_solo import ROOT, SoloEmulator
from tests.cli.conftest import Program, Terminal
from tests.loopback import on_loopback

KEY = "agent-key-12345"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def asked(address: str, key: str = KEY) -> Config:
    return Config(solo=SoloSection(enabled=True, base_url=f"{address}{ROOT}", api_key=Secret(key)))


async def test_one_question_and_ivy_can_run(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    solo = SoloEmulator(key=KEY, now=lambda: NOW)

    def type_all(address: str) -> int:
        there = terminal("init", "--solo", env={"IVY_SOLO__BASE_URL": f"{address}{ROOT}"})
        there.expect("The agent's API key: ")
        there.type("wrong-key-of-another\n")
        there.expect("is not valid")
        there.expect("The agent's API key: ")
        there.type(f"{KEY}\n")
        there.expect("WhatsApp knows the key")
        there.expect("Still missing")
        assert KEY not in there.shown
        return there.end()

    async with on_loopback(solo.app) as address:
        assert await trio.to_thread.run_sync(partial(type_all, address)) == 0
    config = configuration.load(tmp_path / "ivy.toml", {})
    assert (config.solo.enabled, config.solo.api_key.reveal(), config.whatsapp.enabled) == (True, KEY, False)
    assert config.server.public_url == ""
    assert (tmp_path / config.solo.api_key_file).stat().st_mode & 0o077 == 0


def test_off_a_terminal_it_writes_what_is_to_be_filled_in(program: Program) -> None:
    done = program("init", "--solo")
    assert (done.returncode, "solo.api_key_file" in done.stderr) == (0, True)
    config = configuration.load(program.folder / "ivy.toml", {})
    assert (config.solo.enabled, config.whatsapp.enabled) == (False, False)


async def test_the_doctor_asks_with_a_poll_unless_the_daemon_does(monkeypatch: pytest.MonkeyPatch) -> None:
    solo = SoloEmulator(key=KEY, now=lambda: NOW)
    async with on_loopback(solo.app) as address, open_client() as http:
        assert (await ask_solo(asked(address), http, running=False)).state is State.OK
        polls = solo.polls
        assert (await ask_solo(asked(address), http, running=True)).state is State.OK
        assert solo.polls == polls
        wrong = await ask_solo(asked(address, "another-key"), http, running=False)
        assert wrong.state is State.MISSING
        assert "another-key" not in str(wrong)
    async with open_client() as http:
        assert (await ask_solo(asked("http://127.0.0.1:9"), http, running=False)).state is State.LOOK


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"enabled": False}, State.NOT_NEEDED),
        ({"api_key": Secret("")}, State.MISSING),
        ({"api_key": Secret("a b")}, State.MISSING),
        ({}, State.OK),
    ],
)
def test_the_doctor_judges_the_key_by_its_shape(change: dict[str, Any], state: State) -> None:
    [found] = doctor_channels.solo(Config(solo=replace(asked("https://api.whatsapp.com").solo, **change)))
    assert found.state is state
    assert KEY not in str(found)
