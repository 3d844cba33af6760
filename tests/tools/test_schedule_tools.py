"""Who is contacted when, how and by whose clock is theirs to change: at once, with their words as consent."""

from datetime import UTC, datetime

import msgspec
import pytest

from ivy.domain.consent import Purpose
from ivy.domain.slots import By, SlotKind
from ivy.ports import ToolCall
from ivy.store import call_slots, consents, people
from ivy.store.database import Store
from ivy.store.people import NewPerson
from ivy.store.scope import for_user
from ivy.tools import schedule
from ivy.tools.executor import Place, execute
from ivy.tools.registry import Registry, TurnContext
from tests.tools.diary import MONDAY, Diary, diary_of

REGISTRY = Registry(schedule.TOOLS)


@pytest.fixture
async def mia(store: Store) -> Diary:
    """Mia in New York, whose number is known."""
    found = await diary_of(
        store, NewPerson("mia", "Mia", "active", "en-US", "America/New_York", "USD", "+12025550177"), now=MONDAY
    )
    return Diary(found.rows, found.person, REGISTRY, found.new_id, MONDAY)


@pytest.fixture
async def sol(store: Store) -> Diary:
    """Sol in Bogotá, of whom only a name shows."""
    found = await diary_of(store, NewPerson("sol", "Sol", "active", "es-CO", "America/Bogota", "COP"), now=MONDAY)
    return Diary(found.rows, found.person, REGISTRY, found.new_id, MONDAY)


async def slots(diary: Diary) -> list[tuple[str, str, str, str]]:
    return [(slot.kind.value, slot.by.value, slot.at, slot.days) for slot in await diary.rows.read(call_slots.of)]


async def test_a_time_that_is_named_is_planned_in_the_same_commit_and_said_back(mia: Diary) -> None:
    said = await mia("change_contact_time", when="6:30 am", by="voice")
    assert said == "Done: morning, by phone: every day, 6:30 am; next Tue 24 Nov."
    (slot,) = await mia.rows.read(call_slots.of)
    assert (slot.next_at, slot.zone) == (datetime(2026, 11, 24, 11, 30, tzinfo=UTC), "America/New_York")
    assert slot.consent_id == await mia.rows.read(call_slots.consent_of, Purpose.CALLS)
    assert await mia.rows.read(consents.current) == {Purpose.CALLS}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"when": "6:30"}, ("morning", "text", "06:30", "*")),
        ({"when": "weekdays at 7"}, ("morning", "text", "07:00", "1-5")),
        ({"when": "8pm"}, ("evening", "text", "20:00", "*")),
        ({"when": "at 9", "which": "evening"}, ("evening", "text", "21:00", "*")),
        ({"when": "saturday at 10 am", "which": "weekly"}, ("weekly", "text", "10:00", "6")),
        ({"when": "at 5", "which": "monthly"}, ("monthly", "text", "17:00", "1")),
        ({"when": "every monday at 7", "by": "voice"}, ("morning", "voice", "07:00", "1")),
    ],
)
async def test_which_contact_is_meant_follows_from_the_time(
    mia: Diary, arguments: dict[str, str], expected: tuple[str, str, str, str]
) -> None:
    await mia("change_contact_time", **arguments)
    assert await slots(mia) == [expected]


async def test_mejor_en_la_noche_takes_the_place_of_the_morning(sol: Diary) -> None:
    await sol("change_contact_time", when="7 am")
    said = await sol("change_contact_time", when="en la noche a las 8", which="evening", instead=True)
    assert said == "Hecho: noche, por escrito: todos los días, 20:00; la próxima lun 23 nov."
    assert await slots(sol) == [("evening", "text", "20:00", "*")]


async def test_a_change_of_time_keeps_the_way_and_the_nudge(mia: Diary) -> None:
    await mia("change_contact_time", when="7 am", by="voice")
    await mia.rows.write(
        lambda scope: call_slots.set_slot(
            scope,
            SlotKind.MORNING,
            By.VOICE,
            "07:00",
            "*",
            consent_id=None,
            nudge_minutes=10,
            new_id=mia.new_id,
            now=MONDAY,
        )
    )
    await mia("change_contact_time", when="8:15 am")
    (slot,) = await mia.rows.read(call_slots.of)
    assert (slot.at, slot.by, slot.nudge_minutes) == ("08:15", By.VOICE, 10)


@pytest.mark.parametrize("when", ["", "whenever", "in the morning", "25:00"])
async def test_a_time_that_is_none_is_asked_for(mia: Diary, when: str) -> None:
    assert "what time" in await mia.fails("change_contact_time", when=when)
    assert await slots(mia) == []


async def test_who_gave_no_number_is_asked_for_it_and_nothing_is_changed(sol: Diary) -> None:
    assert "número" in await sol.fails("change_contact_time", when="7 am", by="voice")
    assert "número" in await sol.fails("change_contact_way", way="voice")
    assert await slots(sol) == []
    assert (await sol.rows.read(people.load)).mode == "text"
    assert await sol.rows.read(consents.current) == frozenset()


async def test_another_way_changes_every_slot(mia: Diary) -> None:
    for when in ("7 am", "8 pm"):
        await mia("change_contact_time", when=when)
    await mia("change_contact_way", way="voice")
    assert [by for _kind, by, _at, _days in await slots(mia)] == ["voice", "voice"]
    await mia("change_contact_way", way="mixed")
    assert [by for _kind, by, _at, _days in await slots(mia)] == ["voice", "text"]
    await mia("change_contact_way", way="text")
    assert [by for _kind, by, _at, _days in await slots(mia)] == ["text", "text"]
    assert (await mia.rows.read(people.load)).mode == "text"


async def test_a_way_without_a_slot_is_kept_for_later(mia: Diary) -> None:
    assert "Nothing is booked" in await mia("change_contact_way", way="voice")
    await mia("change_contact_time", when="7 am")
    assert await slots(mia) == [("morning", "voice", "07:00", "*")]


async def test_the_schedule_is_told(mia: Diary) -> None:
    assert "Nothing is booked" in await mia("show_schedule")
    await mia("change_contact_time", when="7 am")
    await mia("change_contact_time", when="6 pm", which="weekly")
    await mia("pause_contacts")
    assert (await mia("show_schedule")).splitlines() == [
        "- morning, in writing: every day, 7:00 am; next Tue 24 Nov",
        "- week, in writing: every Sun, 6:00 pm; next Sun 29 Nov",
        "All of it is paused.",
    ]


async def test_a_pause_is_instant_and_so_is_its_end(mia: Diary) -> None:
    await mia("change_contact_time", when="7 am")
    await mia("pause_contacts")
    assert (await mia.rows.read(people.load)).status == "paused"
    assert await mia("resume_contacts") == "Good. The next time is Tue 24 Nov, 7:00 am."
    assert (await mia.rows.read(people.load)).status == "active"


async def test_a_pause_may_have_an_end(mia: Diary) -> None:
    assert await mia("pause_contacts", until="friday") == "Okay, I'm quiet until Fri 27 Nov; your reminders still come."
    person = await mia.rows.read(people.load)
    assert (person.status, person.suspended_until) == ("active", datetime(2026, 11, 27, 5, tzinfo=UTC))
    assert "here again" in await mia("resume_contacts")
    assert (await mia.rows.read(people.load)).suspended_until is None
    assert "to come" in await mia.fails("pause_contacts", until="every day at 7")


async def test_no_tool_takes_back_a_stop(mia: Diary) -> None:
    await mia.rows.write(people.set_status, "stopped")
    assert "START" in await mia.fails("resume_contacts")
    assert "START" in await mia.fails("pause_contacts")
    assert (await mia.rows.read(people.load)).status == "stopped"


async def test_another_place_moves_the_hour_and_not_the_time_of_day(sol: Diary) -> None:
    await sol("change_contact_time", when="7 am")
    said = await sol("change_zone", place="Madrid")
    assert "Madrid" in said and "16:00" in said
    (slot,) = await sol.rows.read(call_slots.of)
    assert (slot.at, slot.next_at) == ("07:00", datetime(2026, 11, 24, 6, 0, tzinfo=UTC))
    assert (await sol.rows.read(people.load)).zone == "Europe/Madrid"


@pytest.mark.parametrize(("place", "why"), [("Atlantis", "city"), ("the United States", "clock"), ("", "city")])
async def test_a_place_with_several_clocks_or_none_is_asked_about(mia: Diary, place: str, why: str) -> None:
    assert why in await mia.fails("change_zone", place=place)
    assert (await mia.rows.read(people.load)).zone == "America/New_York"


async def test_calls_that_exceed_the_minutes_are_refused_when_they_are_chosen(mia: Diary, store: Store) -> None:
    async def wants(minutes: int, **arguments: str) -> str:
        context = TurnContext(mia.person, MONDAY, mia.new_id, "trace", minutes_of_calls=minutes)
        call = ToolCall("c1", "change_contact_time", msgspec.json.encode(arguments).decode())
        place = Place(f"turn-{mia.new_id()}", 1, 0)
        return (await execute(for_user(store, "mia"), REGISTRY, call, place, context)).content

    assert "Done" in await wants(100, when="7 am", by="voice")
    refused = await wants(100, when="8 pm", by="voice")
    assert refused.startswith("Those calls would take about 140 minutes a month, and 100 are there for one person.")
    assert await slots(mia) == [("morning", "voice", "07:00", "*")]
    assert "Done" in await wants(100, when="8 pm", by="text")
    assert "Done" in await wants(200, when="8 pm", by="voice")
    assert "Done" in await wants(100, when="9 pm")  # it takes no more than before
    assert "Done" in await wants(0, when="6 pm", which="weekly", by="voice")


async def test_calls_that_nobody_can_be_given_are_refused_when_they_are_chosen(mia: Diary, store: Store) -> None:
    """By everybody's minutes of a day together, and by where our number gets to."""
    other = await diary_of(
        store, NewPerson("tom", "Tom", "active", "en-US", "America/New_York", "USD", "+12025550178"), now=MONDAY
    )

    async def wants(who: Diary, tool: str, *, minutes: int = 0, reached: bool = True, **arguments: str) -> str:
        context = TurnContext(
            who.person, MONDAY, who.new_id, "trace", minutes_a_day=minutes, gets_to=lambda _number: reached
        )
        call = ToolCall("c1", tool, msgspec.json.encode(arguments).decode())
        place = Place(f"turn-{who.new_id()}", 1, 0)
        return (await execute(for_user(store, who.person.id), REGISTRY, call, place, context)).content

    assert "Done" in await wants(mia, "change_contact_time", minutes=4, when="7 am", by="voice")
    assert "no minutes left" in await wants(other, "change_contact_time", minutes=4, when="7 am", by="voice")
    assert "Done" in await wants(other, "change_contact_time", minutes=4, when="7 am", by="text")
    assert "can't phone yours" in await wants(other, "change_contact_way", reached=False, way="voice")
    assert "can't phone yours" in await wants(other, "change_contact_time", reached=False, when="8 am", by="voice")
    assert "Done" in await wants(other, "change_contact_time", reached=False, when="8 am")
    found = await store.read(call_slots.everyone)
    assert sorted((each.user_id, each.by.value, each.at) for each in found) == [
        ("mia", "voice", "07:00"),
        ("tom", "text", "08:00"),
    ]


async def test_where_nobody_is_phoned_no_call_is_promised(mia: Diary, store: Store) -> None:
    async def wants(tool: str, *, phones: bool = False, **arguments: str) -> str:
        context = TurnContext(mia.person, MONDAY, mia.new_id, "trace", phones=phones, gets_to=lambda _number: True)
        call = ToolCall("c1", tool, msgspec.json.encode(arguments).decode())
        place = Place(f"turn-{mia.new_id()}", 1, 0)
        return (await execute(for_user(store, "mia"), REGISTRY, call, place, context)).content

    assert "so I write" in await wants("change_contact_way", way="mixed")
    said = await wants("change_contact_time", when="7 am", by="voice")
    assert "in writing" in said and "by phone" not in said and "so I write at those times" in said
    assert await slots(mia) == [("morning", "text", "07:00", "*")]
    said = await wants("change_contact_way", way="voice")
    assert "by phone" not in said and "so I write at those times" in said
    assert await slots(mia) == [("morning", "text", "07:00", "*")]
    assert Purpose.CALLS not in await mia.rows.read(consents.current)
    assert "so I write" not in await wants("change_contact_way", way="text")
    assert "by phone" in await wants("change_contact_way", phones=True, way="voice")


async def test_a_call_is_as_good_as_a_message_and_the_proof_says_which(mia: Diary, store: Store) -> None:
    context = TurnContext(mia.person, MONDAY, mia.new_id, "trace", source="call")
    call = ToolCall("c1", "change_contact_time", '{"when": "6:45 am"}')
    result = await execute(for_user(store, "mia"), REGISTRY, call, Place("call", 1, 0), context)
    assert not result.failed
    proof = await store.read(lambda connection: connection.execute("SELECT proof FROM consents").fetchone()["proof"])
    assert "by call" in proof and "6:45 am" in proof
