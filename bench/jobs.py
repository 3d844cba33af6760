"""How fast jobs go through the real worker, beside huey on SQLite; and what a claim costs behind a crowded lane.

Ivy's worker and huey's consumer run in processes of their own, in turns, each on a fresh copy of a file in which all the
work waits; what is done is counted from outside. May import: everything, huey.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom
from statistics import median
from typing import Any, cast

import trio
from _figures import Bench, main, median_ratio, quantile, wait_until

from ivy.clock import SystemClock
from ivy.config import Config
from ivy.daemon.context import Context, Outcome, nothing
from ivy.daemon.preparing import prepare
from ivy.daemon.worker import Worker
from ivy.domain.ids import uuid7
from ivy.domain.jobs import REMINDER, SEND, TURN, Kind, Queue, turn_lane
from ivy.store import jobs
from ivy.store.binding import Connection
from ivy.store.database import open_store
from ivy.store.jobs import Job, NewJob
from ivy.store.sealing import Sealer, new_key
from ivy.store.settings import open_reader, open_writer
from ivy.threads import PooledThreads

WORKER = "--worker"
PEER_FILE = "IVY_BENCH_HUEY"
BEHIND_ONE_LANE = 10_000


@dataclass(frozen=True)
class Size:
    waiting: int
    rounds: int
    seconds: float
    claims: int
    peer_workers: tuple[int, ...]


FULL = Size(waiting=100_000, rounds=7, seconds=3, claims=1000, peer_workers=(1, 2, 4, 8))
SHORT = Size(waiting=2000, rounds=1, seconds=0.5, claims=50, peer_workers=(2,))


def run(bench: Bench, folder: Path) -> None:
    size = SHORT if bench.short else FULL
    claims(bench, folder, size)
    throughput(bench, folder, size)


# --- jobs done in a second ---------------------------------------------------------------------------


def throughput(bench: Bench, folder: Path, size: Size) -> None:
    bench.note(f"putting in {size.waiting} jobs three times")
    free, lanes, peer = folder / "free.db", folder / "lanes.db", folder / "huey.db"
    fill(free, size.waiting, lane=lambda _number: "")
    fill(lanes, size.waiting, lane=lambda number: turn_lane(f"person-{number % 1000}"))
    subprocess.run(
        [sys.executable, "-c", f"import _huey_peer; _huey_peer.fill({size.waiting})"],
        check=True, env=_with_peer(peer), cwd=Path(__file__).parent,
    )  # fmt: skip
    workers = best_of_peer(bench, peer, size)
    rates: dict[str, list[float]] = {"free": [], "lanes": [], "huey": []}
    for number in range(size.rounds):
        rates["free"].append(_rate_of_ivy(free, size))
        rates["huey"].append(_rate_of_peer(peer, workers, size))
        rates["lanes"].append(_rate_of_ivy(lanes, size))
        bench.note(f"round {number + 1} of {size.rounds}: " + ", ".join(f"{k} {v[-1]:.0f}" for k, v in rates.items()))
    bench.tell("huey, jobs done", median(rates["huey"]), "1/s", n=size.rounds, waiting=size.waiting, workers=workers)
    bench.tell("jobs done", median(rates["free"]), "1/s", n=size.rounds, waiting=size.waiting)
    bench.tell("jobs done, in 1,000 lanes", median(rates["lanes"]), "1/s", n=size.rounds, waiting=size.waiting)
    for figure, name in (("jobs done / huey", "free"), ("jobs done in 1,000 lanes / huey", "lanes")):
        ratio = median_ratio(rates[name], rates["huey"])
        spread = sorted(round(a / b, 2) for a, b in zip(rates[name], rates["huey"], strict=True))
        bench.tell(figure, ratio, "ratio", promise=">= 2", met=ratio >= 2, n=size.rounds, spread=spread)


def fill(path: Path, count: int, *, lane: Callable[[int], str]) -> None:
    """Make a database in which `count` jobs wait."""
    prepare(path)
    connection, now = open_writer(path), datetime.now(UTC)
    chance = Random(1)
    connection.execute("BEGIN IMMEDIATE")
    for number in range(count):
        put_in(
            connection,
            SEND,
            lane(number),
            number,
            now - timedelta(seconds=60) + timedelta(milliseconds=number % 1000),
            chance,
        )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def put_in(connection: Connection, kind: Kind, lane: str, number: int, due_at: datetime, chance: Random) -> None:
    job_id = uuid7(due_at, chance)
    job = NewJob(job_id, kind, f"bench:{kind.name}:{number}", due_at, {"message": job_id}, lane=lane, trace_id=job_id)
    jobs.enqueue(connection, job, now=due_at)


def best_of_peer(bench: Bench, master: Path, size: Size) -> int:
    """Return with how many workers huey is quickest here."""
    rates = {workers: _rate_of_peer(master, workers, size) for workers in size.peer_workers}
    bench.note("huey by workers: " + ", ".join(f"{workers}: {rate:.0f}/s" for workers, rate in rates.items()))
    return max(rates, key=rates.__getitem__)


def _rate_of_peer(master: Path, workers: int, size: Size) -> float:
    path = _copy(master)
    words = [
        sys.executable,
        "-m",
        "huey.bin.huey_consumer",
        "_huey_peer.huey",
        "-w",
        str(workers),
        "-k",
        "thread",
        "-q",
        "-n",
    ]
    with _process(words, _with_peer(path)):
        return _rate(path, "SELECT count(*) FROM kv", size)


def _rate_of_ivy(master: Path, size: Size) -> float:
    path = _copy(master)
    with _process([sys.executable, __file__, WORKER, str(path)], dict(os.environ)):
        return _rate(path, "SELECT count(*) FROM jobs WHERE state = 'done'", size)


def _rate(path: Path, count: str, size: Size) -> float:
    """Return how many jobs a second end, once the first has."""
    wait_until(lambda: _count(path, count) > 0, seconds=30, what="the first job's end")
    began, before = time.perf_counter(), _count(path, count)
    time.sleep(size.seconds)
    after, ended = _count(path, count), time.perf_counter()
    return (after - before) / (ended - began)


def _count(path: Path, count: str) -> int:
    reader = open_reader(path)  # each time anew: opened before the writer, it would never see what the writer does
    try:
        return reader.execute(count).fetchone()[0]
    finally:
        reader.close()


def _copy(master: Path) -> Path:
    for each in master.parent.glob("run.db*"):
        each.unlink()
    return Path(shutil.copyfile(master, master.parent / "run.db"))


def _with_peer(path: Path) -> dict[str, str]:
    return {**os.environ, PEER_FILE: str(path)}


@contextmanager
def _process(words: Sequence[str], environment: dict[str, str]) -> Generator[None]:
    process = subprocess.Popen(words, env=environment, cwd=Path(__file__).parent, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


async def work(path: Path) -> None:
    """Be the process that works: the real store and worker, and handlers that have nothing to do."""
    async with open_store(path, threads=PooledThreads()) as store:
        config = Config()
        nothing = cast(Any, None)  # no file, no price and no template is asked for
        context = Context(
            store,
            SystemClock(),
            SystemRandom(),
            config,
            {},
            Sealer([new_key()]),
            nothing,
            nothing,
            nothing,
            nothing,
            {},
        )
        await Worker(Queue.OUTBOX, config.workers.outbox, {SEND.name: do_nothing}, {}, context).run()


async def do_nothing(_job: Job, _context: Context) -> Outcome:
    return nothing


# --- a claim behind a crowded lane -----------------------------------------------------------------


def claims(bench: Bench, folder: Path, size: Size) -> None:
    """Time claims while 10,000 jobs wait in one lane: its head, another lane's, a free job, and none at all."""
    path = folder / "claims.db"
    prepare(path)
    connection, now, chance = open_writer(path), datetime.now(UTC), Random(1)
    connection.execute("BEGIN IMMEDIATE")
    for number in range(BEHIND_ONE_LANE):
        put_in(connection, TURN, turn_lane("crowded"), number, now - timedelta(seconds=60), chance)
    connection.execute("COMMIT")
    took: dict[str, list[float]] = {"its head": [], "none, it is busy": [], "another lane's": [], "a free one": []}
    for number in range(size.claims):
        head = _timed(connection, Queue.AGENT, 1, took["its head"])
        _timed(connection, Queue.AGENT, 0, took["none, it is busy"])
        _commit(
            connection, lambda c, n=number: put_in(c, TURN, turn_lane(f"other-{n}"), BEHIND_ONE_LANE + n, now, chance)
        )
        other = _timed(connection, Queue.AGENT, 1, took["another lane's"])
        _commit(connection, lambda c, n=number: put_in(c, REMINDER, "", n, now, chance))
        free = _timed(connection, Queue.UPKEEP, 1, took["a free one"])
        for job in (*head, *other, *free):
            _commit(connection, lambda c, j=job: jobs.finish(c, j, now=datetime.now(UTC)))
    connection.close()
    for figure, times in took.items():
        middle = median(times) * 1000
        bench.tell(
            f"claim behind {BEHIND_ONE_LANE:,}: {figure}", middle, "ms", promise="<= 1 ms", met=middle <= 1,
            n=size.claims, p99=round(quantile(times, 0.99) * 1000, 4),
        )  # fmt: skip


def _timed(connection: Connection, queue: Queue, expected: int, took: list[float]) -> list[Job]:
    """Claim inside a transaction, as the writer does; what its commit costs is shared by all that wait for it."""
    connection.execute("BEGIN IMMEDIATE")
    began = time.perf_counter()
    claimed = jobs.claim(connection, queue, 8, now=datetime.now(UTC))
    took.append(time.perf_counter() - began)
    connection.execute("COMMIT")
    assert len(claimed) == expected, (queue, expected, claimed)
    return claimed


def _commit(connection: Connection, function: Callable[[Connection], object]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    function(connection)
    connection.execute("COMMIT")


if __name__ == "__main__":
    if sys.argv[1:2] == [WORKER]:
        trio.run(work, Path(sys.argv[2]))
    else:
        main("jobs", run)
