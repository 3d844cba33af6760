"""What `ivy voice agents sync` publishes, word for word: a change of an agent's words or tools shows here first."""

import os
from pathlib import Path

import msgspec

from ivy.cli.voice_agents import scripts
from ivy.config import Config, ServerSection, VoiceSection

GOLDEN = Path(__file__).with_name("voice_agents_golden.json")
CONFIG = Config(
    server=ServerSection(public_url="https://ivy.example.org"),
    voice=VoiceSection(enabled=True, voice_en="11labs-Adrian", voice_es="11labs-Marissa"),
)


def test_what_is_published_is_what_was_looked_at() -> None:
    """IVY_GOLDEN=write keeps what it is now."""
    published = {each.name: {"agent": each.agent, "llm": each.llm} for each in scripts(CONFIG)}
    now = msgspec.json.format(msgspec.json.encode(published), indent=1)
    if os.environ.get("IVY_GOLDEN") == "write":
        GOLDEN.write_bytes(now + b"\n")
    assert now.decode().splitlines() == GOLDEN.read_text("utf-8").splitlines()


def test_what_helps_on_a_day_that_goes_otherwise_is_among_it() -> None:
    for each in scripts(CONFIG):
        names = {tool["name"] for tool in each.llm["general_tools"]}
        assert {"use_reserve", "no_calls_today", "rest_day"} <= names
