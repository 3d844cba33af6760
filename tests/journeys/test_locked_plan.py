"""Ana locks her plan, wants less of it on a weak day, and has it a week later; a tap keeps it; minimum and stop work at once."""

from datetime import timedelta

from trio.testing import MockClock

from tests.journeys.play import MONDAY, Lives, Play


async def weekly(play: Play) -> int:
    return await play.one("SELECT sessions_per_week FROM users")


async def test_an_easing_of_a_locked_plan_comes_a_week_later_through_a_restart(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        assert "counts from 15 minutes" in await play.talk("count a workout from 15 minutes")
        assert await play.one("SELECT minimum_minutes FROM users") == 15
        assert "The plan is locked" in await play.talk("lock my plan")
        told = await play.talk("I want to aim at 2 workouts a week")
        assert "begins on Mon 30 Nov" in told
        assert list(play.offers()) == ["Keep it as it is"]
        assert await weekly(play) == 3
    async with lives(MONDAY + timedelta(days=7) - timedelta(minutes=5)) as play:
        assert await weekly(play) == 3
        await play.until(MONDAY + timedelta(days=7, minutes=10))
        assert await weekly(play) == 2
        assert play.heard() == []  # it was said when it was asked for
        assert await play.rows("SELECT state FROM easings") == [{"state": "done"}]
    async with lives(MONDAY + timedelta(days=8)) as play:
        assert await play.rows("SELECT state, attempts FROM jobs WHERE kind = 'easing'") == [
            {"state": "done", "attempts": 0}
        ]
        assert await weekly(play) == 2


async def test_one_tap_keeps_the_plan_and_stop_never_waits(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("lock my plan")
        await play.talk("I want to aim at 2 workouts a week")
        await play.taps("Keep it as it is")
        await play.quiet()
        assert play.heard()[-1] == "Called off: your plan stays as it is."
        await play.until(MONDAY + timedelta(days=8))
        assert await weekly(play) == 3
        assert await play.rows("SELECT state FROM jobs WHERE kind = 'easing'") == [{"state": "cancelled"}]
        await play.says("STOP")
        await play.quiet()
        assert await play.one("SELECT status FROM users") == "stopped"
