from datetime import UTC, datetime, timedelta

import pytest

from ivy.store import reminders
from ivy.store.database import Store
from ivy.store.people import NewPerson
from tests.tools.diary import Diary, diary_of


async def test_nine_is_the_next_nine(ben: Diary, ana: Diary) -> None:
    assert await ben("set_reminder", text="call John", when="at 9am") == (
        "I'll remind you: call John, Tue 24 Nov, 9:00 am."
    )
    assert await ben("set_reminder", text="call Ana", when="11am") == "I'll remind you: call Ana, Mon 23 Nov, 11:00 am."
    assert await ana("set_reminder", text="llamar a Juan", when="mañana a las 7") == (
        "Anotado, lo recuerdo: llamar a Juan, mar 24 nov, 07:00."
    )
    nine = datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert await ben.come(nine - timedelta(seconds=1)) == ["call Ana"]
    assert await ben.come(nine) == ["call John"]


async def test_a_day_alone_is_in_the_morning(ben: Diary) -> None:
    assert (
        await ben("set_reminder", text="pay rent", when="friday") == "I'll remind you: pay rent, Fri 27 Nov, 9:00 am."
    )
    assert await ben.fails("set_reminder", text="pay rent", when="today") == "At what time?"


@pytest.mark.parametrize(
    "when", ["when I get home", "once John calls", "if it rains", "after lunch", "whenever I'm sad"]
)
async def test_what_is_no_time_is_refused_as_that(ben: Diary, when: str) -> None:
    assert "can't notice when something happens" in await ben.fails("set_reminder", text="x", when=when)


@pytest.mark.parametrize("when", ["cuando llegue a casa", "si llueve", "al llegar", "después de almorzar"])
async def test_what_is_no_time_is_refused_as_that_in_spanish(ana: Diary, when: str) -> None:
    assert "no puedo notar cuándo pasa" in await ana.fails("set_reminder", text="x", when=when)


async def test_a_rhythm_may_begin_later(ben: Diary) -> None:
    said = await ben("set_reminder", text="vitamins", when="every day at 8am starting december 1")
    assert said == "I'll remind you: vitamins, every day, 8:00 am."
    assert await ben.come(datetime(2026, 12, 1, 12, 59, tzinfo=UTC)) == []
    assert await ben.come(datetime(2026, 12, 1, 13, 0, tzinfo=UTC)) == ["vitamins"]


async def test_lists_are_in_order_of_time(ana: Diary) -> None:
    assert await ana("list_reminders") == "No hay recordatorios pendientes."
    await ana("set_reminder", text="llamar", when="el viernes a las 3 pm")
    await ana("set_reminder", text="basura", when="cada martes a las 8 pm")
    await ana("set_reminder", text="agua", when="en 20 minutos")
    assert await ana("list_reminders") == (
        "Recordatorios:\nagua, lun 23 nov, 10:20\nbasura, cada mar, 20:00\nllamar, vie 27 nov, 15:00"
    )
    assert await ana("list_reminders", period="mañana") == "Recordatorios:\nbasura, cada mar, 20:00"


async def test_the_one_that_is_meant_is_found_by_its_words(ben: Diary) -> None:
    await ben("set_reminder", text="call John", when="tomorrow at 9am")
    await ben("set_reminder", text="call John about the rent", when="tomorrow at 10am")
    await ben("set_reminder", text="take pills", when="tomorrow at 8am")
    await ben("set_reminder", text="take pills", when="tomorrow at 8pm")
    assert await ben("change_reminder", which="the call John one", when="11am") == (
        "Changed: call John, Tue 24 Nov, 11:00 am."
    )
    why = await ben.fails("delete_reminder", which="the pills")
    assert why == ("Which one do you mean: take pills (Tue 24 Nov, 8:00 am) or take pills (Tue 24 Nov, 8:00 pm)?")
    assert await ben("delete_reminder", which="pills", at="8pm") == "Deleted: take pills, Tue 24 Nov, 8:00 pm."
    assert await ben("delete_reminder", which="the rent one") == (
        "Deleted: call John about the rent, Tue 24 Nov, 10:00 am."
    )
    assert "Nothing there is called" in await ben.fails("delete_reminder", which="the moon")


async def test_an_id_or_the_start_of_one_is_a_name_too(ben: Diary) -> None:
    timing = reminders.Timing("s8", "America/New_York", wall=datetime.fromisoformat("2026-11-25T09:00"))
    await ben.rows.write(reminders.add, "01934f2a-0000-7000-8000-00000000000a", "one", timing, now=ben.now)
    timing = reminders.Timing("s9", "America/New_York", wall=datetime.fromisoformat("2026-11-25T09:00"))
    await ben.rows.write(reminders.add, "01934f2b-0000-7000-8000-00000000000b", "two", timing, now=ben.now)
    assert await ben("delete_reminder", which="01934f2b-0000") == "Deleted: two, Wed 25 Nov, 9:00 am."


async def test_a_changed_time_keeps_what_was_not_said(ben: Diary) -> None:
    await ben("set_reminder", text="vitamins", when="every monday at 8am")
    assert await ben("change_reminder", which="vitamins", when="9:30pm") == "Changed: vitamins, every Mon, 9:30 pm."
    assert await ben("change_reminder", which="vitamins", text="iron") == "Changed: iron, every Mon, 9:30 pm."
    assert await ben("change_reminder", which="iron", when="friday") == "Changed: iron, Fri 27 Nov, 9:30 pm."
    assert await ben("change_reminder", which="iron", when="7am") == "Changed: iron, Fri 27 Nov, 7:00 am."
    assert await ben.come(ben.now + timedelta(days=30)) == ["iron"]
    assert await ben.come(ben.now + timedelta(days=60)) == []


async def test_a_snooze_is_of_what_rang_last(ben: Diary) -> None:
    await ben("set_reminder", text="call John", when="tomorrow at 9am")
    await ben.ring("vitamins")
    assert await ben("snooze_reminder", until="half an hour") == "Snoozed: vitamins, Mon 23 Nov, 10:30 am."
    assert await ben("snooze_reminder", which="call John", until="until 6pm tomorrow") == (
        "Snoozed: call John, Tue 24 Nov, 6:00 pm."
    )
    assert await ben.come(ben.now + timedelta(minutes=30)) == ["vitamins"]
    ben.now += timedelta(minutes=31)
    assert await ben("snooze_reminder") == "Snoozed: vitamins, Mon 23 Nov, 10:41 am."


async def test_a_snooze_leaves_a_rhythm_alone(ben: Diary) -> None:
    await ben("set_reminder", text="vitamins", when="every day at 11am")
    ben.now += timedelta(hours=1, minutes=1)
    assert await ben.come(ben.now) == ["vitamins"]
    await ben("snooze_reminder", until="2 hours")
    assert (
        await ben("list_reminders") == "Your reminders:\nvitamins, Mon 23 Nov, 1:01 pm\nvitamins, every day, 11:00 am"
    )


async def test_so_many_may_wait_and_no_more(ben: Diary) -> None:
    for number in range(200):
        timing = reminders.Timing(f"s{number}", "UTC", wall=datetime.fromisoformat("2026-12-01T09:00"))
        await ben.rows.write(reminders.add, f"r{number}", "x", timing, now=ben.now)
    assert "200 reminders" in await ben.fails("set_reminder", text="one more", when="tomorrow at 9am")


@pytest.mark.parametrize(
    ("zone", "now", "when", "expected"),
    [
        # The hour that is left out in spring: the first moment after it.
        ("America/New_York", "2027-03-13T20:00+00:00", "tomorrow at 2:30am", "2027-03-14T07:00+00:00"),
        ("Europe/Madrid", "2027-03-27T20:00+00:00", "tomorrow at 2:30am", "2027-03-28T01:00+00:00"),
        ("America/Santiago", "2026-09-05T20:00+00:00", "tomorrow at 12:30am", "2026-09-06T04:00+00:00"),
        # The hour that comes twice in autumn: the first of the two.
        ("America/New_York", "2026-10-31T20:00+00:00", "tomorrow at 1:30am", "2026-11-01T05:30+00:00"),
        ("Europe/Madrid", "2026-10-24T20:00+00:00", "tomorrow at 2:30am", "2026-10-25T00:30+00:00"),
        ("America/Santiago", "2027-04-03T12:00+00:00", "today at 11:30pm", "2027-04-04T02:30+00:00"),
        # A length of time is a length of time, through any change of the clocks.
        ("Europe/Madrid", "2026-10-25T00:45+00:00", "in 30 minutes", "2026-10-25T01:15+00:00"),
        ("America/New_York", "2026-11-01T05:45+00:00", "in 1 hour", "2026-11-01T06:45+00:00"),
        ("Europe/Madrid", "2027-03-28T00:45+00:00", "in 30 minutes", "2027-03-28T01:15+00:00"),
    ],
)
async def test_on_days_when_clocks_change(store: Store, zone: str, now: str, when: str, expected: str) -> None:
    start, due = datetime.fromisoformat(now), datetime.fromisoformat(expected)
    diary = await diary_of(store, NewPerson("cleo", "Cleo", "active", "en-GB", zone, "EUR"), now=start)
    await diary("set_reminder", text="wake up", when=when)
    assert await diary.come(due - timedelta(seconds=1)) == []
    assert await diary.come(due) == ["wake up"]
    assert await diary.come(due + timedelta(hours=3)) == []
