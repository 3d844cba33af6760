"""What was said weeks ago stands in the context of a new message about it, and what is unlike it does not."""

from datetime import timedelta

from trio.testing import MockClock

from ivy.agent import recollections
from ivy.store import people, recalls, switches
from tests.journeys.play import Lives, Play, after


async def recollected(play: Play) -> tuple[str, ...]:
    """Return what is recalled for the words that nobody has answered yet."""
    store = play.rows_of()
    person = await store.read(people.load)
    found = await store.read(recollections.of_new_words, person, now=play.now)
    return tuple(each.line for each in found)


async def test_an_old_word_comes_back_with_its_day(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("My physiotherapist Marisol says the left knee needs swimming, not running.")
        await play.talk("I love the smell of rain on the terrace in April.")
        await play.until(after(days=20))
        await play.says("what was it that Marisol said about the knee?")
        while not await play.one("SELECT count(*) FROM messages_v2 WHERE body LIKE 'what was it%'"):
            await play.quiet(0.1)
        lines = await recollected(play)
        assert len(lines) == 1
        assert "Marisol" in lines[0] and "23 Nov" in lines[0]
        await play.quiet()
        (context,) = await play.rows(
            "SELECT payload FROM turn_steps WHERE kind = 'context' AND at_ms > ? AND payload LIKE '%what was it%'",
            int((after(days=19)).timestamp() * 1000),
        )
        assert "needs swimming" in context["payload"]


async def test_with_memory_off_nothing_comes_back(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("My physiotherapist Marisol says the left knee needs swimming, not running.")
        await play.world.store.write(switches.set_value, "memory", "off", by="test", now=play.now)
        await play.until(after(days=20))
        await play.says("what was it that Marisol said about the knee?")
        await play.quiet(0.5)
        assert await recollected(play) == ()
        assert play.now > after(days=20) - timedelta(minutes=1)


async def test_what_was_found_for_a_turn_can_be_told_afterwards_until_it_is_forgotten(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("remember that my physiotherapist is called Marisol")
        await play.until(after(days=20))
        await play.talk("what was it about my physiotherapist Marisol?")
        await play.talk("search my memory for physiotherapist Marisol")
        found = await play.rows_of().read(recalls.lately, limit=20)
        assert {each.how for each in found} == {"words", "search"}
        assert all(each.told and "Marisol" in each.text for each in found)
        turns = {row["id"] for row in await play.rows("SELECT id FROM turns")}
        assert {each.turn_id for each in found} <= turns
        await play.talk("forget that my physiotherapist is called Marisol")
        left = await play.rows_of().read(recalls.lately, limit=20)
        assert left and not any("called Marisol" in each.text for each in left)
        assert "" in {each.text for each in left}
