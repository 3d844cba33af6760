from datetime import timedelta

import msgspec
import pytest

from ivy.store import calendar
from ivy.store.scope import Scope
from ivy.tools.executor import Place
from tests.tools.diary import Diary


async def test_an_appointment_is_booked_in_the_persons_zone_and_said_back(ben: Diary, ana: Diary) -> None:
    assert await ben("book_event", title="dentist", when="tomorrow 2pm") == (
        "Booked: dentist, Tue 24 Nov, 2:00 pm to 3:00 pm."
    )
    assert await ana("book_event", title="odontólogo", when="mañana a las 2 pm", duration="media hora") == (
        "Agendado: odontólogo, mar 24 nov, 14:00 a 14:30."
    )
    (slot,) = await ben.rows.read(calendar.upcoming, ben.now)
    assert (slot.event.zone, slot.starts_at.hour) == ("America/New_York", 19)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"when": "friday 3 to 4pm"}, "trip, Fri 27 Nov, 3:00 pm to 4:00 pm"),
        ({"when": "tomorrow 11pm", "duration": "2 hours"}, "trip, Tue 24 Nov, 11:00 pm to Wed 25 Nov, 1:00 am"),
        ({"when": "friday"}, "trip, Fri 27 Nov, all day"),
        ({"when": "friday", "duration": "3 days"}, "trip, Fri 27 Nov to Sun 29 Nov, all day"),
        ({"when": "2027-01-05T09:00"}, "trip, Tue 5 Jan 2027, 9:00 am to 10:00 am"),
        ({"when": "every tuesday at 7am"}, "trip, every Tue, 7:00 am to 8:00 am, first on Tue 24 Nov"),
    ],
)
async def test_spans_days_and_rhythms(ben: Diary, arguments: dict[str, str], said: str) -> None:
    assert await ben("book_event", title="trip", **arguments) == f"Booked: {said}."


async def test_what_is_booked_already_is_named_until_the_person_agrees(ben: Diary) -> None:
    await ben("book_event", title="dentist", when="tomorrow 2pm")
    why = await ben.fails("book_event", title="lunch", when="tomorrow 2:30pm")
    assert why == ("There is already dentist, Tue 24 Nov, 2:00 pm to 3:00 pm. Should I book it all the same?")
    assert len(await ben.rows.read(calendar.upcoming, ben.now)) == 1
    await ben("book_event", title="lunch", when="tomorrow 2:30pm", despite_conflict=True)
    assert len(await ben.rows.read(calendar.upcoming, ben.now)) == 2
    await ben("book_event", title="coffee", when="tomorrow 3:30pm")


async def test_a_list_is_told_day_by_day(ben: Diary) -> None:
    assert await ben("list_events", period="tomorrow") == "Nothing in your calendar: Tue 24 Nov."
    await ben("book_event", title="dentist", when="tomorrow 2pm")
    await ben("book_event", title="gym", when="every tuesday at 7am")
    await ben("book_event", title="birthday", when="tomorrow")
    assert await ben("list_events", period="tomorrow") == (
        "Your calendar, Tue 24 Nov:\n"
        "Tue 24 Nov: all day birthday\nTue 24 Nov: 7:00 am to 8:00 am gym\nTue 24 Nov: 2:00 pm to 3:00 pm dentist"
    )
    assert (await ben("list_events", period="next week")).count("gym") == 1
    for number in range(25):
        await ben("book_event", title=f"e{number}", when="tomorrow 5pm", despite_conflict=True)
    assert (await ben("list_events")).endswith("\nand 8 more")


async def test_moving_keeps_what_was_not_said(ben: Diary) -> None:
    await ben("book_event", title="dentist", when="friday 2pm", duration="90 min")
    assert await ben("change_event", which="the dentist", when="4pm") == (
        "Changed: dentist, Fri 27 Nov, 4:00 pm to 5:30 pm."
    )
    assert await ben("change_event", which="dentist", when="thursday") == (
        "Changed: dentist, Thu 26 Nov, 4:00 pm to 5:30 pm."
    )
    assert await ben("change_event", which="dentist", when="tomorrow at 9am", duration="30 min", title="checkup") == (
        "Changed: checkup, Tue 24 Nov, 9:00 am to 9:30 am."
    )
    assert await ben("change_event", which="checkup", duration="1 hour") == (
        "Changed: checkup, Tue 24 Nov, 9:00 am to 10:00 am."
    )
    await ben("book_event", title="lunch", when="tomorrow noon")
    assert "lunch" in await ben.fails("change_event", which="checkup", when="11:30am")
    assert await ben.fails("change_event", which="checkup") == "What should change: the time or the title?"


async def test_an_hour_alone_keeps_the_rhythm_of_what_repeats(ben: Diary) -> None:
    await ben("book_event", title="gym", when="every monday and thursday at 7am")
    assert await ben("change_event", which="gym", when="8am") == (
        "Changed: gym, every Mon and Thu, 8:00 am to 9:00 am, first on Thu 26 Nov."
    )
    assert await ben("change_event", which="gym", when="every friday at 6am") == (
        "Changed: gym, every Fri, 6:00 am to 7:00 am, first on Fri 27 Nov."
    )
    assert "repeat" in await ben.fails("change_event", which="gym", when="tomorrow at 6am")
    assert await ben("cancel_event", which="gym") == (
        "Cancelled: gym, every Fri, 6:00 am to 7:00 am, first on Fri 27 Nov."
    )


async def test_two_of_one_name_are_told_apart_by_their_day(ben: Diary) -> None:
    await ben("book_event", title="dentist", when="tomorrow 2pm")
    await ben("book_event", title="dentist", when="friday 3pm")
    why = await ben.fails("cancel_event", which="dentist")
    assert why == (
        "Which one do you mean: dentist, Tue 24 Nov, 2:00 pm to 3:00 pm or dentist, Fri 27 Nov, 3:00 pm to 4:00 pm?"
    )
    assert await ben("cancel_event", which="dentist", on="friday") == (
        "Cancelled: dentist, Fri 27 Nov, 3:00 pm to 4:00 pm."
    )
    assert await ben("cancel_event", which="denist") == "Cancelled: dentist, Tue 24 Nov, 2:00 pm to 3:00 pm."
    assert await ben.fails("cancel_event", which="dentist") == "There is nothing like that in your calendar."


async def test_what_is_there_is_named_when_nothing_fits(ana: Diary) -> None:
    await ana("book_event", title="reunión con Pedro", when="mañana a las 8 am")
    assert await ana.fails("cancel_event", which="dentista") == (
        'No hay nada que se llame "dentista". Hay: reunión con Pedro, mar 24 nov, 08:00 a 09:00.'
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"title": "x", "when": "yesterday 2pm"},
        {"title": "x", "when": "when I get home"},
        {"title": "x", "when": "2031-01-01T10:00"},
        {"title": "x", "when": "tomorrow 2pm", "duration": "minus one hour"},
        {"title": " \u200b\n", "when": "tomorrow 2pm"},
        {"title": "x" * 401, "when": "tomorrow 2pm"},
        {"title": "x", "when": "friday", "duration": "2 hours"},
    ],
)
async def test_what_cannot_be_booked_is_refused_in_a_sentence(ben: Diary, arguments: dict[str, str]) -> None:
    assert (await ben.fails("book_event", **arguments)).endswith((".", "?"))
    assert await ben.rows.read(calendar.upcoming, ben.now) == []


async def test_a_calendar_has_room_for_so_many(ben: Diary) -> None:
    def fill(scope: Scope) -> None:
        start = ben.now.replace(tzinfo=None) + timedelta(days=1)
        for number in range(2000):
            new = calendar.NewEvent(f"f{number}", "full", start, start + timedelta(hours=1), "America/New_York")
            calendar.book(scope, new, now=ben.now)

    await ben.rows.write(fill)
    assert "full" in await ben.fails("book_event", title="one more", when="friday 2pm")


async def test_booking_twice_at_one_place_books_once(ben: Diary) -> None:
    place = Place("turn", 1, 0)
    arguments = msgspec.json.encode({"title": "dentist", "when": "tomorrow 2pm"}).decode()
    first = await ben.call("book_event", arguments, place=place)
    again = await ben.call("book_event", " " + arguments, place=place)
    assert not first.failed
    assert again == first
    assert len(await ben.rows.read(calendar.upcoming, ben.now)) == 1
