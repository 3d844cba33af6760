"""What is remembered of failing vendors, over a restart of the daemon."""

from datetime import UTC, datetime, timedelta

import pytest

from ivy.domain.breaker import CLOSED, Breaker, BreakerPolicy, after_failure, lets_pass, on_trial
from ivy.store import breakers
from ivy.store.binding import Connection, IntegrityError
from ivy.store.database import Store

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
OPEN = Breaker(3, NOW, NOW + timedelta(seconds=30), "503")


async def test_a_vendor_nobody_complained_of_is_closed(store: Store) -> None:
    assert await store.read(breakers.load, "whatsapp") == CLOSED
    assert await store.read(breakers.all_of) == {}


@pytest.mark.parametrize("breaker", [Breaker(1, reason="reset"), OPEN, on_trial(OPEN, NOW, timedelta(seconds=30))])
async def test_a_breaker_comes_back_as_it_was_saved(store: Store, breaker: Breaker) -> None:
    await store.write(breakers.save, "whatsapp", breaker)
    assert await store.read(breakers.load, "whatsapp") == breaker
    assert await store.read(breakers.load, "sms") == CLOSED


async def test_a_success_forgets_the_failures_and_nobody_elses(store: Store) -> None:
    await store.write(breakers.save, "whatsapp", OPEN)
    await store.write(breakers.save, "sms", Breaker(2, reason="reset"))
    await store.write(breakers.save, "whatsapp", CLOSED)
    assert await store.read(breakers.all_of) == {"sms": Breaker(2, reason="reset")}
    await store.write(breakers.save, "whatsapp", CLOSED)


async def test_failures_add_up_over_commits_and_the_trial_is_one(store: Store) -> None:
    def fail(connection: Connection, now: datetime) -> None:
        after = after_failure(breakers.load(connection, "sms"), BreakerPolicy(), "503", now)
        breakers.save(connection, "sms", after)

    for _time in range(3):
        await store.write(fail, NOW)
    opened = await store.read(breakers.load, "sms")
    assert opened == OPEN

    def begin(connection: Connection, now: datetime) -> bool:
        known = breakers.load(connection, "sms")
        if not lets_pass(known, now):
            return False
        breakers.save(connection, "sms", on_trial(known, now, timedelta(seconds=30)))
        return True

    at = NOW + timedelta(seconds=30)
    assert [await store.write(begin, at) for _caller in range(4)] == [True, False, False, False]


async def test_the_file_refuses_a_breaker_that_is_half_open_and_half_closed(store: Store) -> None:
    with pytest.raises(IntegrityError):
        await store.write(breakers.save, "sms", Breaker(3, NOW, None, "503"))
    with pytest.raises(IntegrityError):
        await store.write(breakers.save, "sms", Breaker(-1, reason="x"))
    assert await store.read(breakers.all_of) == {}
