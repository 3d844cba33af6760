"""A process of its own for the kill test: 64 producers write through the store and say what was acknowledged.

`python producers.py DATABASE RUN`: one line on stdout per acknowledged write, at once, until it is killed.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import trio

from ivy.domain.jobs import REMINDER
from ivy.store import jobs
from ivy.store.database import Store, open_store
from ivy.store.jobs import NewJob
from ivy.threads import PooledThreads

PRODUCERS = 64
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


async def produce(store: Store, run: str, producer: int) -> None:
    count = 0
    while True:
        key = f"{run}-{producer}-{count}"
        job = NewJob(key, REMINDER, key, NOW, {"filling": "x" * (count * 37 % 900)}, f"lane{producer % 9}")
        await store.write(jobs.enqueue, job, now=NOW)
        os.write(1, f"{key}\n".encode())
        count += 1


async def main(path: Path, run: str) -> None:
    async with open_store(path, threads=PooledThreads()) as store, trio.open_nursery() as nursery:
        for producer in range(PRODUCERS):
            nursery.start_soon(produce, store, run, producer)


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]), sys.argv[2])
