"""A look that is left out would have found nothing, so nothing is noticed later for it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import trio
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ivy.clock import stamp
from ivy.daemon import backlog_watch, rate_card, spend_watch, stillness, sweeper, trouble
from ivy.daemon.context import Context
from ivy.daemon.handlers import health
from ivy.daemon.stillness import LONGEST, Stillness, stands
from ivy.domain.advice import Advice, Severity
from ivy.domain.breaker import CLOSED, BreakerPolicy, after_failure
from ivy.domain.jobs import SEND
from ivy.domain.runbook import AlertKind
from ivy.domain.spend_caps import Sums
from ivy.store import alerts, breakers, jobs, people, upkeep
from ivy.store.binding import Connection
from ivy.store.database import Store, external_changes
from ivy.store.jobs import NewJob
from ivy.store.people import NewPerson
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
RATES = rate_card.load("", Path())
DISK = AlertKind.DISK.of()
numbers = count()
Deed = Callable[[Connection, datetime], object]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Connection]:
    path = tmp_path_factory.mktemp("still") / "ivy.db"
    path.write_bytes(migrated.read_bytes())
    opened = open_writer(path, throwaway=True)
    people.add(opened, NewPerson("ana", "Ana", "active", "en-US", "UTC", "USD"), now=NOW)
    yield opened
    opened.close()


# --- what may be there -------------------------------------------------------------------------------


def waits(connection: Connection, at: datetime) -> None:
    key = f"job{next(numbers)}"
    jobs.enqueue(connection, NewJob(key, SEND, key, at, {}, lane=""), now=min(at, NOW))


def is_held(connection: Connection, at: datetime) -> None:
    waits(connection, at)
    jobs.claim(connection, SEND.queue, 1, now=max(at, NOW))


def is_dead(connection: Connection, at: datetime) -> None:
    waits(connection, at - timedelta(days=30))
    for job in jobs.claim(connection, SEND.queue, 1, now=at):
        jobs.bury(connection, job, reason="it was refused", error="Refused", now=at)


def was_sent(connection: Connection, at: datetime, *, heard: bool = True) -> None:
    name = f"wamid.{next(numbers)}"
    connection.execute(
        "INSERT INTO messages_v2 (id, user_id, channel, direction, external_id, body, state, at_ms, state_at_ms, sent_at_ms,"
        " window_open) VALUES (?1, 'ana', 'whatsapp', 'out', ?1, '', 'accepted', ?2, ?2, ?2, 1)",
        (name, stamp(at)),
    )
    if heard:
        connection.execute(
            "INSERT INTO message_statuses (channel, external_id, state, at_ms) VALUES ('whatsapp', ?, 'sent', ?)",
            (name, stamp(at)),
        )


def is_unheard(connection: Connection, at: datetime) -> None:
    was_sent(connection, at, heard=False)


def fails(connection: Connection, at: datetime) -> None:
    breaker = after_failure(CLOSED, BreakerPolicy(threshold=1), "it is down", at, rest=timedelta(minutes=5))
    breakers.save(connection, "whatsapp", breaker, now=at)


def is_paused(connection: Connection, at: datetime) -> None:
    jobs.pause(connection, "agent", until=at + timedelta(minutes=5), reason="the key is not valid", now=at)


def crashed(connection: Connection, at: datetime) -> None:
    upkeep.keep_crash(connection, "polling", "KeyError", stamp(at))


def is_wrong(connection: Connection, at: datetime) -> None:
    advice = Advice(
        Severity.WARNING, AlertKind.VOICE.of(str(next(numbers))), "It fails.", "Mend it.", lasts=timedelta(hours=2)
    )
    alerts.raise_alert(connection, advice, at=at, now=at)


def end_is_untold(connection: Connection, at: datetime) -> None:
    is_wrong(connection, at)
    for alert in alerts.open_alerts(connection):
        alerts.mark_told(connection, [alert], "mail", now=at)
        alerts.resolve(connection, alert.key, at=at, now=at)


def look(connection: Connection, now: datetime) -> None:
    """Look at everything that the sweeper leaves out in stillness."""
    jobs.rescue(connection, now=now)
    health.watch(connection, now, listening_since=NOW - timedelta(days=1))
    trouble.watch(connection, now, free_bytes=10 << 30)
    backlog_watch.watch(connection, now, began=NOW - timedelta(days=1))
    health.watch_limits(connection, now, RATES)
    spend_watch.watch(connection, Sums(), now)


STILL: tuple[Deed, ...] = (waits, was_sent, crashed)
ASTIR: tuple[Deed, ...] = (is_held, is_dead, is_unheard, fails, is_paused, is_wrong, end_is_untold)
deeds = st.tuples(st.sampled_from([*STILL, *STILL, *ASTIR]), st.integers(-70, 0) | st.integers(0, 700))


@given(done=st.lists(deeds, max_size=5), minutes=st.lists(st.integers(0, 400), min_size=1, max_size=5))
@settings(max_examples=min(50, settings().max_examples))
def test_while_nothing_is_written_no_look_changes_anything_before_its_time(
    connection: Connection, done: list[tuple[Deed, int]], minutes: list[int]
) -> None:
    connection.execute("BEGIN")
    try:
        for deed, at in done:
            deed(connection, NOW + timedelta(minutes=at if deed is waits else -(abs(at) % 70)))
        until, before = NOW, -1
        for _ in range(5):  # as the sweeper does: what a look writes is looked at again
            if before == (before := connection.total_changes):
                break
            _, until = stands(connection, NOW)
            look(connection, NOW)
        assert connection.total_changes == before or until == NOW
        event(f"still: {until > NOW}")
        for minute in sorted(minutes):
            if (at := NOW + timedelta(minutes=minute)) < until:
                look(connection, at)
                assert connection.total_changes == before
    finally:
        connection.execute("ROLLBACK")


@pytest.mark.parametrize("deed", ASTIR)
def test_what_is_under_way_or_open_is_looked_at_again_each_time(connection: Connection, deed: Deed) -> None:
    connection.execute("BEGIN")
    try:
        assert stands(connection, NOW) == (True, NOW + LONGEST)
        deed(connection, NOW - timedelta(minutes=1))
        look(connection, NOW)
        assert stands(connection, NOW)[1] == NOW
    finally:
        connection.execute("ROLLBACK")


# --- the tasks ---------------------------------------------------------------------------------------


async def test_it_is_read_again_only_after_something_was_written_or_came_due(store: Store, context: Context) -> None:
    still, clock = Stillness(store), context.clock
    for _ in range(3):
        await still.read(clock.now())
        await store.write(external_changes)  # an empty commit
        await trio.sleep(60)
    assert (still.calm, still.state) == (True, 1)
    await store.write(waits, clock.now() + timedelta(minutes=1))
    for _ in range(3):
        await still.read(clock.now())
    assert still.state == 2
    await trio.sleep(timedelta(minutes=16, seconds=1).total_seconds())
    await still.read(clock.now())
    assert still.state == 3
    store.wake()  # another process wrote
    await still.read(clock.now())
    assert still.state == 4


async def test_a_still_day_is_read_a_few_times_only_and_what_must_be_forgotten_is(
    store: Store, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[datetime] = []

    def counted(connection: Connection, now: datetime) -> tuple[bool, datetime]:
        reads.append(now)
        return stands(connection, now)

    monkeypatch.setattr(stillness, "stands", counted)
    with trio.move_on_after(timedelta(days=1).total_seconds()):
        await sweeper.sweep(context)
    assert len(reads) == timedelta(days=1) // LONGEST


async def test_work_that_nobody_begins_is_told_within_minutes_of_its_quarter_of_an_hour(
    store: Store, context: Context
) -> None:
    due = context.clock.now() + timedelta(hours=3)
    await store.write(waits, due)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sweeper.sweep, context)
        await trio.sleep((due + backlog_watch.LONG - context.clock.now()).total_seconds() - 1)
        assert await store.read(alerts.open_alerts) == []
        await trio.sleep(sweeper.EVERY + 2)
        assert [alert.key for alert in await store.read(alerts.open_alerts)] == [AlertKind.WAITING.of("outbox")]
        nursery.cancel_scope.cancel()


async def test_a_disk_that_fills_up_is_told_while_nothing_is_written(
    store: Store, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 10 << 30

    async def left() -> int:
        return room

    monkeypatch.setattr(context.files, "room", left)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sweeper.sweep, context)
        await trio.sleep(sweeper.TIDY_EVERY / 2)
        room = 1 << 20
        await trio.sleep(sweeper.TIDY_EVERY)
        assert [alert.key for alert in await store.read(alerts.open_alerts)] == [DISK]
        room = 10 << 30
        await trio.sleep(sweeper.IDLE_EVERY + sweeper.EVERY)
        assert await store.read(alerts.open_alerts) == []
        nursery.cancel_scope.cancel()
