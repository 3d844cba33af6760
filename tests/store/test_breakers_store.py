"""What is remembered of failing vendors, over a restart of the daemon."""

from datetime import UTC, datetime, timedelta

import pytest

from ivy.domain.breaker import CLOSED, Breaker, BreakerPolicy, after_failure, lets_pass, on_trial
from ivy.errors import Cause, VendorBusy, VendorMisconfigured
from ivy.store import breakers, dependencies
from ivy.store.binding import Connection, IntegrityError
from ivy.store.database import Store

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
OPEN = Breaker(3, NOW, NOW + timedelta(seconds=30), "503")


async def test_a_vendor_nobody_complained_of_is_closed(store: Store) -> None:
    assert await store.read(breakers.load, "whatsapp") == CLOSED
    assert await store.read(breakers.all_of) == {}


@pytest.mark.parametrize("breaker", [Breaker(1, reason="reset"), OPEN, on_trial(OPEN, NOW, timedelta(seconds=30))])
async def test_a_breaker_comes_back_as_it_was_saved(store: Store, breaker: Breaker) -> None:
    await store.write(breakers.save, "whatsapp", breaker, now=NOW)
    assert await store.read(breakers.load, "whatsapp") == breaker
    assert await store.read(breakers.load, "sms") == CLOSED


async def test_a_success_forgets_the_failures_and_nobody_elses(store: Store) -> None:
    await store.write(breakers.save, "whatsapp", OPEN, now=NOW)
    await store.write(breakers.save, "sms", Breaker(2, reason="reset"), now=NOW)
    await store.write(breakers.save, "whatsapp", CLOSED, now=NOW)
    assert await store.read(breakers.all_of) == {"sms": Breaker(2, reason="reset")}
    await store.write(breakers.save, "whatsapp", CLOSED, now=NOW)


async def test_failures_add_up_over_commits_and_the_trial_is_one(store: Store) -> None:
    def fail(connection: Connection, now: datetime) -> None:
        after = after_failure(breakers.load(connection, "sms"), BreakerPolicy(), "503", now)
        breakers.save(connection, "sms", after, now=now)

    for _time in range(3):
        await store.write(fail, NOW)
    opened = await store.read(breakers.load, "sms")
    assert opened == OPEN

    def begin(connection: Connection, now: datetime) -> bool:
        known = breakers.load(connection, "sms")
        if not lets_pass(known, now):
            return False
        breakers.save(connection, "sms", on_trial(known, now, timedelta(seconds=30)), now=now)
        return True

    at = NOW + timedelta(seconds=30)
    assert [await store.write(begin, at) for _caller in range(4)] == [True, False, False, False]


async def test_the_file_refuses_a_breaker_that_is_half_open_and_half_closed(store: Store) -> None:
    with pytest.raises(IntegrityError):
        await store.write(breakers.save, "sms", Breaker(3, NOW, None, "503"), now=NOW)
    with pytest.raises(IntegrityError):
        await store.write(breakers.save, "sms", Breaker(-1, reason="x"), now=NOW)
    assert await store.read(breakers.all_of) == {}


MODEL = "anthropic/claude"
DOWN = VendorBusy(MODEL, "503")
WRONG_KEY = VendorMisconfigured(MODEL, "401", cause=Cause.KEY)
LIMIT = timedelta(seconds=40)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def fail(store: Store, seconds: float, error: VendorBusy | VendorMisconfigured = DOWN, setup: str = "") -> None:
    await store.write(breakers.failed, MODEL, error, BreakerPolicy(), now=at(seconds), began=at(seconds), setup=setup)


async def states(store: Store) -> list[str]:
    return [each.state for each in await store.read(breakers.changes, MODEL, limit=9)]


async def test_exactly_three_in_a_row_open_it_and_the_next_call_after_its_rest_is_the_one_trial(store: Store) -> None:
    await fail(store, 0)
    await fail(store, 1)
    await store.write(breakers.succeeded, MODEL, at(2))
    for second in (3, 4):
        await fail(store, second)
    assert await store.write(breakers.begin, MODEL, at(4), LIMIT) is None
    await fail(store, 5)
    assert await store.write(breakers.begin, MODEL, at(6), LIMIT) == at(35)
    assert [await store.write(breakers.begin, MODEL, at(35), LIMIT) for _call in range(3)] == [None, at(75), at(75)]
    await store.write(breakers.succeeded, MODEL, at(36))
    assert await store.read(breakers.all_of) == {}
    assert await states(store) == ["closed", "open"]


async def test_an_operator_holds_it_and_lets_it_go(store: Store) -> None:
    assert await store.write(breakers.hold, MODEL, "open", by="sam", now=NOW) == "auto"
    assert await store.write(breakers.begin, MODEL, at(1), LIMIT) == at(1) + breakers.HELD
    assert await store.write(breakers.hold, MODEL, "closed", by="sam", now=at(2)) == "open"
    for second in (3, 4, 5):
        await fail(store, second)
    assert await store.write(breakers.begin, MODEL, at(6), LIMIT) is None  # however it fails
    (shown,) = await store.read(dependencies.dependencies, [MODEL], now=at(6))
    assert (shown.state, shown.held_by, shown.failures) == ("held closed", "sam", 3)
    assert await store.write(breakers.hold, MODEL, "auto", by="kim", now=at(7)) == "closed"
    assert await store.read(breakers.overrides) == {}
    assert await store.write(breakers.begin, MODEL, at(8), LIMIT) is None
    assert await states(store) == ["by itself", "closed", "open", "held closed", "held open"]


async def test_a_wrong_key_is_left_alone_for_an_hour_and_a_new_one_is_tried_at_once(store: Store) -> None:
    await fail(store, 0, WRONG_KEY, setup="old")
    assert await store.write(breakers.begin, MODEL, at(3599), LIMIT) == at(3600)
    assert await store.write(breakers.set_up, {MODEL: "old", "other": "x"}, at(10)) == []
    assert await store.write(breakers.begin, MODEL, at(11), LIMIT) == at(3600)
    assert await store.write(breakers.set_up, {MODEL: "new"}, at(12)) == [MODEL]
    assert await store.write(breakers.begin, MODEL, at(13), LIMIT) is None


async def test_what_merely_fails_is_no_better_for_a_new_key(store: Store) -> None:
    for second in range(3):
        await fail(store, second, setup="old")
    assert await store.write(breakers.set_up, {MODEL: "new"}, at(5)) == []


async def test_each_state_is_named(store: Store) -> None:
    async def state(seconds: float) -> str:
        (found,) = await store.read(dependencies.dependencies, [MODEL], now=at(seconds))
        return found.state

    assert await state(0) == "closed"
    await fail(store, 0, VendorBusy(MODEL, "429", after=timedelta(seconds=9), throttled=True))
    assert (await state(1), await state(9)) == ("throttled", "closed")
    for second in (10, 11, 12):
        await fail(store, second)
    assert (await state(13), await state(42)) == ("open", "half-open")


async def test_its_history_is_bounded(store: Store) -> None:
    for second in range(120):
        await store.write(breakers.hold, MODEL, "open" if second % 2 else "closed", by="sam", now=at(second))
    changes = await store.read(breakers.changes, MODEL, limit=999)
    assert len(changes) == breakers.CHANGES_KEPT
    assert changes[0].at == at(119)


async def test_a_key_that_works_again_works_for_all_models_of_its_account(store: Store) -> None:
    for name, setup in ((MODEL, "a"), ("anthropic/small", "a"), ("openai/other", "b"), ("anthropic/gone", "a")):
        cause = Cause.MODEL if name.endswith("gone") else Cause.KEY
        error = VendorMisconfigured(name, "401", cause=cause)
        await store.write(breakers.failed, name, error, BreakerPolicy(), now=NOW, began=NOW, setup=setup)
    await store.write(breakers.succeeded, MODEL, at(3600))
    assert set(await store.read(breakers.all_of)) == {"openai/other", "anthropic/gone"}
