"""Many people at once, and a daemon that dies again and again: each message has one effect and one reply in the end."""

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio

from ivy.cli.world import World
from ivy.store.binding import Connection
from tests.reliability.lives import Killer, accepted, live, tell_statuses

PEOPLE = [f"+120255501{number:02}" for number in range(10, 22)]
DEATHS = 6
ROUNDS = 10 if os.environ.get("IVY_FULL") == "1" else 2


def words(phone: str) -> str:
    return f"I spent ${int(phone[-2:])} on lunch"


async def under_load(world: World, killer: Killer, folder: Path) -> dict[str, Any]:
    """Everybody writes at once; the vendor repeats what it was not thanked for in an earlier life."""
    known = await world.store.read(numbers)
    for phone in PEOPLE:
        if phone not in known:
            await world.add_person(phone)
    killer.armed = True
    for phone in PEOPLE:
        await world.vendors.whatsapp.person_says(phone, words(phone), external_id=f"wamid.{phone}==")
    tell_statuses(world, folder)
    await trio.sleep(200)
    return await world.store.read(outcome)


def numbers(connection: Connection) -> set[str]:
    return {row["phone"] for row in connection.execute("SELECT phone FROM users")}


def outcome(connection: Connection) -> dict[str, Any]:
    expenses = connection.execute("SELECT amount_minor FROM expenses ORDER BY amount_minor").fetchall()
    return {
        "amounts": [row["amount_minor"] for row in expenses],
        "dead": connection.execute("SELECT count(*) FROM dead_letters").fetchone()[0],
        "open": connection.execute("SELECT count(*) FROM jobs WHERE state IN ('ready', 'leased')").fetchone()[0],
    }


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_random_under_load_nothing_is_lost_and_nothing_doubled(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    number = 0
    for number in range(1, DEATHS + 1):
        live(tmp_path, under_load, number=number, kill_at=chance.randrange(20, 900))
    report = live(tmp_path, under_load, number=number + 1).report
    replies = sorted(taken["phone"] for taken in accepted(tmp_path))
    # A job that was in flight at three deaths is given up on, and is there to be replayed: that is the promise.
    assert len(report["amounts"]) + report["dead"] >= len(PEOPLE), report
    assert report["amounts"] == sorted(set(report["amounts"])), report
    assert report["open"] == 0, report
    assert len(set(replies)) + report["dead"] >= len(PEOPLE), replies
    if not report["dead"]:
        assert report["amounts"] == [int(phone[-2:]) * 100 for phone in PEOPLE]
        assert replies == PEOPLE
