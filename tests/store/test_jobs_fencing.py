"""A settle under an old claim changes nothing, though the job is leased again: to somebody else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ivy.domain.jobs import SEND
from ivy.errors import LostLease
from ivy.store import jobs
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.jobs import Job, NewJob

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SETTLES: dict[str, Callable[[Connection, Job], None]] = {
    "finish": lambda c, job: jobs.finish(c, job, now=LATER),
    "retry": lambda c, job: jobs.retry(c, job, at=LATER, reason="", error="", now=LATER),
    "snooze": lambda c, job: jobs.snooze(c, job, until=LATER),
    "release": lambda c, job: jobs.release(c, job, now=LATER),
    "cancel": lambda c, job: jobs.cancel(c, job, "", now=LATER),
    "bury": lambda c, job: jobs.bury(c, job, reason="", error="", now=LATER),
    "check_held": jobs.check_held,
}


def everything(connection: Connection) -> list[tuple[object, ...]]:
    rows = [*connection.execute("SELECT * FROM jobs ORDER BY id"), *connection.execute("SELECT * FROM lanes")]
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("name", SETTLES)
async def test_the_holder_of_an_old_claim_can_change_nothing_and_the_new_one_can(store: Store, name: str) -> None:
    for key in ("k", "behind"):
        await store.write(jobs.enqueue, NewJob(key, SEND, key, NOW, {}, "send:a"), now=NOW)
    (old,) = await store.write(jobs.claim, "outbox", 9, now=NOW)
    assert await store.write(jobs.rescue, now=LATER) == 1
    (new,) = await store.write(jobs.claim, "outbox", 9, now=LATER)
    assert (old.key, new.key, old.claim_no, new.claim_no) == ("k", "k", 1, 2)
    before = await store.read(everything)
    with pytest.raises(LostLease):
        await store.write(SETTLES[name], old)
    assert await store.read(everything) == before
    await store.write(SETTLES[name], new)
    assert (await store.read(everything) == before) == (name == "check_held")


@pytest.mark.parametrize("name", SETTLES)
async def test_an_ended_job_cannot_be_settled_again(store: Store, name: str) -> None:
    await store.write(jobs.enqueue, NewJob("k", SEND, "k", NOW, {}), now=NOW)
    (job,) = await store.write(jobs.claim, "outbox", 1, now=NOW)
    await store.write(jobs.finish, job, now=NOW)
    before = await store.read(everything)
    with pytest.raises(LostLease):
        await store.write(SETTLES[name], job)
    assert await store.read(everything) == before
