"""A backup of any moment is put back on another machine after the first one went on: nobody hears anything twice."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trio

from ivy.cli.world import World
from ivy.clock import stamp
from ivy.store import reminders, restoring
from ivy.store.backup_files import make
from ivy.store.binding import Connection
from ivy.store.reminders import Timing
from ivy.store.scope import within
from tests.reliability.lives import A_LIFE, PHONE, START, Killer, accepted, live
from tests.store.backup_ground import order_of, restore_order

FULL = os.environ.get("IVY_FULL") == "1"
POINTS = 60 if FULL else 7
REMINDED = START + timedelta(seconds=40)
SAID = "I spent $50 on lunch"


class Camera(trio.abc.Instrument):
    """Makes a backup at some steps of a life; none is made in the middle of a transaction, as none is by another process."""

    def __init__(self, database: Path, folder: Path, at: set[int], world: World) -> None:
        self.steps = 0
        self._database = database
        self._folder = folder
        self._at = at
        self._world = world

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.steps += 1
        if self.steps in self._at:
            make(order_of(self._database, self._folder / f"{self.steps}.ivybackup", now=self._world.clock.now))


def first_life(points: set[int]) -> Any:
    async def life(world: World, killer: Killer, folder: Path) -> dict[str, Any]:
        user_id = await world.add_person(PHONE)
        await world.store.write(put_reminder, user_id)
        camera = Camera(world.store.path, folder, points, world)
        trio.lowlevel.add_instrument(camera)
        await world.vendors.whatsapp.person_says(PHONE, SAID)
        await trio.sleep(100)
        trio.lowlevel.remove_instrument(camera)
        return {"seen": camera.steps}

    return life


def put_reminder(connection: Connection, user_id: str) -> None:
    timing = Timing("s", "UTC", REMINDED.replace(tzinfo=None))
    reminders.add(within(connection, user_id), "r", "drink water", timing, now=START)


async def second_life(world: World, killer: Killer, folder: Path) -> dict[str, Any]:
    """Nothing is said for an hour; then the person writes, and is answered."""
    await trio.sleep(3600)
    alone = len(accepted(folder))
    await world.vendors.whatsapp.person_says(PHONE, "I spent $7 on tea", external_id="wamid.after")
    await trio.sleep(60)
    return {
        "alone": alone,
        "amounts": await world.store.read(amounts),
        "stuck": await world.store.read(stuck),
        "texts": [each["text"] for each in accepted(folder)],
    }


def amounts(connection: Connection) -> list[int]:
    return sorted(row[0] for row in connection.execute("SELECT amount_minor FROM expenses"))


def stuck(connection: Connection) -> int:
    return connection.execute(
        "SELECT count(*) FROM jobs WHERE state = 'leased' OR (state = 'ready' AND run_at_ms < ?)",
        (stamp(START + A_LIFE + timedelta(minutes=60)),),
    ).fetchone()[0]


@pytest.mark.drill
def test_a_backup_of_any_moment_says_nothing_a_second_time(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    steps = int(live(whole, first_life(set()), number=1).report["seen"])
    assert [SAID in each["text"] or "50.00" in each["text"] for each in accepted(whole)].count(True) == 1
    assert any("drink water" in each["text"] for each in accepted(whole))
    first = tmp_path / "first"
    first.mkdir()
    points = {max(1, steps * number // POINTS) for number in range(POINTS)}
    live(first, first_life(points), number=1)
    made = sorted(first.glob("*.ivybackup"))
    assert len(made) == len(points)
    for path in made:
        second = tmp_path / path.stem
        order = restore_order(path, second / "data", now=START + A_LIFE)
        restoring.put_back(order)
        report = live(second, second_life, number=2).report
        assert report["alone"] == 0, (path.stem, report)
        assert len(report["texts"]) == 1, (path.stem, report)
        assert 700 in report["amounts"], (path.stem, report)
        assert report["amounts"].count(5000) <= 1, (path.stem, report)
        assert report["stuck"] == 0, (path.stem, report)
