"""Reminders come at the person's wall clock: across zones, clock changes, restarts and moves, and once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from trio.testing import MockClock

from ivy.store import people, schedules
from ivy.store.scope import Scope
from tests.journeys.play import ANA, Lives

EVENINGS = [
    # The evening before nine o'clock, on the clocks' spring day, their autumn day, or a plain one.
    ("America/New_York", "2026-03-07 20:00"),
    ("America/New_York", "2026-10-31 20:00"),
    ("Europe/Lisbon", "2026-03-28 20:00"),
    ("Europe/Lisbon", "2026-10-24 20:00"),
    ("Europe/Madrid", "2026-03-28 20:00"),
    ("Europe/Madrid", "2026-10-24 20:00"),
    ("America/Santiago", "2026-09-05 20:00"),
    ("America/Santiago", "2026-04-04 20:00"),
    ("America/Bogota", "2026-11-01 20:00"),
]
CALL_JOHN = "remind me at 9am to call John"


def at(zone: str, wall: str) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def next_day_at_nine(wall: str) -> str:
    return f"{datetime.fromisoformat(wall).date() + timedelta(days=1)} 09:00"


def move(scope: Scope, zone: str, now: datetime) -> None:
    people.set_zone(scope, zone)
    schedules.move_to_zone(scope, zone, now=now)


@pytest.mark.parametrize(("zone", "evening"), EVENINGS)
async def test_a_reminder_comes_at_nine_by_the_persons_clock_after_a_restart(
    lives: Lives, autojump_clock: MockClock, zone: str, evening: str
) -> None:
    nine = at(zone, next_day_at_nine(evening))
    async with lives(at(zone, evening)) as play:
        await play.knows(zone=zone)
        assert "9:00 am" in await play.talk(CALL_JOHN)
    async with lives(nine - timedelta(minutes=5)) as play:
        await play.quiet(290)
        assert play.heard() == []
        assert await play.hears(1, within=15) == ["⏰ call John"]
        assert timedelta() <= play.messages()[0].at - nine < timedelta(seconds=5)
        await play.quiet(600)
        assert len(play.heard()) == 1


async def test_a_reminder_missed_by_an_hour_comes_with_an_apology(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(at("Europe/Lisbon", "2026-11-23 20:00")) as play:
        await play.knows(zone="Europe/Lisbon")
        await play.talk(CALL_JOHN)
    async with lives(at("Europe/Lisbon", "2026-11-24 10:00")) as play:
        (said,) = await play.hears(1)
        assert said == "Sorry, this one was for 09:00 and I'm late: call John"
        await play.quiet()
        assert len(play.heard()) == 1
    async with lives(at("Europe/Lisbon", "2026-11-24 10:30")) as play:
        await play.quiet()
        assert play.heard() == []


async def test_a_reminder_missed_by_more_than_two_hours_is_dropped(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(at("Europe/Lisbon", "2026-11-23 20:00")) as play:
        await play.knows(zone="Europe/Lisbon")
        await play.talk(CALL_JOHN)
    async with lives(at("Europe/Lisbon", "2026-11-24 11:01")) as play:
        await play.quiet()
        assert play.heard() == []
        (job,) = await play.rows(
            "SELECT state, json_extract(errors, '$[#-1].reason') AS why FROM jobs WHERE kind = 'reminder'"
        )
        assert job == {"state": "cancelled", "why": "It was too late to be of use."}
        assert await play.one("SELECT state FROM reminders") == "done"  # nobody is told that it still waits


async def test_a_daily_reminder_keeps_its_wall_time_over_the_clock_change(
    lives: Lives, autojump_clock: MockClock
) -> None:
    zone = "America/New_York"
    async with lives(at(zone, "2026-10-31 07:00")) as play:
        await play.knows(zone=zone)
        await play.talk("remind me every day at 8am to take my vitamins")
        for day in ("10-31", "11-01", "11-02"):  # the clocks go back on 1 November
            due = at(zone, f"2026-{day} 08:00")
            await play.until(due - timedelta(minutes=1))
            await play.says("good morning")  # keeps the window open
            before = len(await play.hears(len(play.heard()) + 1))
            await play.until(due)
            told = play.messages()[before:]
            assert [sent.text for sent in told] == ["⏰ take my vitamins"], day
            assert told[0].at - due < timedelta(seconds=5)


async def test_a_daily_reminder_missed_for_three_days_comes_once(lives: Lives, autojump_clock: MockClock) -> None:
    zone = "America/Bogota"
    async with lives(at(zone, "2026-11-23 07:00")) as play:
        await play.knows(zone=zone)
        await play.talk("remind me every day at 8am to take my vitamins")
    async with lives(at(zone, "2026-11-26 08:30")) as play:
        await play.says("hello")
        await play.hears(2)
        await play.quiet()
        assert sum("take my vitamins" in text for text in play.heard()) == 1
        assert "Sorry, this one was for 08:00 and I'm late: take my vitamins" in play.heard()
        assert await play.one("SELECT count(*) FROM jobs WHERE kind = 'reminder'") == 1
    async with lives(at(zone, "2026-11-27 07:59")) as play:
        await play.says("hello")
        await play.until(at(zone, "2026-11-27 08:00"))
        assert play.heard().count("⏰ take my vitamins") == 1


async def test_who_moves_is_reminded_by_the_clock_of_the_new_place(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(at("Europe/Madrid", "2026-11-23 20:00")) as play:
        await play.knows(zone="Europe/Madrid")
        await play.talk(CALL_JOHN)
        await play.rows_of().write(move, "America/New_York", play.now)
        await play.until(at("Europe/Madrid", "2026-11-24 09:00"))
        assert len(play.heard()) == 1
        nine = at("America/New_York", "2026-11-24 09:00")
        await play.until(nine)
        assert play.heard()[1:] == ["⏰ call John"]
        assert play.messages()[1].at - nine < timedelta(seconds=5)


async def test_stop_silences_a_reminder_that_waits(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(at("America/New_York", "2026-11-23 07:00")) as play:
        await play.knows()
        await play.talk(CALL_JOHN)
        assert "START" in await play.talk("STOP")
        await play.quiet(3 * 3600)
        assert len(play.heard(ANA)) == 2


@pytest.mark.parametrize(("pause", "then"), [("pause all your contacts", "paused"), ("", "stopped")])
async def test_a_pause_leaves_reminders_and_a_stop_does_not(
    lives: Lives, pause: str, then: str, autojump_clock: MockClock
) -> None:
    async with lives(at("America/New_York", "2026-11-23 08:00")) as play:
        await play.knows()
        await play.talk(CALL_JOHN)
        if pause:
            assert "reminders still come" in await play.talk(pause)
        else:
            await play.rows_of().write(people.set_status, then)
        assert (await play.rows_of().read(people.load)).status == then
        before = len(play.heard())
        await play.until(at("America/New_York", "2026-11-23 09:05"))
        assert play.heard()[before:] == (["⏰ call John"] if pause else [])
