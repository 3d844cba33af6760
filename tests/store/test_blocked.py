"""Addresses that must not be written to: blocked for a reason, and let go by their owner only."""

from datetime import UTC, datetime, timedelta

from ivy.store import blocked
from ivy.store.blocked import SAID_STOP
from ivy.store.database import Store

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
NUMBER = "+573001112233"


async def is_blocked(store: Store, value: str = NUMBER, channel: str = "sms") -> bool:
    return await store.read(blocked.is_blocked, channel, value)


async def test_an_address_is_blocked_on_its_channel_only(store: Store) -> None:
    assert not await is_blocked(store)
    await store.write(blocked.block, "sms", NUMBER, "21610", now=NOW)
    assert await is_blocked(store)
    assert not await is_blocked(store, channel="mail")
    assert not await is_blocked(store, "+573001112234")
    assert await store.read(blocked.reason, "sms", NUMBER) == "21610"
    assert await store.read(blocked.reason, "mail", NUMBER) is None


async def test_whoever_writes_from_there_may_be_written_to_again(store: Store) -> None:
    await store.write(blocked.block, "sms", NUMBER, "out of reach", now=NOW)
    await store.write(blocked.unblock, "mail", NUMBER, starts=True)
    assert await is_blocked(store)
    await store.write(blocked.unblock, "sms", NUMBER, starts=False)
    assert not await is_blocked(store)
    await store.write(blocked.unblock, "sms", NUMBER, starts=False)  # twice is the same as once


async def test_after_their_own_stop_only_a_start_lifts_it(store: Store) -> None:
    await store.write(blocked.block, "sms", NUMBER, SAID_STOP, now=NOW)
    await store.write(blocked.unblock, "sms", NUMBER, starts=False)
    assert await is_blocked(store)
    await store.write(blocked.unblock, "sms", NUMBER, starts=True)
    assert not await is_blocked(store)


async def test_a_later_fault_does_not_weaken_their_stop_and_a_later_stop_counts(store: Store) -> None:
    await store.write(blocked.block, "sms", NUMBER, "21610", now=NOW)
    await store.write(blocked.block, "sms", NUMBER, "30006", now=NOW + timedelta(days=1))
    assert await store.read(blocked.reason, "sms", NUMBER) == "30006"
    await store.write(blocked.block, "sms", NUMBER, SAID_STOP, now=NOW + timedelta(days=2))
    await store.write(blocked.block, "sms", NUMBER, "30006", now=NOW + timedelta(days=3))
    assert await store.read(blocked.reason, "sms", NUMBER) == SAID_STOP
