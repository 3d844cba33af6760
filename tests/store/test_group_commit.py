import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import trio

from ivy.errors import StoreBusy
from ivy.store import database as database_module
from ivy.store.binding import Connection, Error, IntegrityError, OperationalError
from ivy.store.database import LONGEST_QUEUE, Store, external_changes, open_store
from ivy.store.settings import open_reader
from ivy.store.upkeep import keep_crash
from ivy.threads import InlineThreads, PooledThreads, Threads

T = TypeVar("T")


class Gate:
    """Holds the writer's thread inside a write, so that what is queued meanwhile becomes one group."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._open = threading.Event()

    def hold(self, _connection: Connection) -> None:
        self._entered.set()
        assert self._open.wait(10)

    async def reached(self) -> None:
        await trio.to_thread.run_sync(self._entered.wait)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open()


def note(connection: Connection, text: str) -> str:
    keep_crash(connection, text, "", 0)
    return text


def note_and_fail(connection: Connection, text: str) -> str:
    note(connection, text)
    raise KeyError(text)


def break_commit(connection: Connection) -> None:
    """Do what only the commit refuses: consent of nobody, with the check put off."""
    connection.execute("PRAGMA defer_foreign_keys = ON")
    connection.execute("INSERT INTO consents VALUES (NULL, 'nobody', 'calls', 1, 0, '')")


def break_transaction(connection: Connection) -> None:
    """Make SQLite roll the whole transaction back, as a full disk does."""
    connection.execute(
        "INSERT OR ROLLBACK INTO task_crashes (id, task, error, at_ms) VALUES (1, '', '', 0), (1, '', '', 0)"
    )


def notes(connection: Connection) -> list[str]:
    return [row["task"] for row in connection.execute("SELECT task FROM task_crashes ORDER BY id")]


Told = dict[str, object]


async def ask(store: Store, told: Told, name: str, function: Callable[..., object], *args: object) -> None:
    """Write, and remember the result or the error under a name."""
    try:
        told[name] = await store.write(function, *args)
    except Exception as error:
        told[name] = error


async def in_one_group(store: Store, gate: Gate, *requests: tuple[Any, ...]) -> Told:
    """Ask for writes (name, function, arguments) while the writer is held, so that they share a commit."""
    told: Told = {}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.write, gate.hold)
        await gate.reached()
        for name, function, *args in requests:
            nursery.start_soon(ask, store, told, name, function, *args)
            await trio.testing.wait_all_tasks_blocked()  # queued: the order is ours
        gate.open()
    return told


async def test_a_failing_request_loses_only_its_own_writes(threaded_store: Store, gate: Gate) -> None:
    told = await in_one_group(
        threaded_store, gate, ("a", note, "a"), ("b", note_and_fail, "b"), ("c", note, "c"),
    )  # fmt: skip
    assert (told["a"], told["c"]) == ("a", "c")
    assert isinstance(told["b"], KeyError)
    assert await threaded_store.read(notes) == ["a", "c"]


async def test_a_failing_commit_fails_every_request_of_its_group_and_no_other(
    threaded_store: Store, gate: Gate
) -> None:
    told = await in_one_group(threaded_store, gate, ("a", note, "a"), ("b", break_commit), ("c", note, "c"))
    assert all(isinstance(answer, IntegrityError) for answer in told.values()), told
    assert await threaded_store.read(notes) == []
    await threaded_store.write(note, "after")
    assert await threaded_store.read(notes) == ["after"]


async def test_nobody_is_told_of_success_when_sqlite_rolls_the_group_back(threaded_store: Store, gate: Gate) -> None:
    told = await in_one_group(threaded_store, gate, ("a", note, "a"), ("b", break_transaction), ("c", note, "c"))
    written = await threaded_store.read(notes)
    for name, answer in told.items():
        assert isinstance(answer, Error) != (name in written), (told, written)
    assert isinstance(told["a"], Error)


async def test_requests_of_a_group_run_in_order_and_are_seen_outside_only_after_the_commit(
    threaded_store: Store, gate: Gate
) -> None:
    outside = open_reader(threaded_store.path)

    def look(connection: Connection) -> tuple[list[str], list[str]]:
        return notes(connection), notes(outside)

    try:
        told = await in_one_group(threaded_store, gate, *((f"{n}", note, f"{n}") for n in range(50)), ("look", look))
        assert told["look"] == ([f"{n}" for n in range(50)], [])
        assert notes(outside) == [f"{n}" for n in range(50)]
    finally:
        outside.close()


async def test_a_cancelled_waiter_goes_at_once_and_its_write_may_still_happen(
    threaded_store: Store, gate: Gate
) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(threaded_store.write, gate.hold)
        await gate.reached()
        with trio.move_on_after(0.01) as scope:
            await threaded_store.write(note, "maybe")
        assert scope.cancelled_caught
        gate.open()
    await threaded_store.write(note, "next")
    assert await threaded_store.read(notes) == ["maybe", "next"]


async def test_a_full_queue_sheds_the_load_and_recovers(threaded_store: Store, gate: Gate) -> None:
    told: Told = {}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(threaded_store.write, gate.hold)
        await gate.reached()
        for n in range(LONGEST_QUEUE - 1):
            nursery.start_soon(ask, threaded_store, told, f"{n}", note, f"{n}")
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(StoreBusy):
            await threaded_store.write(note, "too much")
        gate.open()
    await threaded_store.write(note, "again")
    written = await threaded_store.read(notes)
    assert len(written) == LONGEST_QUEUE and written[-1] == "again" and "too much" not in written


@pytest.mark.parametrize(
    "sql", ["INSERT INTO task_crashes VALUES (1, '', '', 0)", "CREATE TABLE t (a)", "PRAGMA user_version = 9"]
)
async def test_a_reader_cannot_write(threaded_store: Store, sql: str) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        await threaded_store.read(lambda connection: connection.execute(sql).fetchall())


async def test_a_read_sees_one_moment_however_long_it_takes(threaded_store: Store) -> None:
    began, written = threading.Event(), threading.Event()

    def twice(connection: Connection) -> tuple[list[str], list[str]]:
        first = notes(connection)
        began.set()
        assert written.wait(10)
        return first, notes(connection)

    async def meanwhile() -> None:
        await trio.to_thread.run_sync(began.wait)
        await threaded_store.write(note, "meanwhile")
        written.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(meanwhile)
        assert await threaded_store.read(twice) == ([], [])
    assert await threaded_store.read(notes) == ["meanwhile"]


async def test_a_read_without_end_is_interrupted_and_its_connection_goes_on(
    threaded_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "LONGEST_READ", 0.01)
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    for _each_reader in range(database_module.READERS + 1):
        with pytest.raises(OperationalError, match="interrupted"):
            await threaded_store.read(lambda connection: connection.execute(endless).fetchone())
    assert await threaded_store.read(notes) == []


async def test_more_reads_than_readers_all_come_through(threaded_store: Store) -> None:
    await threaded_store.write(note, "one")
    answers: list[list[str]] = []

    async def read() -> None:
        answers.append(await threaded_store.read(notes))

    async with trio.open_nursery() as nursery:
        for _n in range(40):
            nursery.start_soon(read)
    assert answers == [["one"]] * 40


async def test_closing_writes_what_waits_even_if_nobody_waits_for_it(database: Path, gate: Gate) -> None:
    async with open_store(database, threads=PooledThreads()) as store, trio.open_nursery() as nursery:
        nursery.start_soon(store.write, gate.hold)
        await gate.reached()
        for n in range(600):  # more than two groups
            nursery.start_soon(ask, store, Told(), f"{n}", note, f"{n}")
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
        gate.open()
    assert not database.with_name("ivy.db-wal").exists()
    reader = open_reader(database)
    try:
        assert sorted(notes(reader)) == sorted(f"{n}" for n in range(600))
    finally:
        reader.close()


async def test_workers_are_woken_after_the_commit_and_not_by_one_that_failed(threaded_store: Store, gate: Gate) -> None:
    def give_work(connection: Connection, queue: str) -> None:
        note(connection, queue)
        connection.touch(queue)

    inbox, agent = threaded_store.wake_of("inbox"), threaded_store.wake_of("agent")
    assert threaded_store.wake_of("inbox") is inbox
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, threaded_store, Told(), "inbox", give_work, "inbox")
        nursery.start_soon(threaded_store.write, gate.hold)
        await gate.reached()
        woken_early = inbox.is_set() and await threaded_store.read(notes) == []
        gate.open()
    assert not woken_early
    assert inbox.is_set() and not agent.is_set()

    def give_work_in_vain(connection: Connection) -> None:
        give_work(connection, "agent")
        break_commit(connection)

    told: Told = {}
    await ask(threaded_store, told, "b", give_work_in_vain)
    assert isinstance(told["b"], IntegrityError)
    assert not agent.is_set()
    threaded_store.wake()
    assert agent.is_set()


async def test_a_failed_write_is_told_with_the_error_of_the_function(threaded_store: Store) -> None:
    with pytest.raises(KeyError, match="mine"):
        await threaded_store.write(note_and_fail, "mine")


async def scenario(path: Path, threads: Threads) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Do the same things one by one; return what the callers heard and what is in the file."""

    def rows(connection: Connection) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.execute("SELECT * FROM task_crashes")]

    told: Told = {}
    async with open_store(path, threads=threads) as store:
        await ask(store, told, "plain", note, "plain")
        await ask(store, told, "failing", note_and_fail, "failing")
        await ask(store, told, "commit", break_commit)
        await ask(store, told, "rollback", break_transaction)
        await store.write(keep_crash, "keywords", error="e", at_ms=7)
        try:
            await store.read(note, "reader")
        except Exception as error:
            told["reader"] = error
        return [f"{name}: {answer!r}" for name, answer in told.items()], await store.read(rows)


@pytest.fixture
def two_files(tmp_path: Path, database: Path) -> tuple[Path, Path]:
    """Two migrated files that nobody has open."""
    return database, Path(shutil.copy(database, tmp_path / "other.db"))


async def test_inline_and_threaded_stores_do_the_same(two_files: tuple[Path, Path]) -> None:
    one, other = two_files
    assert await scenario(one, InlineThreads()) == await scenario(other, PooledThreads())


async def test_who_sleeps_until_an_instant_is_woken_only_by_earlier_work(store: Store) -> None:
    def give_work(connection: Connection, at_ms: int) -> None:
        note(connection, "a")
        connection.touch("inbox", at_ms)

    for at_ms, wakes in ((5_000, False), (6_000, False), (4_999, True), (0, True)):
        woken = store.wake_of("inbox")
        store.sleeps("inbox", 5_000)
        await store.write(give_work, at_ms)
        assert woken.is_set() is wakes
    woken = store.wake_of("inbox")  # nobody has said how long it sleeps
    await store.write(give_work, 9_000)
    assert woken.is_set()


# --- work that is taken in the commit that gives it --------------------------------------------------


def give(connection: Connection, text: str, at_ms: int = 0) -> None:
    note(connection, text)
    connection.touch("inbox", at_ms)


def take(connection: Connection) -> list[str]:
    """Take all notes: what is taken is forgotten, and the taking is noted nowhere."""
    taken = notes(connection)
    connection.execute("DELETE FROM task_crashes")
    return taken


def take_and_fail(connection: Connection) -> list[str]:
    raise KeyError(str(take(connection)))


@pytest.fixture(params=["inline", "threaded"])
def any_store(request: pytest.FixtureRequest) -> Store:
    return request.getfixturevalue("store" if request.param == "inline" else "threaded_store")


async def test_who_stands_by_takes_work_in_the_commit_that_gives_it(any_store: Store) -> None:
    woken = any_store.wake_of("inbox")
    standby = any_store.stand_by("inbox", 5_000, take)
    await any_store.write(note, "of another queue")
    assert not woken.is_set()
    await any_store.write(give, "not so soon", 5_000)
    assert not woken.is_set()
    await any_store.write(give, "work")
    assert woken.is_set() and await any_store.read(notes) == []
    assert await any_store.stand_down(standby) == ["of another queue", "not so soon", "work"]


async def test_work_given_after_what_was_taken_is_seen_though_nobody_stands_by_yet(any_store: Store) -> None:
    standby = any_store.stand_by("inbox", 5_000, take)
    await any_store.write(give, "a")
    await any_store.write(give, "b")
    assert await any_store.stand_down(standby) == ["a"]
    assert standby.woken.is_set() and await any_store.read(notes) == ["b"]


async def test_who_stood_down_takes_nothing_more(any_store: Store) -> None:
    standby = any_store.stand_by("inbox", 5_000, take)
    assert await any_store.stand_down(standby) is None
    await any_store.write(give, "a")
    assert await any_store.read(notes) == ["a"]


async def test_each_of_two_who_stand_by_is_heard(any_store: Store) -> None:
    first, second = (any_store.stand_by("inbox", 5_000, take) for _ in range(2))
    await any_store.write(give, "a")
    assert (await any_store.stand_down(first), await any_store.stand_down(second)) == (["a"], [])


async def test_a_taking_that_fails_is_told_to_who_stood_by_and_the_work_is_kept(any_store: Store) -> None:
    standby = any_store.stand_by("inbox", 5_000, take_and_fail)
    await any_store.write(give, "a")
    assert await any_store.read(notes) == ["a"]
    with pytest.raises(KeyError, match="'a'"):
        await any_store.stand_down(standby)


async def test_nothing_is_taken_by_a_commit_that_fails(any_store: Store) -> None:
    def give_in_vain(connection: Connection) -> None:
        give(connection, "a")
        break_commit(connection)

    await any_store.write(note, "before")
    standby = any_store.stand_by("inbox", 5_000, take)
    with pytest.raises(IntegrityError):
        await any_store.write(give_in_vain)
    assert await any_store.read(notes) == ["before"]
    assert await any_store.stand_down(standby) is None


async def test_who_stands_down_while_a_commit_takes_for_it_hears_what_was_taken(
    threaded_store: Store, gate: Gate
) -> None:
    def take_slowly(connection: Connection) -> list[str]:
        gate.hold(connection)
        return take(connection)

    told: Told = {}
    found: list[list[str] | None] = []

    async def stand_down() -> None:
        found.append(await threaded_store.stand_down(standby))

    standby = threaded_store.stand_by("inbox", 5_000, take_slowly)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, threaded_store, told, "a", give, "a")
        await gate.reached()
        nursery.start_soon(stand_down)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()  # what is taken has to be heard of all the same
        gate.open()
    assert found == [["a"]]


async def test_what_was_written_is_told_from_commits_that_wrote_nothing(any_store: Store) -> None:
    before = any_store.written
    await any_store.write(external_changes)
    assert any_store.written == before
    await any_store.write(note, "a")
    assert any_store.written == before + 1
    any_store.wake({"inbox"})
    assert any_store.written == before + 1
    any_store.wake()  # as the watcher does when another process wrote
    assert any_store.written == before + 2
