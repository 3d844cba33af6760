"""What came in since a moment: in order, of one source, and known by its very bytes."""

from datetime import UTC, datetime

from ivy.store import arrivals, inbox
from ivy.store.database import Store
from ivy.store.inbox import Arrival

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def arrival(name: str, source: str = "whatsapp") -> Arrival:
    return Arrival(name, f"job-{name}", source, inbox.digest(name.encode()), f"sealed {name}".encode(), NOW)


async def test_what_came_after_a_position_is_found_in_its_order(store: Store) -> None:
    assert await store.read(arrivals.last_position) == 0
    await store.write(inbox.keep, arrival("before"))
    position = await store.read(arrivals.last_position)
    for name in ("b", "a"):
        await store.write(inbox.keep, arrival(name))
    await store.write(inbox.keep, arrival("other", "sms"))
    found = await store.read(arrivals.after, "whatsapp", position)
    assert [(kept.id, kept.sealed) for kept in found] == [("b", b"sealed b"), ("a", b"sealed a")]
    assert await store.read(arrivals.after, "whatsapp", found[-1].position) == []
    assert len(await store.read(arrivals.after, "whatsapp", 0, limit=2)) == 2


async def test_bytes_are_known_by_their_source_and_by_nothing_else(store: Store) -> None:
    await store.write(inbox.keep, arrival("x"))
    assert await store.read(arrivals.is_kept, "whatsapp", b"x")
    assert not await store.read(arrivals.is_kept, "sms", b"x")
    assert not await store.read(arrivals.is_kept, "whatsapp", b"y")


async def test_what_was_emptied_has_nothing_to_open(store: Store) -> None:
    await store.write(inbox.keep, arrival("x"))
    await store.write(inbox.empty, before=datetime(2027, 1, 1, tzinfo=UTC))
    [kept] = await store.read(arrivals.after, "whatsapp", 0)
    assert kept.sealed == b""
