from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from ivy.domain.schedule import to_wall
from ivy.store import reminders, schedules
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.reminders import Timing
from ivy.store.scope import PersonStore, for_user

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BOGOTA = "America/Bogota"
TOMORROW_9 = Timing("s1", BOGOTA, wall=datetime.fromisoformat("2026-11-24T09:00"))
DAILY = Timing("s2", BOGOTA, cron="0 20 * * *")


def rows(connection: Connection) -> list[tuple[Any, ...]]:
    found = connection.execute("SELECT id, kind, user_id, ref_id, next_wall, next_at_ms FROM schedules ORDER BY id")
    return [tuple(row) for row in found]


async def fires(store: Store, at: datetime) -> list[str]:
    """Let the time come, as the scheduler and the handler do; return what went out."""
    due = await store.write(schedules.take_due, now=at)
    out = [await for_user(store, each.user_id or "").write(reminders.fire, each.ref_id, now=at) for each in due]
    return [each.text for each in out if each]


async def test_a_reminder_and_its_schedule_are_one(diary_store: Store, ana: PersonStore) -> None:
    made = await ana.write(reminders.add, "r1", "call John", TOMORROW_9, now=NOW)
    assert made.at == datetime(2026, 11, 24, 14, tzinfo=UTC)
    ((_, kind, user, ref, wall, _at),) = await diary_store.read(rows)
    assert (kind, user, ref, wall) == ("reminder", "ana", "r1", "2026-11-24T09:00:00")
    assert await ana.read(reminders.waiting) == [made]
    assert await ana.write(reminders.delete, "r1")
    assert not await ana.write(reminders.delete, "r1")
    assert await diary_store.read(rows) == []
    assert await ana.read(reminders.waiting) == []
    assert await ana.read(reminders.load, "r1") is None


async def test_once_fires_once_and_a_recurring_one_again_and_again(diary_store: Store, ana: PersonStore) -> None:
    await ana.write(reminders.add, "r1", "call John", TOMORROW_9, now=NOW)
    await ana.write(reminders.add, "r2", "vitamins", DAILY, now=NOW)
    assert await ana.read(reminders.soon, now=NOW, limit=5) == [
        "Mon 2026-11-23 20:00 vitamins (recurs)",
        "Tue 2026-11-24 09:00 call John",
    ]
    fired = {day: await fires(diary_store, NOW + timedelta(days=day)) for day in range(1, 5)}
    assert {name for names in fired.values() for name in names} == {"call John", "vitamins"}
    assert [names.count("vitamins") for names in fired.values()] == [1, 1, 1, 1]
    assert sum(names.count("call John") for names in fired.values()) == 1
    assert [each.id for each in await ana.read(reminders.waiting)] == ["r2"]
    assert [each.id for each in await ana.read(reminders.fired_since, NOW)] == ["r2", "r1"]


async def test_a_snooze_brings_what_went_out_back_once(diary_store: Store, ana: PersonStore) -> None:
    made = await ana.write(reminders.add, "r1", "call John", TOMORROW_9, now=NOW)
    later = NOW + timedelta(days=1)
    assert await fires(diary_store, later) == ["call John"]
    again = Timing("s3", BOGOTA, wall=to_wall(later + timedelta(minutes=10), BOGOTA))
    await ana.write(reminders.snooze, made, again, new_id="r9", now=later)
    assert await fires(diary_store, later + timedelta(minutes=9)) == []
    assert await fires(diary_store, later + timedelta(minutes=10)) == ["call John"]
    assert await fires(diary_store, later + timedelta(days=30)) == []


async def test_a_snooze_leaves_the_rhythm_as_it_is(diary_store: Store, ana: PersonStore) -> None:
    daily = await ana.write(reminders.add, "r2", "vitamins", DAILY, now=NOW)
    soon = Timing("s3", BOGOTA, wall=datetime.fromisoformat("2026-11-23T20:15"))
    copy = await ana.write(reminders.snooze, daily, soon, new_id="r9", now=NOW)
    assert (copy.id, copy.cron, copy.text) == ("r9", "", "vitamins")
    assert await ana.read(reminders.load, "r2") == daily
    assert await fires(diary_store, datetime(2026, 11, 24, 1, 20, tzinfo=UTC)) == ["vitamins", "vitamins"]
    assert await fires(diary_store, datetime(2026, 11, 25, 1, 20, tzinfo=UTC)) == ["vitamins"]


async def test_what_was_given_a_later_time_is_not_said_at_the_old_one(diary_store: Store, ana: PersonStore) -> None:
    await ana.write(reminders.add, "r1", "call John", TOMORROW_9, now=NOW)
    due = await diary_store.write(schedules.take_due, now=NOW + timedelta(days=1))
    moved = Timing("s4", BOGOTA, wall=datetime.fromisoformat("2026-11-24T18:00"))
    await ana.write(reminders.retime, "r1", moved, now=NOW + timedelta(days=1))
    assert await ana.write(reminders.fire, due[0].ref_id, now=NOW + timedelta(days=1)) is None
    assert await fires(diary_store, datetime(2026, 11, 24, 23, tzinfo=UTC)) == ["call John"]


async def test_a_new_time_never_goes_by_the_name_of_an_old_slot(diary_store: Store, ana: PersonStore) -> None:
    await ana.write(reminders.add, "r1", "call John", TOMORROW_9, now=NOW)
    (before,) = await diary_store.read(rows)
    same_time = Timing("s4", BOGOTA, wall=datetime.fromisoformat("2026-11-24T09:00"))
    await ana.write(reminders.retime, "r1", same_time, now=NOW)
    (after,) = await diary_store.read(rows)
    assert (before[0], after[0]) == ("s1", "s4")
    assert before[1:] == after[1:]


async def test_words_can_be_changed_without_touching_the_time(ana: PersonStore) -> None:
    made = await ana.write(reminders.add, "r1", "call John", TOMORROW_9, now=NOW)
    await ana.write(reminders.reword, "r1", "call Jane")
    (now,) = await ana.read(reminders.waiting)
    assert (now.text, now.at) == ("call Jane", made.at)


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected"),
    [
        ("America/New_York", (2027, 3, 14), (2, 30), datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),  # left out: 3:00 EDT
        ("America/New_York", (2026, 11, 1), (1, 30), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),  # twice: the first
        ("Europe/Madrid", (2027, 3, 28), (2, 30), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("Europe/Madrid", (2026, 10, 25), (2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", (2026, 10, 4), (2, 15), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", (2027, 4, 4), (1, 45), datetime(2027, 4, 3, 14, 45, tzinfo=UTC)),
    ],
)
async def test_on_days_when_clocks_change_it_fires_once_and_at_the_right_instant(
    diary_store: Store,
    ana: PersonStore,
    zone: str,
    day: tuple[int, int, int],
    clock: tuple[int, int],
    expected: datetime,
) -> None:
    before, wall = expected - timedelta(hours=20), datetime.combine(date(*day), time(*clock))
    once = await ana.write(reminders.add, "once", "once", Timing("s1", zone, wall=wall), now=before)
    cron = f"{clock[1]} {clock[0]} * * *"
    daily = await ana.write(reminders.add, "daily", "daily", Timing("s2", zone, cron=cron), now=before)
    assert once.at == daily.at == expected
    assert await fires(diary_store, expected - timedelta(seconds=1)) == []
    assert sorted(await fires(diary_store, expected)) == ["daily", "once"]
    assert await fires(diary_store, expected + timedelta(hours=4)) == []
    assert await fires(diary_store, expected + timedelta(hours=26)) == ["daily"]


async def test_nobody_touches_anothers_reminders(diary_store: Store, ana: PersonStore, ben: PersonStore) -> None:
    made = await ana.write(reminders.add, "r1", "call John", TOMORROW_9, now=NOW)
    assert await ben.read(reminders.waiting) == []
    assert await ben.read(reminders.load, "r1") is None
    assert not await ben.write(reminders.delete, "r1")
    await ben.write(reminders.reword, "r1", "mine")
    assert await ben.write(reminders.fire, "r1", now=NOW) is None
    assert await ana.read(reminders.waiting) == [made]
    assert len(await diary_store.read(rows)) == 1
