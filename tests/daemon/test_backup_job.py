"""The daemon's own backups: asked for when due, proved, the oldest gone after that, and every failure said and taken back."""

import fcntl
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
import trio

from ivy.clock import SystemClock, VirtualClock
from ivy.config import BackupSection, Config, Secret
from ivy.daemon import backup_room, backup_watch
from ivy.daemon.backup_watch import FAILED, OLD
from ivy.daemon.context import Context, Dropped, Later
from ivy.daemon.handlers import BURIED, HANDLERS, backup
from ivy.daemon.wiring import check
from ivy.daemon.worker import Worker
from ivy.domain import backups as rules
from ivy.domain.jobs import BACKUP, Queue
from ivy.errors import ConfigError
from ivy.store import alerts, backups, jobs
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.threads import InlineThreads, PooledThreads, Threads
from tests.conftest import MONDAY, bare_context
from tests.store.backup_ground import KEY, names_in


def with_backups(context: Context, folder: Path, threads: Threads) -> Context:
    folder.mkdir(exist_ok=True)
    config = Config(backup=BackupSection(folder=str(folder), key=Secret(KEY), keep=2))
    room = backup_room.room_of(config, folder.parent, threads)
    return replace(context, config=config, backups=room)


@pytest.fixture
def backing(context: Context, tmp_path: Path) -> Context:
    return with_backups(context, tmp_path / "backups", InlineThreads())


async def look(context: Context) -> bool:
    return await context.store.write(backup_watch.look, context, MONDAY)


async def work(context: Context) -> None:
    """Let the job that waits be done by a worker."""
    worker = Worker(Queue.UPKEEP, 1, HANDLERS, BURIED, context)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.run)
        await trio.sleep(60)
        nursery.cancel_scope.cancel()


async def open_keys(context: Context) -> list[str]:
    return [alert.key for alert in await context.store.read(alerts.open_alerts)]


async def standing(context: Context) -> backups.Standing:
    return await context.store.read(backups.standing)


async def test_one_a_day_is_made_and_the_oldest_goes(backing: Context, tmp_path: Path, clock: VirtualClock) -> None:
    for day in range(4):
        assert await look(backing)
        assert not await look(backing)  # it waits
        await work(backing)
        assert not await look(backing)  # it is there
        stands = await standing(backing)
        assert stands.last_good is not None
        assert stands.last_good.bytes > 100_000
        assert names_in(tmp_path / "backups")[-1] == Path(stands.last_good.file).name
        assert len(names_in(tmp_path / "backups")) == min(day + 1, 2)
        await trio.sleep(24 * 3600)
    assert await open_keys(backing) == []


async def test_a_failure_is_told_tried_again_within_the_hour_and_taken_back(
    backing: Context, tmp_path: Path, clock: VirtualClock
) -> None:
    (tmp_path / "backups").rmdir()
    assert await look(backing)
    await work(backing)
    assert await open_keys(backing) == [FAILED]
    stands = await standing(backing)
    assert stands.last is not None
    assert "There is no folder" in stands.last.error
    assert not await look(backing)
    await trio.sleep(3600)
    (tmp_path / "backups").mkdir()
    assert await look(backing)
    await work(backing)
    assert await open_keys(backing) == []


async def test_two_that_did_not_come_are_told_and_taken_back(
    backing: Context, tmp_path: Path, clock: VirtualClock
) -> None:
    await look(backing)
    await work(backing)
    await trio.sleep(47 * 3600)
    await look(backing)
    assert await open_keys(backing) == []
    await trio.sleep(2 * 3600)
    await look(backing)
    assert await open_keys(backing) == [OLD]
    await work(backing)
    assert await open_keys(backing) == []


async def test_a_daemon_that_makes_none_any_more_lets_its_alerts_lapse(backing: Context, clock: VirtualClock) -> None:
    await trio.sleep(50 * 3600)
    await look(backing)
    off = replace(backing, backups=None)
    assert not await look(off)
    await trio.sleep(49 * 3600)
    assert await off.store.write(_lapse, off)
    assert await open_keys(off) == []
    [job] = await off.store.write(jobs.claim, "upkeep", 5, now=off.clock.now())
    assert isinstance(await backup.handle(job, off), Dropped)


def _lapse(connection: Connection, context: Context) -> int:
    return alerts.lapse(connection, now=context.clock.now())


async def test_while_another_is_made_it_waits(backing: Context, tmp_path: Path, clock: VirtualClock) -> None:
    await look(backing)
    [job] = await backing.store.write(jobs.claim, "upkeep", 5, now=clock.now())
    lock = os.open(backing.store.path.with_name("ivy.db.backup-lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)  # as another process that makes one by hand
    try:
        outcome = await backup.handle(job, backing)
    finally:
        os.close(lock)
    assert isinstance(outcome, Later)
    assert outcome.until == clock.now() + timedelta(minutes=10)
    assert callable(await backup.handle(job, backing))


async def test_a_drain_ends_it_at_once_and_leaves_nothing(threaded_store: Store, tmp_path: Path) -> None:
    context = bare_context(threaded_store, SystemClock(), Random(1), PooledThreads())
    context = with_backups(context, tmp_path / "backups", PooledThreads())

    def grow(connection: Connection) -> None:
        connection.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO task_crashes"
            " (task, error, at_ms) SELECT 't', hex(randomblob(200)), i FROM n"
        )

    await context.store.write(grow)
    await context.store.write(backup_watch.look, context, context.clock.now())
    [job] = await context.store.write(jobs.claim, "upkeep", 5, now=context.clock.now())
    assert job.kind == BACKUP.name
    began = trio.current_time()
    with trio.move_on_after(0.02) as scope:
        await backup.handle(job, context)
    assert scope.cancelled_caught
    assert trio.current_time() - began < 5
    assert names_in(tmp_path / "backups") == []
    assert not [name for name in names_in(context.store.path.parent) if "snapshot" in name]


async def test_the_writer_goes_on_meanwhile(threaded_store: Store, tmp_path: Path) -> None:
    context = bare_context(threaded_store, SystemClock(), Random(1), PooledThreads())
    context = with_backups(context, tmp_path / "backups", PooledThreads())
    await context.store.write(backup_watch.look, context, context.clock.now())
    [job] = await context.store.write(jobs.claim, "upkeep", 5, now=context.clock.now())
    written = 0
    async with trio.open_nursery() as nursery:
        done = trio.Event()

        async def make_one() -> None:
            outcome = await backup.handle(job, context)
            assert callable(outcome)
            await context.store.write(outcome)
            done.set()

        nursery.start_soon(make_one)
        while not done.is_set():
            await context.store.write(_crash, written)
            written += 1
    assert written > 3
    assert (await standing(context)).last_good is not None


def _crash(connection: Connection, number: int) -> None:
    connection.execute("INSERT INTO task_crashes (task, error, at_ms) VALUES ('t', 'e', ?)", (number,))


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (BackupSection(folder="b"), "backup.key_file is not"),
        (BackupSection(folder="b", key=Secret("short")), "64 hexadecimal digits"),
        (BackupSection(folder="b", key=Secret(KEY), keep=0), "at least 1"),
        (BackupSection(folder="b", key=Secret(KEY), every_hours=0), "above 0"),
    ],
)
def test_what_could_not_work_is_refused_at_the_start(section: BackupSection, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check(Config(backup=section))


def test_by_default_none_are_made() -> None:
    check(Config())
    assert backup_room.room_of(Config(), Path(), InlineThreads()) is None
    assert rules.is_ours(rules.name_of(MONDAY))
