"""The daemon is killed at every await of its pipeline; nothing is lost, and nothing happens twice."""

import os
from pathlib import Path
from typing import Any

import pytest
import trio

from ivy.cli.world import World
from ivy.store.binding import Connection
from tests.reliability.lives import PHONE, Killer, accepted, live, tell_statuses

FULL = os.environ.get("IVY_FULL") == "1"
STRIDE = 1 if FULL else 29
WORDS = "I spent $50 on lunch"
WAMID = "wamid.HBgMfirst=="


async def write_once(world: World, killer: Killer, folder: Path) -> dict[str, Any]:
    """The first life: somebody logs an expense, and the daemon dies at some step after."""
    await world.add_person(PHONE)
    killer.armed = True
    await world.vendors.whatsapp.person_says(PHONE, WORDS, external_id=WAMID)
    await trio.sleep(60)
    return {}


async def come_back(world: World, killer: Killer, folder: Path) -> dict[str, Any]:
    """The next life: the vendor repeats what it was not thanked for, and reports what became of our messages."""
    killer.armed = True
    if not await world.store.read(has_people):
        await world.add_person(PHONE)
    await world.vendors.whatsapp.person_says(PHONE, WORDS, external_id=WAMID)
    tell_statuses(world, folder)
    await trio.sleep(150)
    return await world.store.read(effects)


def has_people(connection: Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM users").fetchone())


def effects(connection: Connection) -> dict[str, Any]:
    def count(sql: str) -> int:
        return connection.execute(sql).fetchone()[0]

    return {
        "expenses": count("SELECT count(*) FROM expenses"),
        "amount": count("SELECT coalesce(sum(amount_minor), 0) FROM expenses"),
        "tools": count("SELECT count(*) FROM tool_executions"),
        "in": count("SELECT count(*) FROM messages_v2 WHERE direction = 'in'"),
        "out": count("SELECT count(*) FROM messages_v2 WHERE direction = 'out'"),
        "delivered": count("SELECT count(*) FROM messages_v2 WHERE direction = 'out' AND state = 'delivered'"),
        "dead": count("SELECT count(*) FROM dead_letters"),
        "unheard": count(
            "SELECT count(*) FROM jobs WHERE state = 'dead' AND errors LIKE '%nothing was heard of either%'"
        ),
        "leased": count("SELECT count(*) FROM jobs WHERE state = 'leased'"),
        "reserved": count("SELECT count(*) FROM ai_usage WHERE status = 'reserved'"),
    }


def total_steps(folder: Path) -> int:
    """Return how many steps an undisturbed life takes."""
    return int(live(folder, write_once, number=1).report["steps"])


def check(folder: Path, report: dict[str, Any], at: object) -> None:
    assert report["expenses"] == 1, (at, report)
    assert report["amount"] == 5000, (at, report)
    assert report["tools"] == 1, (at, report)
    assert report["in"] == 1, (at, report)
    assert report["dead"] == 0, (at, report)
    assert report["leased"] == 0, (at, report)
    assert report["reserved"] == 0, (at, report)
    assert report["out"] == report["delivered"] == 1, (at, report)
    replies = accepted(folder)
    assert len(replies) == 1, (at, replies)
    assert "50.00" in replies[0]["text"], (at, replies)


@pytest.mark.drill
def test_killed_at_any_await_the_person_gets_one_effect_and_one_reply(tmp_path: Path) -> None:
    steps = total_steps(_made(tmp_path / "undisturbed"))
    assert steps > 100
    for at in range(1, steps + 1, STRIDE):
        folder = _made(tmp_path / str(at))
        first = live(folder, write_once, number=1, kill_at=at)
        assert first.killed, at
        check(folder, live(folder, come_back, number=2).report, at)


@pytest.mark.drill
def test_killed_again_while_recovering_it_still_ends_once(tmp_path: Path) -> None:
    steps = total_steps(_made(tmp_path / "undisturbed"))
    for at in range(steps // 7, steps, max(1, steps // (40 if FULL else 5))):
        folder = _made(tmp_path / str(at))
        live(folder, write_once, number=1, kill_at=at)
        live(folder, come_back, number=2, kill_at=at)
        report = live(folder, come_back, number=3).report
        if report["unheard"]:  # both times between the mark and the request: whether it left, only a human may guess
            assert (report["expenses"], report["tools"], report["dead"]) == (1, 1, 1) and accepted(folder) == [], at
        else:
            check(folder, report, at)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
