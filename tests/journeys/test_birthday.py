"""A birthday that somebody tells: kept as month and day, wished a happy one in the morning's own text, forgotten at a word."""

from datetime import UTC, date, datetime

from trio.testing import MockClock

from ivy.domain.slots import By, SlotKind
from ivy.store import call_slots, people_data
from tests.journeys.play import Lives, Play
from tests.journeys.test_remembering import QUIET, holding

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
"""Friday noon in New York."""


async def kept(play: Play) -> list[tuple[str, str, str]]:
    return [(fact.subject, fact.value, fact.quote) for fact in await holding(play)]


async def test_told_in_the_chat_it_is_kept_told_corrected_exported_and_forgotten(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NOON) as play:
        await play.knows()
        assert "“My birthday is May 4”" in await play.talk("my birthday is May 4")
        assert await kept(play) == [("birthday", "05-04", "My birthday is May 4")]
        told = await play.talk("cumplo años el 5 de mayo")
        assert "“My birthday is May 5”" in told and "takes the place" in told
        assert "May 5" in await play.talk("what do you know about my birthday?")
        tables = await play.rows_of().read(lambda scope: [each.table for each in people_data.owned(scope.connection)])
        assert "facts" in tables  # what `ivy users export` hands over, and `erase` deletes
        assert "Which day" in await play.talk("remember that my birthday is in summer")
        assert "Forgotten" in await play.talk("olvida mi cumpleaños")
        assert await kept(play) == []
        assert "May" not in str(await play.rows("SELECT * FROM facts"))
        assert "05-05" not in str(await play.rows("SELECT * FROM tool_executions"))


async def test_forgotten_it_is_forgotten_in_all_the_words_it_was_told_in(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(NOON) as play:
        await play.knows()
        await play.talk("my birthday is May 4")
        await play.talk("I was born on 4 May 1990")
        await play.quiet(QUIET + 10)
        await play.talk("forget my birthday")
        heard = "SELECT body FROM messages_v2 WHERE direction = 'in' AND id NOT IN (SELECT message_id FROM unheard_messages)"
        assert [row["body"] for row in await play.rows(heard)] == ["forget my birthday"]


async def test_said_by_the_way_it_is_noticed_without_its_year(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON) as play:
        await play.knows()
        await play.talk("I was born on 4 May 1990")
        await play.talk("today is my birthday, isn't that nice")
        await play.quiet(QUIET + 10)
        assert await kept(play) == [("birthday", "05-04", "My birthday is May 4")]
        await play.talk("tomorrow is my birthday")
        await play.quiet(QUIET + 10)
        assert await kept(play) == [("birthday", "11-21", "My birthday is November 21")]


async def test_the_morning_of_the_day_wishes_a_happy_one_and_no_other(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(NOON) as play:
        await play.knows()
        new_id = play.world.daemon.context.new_id
        await play.rows_of().write(
            call_slots.set_slot, SlotKind.MORNING, By.TEXT, "07:00", "*", consent_id=None, new_id=new_id, now=play.now
        )
        await play.talk("my birthday is December 3")
        for day in (2, 3, 4):
            await play.until(datetime(2026, 12, day, 17, tzinfo=UTC))
            await play.talk("thanks!")
        (wished,) = [each for each in play.messages() if "Happy birthday" in each.text]
        assert wished.at.date() == date(2026, 12, 3)
