from collections.abc import Awaitable, Callable
from itertools import pairwise
from random import Random

import pytest
import trio

from ivy.clock import VirtualClock
from ivy.daemon.supervisor import CRASHES_ALLOWED, LONGEST_WAIT, GaveUp, supervise
from ivy.store.binding import Connection
from ivy.store.database import Store


def crashes(connection: Connection) -> list[tuple[str, str]]:
    return [
        (row["task"], row["error"]) for row in connection.execute("SELECT task, error FROM task_crashes ORDER BY id")
    ]


def crashing(
    times: list[float], *, healthy_after: int | None = None, lives: float = 0
) -> Callable[[], Awaitable[None]]:
    """Return a task that notes when it is started, lives so many seconds, and crashes."""

    async def task() -> None:
        times.append(trio.current_time())
        await trio.sleep(lives)
        if healthy_after is not None and len(times) > healthy_after:
            return
        raise ValueError(f"crash {len(times)}")

    return task


async def test_a_crashed_task_is_recorded_and_started_again_until_it_ends_well(
    store: Store, clock: VirtualClock, chance: Random
) -> None:
    started: list[float] = []
    await supervise("t", crashing(started, healthy_after=2), store=store, clock=clock, chance=chance)
    assert len(started) == 3
    assert await store.read(crashes) == [("t", "ValueError: crash 1"), ("t", "ValueError: crash 2")]


async def test_it_waits_longer_each_time_and_gives_up_after_ten(
    store: Store, clock: VirtualClock, chance: Random
) -> None:
    started: list[float] = []
    with pytest.raises(GaveUp, match="t crashed 10 times"):
        await supervise("t", crashing(started), store=store, clock=clock, chance=chance)
    assert len(started) == CRASHES_ALLOWED
    for n, (earlier, later) in enumerate(pairwise(started)):
        longest = min(0.5 * 2**n, LONGEST_WAIT)
        assert longest / 2 <= later - earlier <= longest


async def test_rare_crashes_never_make_it_give_up(store: Store, clock: VirtualClock, chance: Random) -> None:
    started: list[float] = []
    with trio.move_on_after(86400):
        await supervise("t", crashing(started, lives=120), store=store, clock=clock, chance=chance)
    assert len(started) > 300


async def test_a_task_crashes_alone(store: Store, clock: VirtualClock, chance: Random) -> None:
    started: list[float] = []
    steady = 0

    async def other() -> None:
        nonlocal steady
        while True:
            await trio.sleep(1)
            steady += 1

    with trio.move_on_after(100):
        async with trio.open_nursery() as nursery:
            for name, task in (("bad", crashing(started, lives=20)), ("good", other)):
                nursery.start_soon(
                    lambda name, task: supervise(name, task, store=store, clock=clock, chance=chance), name, task
                )
    assert steady >= 99 and len(started) >= 4


async def test_a_database_that_refuses_the_record_does_not_stop_the_restart(
    store: Store, clock: VirtualClock, chance: Random
) -> None:
    await store.write(lambda connection: connection.execute("DROP TABLE task_crashes"))
    started: list[float] = []
    await supervise("t", crashing(started, healthy_after=1), store=store, clock=clock, chance=chance)
    assert len(started) == 2
