"""Words of danger get a human's number at once, a human looks, and the coach is quiet until then."""

import pytest
from trio.testing import MockClock

from ivy.agent import care
from ivy.domain.sentences import ENGLISH, SPANISH, Say
from ivy.store import people, reviews
from ivy.store.reviews import Review
from tests.journeys.play import ANA, MONDAY, Lives, Play, after

CRY = "I don't want to live anymore"


async def waiting(play: Play) -> list[Review]:
    return await play.world.store.read(lambda connection: reviews.found(connection, every=False))


async def is_cared_for(play: Play, who: str = ANA) -> bool:
    return (await play.rows_of(who).read(people.load)).care_since is not None


async def a_human_looks(play: Play, who: str = ANA) -> bool:
    """Do what `ivy review close` does."""
    context = play.world.daemon.context
    (found,) = await waiting(play)
    person = await play.rows_of(who).read(people.load)
    desk = context.desk_at("whatsapp", context.new_id())
    return await play.rows_of(who).write(
        lambda scope: care.close(scope, person, found.id, by="laura", note="We spoke.", desk=desk)
    )


async def test_a_cry_is_answered_at_once_with_the_number_of_a_human(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        answer = await play.talk(CRY)
        assert "988" in answer and "911" in answer and "AI" in answer
        assert play.asked_models() == 0
        (review,) = await waiting(play)
        assert (review.kind.value, review.words, review.name) == ("self_harm", CRY, "Ana")
        (alert,) = await play.rows("SELECT severity, title FROM alerts")
        assert alert == {"severity": "critical", "title": "Ana may be in danger."}
        again = await play.talk("I want to die")
        assert again != answer and "988" in again
        assert await play.dead() == []


async def test_in_spanish_with_the_lines_of_the_country(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows("+573005550142", locale="es-CO", zone="America/Bogota")
        answer = await play.talk("me quiero morir", "+573005550142")
        assert "106" in answer and "123" in answer
        assert answer.startswith(SPANISH[Say.CARE_SELF_HARM][:20])


async def test_the_coach_is_quiet_and_no_streak_is_spoken_of_until_a_human_looked(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today at 6pm")
        await play.talk("remind me to call mum today at 5pm")
        await play.talk(CRY)
        assert await is_cared_for(play)
        asked = len(play.heard())
        await play.queues("How about a walk?", asked_for=False)
        await play.until(after(hours=9))
        told = play.heard()[asked:]
        assert any("mum" in text.lower() for text in told), "what they asked for still comes"
        assert not any("walk" in text for text in told)
        await play.says("done")  # the reminder
        await play.quiet()
        said = await play.talk("done")
        assert "row" not in said and "streak" not in said.lower()
        await play.talk("what is on today?")
        assert await a_human_looks(play)
        await play.quiet(30)
        assert "How about a walk?" in play.heard()
        assert await play.one("SELECT count(*) FROM alerts WHERE resolved_at_ms IS NULL") == 0


async def test_the_person_may_go_on_before_the_human_does(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk(CRY)
        await play.talk("resume your contacts")
        assert not await is_cared_for(play)
        assert len(await waiting(play)) == 1, "a human still looks"


async def test_a_day_that_was_too_much_costs_no_streak(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today at 6pm")
        await play.talk(CRY)
        await play.until(after(days=3))
        outcomes = await play.rows("SELECT * FROM streak_events WHERE outcome = 'missed'")
        assert outcomes == []
        assert len(play.heard()) == 2, "nobody asks what became of the run"


@pytest.mark.parametrize("words", ["are you a bot?", "Am I talking to a human?"])
async def test_what_ivy_is_it_says_without_a_model(lives: Lives, autojump_clock: MockClock, words: str) -> None:
    async with lives() as play:
        await play.knows()
        assert await play.talk(words) == ENGLISH[Say.I_AM_AN_AI]
        assert play.asked_models() == 0


async def test_somebody_who_said_stop_is_still_looked_at(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(MONDAY) as play:
        await play.knows()
        await play.talk("STOP")
        await play.says(CRY)
        await play.quiet()
        assert len(await waiting(play)) == 1


async def test_what_is_known_of_it_goes_with_the_person(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk(CRY)
        tables = await play.rows("SELECT user_id FROM reviews")
        assert tables == [{"user_id": play.ids[ANA]}]
