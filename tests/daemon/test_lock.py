"""Who may touch the file: one daemon, one writer, and nothing that drops SQLite's locks behind its back."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import trio

from ivy.daemon import lock
from ivy.daemon.preparing import prepare
from ivy.errors import StoreError
from ivy.store.binding import Connection
from ivy.store.database import Store, external_changes
from ivy.store.upkeep import keep_crash

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from ivy.daemon import lock
with lock.hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
WRITE = """
import sys
from pathlib import Path
from ivy.store.binding import OperationalError
from ivy.store.settings import open_writer
connection = open_writer(Path(sys.argv[1]))
connection.execute("PRAGMA busy_timeout = 0")
try:
    connection.execute("BEGIN IMMEDIATE")
    print("took it")
except OperationalError as error:
    print(error)
"""


def program(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def try_to_write(path: Path) -> str:
    with program(WRITE, str(path)) as process:
        said, complaint = process.communicate(timeout=60)
    return said.strip() or complaint


def test_a_second_daemon_is_refused_and_told_whom_to_stop_until_the_first_dies(database: Path) -> None:
    assert not lock.is_held(database)
    with program(HOLD, str(database)) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        assert lock.is_held(database)
        with pytest.raises(StoreError, match=f"process {process.pid}"), lock.hold(database):
            raise AssertionError("two daemons")
        process.kill()
        process.wait()
        assert not lock.is_held(database)
        with lock.hold(database):
            assert lock.lock_path(database).read_text() == f"{os.getpid()}\n"


def test_asking_whether_a_daemon_runs_leaves_no_file_behind(tmp_path: Path) -> None:
    assert not lock.is_held(tmp_path / "ivy.db")
    assert list(tmp_path.iterdir()) == []


async def test_no_other_process_can_write_while_the_writer_does_even_after_all_that_a_daemon_does(
    database: Path, threaded_store: Store
) -> None:
    """A descriptor of the file that this process opened and closed would have dropped the writer's lock."""
    for n in range(20):
        await threaded_store.write(keep_crash, f"{n}", "", n)
        await threaded_store.read(lambda connection: connection.execute("SELECT * FROM task_crashes").fetchall())
        await threaded_store.write(external_changes)
    prepare(database)
    with lock.hold(database):
        assert lock.is_held(database)
    entered, leave = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        keep_crash(connection, "held", "", 0)
        entered.set()
        leave.wait(60)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(threaded_store.write, hold)
        await trio.to_thread.run_sync(entered.wait)
        try:
            assert await trio.to_thread.run_sync(try_to_write, database) == "database is locked"
        finally:
            leave.set()
    assert await trio.to_thread.run_sync(try_to_write, database) == "took it"
