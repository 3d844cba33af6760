"""What most tests stand on: a real database in a fresh file, a clock that jumps, chance that repeats."""

import gc
import logging
import os
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from datetime import UTC, datetime
from inspect import iscoroutinefunction
from pathlib import Path
from random import Random

import hypothesis
import pytest
import trio
from coverage import Coverage
from trio.abc import Clock, Instrument
from trio.testing import MockClock

from ivy import log
from ivy.adapters.whatsapp.pack import Pack, pack
from ivy.agent.turn import Agent
from ivy.cli import options
from ivy.clock import SystemClock, VirtualClock
from ivy.config import Config
from ivy.daemon import rate_card
from ivy.daemon.context import Context
from ivy.store import people
from ivy.store.database import Store, open_store
from ivy.store.files import Files
from ivy.store.migrate import migrate
from ivy.store.people import NewPerson
from ivy.store.scope import PersonStore, for_user
from ivy.store.sealing import Sealer, new_key
from ivy.store.settings import open_writer
from ivy.threads import InlineThreads, PooledThreads, Threads

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


# No deadlines: how long an example takes is the machine's business, and speed is measured in bench/.
hypothesis.settings.register_profile("usual", deadline=None)
# CI's examples are the same each time: what it says is about the change, not its luck. `usual` (by hand, IVY_FULL=1) explores.
hypothesis.settings.register_profile("short", max_examples=30, deadline=None, derandomize=True)
hypothesis.settings.register_profile("brief", max_examples=10, deadline=None, derandomize=True)
hypothesis.settings.load_profile(os.environ.get("IVY_HYPOTHESIS") or "usual")

# A tenth of the time went into looking for cycles among the millions of objects that tests are made of.
gc.set_threshold(50_000, 20, 20)


def one_of_each(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With IVY_ONE_EACH=all every test runs with the first of its parameters only, with `journeys` those of the journeys.

    For CI's quarter of an hour: the second Python and later ones, and virtual days that differ in one word.
    """
    which = os.environ.get("IVY_ONE_EACH", "")
    if not which:
        return
    seen: set[tuple[object, str]] = set()
    left: list[pytest.Item] = []
    for item in items:
        if which != "all" and (which not in item.path.parts or item.get_closest_marker("every")):
            continue
        name = (item.path, getattr(item, "originalname", item.name))
        if name in seen:
            left.append(item)
        seen.add(name)
    dropped = set(left)
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=left)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let coverage rest while a drill or a test that is `uncounted` runs, and while its fixtures are made.

    Counting lines doubles what they take, and what they run through is shown to be covered by shorter tests.
    """
    resting: list[Coverage] = []
    if item.get_closest_marker("drill") or item.get_closest_marker("uncounted"):
        while (counting := Coverage.current()) is not None:  # pytest-cov has two of them in each of xdist's workers
            counting.stop()
            resting.append(counting)
    try:
        return (yield)
    finally:
        for each in reversed(resting):
            each.start()


@pytest.fixture(autouse=True)
def forget_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test's configuration hides in the log is nothing to the next."""
    monkeypatch.setattr(log, "_secrets", set[str]())


@pytest.fixture(autouse=True)
def forget_command_line() -> None:
    """What one test typed before a command, in the process of all of them, names nothing for the next."""
    options.given_config.set(None)


@pytest.fixture(autouse=True)
def forget_log_settings() -> Generator[None]:
    """What a command that was typed in this process made of the log is nothing to the next test."""
    yield
    root = logging.getLogger()
    root.handlers[:] = [
        each for each in root.handlers if each.__class__.__name__ != "StreamHandler"
    ]  # not pytest's own
    root.setLevel(logging.WARNING)
    logging.getLogger("ivy").setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that is never opened again, only copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "ivy.db"
    connection = open_writer(path, throwaway=True)
    try:
        migrate(connection)
    finally:
        connection.close()
    return path


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Path:
    """A migrated file that nobody has open."""
    path = tmp_path / "data" / "ivy.db"
    path.parent.mkdir(mode=0o700)
    shutil.copy(migrated, path)
    return path


@pytest.fixture
async def store(database: Path) -> AsyncGenerator[Store]:
    """The store as it is under a virtual clock: inline, without the sync of each commit."""
    async with open_store(database, threads=InlineThreads(), throwaway=True) as opened:
        yield opened


@pytest.fixture
async def threaded_store(database: Path) -> AsyncGenerator[Store]:
    """The store as it is in production: a writer's thread, four readers, every commit synced."""
    async with open_store(database, threads=PooledThreads()) as opened:
        yield opened


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run every test that uses `clock`, be it through another fixture, on a clock that jumps.

    The plugin's own `autojump_clock` works only where the test itself names it: elsewhere time would stand still.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "clock" in item.fixturenames and iscoroutinefunction(item.obj):
            item.add_marker(pytest.mark.trio(run=run_jumping))
    one_of_each(config, items)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: nobody need look through it again."""
    gc.freeze()


def run_jumping(
    main: Callable[[], Awaitable[object]], *, clock: Clock | None = None, instruments: Sequence[Instrument] = ()
) -> object:
    return trio.run(main, clock=clock or MockClock(autojump_threshold=0), instruments=instruments)


@pytest.fixture
async def clock() -> VirtualClock:
    """Monday, 23 November 2026, 07:00 UTC, and no real second ever passes."""
    assert isinstance(trio.lowlevel.current_clock(), MockClock), "name autojump_clock in the test's own arguments"
    return VirtualClock(MONDAY)


@pytest.fixture
def chance() -> Random:
    return Random(1)


@pytest.fixture
async def context(store: Store, clock: VirtualClock, chance: Random) -> Context:
    """A handler's view of a daemon that has no channels and no agent: for tasks that ask neither."""
    return bare_context(store, clock, chance, InlineThreads())


@pytest.fixture
async def real_context(threaded_store: Store, chance: Random) -> Context:
    """The same on the machine's own clock and the store of production: for sockets and other processes."""
    return bare_context(threaded_store, SystemClock(), chance, PooledThreads())


def _nobody() -> Agent:
    raise AssertionError("a task asked for the agent, and there is none")


def bare_context(store: Store, clock: SystemClock | VirtualClock, chance: Random, threads: Threads) -> Context:
    files = Files(store.path.parent / "media", threads)
    pack_of_ivy = Pack(pack())
    rates = rate_card.load("", store.path.parent)
    return Context(store, clock, chance, Config(), {}, Sealer([new_key()]), _nobody, rates, pack_of_ivy, files, {})


@pytest.fixture
async def person(store: Store) -> PersonStore:
    """Ana, in New York."""
    new = NewPerson("ana", "Ana", "active", "en-US", "America/New_York", "USD", "+12025550101")
    await store.write(people.add, new, now=MONDAY)
    return for_user(store, new.id)
