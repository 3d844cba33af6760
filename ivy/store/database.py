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
from typing import Any, Concatenate, ParamSpec, TypeVar

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


def commit_group(connection: Connection, group: Sequence[_Request]) -> Mapping[str, int]:
    """Run each request in a savepoint of its own and commit once; return the queues that got work, and from when on.

    A request that fails loses only its own writes; a commit that fails fails them all.
    """
    connection.touched = {}
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
            connection.execute("COMMIT")
    except Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for request in group:
            request.error = request.error or error
        return {}
    return connection.touched


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
        self._token = trio.lowlevel.current_trio_token()
        self.beat = time.monotonic()
        """When the writer last committed (monotonic seconds): its pulse."""
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
            self._settle(group, commit_group(self._writer, group))

    def _run_writer(self) -> None:
        while group := self._next_group():
            touched = commit_group(self._writer, group)
            try:
                self._token.run_sync_soon(self._finish, group, touched)
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

    def _finish(self, group: Sequence[_Request], touched: Mapping[str, int]) -> None:
        self._waiting -= len(group)
        self._settle(group, touched)

    def _settle(self, group: Sequence[_Request], touched: Mapping[str, int]) -> None:
        self.beat = time.monotonic()
        for request in group:
            request.done.set()
        self.wake({name for name, at_ms in touched.items() if at_ms < self._asleep.get(name, at_ms + 1)} | {ANYTHING})

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

    def wake(self, names: set[str] | None = None) -> None:
        """Wake those who wait for these queues, or all."""
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
