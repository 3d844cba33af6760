"""What was said before there was a memory is remembered by the upkeep, quietly, and then nothing runs any more."""

from datetime import timedelta

from trio.testing import MockClock

from ivy.clock import stamp
from ivy.store import memories
from ivy.store.binding import Connection
from tests.journeys.play import ANA, Lives


async def test_the_upkeep_remembers_what_is_left_and_then_rests(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("My physiotherapist Marisol says the left knee needs swimming")
        (said,) = await play.rows("SELECT id FROM messages_v2 WHERE body LIKE 'My physio%'")
        await play.rows_of().write(memories.forget, "message", said["id"])

        def is_from_before(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO memory_backfill (user_id, source, before_ms) VALUES (?, 'message', ?)",
                (play.ids[ANA], stamp(play.now)),
            )

        await play.world.store.write(is_from_before)
        await play.until(play.now + timedelta(hours=3))
        assert await play.one("SELECT count(*) FROM user_memory WHERE ref = ?", said["id"]) == 1
        assert await play.one("SELECT count(*) FROM memory_backfill") == 0
        (job,) = await play.rows("SELECT state FROM jobs WHERE kind = 'backfill'")
        assert job["state"] == "done"
        await play.until(play.now + timedelta(hours=3))
        assert await play.one("SELECT count(*) FROM jobs WHERE kind = 'backfill'") == 1
