"""The text before a workout: to nobody who came new and did not wish for it; to who had it before, within their bounds."""

from datetime import timedelta

import pytest
from trio.testing import MockClock

from ivy.store import nudges
from tests.journeys.play import ANA, MONDAY, Lives, Play

GONE = {"accepted", "sent", "delivered", "read"}


async def had_it_before(play: Play) -> None:
    """Let the person be one of those to whom it came before it had to be wished for."""
    await play.rows_of().write(lambda scope: scope.execute("INSERT INTO reminded_unasked (user_id) VALUES (:user)"))


async def nudge_left(play: Play) -> bool:
    """Plan the day through, and say whether the text before the workout left."""
    await play.until(play.now + timedelta(hours=20))
    (found,) = await play.rows("SELECT state FROM messages_v2 WHERE purpose = 'checkin'")
    return found["state"] in GONE


@pytest.mark.parametrize("they_chose", [False, True])
@pytest.mark.parametrize("why", ["quiet hours", "two contacts already"])
async def test_only_what_they_chose_comes_in_quiet_hours_or_as_a_third_contact(
    lives: Lives, autojump_clock: MockClock, they_chose: bool, why: str
) -> None:
    async with lives(MONDAY) as play:
        await play.knows(ANA)
        await had_it_before(play)
        if they_chose:
            await play.rows_of().write(nudges.set_minutes, 30, source="text", now=play.now)
        await play.says(f"plan a run today at {'11:30pm' if why == 'quiet hours' else '6pm'}")
        await play.hears(1)
        if why == "two contacts already":
            for number in (1, 2):
                await play.queues(f"something that Ivy begins, {number}", asked_for=False)
        assert await nudge_left(play) is they_chose


async def test_one_comes_by_day_to_who_had_it_before(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(MONDAY) as play:
        await play.knows(ANA)
        await had_it_before(play)
        await play.says("plan a run today at 6pm")
        await play.hears(1)
        assert await nudge_left(play)


async def test_none_comes_to_who_is_new_until_one_word_brings_it(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(MONDAY) as play:
        await play.knows(ANA)
        await play.says("plan a run today at 6pm")
        await play.hears(1)
        assert await play.one("SELECT count(*) FROM schedules WHERE kind = 'nudge'") == 0
        await play.talk("send me a text before each workout")  # for what is planned already, too
        assert await nudge_left(play)
