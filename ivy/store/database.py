"""The store: one writer that commits in groups, a few readers, and who wakes whom. May import: settings, the ground.

`write` and `read` take a plain function of a connection. A caller of `write` hears only after the commit; one that is
cancelled while waiting must take its write as "may have happened".
"""

import queue
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import trio

from ivy.errors import StoreBusy
from ivy.store.binding import Connection, Error
from ivy.store.settings import open_reader, open_writer
from ivy.threads import Threads

P = ParamSpec("P")
T = TypeVar("T")

LONGEST_QUEUE = 2000
LARGEST_GROUP = 256
READERS = 4
LONGEST_READ = 2.0
LONGEST_GUEST_READ = 60.0
"""Seconds after which a read is given up: the daemon's are short, a report of the CLI may take its time."""


@dataclass(eq=False)
class _Request:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    done: trio.Event = field(default_factory=trio.Event)
    result: Any = None
    error: BaseException | None = None


@dataclass(eq=False)
class Standby(Generic[T]):
    """Who waits for a queue's work, and how it is taken: within the very commit that gives it. Made by `Store.stand_by`."""

    name: str
    until_ms: int
    take: Callable[[Connection], T]
    result: T | None = None
    """What `take` returned, if work came."""
    error: BaseException | None = None
    settled: trio.Event = field(default_factory=trio.Event)
    woken: trio.Event = field(default_factory=trio.Event)
    """Set by the first commit after the one in which work was taken that gives more."""


Standing = dict[Standby[Any], None]
"""In order. Whoever takes one out of it, the writer or the one who stands down, has it."""


def commit_group(
    connection: Connection, group: Sequence[_Request], standing: Standing
) -> tuple[Mapping[str, int], Sequence[Standby[Any]]]:
    """Run each request in a savepoint of its own and commit once; return the queues that got work, from when on, and
    those of `standing` that took theirs in the same commit.

    A request that fails loses only its own writes; a commit that fails fails them all.
    """
    connection.touched = {}
    served: list[Standby[Any]] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        if len(group) == 1:  # the transaction is savepoint enough
            _run(connection, group[0], "ROLLBACK")
        else:
            for request in group:
                connection.execute("SAVEPOINT one")
                _run(connection, request, "ROLLBACK TO one")
                connection.execute("RELEASE one")
        if connection.in_transaction:
            _serve(connection, standing, served)
            connection.execute("COMMIT")
    except Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for request in group:
            request.error = request.error or error
        for standby in served:
            standby.result = None
        return {}, served
    return connection.touched, served


def _serve(connection: Connection, standing: Standing, served: list[Standby[Any]]) -> None:
    """Let those who stand by for what this transaction gave take it; one who stands down meanwhile gets nothing."""
    for standby in tuple(standing) if connection.touched else ():
        at_ms = connection.touched.get(standby.name, standby.until_ms)
        if at_ms >= standby.until_ms or standing.pop(standby, standby) is standby:
            continue
        served.append(standby)
        connection.execute("SAVEPOINT one")
        try:
            standby.result = standby.take(connection)
        except Exception as error:  # told to the one who stood by
            standby.error = error
            connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")


def _run(connection: Connection, request: _Request, undo: str) -> None:
    try:
        request.result = request.function(connection, *request.args, **request.kwargs)
    except Exception as error:  # told to the one who asked
        request.error = error
        connection.execute(undo)


ANYTHING = "anything"
"""`wake_of` this is set by every commit."""


class Store:
    """One SQLite file. Made by `open_store`."""

    def __init__(self, path: Path, threads: Threads, *, throwaway: bool, guest: bool, replica: bool) -> None:
        self.path = path
        self._threads = threads
        self._guest = guest
        self._moves_log = not guest and not replica
        self._writer = open_writer(path, throwaway=throwaway, guest=not self._moves_log)
        self._readers = [open_reader(path) for _ in range(1 if threads.inline else READERS)]
        self._reading = trio.CapacityLimiter(len(self._readers))
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._waiting = 0
        self._together: list[_Request] = []
        """Inline: what is asked for in this moment."""
        self._wakes: dict[str, trio.Event] = {}
        self._asleep: dict[str, int] = {}
        """Until when who waits sleeps anyhow (UTC milliseconds)."""
        self._standing: Standing = {}
        self._token = trio.lowlevel.current_trio_token()
        self.beat = time.monotonic()
        """When the writer last committed (monotonic seconds): its pulse."""
        self.written = 0
        """Another number whenever something was written, here or, where that is noticed, elsewhere: most commits are empty."""
        self._rows = self._writer.total_changes
        self._thread = None
        if not threads.inline:
            self._thread = threading.Thread(target=self._run_writer, name="ivy-writer", daemon=True)
            self._thread.start()

    # --- writing -------------------------------------------------------------------------------

    async def write(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(connection, …)` inside the next group commit and return its result after the commit.

        Raises: whatever the function raised; StoreBusy if too much waits already.
        """
        if self._waiting >= LONGEST_QUEUE:
            raise StoreBusy("The database has more to write than it can; try again in a moment.")
        request = _Request(function, args, kwargs)
        if self._thread is None:
            await self._write_inline(request)
        else:
            self._waiting += 1
            self._requests.put(request)
            await request.done.wait()
        if request.error is not None:
            raise request.error
        return request.result

    async def _write_inline(self, request: _Request) -> None:
        """Commit with all that is asked for in the same moment, as the writer's thread does."""
        self._together.append(request)
        try:
            await trio.lowlevel.checkpoint()
        except trio.Cancelled:
            if request in self._together:
                self._together.remove(request)
            raise
        if not request.done.is_set():
            group, self._together = self._together, []
            self._settle(group, *commit_group(self._writer, group, self._standing), self._writer.total_changes)

    def _run_writer(self) -> None:
        while group := self._next_group():
            touched, served = commit_group(self._writer, group, self._standing)
            try:
                self._token.run_sync_soon(self._finish, group, touched, served, self._writer.total_changes)
            except trio.RunFinishedError:
                return

    def _next_group(self) -> list[_Request]:
        """Wait for a request and take all that wait behind it; nothing means that the store closes."""
        group: list[_Request] = []
        while len(group) < LARGEST_GROUP and not (group and self._requests.empty()):
            request = self._requests.get()
            if request is None:
                self._requests.put(None)
                break
            group.append(request)
        return group

    def _finish(
        self, group: Sequence[_Request], touched: Mapping[str, int], served: Sequence[Standby[Any]], rows: int
    ) -> None:
        self._waiting -= len(group)
        self._settle(group, touched, served, rows)

    def _settle(
        self, group: Sequence[_Request], touched: Mapping[str, int], served: Sequence[Standby[Any]], rows: int
    ) -> None:
        self.beat = time.monotonic()
        if rows != self._rows:
            self._rows = rows
            self.written += 1
        for request in group:
            request.done.set()
        self.wake({name for name, at_ms in touched.items() if at_ms < self._asleep.get(name, at_ms + 1)} | {ANYTHING})
        for standby in served:
            self.wake({standby.name})
            standby.woken = self.wake_of(
                standby.name
            )  # here and now: no commit after the one it took part in is missed
            standby.settled.set()

    # --- reading -------------------------------------------------------------------------------

    async def read(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(connection, …)` on one consistent snapshot, on a connection that cannot write."""
        try:
            self._reading.acquire_nowait()  # `run` is a checkpoint enough
        except trio.WouldBlock:
            await self._reading.acquire()
        connection = self._readers.pop()
        try:
            seconds = LONGEST_GUEST_READ if self._guest else LONGEST_READ
            return await self._threads.run(_snapshot, connection, seconds, function, args, kwargs)
        finally:
            self._readers.append(connection)
            self._reading.release()

    # --- waking --------------------------------------------------------------------------------

    def wake_of(self, name: str) -> trio.Event:
        """Return the event that is set when a commit next gives work to this queue. Take it before looking for work."""
        self._asleep.pop(name, None)
        event = self._wakes.get(name)
        if event is None or event.is_set():
            event = self._wakes[name] = trio.Event()
        return event

    def sleeps(self, name: str, until_ms: int) -> None:
        """Say that who waits looks for work at an instant anyhow: until the next `wake_of`, only earlier work wakes it."""
        self._asleep[name] = until_ms

    def stand_by(self, name: str, until_ms: int, take: Callable[[Connection], T]) -> Standby[T]:
        """Let `take` look for work within the next commit that gives this queue some to be done before `until_ms`.

        Who stands by waits for the event of the `wake_of` before its last look, and has to stand down in any case.
        """
        standby = Standby(name, until_ms, take)
        self._standing[standby] = None
        self.sleeps(name, until_ms)
        return standby

    async def stand_down(self, standby: Standby[T]) -> T | None:
        """Stand by no longer. Return what was taken, None if nothing was. Raises: what `take` raised.

        A commit that is under way is waited for; cancelled meanwhile, what was taken would be nobody's.
        """
        if self._standing.pop(standby, standby) is standby and not standby.settled.is_set():
            with trio.CancelScope(shield=True):
                await standby.settled.wait()
        if standby.error is not None:
            raise standby.error
        return standby.result

    def wake(self, names: set[str] | None = None) -> None:
        """Wake those who wait for these queues, or all: another process has written."""
        if names is None:
            self.written += 1
        for name in self._wakes if names is None else names:
            if (event := self._wakes.get(name)) is not None:
                event.set()

    # --- ending --------------------------------------------------------------------------------

    async def close(self) -> None:
        """Write what waits, move the WAL into the file, and close every connection."""
        if self._thread is not None:
            self._requests.put(None)
            await trio.to_thread.run_sync(self._thread.join)
        self._writer.execute("PRAGMA optimize")
        if self._moves_log:
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for connection in (*self._readers, self._writer):
            connection.close()


def _snapshot(
    connection: Connection,
    seconds: float,
    function: Callable[..., T],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> T:
    until = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > until, 100_000)
    connection.execute("BEGIN")
    try:
        return function(connection, *args, **kwargs)
    finally:
        connection.execute("ROLLBACK")


@asynccontextmanager
async def open_store(
    path: Path, *, threads: Threads, throwaway: bool = False, guest: bool = False, replica: bool = False
) -> AsyncGenerator[Store]:
    """Open a migrated database. `throwaway` forgoes durability (simulation); a `guest` may work beside the daemon.

    `replica`: another program follows the write-ahead log and moves it into the file, so that this one does not.
    """
    store = Store(path, threads, throwaway=throwaway, guest=guest, replica=replica)
    try:
        yield store
    finally:
        with trio.CancelScope(shield=True):
            await store.close()


def external_changes(connection: Connection) -> int:
    """Return a number that rises whenever another process committed."""
    return connection.execute("PRAGMA data_version").fetchone()[0]
