"""The daemon is cut off at every step of a call, while its provider goes on: one call, one plan, one gift, none lost."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest
import trio
from trio.testing import MockClock

from ivy.cli.world import VOICE_KEY, VOICE_NUMBER, VOICE_WEBHOOK, World, make_brain, open_world
from ivy.clock import VirtualClock
from ivy.config import CharitySection, Config, GivingSection, VoiceSection
from ivy.domain.consent import Purpose
from ivy.domain.giving import Wallet
from ivy.domain.slots import By, SlotKind
from ivy.emulators.retell import RetellEmulator
from ivy.emulators.retell_people import scripted
from ivy.store import call_slots, consents, wallets
from ivy.store.binding import Connection
from ivy.store.scope import Scope, for_user
from ivy.threads import InlineThreads

FULL = os.environ.get("IVY_FULL") == "1"
POINTS = 400 if FULL else 12
PHONE = "+12025550143"
DAWN = datetime(2026, 11, 23, 11, 58, tzinfo=UTC)
"""Two minutes to seven in the morning in New York."""
LINES = ("if it is six pm then I run, and if it rains then ten minutes of stairs", "log a run of 45 minutes", "bye")
CONFIG = Config(
    voice=VoiceSection(enabled=True), giving=GivingSection(charities={"water": CharitySection(name="Water")})
)


class Cut(trio.abc.Instrument):
    """Cuts a life off at the `at`-th step of any task; counts steps if `at` is 0."""

    def __init__(self) -> None:
        self.at = self.steps = 0
        self.scope: trio.CancelScope | None = None

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        if self.scope is None:
            return
        self.steps += 1
        if self.steps == self.at:
            self.scope.cancel()


class Street:
    """What outlives a daemon: the provider of calls, the person, the clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world: World | None = None
        self.clock = VirtualClock(DAWN)
        self.retell = RetellEmulator(
            api_key=VOICE_KEY,
            webhook_key=VOICE_KEY,
            number=VOICE_NUMBER,
            webhook_url=VOICE_WEBHOOK,
            deliver=self.deliver,
            now=self.clock.now,
            chance=Random(1),
            brain=make_brain(),
        )
        self.retell.person_answers(PHONE, scripted(*LINES))

    async def deliver(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        if self.world is None:
            raise httpx2.ConnectError("the daemon is down")
        response = await self.world.http.post(url, content=body, headers=headers)
        return response.status_code, response.content

    @asynccontextmanager
    async def life(self) -> AsyncGenerator[World]:
        try:
            async with open_world(
                self.folder, clock=self.clock, threads=InlineThreads(), config=CONFIG, retell=self.retell
            ) as self.world:
                yield self.world
        finally:
            self.world = None


async def let_in(world: World) -> None:
    user_id = await world.add_person(PHONE)

    def agree(scope: Scope) -> None:
        now = world.clock.now()
        consents.record(scope, Purpose.CALLS, granted=True, proof="test", now=now)
        consent = call_slots.consent_of(scope, Purpose.CALLS)
        call_slots.set_slot(
            scope, SlotKind.MORNING, By.VOICE, "07:00", "*", consent_id=consent,
            new_id=world.daemon.context.new_id, now=now,
        )  # fmt: skip
        wallets.save(scope, Wallet("water", 100, "USD", 200, 4000), now=now)

    await for_user(world.store, user_id).write(agree)


def effects(connection: Connection) -> dict[str, Any]:
    def all_of(sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.execute(sql)]

    return {
        "calls": all_of("SELECT kind, outcome FROM calls"),
        "plans": all_of("SELECT cue, workout FROM if_then_plans"),
        "workouts": all_of("SELECT kind, state, minutes FROM workouts"),
        "gifts": all_of("SELECT kind, amount_minor FROM donations"),
        "streak": all_of("SELECT day, outcome FROM streak_events WHERE outcome = 'kept'"),
        "ledger": all_of("SELECT state FROM cost_ledger WHERE kind = 'call'"),
        "dead": all_of("SELECT id FROM dead_letters"),
        "leased": all_of("SELECT id FROM jobs WHERE state = 'leased'"),
    }


async def play(folder: Path, cut: Cut, at: int) -> tuple[dict[str, Any], int]:
    """Cut a daemon off at a step, start another, and return what is there in the end, and how often it rang."""
    street = Street(folder)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(street.retell.run)
        with trio.CancelScope() as first:
            async with street.life() as world:
                await let_in(world)
                cut.at, cut.steps, cut.scope = at, 0, first
                await trio.sleep(600)
        cut.scope = None
        async with street.life() as world:
            await trio.sleep(timedelta(hours=3).total_seconds())
            found = await world.store.read(effects)
        nursery.cancel_scope.cancel()
    return found, len(street.retell.placed)


def run(folder: Path, at: int) -> tuple[dict[str, Any], int, int]:
    folder.mkdir()
    cut = Cut()
    found, rang = trio.run(play, folder, cut, at, clock=MockClock(autojump_threshold=0), instruments=[cut])
    return found, rang, cut.steps


@pytest.mark.drill
def test_cut_off_anywhere_there_is_one_call_one_plan_and_one_gift(tmp_path: Path) -> None:
    undisturbed, rang, steps = run(tmp_path / "undisturbed", 0)
    assert rang == 1 and steps > 100
    assert undisturbed["workouts"] == [("run", "done", 45)]
    assert undisturbed["gifts"] == [("gift", 100)]
    assert undisturbed["ledger"] == [("settled",)]
    for at in range(1, steps + 1, max(1, steps // POINTS)):
        found, rang, _steps = run(tmp_path / str(at), at)
        assert rang == 1, (at, found)
        assert found["calls"] == [("morning", "completed")], (at, found)
        assert found["dead"] == found["leased"] == [], (at, found)
        assert len(found["plans"]) <= 1 and len(found["gifts"]) <= 1 and len(found["streak"]) <= 1, (at, found)
        assert found["ledger"] == [("settled",)], (at, found)
