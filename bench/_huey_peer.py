"""The peer of bench/jobs.py: huey on SQLite as its manual has it, with the sync of each commit. May import: huey."""

import os
from typing import Any, cast

from huey import SqliteHuey

huey = SqliteHuey("bench", filename=os.environ["IVY_BENCH_HUEY"], fsync=True)


@huey.task()
def nothing(number: int) -> int:
    """The task: what it returns is kept, as Ivy keeps that a job is done."""
    return number


def fill(count: int) -> None:
    """Let `count` tasks wait, put in at once: putting in is not what is measured."""
    tasks: list[Any] = [(huey.name, huey.serialize_task(nothing.s(number)), 0) for number in range(count)]
    storage = cast(Any, huey.storage)  # the one of SQLite, which huey's own types do not tell
    with storage.db(commit=True) as cursor:
        cursor.executemany("insert into task (queue, data, priority) values (?, ?, ?)", tasks)
    storage.close()
