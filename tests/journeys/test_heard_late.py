"""What somebody wrote and a fault of ours kept from being read: replayed at night, it is answered in their morning."""

from datetime import timedelta

from trio.testing import MockClock

from ivy.domain.sentences import ENGLISH, Say
from ivy.store import jobs, people
from ivy.store.binding import Connection
from tests.journeys.play import ANA, Lives, Play
from tests.journeys.test_phone_calls import DAWN, VOICE, phones


async def is_lost(play: Play, words: str) -> str:
    """Let a message arrive whose webhook becomes a dead letter; return the job's id."""
    now, until = play.now, play.now + timedelta(hours=1)
    await play.world.store.write(jobs.pause, "inbox", until=until, reason="a test", now=now)
    await play.says(words)
    await play.quiet(5)

    def lose(connection: Connection) -> str:
        jobs.unpause(connection, "inbox")
        (job,) = jobs.claim(connection, "inbox", 1, now=play.now)
        jobs.bury(connection, job, reason="a test", error="Bug", now=play.now)
        return job.id

    return await play.world.store.write(lose)


async def test_it_is_answered_in_their_morning_and_an_old_wish_for_a_call_is_asked_about(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(DAWN - timedelta(hours=8), config=VOICE) as play:
        await play.knows()
        await play.rows_of().write(people.set_phone, ANA)
        letter = await is_lost(play, "call me now")
        await play.quiet(3 * 3600)
        assert await play.world.store.write(jobs.revive, letter, now=play.now)
        await play.until(DAWN - timedelta(hours=1))
        assert play.heard() == []
        await play.until(DAWN + timedelta(hours=6))
        (said,) = play.heard()
        assert "a while ago" in said
        assert phones(play).placed == []


async def test_stop_is_heeded_at_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN - timedelta(hours=8)) as play:
        await play.knows()
        letter = await is_lost(play, "STOP")
        assert await play.world.store.write(jobs.revive, letter, now=play.now)
        await play.quiet(60)
        assert play.heard() == [ENGLISH[Say.STOPPED]]
        assert await play.one("SELECT status FROM users") == "stopped"


async def test_who_writes_again_at_night_is_answered_then(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(DAWN - timedelta(hours=8)) as play:
        await play.knows()
        letter = await is_lost(play, "I spent $5 on tea")
        await play.quiet(3600)
        assert await play.world.store.write(jobs.revive, letter, now=play.now)
        await play.quiet(60)
        assert play.heard() == []
        await play.talk("I spent $7 on coffee")
        await play.quiet(60)
        assert await play.one("SELECT count(*) FROM expenses") == 2
