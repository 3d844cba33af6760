from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
import trio

from ivy.clock import Clock, VirtualClock, unstamp
from ivy.daemon import backlog_watch, scheduler
from ivy.daemon.context import Context
from ivy.domain.jobs import NUDGE, REMINDER
from ivy.store import alerts, schedules
from ivy.store.binding import Connection
from ivy.store.database import Store, open_store
from ivy.store.scope import PersonStore
from ivy.threads import InlineThreads

DAY = timedelta(days=1)


class SetClock:
    """A wall clock that somebody sets."""

    virtual = True

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


async def add(
    store: Store, name: str, clock: Clock, *, cron: str = "", zone: str = "UTC", wall: datetime | None = None
) -> None:
    def write(connection: Connection) -> None:
        schedules.add(
            connection, schedule_id=name, kind=REMINDER, user_id=None, zone=zone, cron=cron, wall=wall, now=clock.now()
        )

    await store.write(write)


def fired(connection: Connection) -> list[tuple[str, datetime]]:
    """Return (key, due) of every job, in order of arrival."""
    rows = connection.execute("SELECT key, due_at_ms FROM jobs ORDER BY rowid")
    return [(row["key"], unstamp(row["due_at_ms"])) for row in rows]


async def run_for(context: Context, seconds: float) -> None:
    with trio.move_on_after(seconds):
        await scheduler.run(context)


async def fire_all(context: Context) -> None:
    while await context.store.write(scheduler.fire, context):
        pass


async def test_a_daily_slot_fires_on_time_each_day_and_a_single_one_once(context: Context) -> None:
    start = context.clock.now()
    await add(context.store, "daily", context.clock, cron="30 7 * * *")
    await add(context.store, "once", context.clock, wall=datetime(2026, 11, 24, 12, 0))  # noqa: DTZ001 - wall time
    await run_for(context, 3 * 86400)
    first = start + timedelta(minutes=30)
    assert await context.store.read(fired) == [
        ("reminder:daily:2026-11-23T07:30:00", first),
        ("reminder:daily:2026-11-24T07:30:00", first + DAY),
        ("reminder:once:2026-11-24T12:00:00", datetime(2026, 11, 24, 12, 0, tzinfo=UTC)),
        ("reminder:daily:2026-11-25T07:30:00", first + 2 * DAY),
    ]


async def test_a_schedule_added_while_the_scheduler_sleeps_is_seen_at_once(context: Context) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scheduler.run, context)
        await trio.sleep(10)
        await add(context.store, "soon", context.clock, wall=datetime(2026, 11, 23, 7, 1))  # noqa: DTZ001
        await trio.sleep(60)
        nursery.cancel_scope.cancel()
    assert len(await context.store.read(fired)) == 1


async def test_what_was_missed_while_down_fires_once_for_its_latest_time_and_then_goes_on(
    context: Context, clock: VirtualClock
) -> None:
    start = clock.now()
    await add(context.store, "daily", clock, cron="30 7 * * *")
    await add(context.store, "once", clock, wall=datetime(2026, 11, 23, 9, 0))  # noqa: DTZ001
    await trio.sleep(3 * 86400 + 3600)  # nobody works
    for _restart in range(3):
        await run_for(context, 60)
    half_past = start + timedelta(minutes=30)
    missed = {
        ("reminder:daily:2026-11-26T07:30:00", half_past + 3 * DAY),
        ("reminder:once:2026-11-23T09:00:00", start + 2 * timedelta(hours=1)),
    }
    assert set(await context.store.read(fired)) == missed
    await run_for(context, 86400)
    assert (await context.store.read(fired))[2:] == [("reminder:daily:2026-11-27T07:30:00", half_past + 4 * DAY)]


async def test_a_clock_that_is_set_back_fires_nothing_twice(store: Store, context: Context) -> None:
    clock = SetClock(datetime(2026, 11, 23, 7, 0, tzinfo=UTC))
    context = replace(context, clock=clock)
    await add(store, "daily", clock, cron="30 7 * * *")
    times = [7.0, 7.5, 8.0, 6.0, 7.0, 7.5, 8.0, 24 + 7.4, 7.5, 24 + 7.5, 24 + 8]
    for hour in times:
        clock.time = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=hour)
        await fire_all(context)
    assert [key[-19:-9] for key, _at in await store.read(fired)] == ["2026-11-23", "2026-11-24"]


async def test_a_person_who_moves_west_hears_of_a_days_slot_once(
    store: Store, context: Context, person: PersonStore
) -> None:
    clock = SetClock(datetime(2026, 11, 23, 5, 0, tzinfo=UTC))
    context = replace(context, clock=clock)

    def write(connection: Connection) -> None:
        schedules.add(
            connection, schedule_id="daily", kind=REMINDER, user_id=person.user_id, zone="Europe/Lisbon",
            cron="0 7 * * *", now=clock.now(),
        )  # fmt: skip

    await store.write(write)
    clock.time += timedelta(hours=3)
    await fire_all(context)
    await person.write(schedules.move_to_zone, "America/New_York", now=clock.now())
    for _hour in range(40):
        clock.time += timedelta(hours=1)
        await fire_all(context)
    assert [key[-19:] for key, _at in await store.read(fired)] == ["2026-11-23T07:00:00", "2026-11-24T07:00:00"]


async def test_an_hour_that_a_flight_east_put_into_the_past_is_no_work_that_piled_up(
    store: Store, context: Context, person: PersonStore
) -> None:
    """Planned in Los Angeles for 17:30, in Auckland before it came: there it was 17:30 sixteen and a half hours ago."""
    clock = SetClock(datetime(2026, 12, 2, 15, 0, tzinfo=UTC))
    context, began = replace(context, clock=clock), clock.now() - 9 * DAY

    def write(connection: Connection) -> None:
        schedules.add(
            connection, schedule_id="once", kind=NUDGE, user_id=person.user_id, zone="America/Los_Angeles",
            wall=datetime(2026, 12, 2, 17, 30), now=clock.now(),  # noqa: DTZ001 - wall time
        )  # fmt: skip

    await store.write(write)
    clock.time += timedelta(hours=6)
    await person.write(schedules.move_to_zone, "Pacific/Auckland", now=clock.now())
    await fire_all(context)
    assert [clock.now() - due for _key, due in await store.read(fired)] == [timedelta(minutes=990)]
    await store.write(backlog_watch.watch, clock.now(), began=began)
    assert await store.read(alerts.open_alerts) == []
    clock.time += timedelta(minutes=16)
    await store.write(backlog_watch.watch, clock.now(), began=began)
    assert [alert.key for alert in await store.read(alerts.open_alerts)] == ["waiting:upkeep"]


async def test_the_slot_its_job_and_the_next_slot_are_one_commit(store: Store, context: Context) -> None:
    """The job cannot be put in, since its id is another's: then its slot has not passed either."""
    await add(store, "daily", context.clock, cron="30 7 * * *")
    clock = SetClock(context.clock.now() + timedelta(hours=1))

    def fire_and_die(connection: Connection) -> None:
        assert scheduler.fire(connection, replace(context, clock=clock)) == 1
        raise RuntimeError("the process dies before the commit")

    due = await store.read(schedules.next_at)
    with pytest.raises(RuntimeError):
        await store.write(fire_and_die)
    assert await store.read(fired) == []
    assert await store.read(schedules.next_at) == due
    await fire_all(replace(context, clock=clock))
    assert len(await store.read(fired)) == 1


async def test_a_schedule_of_an_unknown_kind_does_not_stop_the_others(store: Store, context: Context) -> None:
    await add(store, "a", context.clock, cron="30 7 * * *")
    await add(store, "b", context.clock, cron="30 7 * * *")
    await store.write(
        lambda connection: connection.execute("UPDATE schedules SET kind = 'of next year' WHERE id = 'a'")
    )
    await run_for(context, 2 * 86400)
    assert [key[:10] for key, _at in await store.read(fired)] == ["reminder:b", "reminder:b"]


# --- a year --------------------------------------------------------------------------------------------


ZONES = {
    "America/New_York": ["15 2", "30 1"],
    "Europe/Berlin": ["15 2", "0 3"],
    "Australia/Lord_Howe": ["15 2", "45 1"],
}


def first_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the first instant whose local time is not before a wall time of a day, by looking at every minute near it."""
    wall = datetime.combine(day, at)
    near = wall.replace(tzinfo=zone).astimezone(UTC) - timedelta(hours=2)
    if near.astimezone(zone).utcoffset() == (near + timedelta(hours=4)).astimezone(zone).utcoffset():
        return wall.replace(tzinfo=zone).astimezone(UTC)
    minutes: Sequence[datetime] = [near + timedelta(minutes=n) for n in range(240)]
    return next(each for each in minutes if each.astimezone(zone).replace(tzinfo=None) >= wall)


async def test_through_a_year_in_three_zones_each_day_fires_once_at_the_right_instant(
    database: Path, context: Context
) -> None:
    """With both clock changes, in hours that come twice and hours that never come, and a restart at each month's end."""
    start, end = datetime(2026, 1, 1, 12, 0, tzinfo=UTC), datetime(2027, 1, 1, 12, 0, tzinfo=UTC)
    clock = SetClock(start)
    for zone, times in ZONES.items():
        for at in times:
            await add(context.store, f"{zone} {at}", clock, cron=f"{at} * * *", zone=zone)
    month = start.month
    store = context.store
    while month:
        async with open_store(database, threads=InlineThreads(), throwaway=True) as reopened:
            here = replace(context, store=reopened, clock=clock, chance=Random(month))
            while (due := await reopened.read(schedules.next_at)) is not None and due < end and due.month == month:
                clock.time = due
                await fire_all(here)
            month = due.month if due is not None and due < end else 0
    found: dict[str, list[datetime]] = {}
    for key, at in await store.read(fired):
        _kind, name, _wall = key.split(":", 2)
        found.setdefault(name, []).append(at)
    for zone, times in ZONES.items():
        for at in times:
            minute, hour = map(int, at.split())
            days = [date(2026, 1, 1) + n * DAY for n in range(367)]
            wanted = [first_instant(day, time(hour, minute), ZoneInfo(zone)) for day in days]
            assert found[f"{zone} {at}"] == [each for each in wanted if start < each < end], (zone, at)
