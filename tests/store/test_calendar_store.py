from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ivy.domain.schedule import BadCron
from ivy.store import calendar
from ivy.store.calendar import NewEvent
from ivy.store.scope import PersonStore

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BOGOTA, MADRID = "America/Bogota", "Europe/Madrid"


def event(name: str, day: str, start: str, end: str, *, zone: str = BOGOTA, cron: str = "") -> NewEvent:
    at = [datetime.fromisoformat(f"{day}T{clock}") for clock in (start, end)]
    return NewEvent(name, name, at[0], at[1], zone, cron=cron)


def all_day(name: str, day: str, days: int = 1) -> NewEvent:
    start = datetime.fromisoformat(day)
    return NewEvent(name, name, start, start + timedelta(days=days), BOGOTA, all_day=True)


def span(first: str, last: str) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(f"{first}T05:00+00:00"), datetime.fromisoformat(f"{last}T05:00+00:00")


async def titles(person: PersonStore, first: str, last: str) -> list[str]:
    return [slot.event.title for slot in await person.read(calendar.listed, *span(first, last))]


async def test_what_is_booked_is_listed_in_order_and_only_where_it_lies(ana: PersonStore) -> None:
    for each in (
        event("late", "2026-11-24", "18:00", "19:00"),
        event("early", "2026-11-24", "08:00", "09:00"),
        event("over midnight", "2026-11-24", "23:00", "23:59"),
        all_day("holiday", "2026-11-23", 2),
        event("next week", "2026-12-01", "08:00", "09:00"),
    ):
        await ana.write(calendar.book, each, now=NOW)
    assert await titles(ana, "2026-11-24", "2026-11-25") == ["holiday", "early", "late", "over midnight"]
    assert await titles(ana, "2026-11-25", "2026-11-26") == []


async def test_a_title_is_kept_on_one_line_without_what_nobody_sees(ana: PersonStore) -> None:
    slot = await ana.write(
        calendar.book, replace(event("e", "2026-11-24", "08:00", "09:00"), title="a\u200bb\n\x00 c" * 200), now=NOW
    )
    assert slot.event.title.startswith("ab ca")
    assert len(slot.event.title) == calendar.LONGEST_TITLE
    assert await titles(ana, "2026-11-24", "2026-11-25") == [slot.event.title]


async def test_recurring_events_keep_their_local_hour_when_the_clocks_change(ben: PersonStore) -> None:
    weekly = event("call", "2026-10-19", "09:00", "10:00", zone=MADRID, cron="0 9 * * 1")
    await ben.write(calendar.book, weekly, now=NOW)
    slots = await ben.read(calendar.listed, datetime(2026, 10, 18, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
    assert [slot.starts.hour for slot in slots] == [9, 9, 9]
    assert [slot.starts_at.hour for slot in slots] == [7, 8, 8]


async def test_a_recurring_event_begins_on_the_first_day_its_rhythm_allows(ana: PersonStore) -> None:
    slot = await ana.write(calendar.book, event("gym", "2026-11-24", "07:00", "08:00", cron="0 7 * * 5"), now=NOW)
    assert slot.starts == datetime.fromisoformat("2026-11-27T07:00")
    assert await titles(ana, "2026-11-20", "2026-11-27") == []
    assert await titles(ana, "2026-11-27", "2026-12-05") == ["gym", "gym"]


@pytest.mark.parametrize(
    ("start", "end", "conflict"),
    [("08:00", "09:00", False), ("08:30", "09:01", True), ("09:59", "11:00", True), ("10:00", "11:00", False),
     ("09:15", "09:30", True), ("08:00", "12:00", True)],
)  # fmt: skip
async def test_events_that_touch_do_not_conflict_and_those_that_overlap_do(
    ana: PersonStore, start: str, end: str, conflict: bool
) -> None:
    await ana.write(calendar.book, event("dentist", "2026-11-24", "09:00", "10:00"), now=NOW)
    found = await ana.read(calendar.conflicts, event("new", "2026-11-24", start, end))
    assert bool(found) is conflict


async def test_recurrences_conflict_both_ways(ana: PersonStore) -> None:
    await ana.write(calendar.book, event("gym", "2026-11-24", "07:00", "08:00", cron="0 7 * * 5"), now=NOW)
    clash = await ana.read(calendar.conflicts, event("flight", "2026-12-18", "07:30", "11:00"))
    assert [slot.starts for slot in clash] == [datetime.fromisoformat("2026-12-18T07:00")]
    daily = event("meditation", "2026-11-24", "07:45", "08:15", cron="45 7 * * *")
    assert {slot.event.title for slot in await ana.read(calendar.conflicts, daily)} == {"gym"}
    weekly = event("yoga", "2026-11-24", "07:00", "08:00", cron="0 7 * * 4")
    assert await ana.read(calendar.conflicts, weekly) == []


async def test_nothing_is_in_the_way_of_itself_and_all_day_is_in_nobodys(ana: PersonStore) -> None:
    booked = event("dentist", "2026-11-24", "09:00", "10:00")
    await ana.write(calendar.book, booked, now=NOW)
    assert await ana.read(calendar.conflicts, replace(booked, ends=datetime.fromisoformat("2026-11-24T11:00"))) == []
    assert await ana.read(calendar.conflicts, all_day("holiday", "2026-11-24")) == []
    await ana.write(calendar.book, all_day("birthday", "2026-11-25"), now=NOW)
    assert await ana.read(calendar.conflicts, event("lunch", "2026-11-25", "12:00", "13:00")) == []


async def test_a_changed_event_stands_at_its_new_time_and_a_cancelled_one_nowhere(ana: PersonStore) -> None:
    booked = event("dentist", "2026-11-24", "09:00", "10:00")
    await ana.write(calendar.book, booked, now=NOW)
    await ana.write(calendar.update, replace(event("dentist", "2026-11-26", "15:00", "16:00"), title="doctor"))
    assert await titles(ana, "2026-11-24", "2026-11-25") == []
    assert await titles(ana, "2026-11-26", "2026-11-27") == ["doctor"]
    assert await ana.write(calendar.cancel, "dentist")
    assert not await ana.write(calendar.cancel, "dentist")
    assert await titles(ana, "2026-11-26", "2026-11-27") == []
    assert await ana.read(calendar.load, "dentist") is None


async def test_an_event_in_the_hour_that_is_left_out_has_its_length_all_the_same(ben: PersonStore) -> None:
    slot = await ben.write(calendar.book, event("nap", "2027-03-28", "02:10", "02:40", zone=MADRID), now=NOW)
    assert slot.starts_at == datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert slot.ends_at - slot.starts_at == timedelta(minutes=30)


async def test_what_comes_next_and_what_is_over(ana: PersonStore) -> None:
    await ana.write(calendar.book, event("over", "2026-11-23", "08:00", "09:00"), now=NOW)
    await ana.write(calendar.book, event("running", "2026-11-23", "09:30", "11:00"), now=NOW)
    await ana.write(calendar.book, event("gym", "2026-01-01", "07:00", "08:00", cron="0 7 * * *"), now=NOW)
    found = await ana.read(calendar.upcoming, NOW)
    assert [(slot.event.title, slot.starts.day) for slot in found] == [("running", 23), ("gym", 24)]
    assert await ana.read(calendar.counts, NOW) == (2, 1)
    assert (await ana.read(calendar.soon, now=NOW, limit=2)) == [
        "Mon 2026-11-23 09:30-11:00 running",
        "Tue 2026-11-24 07:00-08:00 gym",
    ]


async def test_a_rhythm_that_never_comes_due_is_not_booked(ana: PersonStore) -> None:
    with pytest.raises(BadCron):
        await ana.write(calendar.book, event("never", "2026-11-24", "07:00", "08:00", cron="0 7 30 2 *"), now=NOW)
    assert await ana.read(calendar.counts, NOW) == (0, 0)


async def test_nobody_touches_anothers_calendar(ana: PersonStore, ben: PersonStore) -> None:
    booked = event("dentist", "2026-11-24", "09:00", "10:00")
    await ana.write(calendar.book, booked, now=NOW)
    assert await titles(ben, "2026-11-24", "2026-11-25") == []
    assert await ben.read(calendar.conflicts, event("mine", "2026-11-24", "09:00", "10:00")) == []
    assert await ben.read(calendar.load, "dentist") is None
    assert not await ben.write(calendar.cancel, "dentist")
    await ben.write(calendar.update, replace(booked, title="taken over"))
    assert await titles(ana, "2026-11-24", "2026-11-25") == ["dentist"]
