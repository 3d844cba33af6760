from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import trio

from ivy.errors import StoreError
from ivy.store import inbox, jobs
from ivy.store.database import Store
from ivy.store.inbox import Arrival
from ivy.store.sealing import Sealer, new_key

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def arrival(n: int, body: bytes = b"{}", source: str = "whatsapp") -> Arrival:
    return Arrival(f"a{n}", f"j{n}", source, inbox.digest(body), body, NOW)


async def test_the_same_bytes_fifty_times_at_once_are_kept_once_and_read_once(threaded_store: Store) -> None:
    kept: list[bool] = []

    async def post(n: int) -> None:
        kept.append(await threaded_store.write(inbox.keep, arrival(n)))

    async with trio.open_nursery() as nursery:
        for n in range(50):
            nursery.start_soon(post, n)
    assert sorted(kept) == [False] * 49 + [True]
    assert await threaded_store.read(jobs.kinds) == ["inbound"]


async def test_the_same_bytes_from_another_vendor_are_another_arrival(store: Store) -> None:
    assert await store.write(inbox.keep, arrival(1))
    assert await store.write(inbox.keep, arrival(2, source="retell"))
    assert await store.write(inbox.keep, arrival(3, body=b"{ }"))


async def test_what_arrived_together_is_read_one_by_one(store: Store) -> None:
    for n in range(3):
        await store.write(inbox.keep, arrival(n, body=b"%d" % n))
    (job,) = await store.write(jobs.claim, "inbox", 10, now=NOW)
    assert job.payload == {"arrival": "a0"}


async def test_the_body_is_found_until_its_retention_ends(store: Store) -> None:
    sealer = Sealer([new_key()])
    sealed = sealer.seal(b"raw \x00 bytes", inbox.place("a1"))
    await store.write(inbox.keep, replace(arrival(1), sealed=sealed))
    source, found = await store.read(inbox.body, "a1")
    assert (source, sealer.open(found, inbox.place("a1"))) == ("whatsapp", b"raw \x00 bytes")
    assert await store.write(inbox.empty, before=NOW) == 0
    assert await store.write(inbox.empty, before=NOW + timedelta(seconds=1)) == 1
    with pytest.raises(StoreError, match="a1 are not kept"):
        await store.read(inbox.body, "a1")
