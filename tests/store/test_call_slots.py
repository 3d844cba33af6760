"""The slots that people choose, in the file: each with its schedules, planned anew with every change."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from ivy.domain.consent import Purpose
from ivy.domain.slots import BadSlot, By, SlotKind
from ivy.store import call_slots, consents, onboarding, schedules
from ivy.store.binding import Connection
from ivy.store.call_slots import Slot
from ivy.store.database import Store
from ivy.store.onboarding import Coaching
from ivy.store.people import NewPerson, add
from ivy.store.scope import PersonStore, Scope, for_user

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
"""Nine on a Monday morning in New York."""


@pytest.fixture
def new_id() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"id-{next(numbers):04}"


async def choose(person: PersonStore, new_id: Callable[[], str], at: str = "07:00", **more: object) -> Slot:
    def write(scope: Scope) -> Slot:
        wish = {"kind": SlotKind.MORNING, "by": By.VOICE, "days": "*", "consent_id": None, "now": NOW} | more
        kind, by, days = wish.pop("kind"), wish.pop("by"), wish.pop("days")
        return call_slots.set_slot(scope, kind, by, at, days, new_id=new_id, **wish)  # type: ignore[arg-type]

    return await person.write(write)


def planned(connection: Connection) -> list[tuple[str, str, str]]:
    rows = connection.execute("SELECT kind, next_wall, ref_id FROM schedules ORDER BY kind")
    return [(row["kind"], row["next_wall"], row["ref_id"]) for row in rows]


async def test_a_slot_has_its_schedule_and_one_for_its_nudge(
    store: Store, person: PersonStore, new_id: Callable[[], str]
) -> None:
    slot = await choose(person, new_id, nudge_minutes=15)
    assert (slot.kind, slot.by, slot.at, slot.zone) == (SlotKind.MORNING, By.VOICE, "07:00", "America/New_York")
    assert slot.wall == datetime(2026, 11, 24, 7, 0)  # noqa: DTZ001 - wall time is naive
    assert slot.next_at == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert await store.read(planned) == [
        ("call_slot", "2026-11-24T07:00:00", slot.id),
        ("nudge", "2026-11-24T06:45:00", f"slot:{slot.id}"),
    ]


async def test_a_change_keeps_the_slot_and_plans_it_anew(
    store: Store, person: PersonStore, new_id: Callable[[], str]
) -> None:
    first = await choose(person, new_id, nudge_minutes=15)
    await person.write(call_slots.note_unanswered, first.id, "call-1")
    changed = await choose(person, new_id, "18:30", by=By.TEXT, days="1-5")
    assert (changed.id, changed.at, changed.days, changed.by) == (first.id, "18:30", "1-5", By.TEXT)
    assert changed.unanswered == 0
    assert await store.read(planned) == [("call_slot", "2026-11-23T18:30:00", first.id)]
    assert await person.read(call_slots.of) == [changed]


async def test_a_slot_that_is_off_fires_no_more_and_can_come_back(
    store: Store, person: PersonStore, new_id: Callable[[], str]
) -> None:
    slot = await choose(person, new_id, nudge_minutes=15)
    assert await person.write(call_slots.off, SlotKind.MORNING, now=NOW)
    assert not await person.write(call_slots.off, SlotKind.MORNING, now=NOW)
    assert await store.read(planned) == []
    assert await person.read(call_slots.of) == await store.read(call_slots.everyone) == []
    kept = await person.read(call_slots.load, slot.id)
    assert kept is not None and not kept.is_on and kept.next_at is None
    assert (await choose(person, new_id, "08:00")).id == slot.id
    assert len(await person.read(call_slots.of)) == 1


async def test_what_no_day_has_changes_nothing(store: Store, person: PersonStore, new_id: Callable[[], str]) -> None:
    slot = await choose(person, new_id)
    with pytest.raises(BadSlot):
        await choose(person, new_id, "25:00")
    with pytest.raises(BadSlot):
        await choose(person, new_id, nudge_minutes=999)
    assert await person.read(call_slots.of) == [slot]


async def test_who_moves_keeps_the_time_of_day_in_the_same_commit(
    store: Store, person: PersonStore, new_id: Callable[[], str]
) -> None:
    slot = await choose(person, new_id, nudge_minutes=15)
    assert await person.write(onboarding.move, "Europe/Madrid", now=NOW) == 2
    moved = await person.read(call_slots.load, slot.id)
    assert moved is not None
    assert (moved.at, moved.zone, moved.next_at) == ("07:00", "Europe/Madrid", datetime(2026, 11, 24, 6, 0, tzinfo=UTC))


async def fires(store: Store, until: datetime) -> list[tuple[date, datetime]]:
    """Let time pass hour by hour; return the local dates that slots fired for, and when."""
    found: list[tuple[date, datetime]] = []
    while (due := await store.read(schedules.next_at)) is not None and due <= until:
        found += [(each.wall.date(), each.at) for each in await store.write(schedules.take_due, now=due)]
    return found


@pytest.mark.parametrize("zone", ["America/New_York", "America/Santiago"])
@pytest.mark.parametrize("at", ["00:30", "02:30", "07:00"])
async def test_a_year_fires_once_each_local_date(
    store: Store, person: PersonStore, new_id: Callable[[], str], zone: str, at: str
) -> None:
    await person.write(onboarding.move, zone, now=NOW)
    await choose(person, new_id, at)
    fired = await fires(store, NOW + timedelta(days=365))
    days = [day for day, _at in fired]
    assert len(days) == 365
    assert days == [days[0] + timedelta(days=number) for number in range(365)]


async def test_a_date_that_is_lived_twice_or_never_is_told_by_its_local_date(
    store: Store, person: PersonStore, new_id: Callable[[], str]
) -> None:
    """Over the date line: the slot fires on each side, and the date says which of the two is the second of one day."""
    await person.write(onboarding.move, "Pacific/Auckland", now=NOW)
    await choose(person, new_id)
    first = await fires(store, NOW + timedelta(hours=8))
    assert [day for day, _at in first] == [date(2026, 11, 24)]
    landed = NOW + timedelta(hours=9)
    await person.write(onboarding.move, "Pacific/Honolulu", now=landed)
    second = await fires(store, landed + timedelta(days=1))
    assert [day for day, _at in second] == [date(2026, 11, 24)]
    back = landed + timedelta(days=1)
    await person.write(onboarding.move, "Pacific/Auckland", now=back)
    third = await fires(store, back + timedelta(days=1))
    assert [day for day, _at in third] == [date(2026, 11, 26)]


async def test_the_consent_that_stands_for_a_slot_is_the_last_word(person: PersonStore) -> None:
    assert await person.read(call_slots.consent_of, Purpose.CALLS) is None
    await person.write(consents.record, Purpose.CALLS, granted=True, proof="yes", now=NOW)
    first = await person.read(call_slots.consent_of, Purpose.CALLS)
    assert first is not None
    assert await person.read(call_slots.consent_of, Purpose.MESSAGES) is None
    await person.write(consents.record, Purpose.CALLS, granted=False, proof="no", now=NOW)
    assert await person.read(call_slots.consent_of, Purpose.CALLS) is None


async def test_contacts_without_an_answer_are_counted_in_a_row_once_a_call(
    person: PersonStore, new_id: Callable[[], str]
) -> None:
    slot = await choose(person, new_id)

    async def after(call_id: str) -> int:
        await person.write(call_slots.note_unanswered, slot.id, call_id)
        found = await person.read(call_slots.load, slot.id)
        return found.unanswered if found else -1

    assert [await after(call) for call in ("one", "one", "two")] == [1, 1, 2]
    await person.write(call_slots.note_answered, slot.id)
    assert await after("three") == 1


async def test_nobody_changes_a_slot_of_anothers(store: Store, person: PersonStore, new_id: Callable[[], str]) -> None:
    slot = await choose(person, new_id)
    await store.write(add, NewPerson("ben", "Ben", "active", "en-US", "Europe/Madrid", "EUR"), now=NOW)
    ben = for_user(store, "ben")
    assert await ben.read(call_slots.load, slot.id) is None
    assert not await ben.write(call_slots.off, SlotKind.MORNING, now=NOW)
    await ben.write(call_slots.note_unanswered, slot.id, "call-1")
    await choose(ben, new_id, "08:00")
    assert await person.read(call_slots.of) == [slot]
    assert [each.user_id for each in await store.read(call_slots.everyone)] == ["ben", "ana"]


async def test_an_operator_plans_a_week_and_a_month_at_once(person: PersonStore, new_id: Callable[[], str]) -> None:
    told = Coaching(slots={SlotKind.WEEKLY: "17:00", SlotKind.MORNING: "06:30"})
    await person.write(onboarding.coach, told, new_id=new_id, now=NOW)
    found = await person.read(call_slots.of)
    assert [(slot.kind, slot.at, slot.days) for slot in found] == [
        (SlotKind.MORNING, "06:30", "*"),
        (SlotKind.WEEKLY, "17:00", "0"),
        (SlotKind.MONTHLY, "18:30", "1"),
    ]
    await person.write(onboarding.coach, Coaching(slots={SlotKind.WEEKLY: ""}), new_id=new_id, now=NOW)
    assert [slot.kind for slot in await person.read(call_slots.of)] == [SlotKind.MORNING]
