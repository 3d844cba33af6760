"""Every tool of the registry, cut off after each commit of its turn: what is left in the end is what one turn leaves.

What survives a crash is what was committed, so each commit's file is a crash, and a turn is taken up from each of them.
"""

import os
import shutil
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from trio.testing import MockClock

from ivy.adapters.client import open_client
from ivy.cli.week_life import week_config
from ivy.cli.world import emulated, make_brain
from ivy.clock import VirtualClock
from ivy.config import Config, ToolsSection, VoiceSection
from ivy.daemon.context import Context, Outcome
from ivy.daemon.handlers import turn as turn_handler
from ivy.daemon.outside import Outside
from ivy.daemon.wiring import build
from ivy.domain.inbound import Sender, Text
from ivy.domain.jobs import TURN, turn_lane
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.in_process import in_process
from ivy.emulators.openai import OpenAIEmulator
from ivy.store import messages, people, spending
from ivy.store.database import Store, open_store
from ivy.store.jobs import Job
from ivy.store.scope import for_user
from ivy.threads import InlineThreads
from ivy.tools.registry import Tool, families
from tests.reliability.what_is_left import effects
from tests.tools.diary import BEN, MONDAY, REGISTRY, Diary, diary_of

FULL = os.environ.get("IVY_FULL") == "1"
BEFORE: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "undo_workout": (("log_workout", {"kind": "run"}),),
    "undo_note": (("note_change", {"tag": "sleep", "text": "I wake up rested"}),),
    "resume_contacts": (("pause_contacts", {}),),
}
"""What some tools need beside what everybody has."""
MESSAGE = "00000000-0000-7000-8000-000000000001"
TELLS_MONEY = {"show_usage"}
"""A request that was lost may have been billed, and is told of."""
ANYWHERE = {"the words came", "open_turn", "read_words", "reserve", "settle", "learn"}
"""Commits of a turn that no tool has a part in: it is cut off after these with the first tool only."""
WHO = BEN.id


@dataclass
class Camera:
    """Keeps the file as it is after each commit of one turn: what a crash there would leave."""

    store: Store
    folder: Path
    shots: list[tuple[str, Path]] = field(default_factory=list[tuple[str, Path]])

    def __post_init__(self) -> None:
        self._write = self.store.write
        self.take("the words came")
        self.store.write = self.write  # pyright: ignore[reportAttributeAccessIssue]

    async def write(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        result = await self._write(function, *args, **kwargs)
        inner = args[1] if getattr(function, "__name__", "") == "_scoped" and len(args) > 1 else function
        self.take(getattr(inner, "__name__", "?"))
        return result

    def take(self, name: str) -> None:
        place = self.folder / str(len(self.shots))
        shutil.copytree(self.store.path.parent, place / "data")
        self.shots.append((name, place))


class Lives:
    """Opens one life after another on copies of a file, with the vendors of one tool."""

    def __init__(self, tool: Tool, outside: Outside, folder: Path) -> None:
        self.tool = tool
        self.folder = folder
        self._outside = outside
        others = [each.name for each in families() if each.name != tool.name]
        self._config = emulated(
            Config(
                tools=ToolsSection(disabled=tuple(others)),
                giving=week_config().giving,
                voice=VoiceSection(enabled=True),
            )
        )
        self._seeds = count(1)

    @asynccontextmanager
    async def __call__(self, place: Path) -> AsyncGenerator[Context]:
        """Let a daemon's parts begin anew on the file in a folder."""
        config, seed = self._config, Random(next(self._seeds))
        async with open_store(config.database(place), threads=InlineThreads(), throwaway=True) as store:
            parts = build(config, place, store, VirtualClock(MONDAY), seed, self._outside, threads=InlineThreads())
            yield parts.context

    async def undisturbed(self, template: Path) -> tuple[list[tuple[str, Path]], dict[str, list[str]]]:
        """Run one turn; return the file as it was after each commit, and what was left in the end."""
        place = self.folder / "first"
        shutil.copytree(template, place / "data")
        async with self(place) as context:
            await self._prepare(context)
            camera = Camera(context.store, self.folder / "shots")
            await answer(context)
            return camera.shots, await context.store.read(effects, WHO)

    async def _prepare(self, context: Context) -> None:
        rows, new_id = for_user(context.store, WHO), context.new_id
        diary = Diary(rows, await rows.read(people.load), REGISTRY, new_id)
        for name, arguments in BEFORE.get(self.tool.name, ()):
            await diary(name, **arguments)
        phrase = next(iter(self.tool.examples))
        heard = Text(
            sender=Sender("whatsapp", "US.ben", phone="+12025550144"),
            external_id="wamid.1",
            sent_at=MONDAY,
            body=phrase,
        )
        await context.store.write(
            messages.receive, MESSAGE, WHO, heard, phrase, needs_answer=True, trace_id="trace", now=MONDAY
        )

    async def taken_up(self, shot: Path) -> dict[str, list[str]]:
        """Begin a new life on the file that a crash left; return what is left in the end."""
        async with self(shot) as context:
            await context.store.write(spending.expire_reservations)
            await answer(context)
            return await context.store.read(effects, WHO)


async def answer(context: Context) -> None:
    """Do the job of a turn as the worker does."""
    job = Job(
        "job", TURN.name, TURN.queue.value, turn_lane(WHO), f"turn:{MESSAGE}", WHO, {"channel": "whatsapp"}, "trace",
        0, 1, MONDAY, MONDAY + timedelta(hours=1), timedelta(seconds=120), (),
    )  # fmt: skip
    outcome: Outcome = await turn_handler.handle(job, context)
    assert callable(outcome)
    await context.store.write(outcome)


@pytest.fixture
async def outside() -> AsyncGenerator[Outside]:
    """Models that know every tool by its examples, and nobody else."""
    brain = make_brain()
    claude, gpt = AnthropicEmulator(brain), OpenAIEmulator(brain)
    async with (
        open_client(transport=in_process(claude.app)) as first,
        open_client(transport=in_process(gpt.app)) as second,
    ):
        yield Outside(second, {"anthropic": first})


@pytest.fixture
async def lived(store: Store, autojump_clock: MockClock) -> Path:
    """The file of somebody who has a little of everything."""
    diary = await diary_of(store, BEN)
    await diary.rows.write(people.set_phone, "+12025550144")
    await diary.prepare()
    return store.path


@pytest.mark.drill
async def test_cut_off_after_any_commit_every_tool_leaves_what_one_turn_leaves(
    tmp_path: Path, lived: Path, outside: Outside, autojump_clock: MockClock
) -> None:
    wrong: list[str] = []
    told, cuts = Counter[str](), 0
    for number, tool in enumerate(families()):
        lives = Lives(tool, outside, tmp_path / tool.name)
        shots, once = await lives.undisturbed(lived.parent)
        mine = [msgspec.json.decode(each) for each in once["tool_executions"]]
        ran = [each for each in mine if each["turn_id"] == "#"]
        told.update(each["status"] for each in ran)
        assert [each["tool"] for each in ran] == [tool.name], (tool.name, ran)
        assert ran[0]["status"] != "failed", (tool.name, ran[0]["result"])
        for name, shot in shots:
            if number and not FULL and name in ANYWHERE:
                continue
            if tool.name in TELLS_MONEY and name == "reserve":
                continue
            cuts += 1
            again = await lives.taken_up(shot)
            wrong += [
                f"{tool.name}, cut off after {name}: {table} {set(again[table]) ^ set(once[table])}"
                for table in once
                if again[table] != once[table]
            ]
        shutil.rmtree(lives.folder)
    assert not wrong, "\n".join(wrong)
    assert told["done"] >= len(families()) - 2
    assert cuts >= 5 * len(families())  # the answer, the tool, its result, the last answer, the reply
