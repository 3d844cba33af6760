"""`ivy init --solo`: three questions, asked of WhatsApp's agent platform; and what `ivy doctor` says of it."""

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
from ivy.cli.world import make_brain
from ivy.config import Config, Secret, SoloSection
from ivy.daemon import wiring
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.whatsapp_solo import ROOT, SoloEmulator
from tests.cli.conftest import Program, Terminal
from tests.loopback import on_loopback

KEY = "agent-key-12345"
MODEL_KEY = "sk-ant-emulated"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def asked(address: str, key: str = KEY) -> Config:
    return Config(solo=SoloSection(enabled=True, base_url=f"{address}{ROOT}", api_key=Secret(key)))


async def test_three_questions_and_ivy_can_run(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    solo = SoloEmulator(key=KEY, now=lambda: NOW)
    models = AnthropicEmulator(make_brain(), keys={MODEL_KEY})

    def type_all(address: str, vendor: str) -> int:
        env = {"IVY_SOLO__BASE_URL": f"{address}{ROOT}", "IVY_MODELS__PRIMARY__BASE_URL": vendor}
        there = terminal("init", "--solo", env={**env, "IVY_MODELS__CHEAP__BASE_URL": vendor})
        there.expect("The agent's API key: ")
        there.type("wrong-key-of-another\n")
        there.expect("is not valid")
        there.expect("The agent's API key: ")
        there.type(f"{KEY}\n")
        there.expect("WhatsApp knows the key")
        there.expect("Anthropic key: ")
        there.type("sk-ant-of-another\n")
        there.expect("does not know this key")
        there.expect("Anthropic key: ")
        there.type(f"{MODEL_KEY}\n")
        there.expect(Config().models.primary.model)
        there.expect("Your own number (may stay empty): ")
        there.type("300 123 4567\n")
        there.expect("is no number that can be called")
        there.expect("Your own number (may stay empty): ")
        there.type("+573001234567\n")
        there.expect("Next: `ivy daemon` runs Ivy")
        assert "Still missing" not in there.shown
        assert KEY not in there.shown and MODEL_KEY not in there.shown
        return there.end()

    async with on_loopback(solo.app) as address, on_loopback(models.app) as vendor:
        assert await trio.to_thread.run_sync(partial(type_all, address, vendor)) == 0
    config = configuration.load(tmp_path / "ivy.toml", {})
    wiring.check(config)  # what the daemon asks of it before it starts
    assert (config.solo.phone, config.models.primary.api_key.reveal()) == ("+573001234567", MODEL_KEY)
    assert config.models.cheap.api_key.reveal() == MODEL_KEY
    assert (config.solo.enabled, config.solo.api_key.reveal(), config.whatsapp.enabled) == (True, KEY, False)
    assert config.server.public_url == ""
    assert (tmp_path / config.solo.api_key_file).stat().st_mode & 0o077 == 0


def test_enter_leaves_each_question_for_later(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    there = terminal("init", "--solo", "--no-check")
    for question in ("The agent's API key: ", "Anthropic key: ", "(may stay empty): "):
        there.expect(question)
        there.type("\n")
    there.expect("asks for it again")
    there.expect("Then: `ivy daemon` runs Ivy")
    assert there.end() == 0
    config = configuration.load(tmp_path / "ivy.toml", {})
    assert (config.solo.enabled, config.solo.phone, bool(config.models.primary.api_key)) == (False, "", False)
    for key in ("solo.api_key_file", "models.primary.api_key_file"):
        assert f"{key}:" in there.shown


def test_what_is_answered_later_is_to_be_pasted_and_not_missing(
    tmp_path: Path, program: Program, terminal: Callable[..., Terminal]
) -> None:
    program("init", "--solo")
    there = terminal("init", "--solo", "--no-check")
    for question, answer in (
        ("The agent's API key: ", KEY),
        ("Anthropic key: ", MODEL_KEY),
        ("(may stay empty): ", "+573001234567"),
    ):
        there.expect(question)
        there.type(f"{answer}\n")
    there.expect("# below [solo]:")
    there.expect("Next: `ivy daemon` runs Ivy")
    assert there.end() == 0
    assert "Still missing" not in there.shown


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
        ({"phone": "+573001234567"}, State.OK),
    ],
)
def test_the_doctor_judges_the_key_by_its_shape(change: dict[str, Any], state: State) -> None:
    [found] = doctor_channels.solo(Config(solo=replace(asked("https://api.whatsapp.com").solo, **change)))
    assert found.state is state
    assert KEY not in str(found)


def test_the_doctor_judges_the_number_and_misses_it_where_calls_are_on() -> None:
    config = asked("https://api.whatsapp.com")
    wrong = replace(config, solo=replace(config.solo, phone="300 123 4567"))
    assert [each.state for each in doctor_channels.solo(wrong)] == [State.OK, State.MISSING]
    phoned = replace(config, voice=replace(config.voice, enabled=True))
    assert [each.state for each in doctor_channels.solo(phoned)] == [State.OK, State.LOOK]
