"""A person asks for a human: the operator is told, Ivy is quiet until the chat is given back, and nothing else is lost."""

import pytest
import trio
from trio.testing import MockClock

from ivy.agent import handover
from ivy.agent.desk import Desk
from ivy.cli import status, users_human
from ivy.domain.sentences import ENGLISH, SPANISH, Say
from ivy.emulators.model_faults import slow
from ivy.store import overview, people
from ivy.store.scope import Scope
from tests.journeys.play import ANA, BEN, Lives, Play, after


async def concerns(play: Play) -> list[str]:
    """Return what `ivy status` says an operator should look at."""
    found = await play.world.store.read(overview.overview, now=play.now)
    return status.concerns(found, at=play.now, running=True, cap_micros=0)


async def release(play: Play, who: str = ANA) -> bool:
    """Do what `ivy users release` does."""
    return await play.rows_of(who).write(handover.hand_back, desk(play))


async def a_human_says(play: Play, text: str, who: str = ANA) -> None:
    """Do what `ivy users say` does."""

    def say(scope: Scope) -> None:
        desk(play).send(scope, text)

    await play.rows_of(who).write(say)


def desk(play: Play) -> Desk:
    context = play.world.daemon.context
    return context.desk_at("whatsapp", context.new_id())


async def is_marked(play: Play, who: str = ANA) -> bool:
    return (await play.rows_of(who).read(people.load)).handed_over_at is not None


@pytest.mark.parametrize("words", ["agent", "Human!", "talk to a human", "I want to talk to a real person please"])
async def test_who_asks_for_a_human_is_heard_and_the_operator_is_told(
    lives: Lives, autojump_clock: MockClock, words: str
) -> None:
    async with lives() as play:
        user_id = await play.knows()
        assert await play.talk(words) == ENGLISH[Say.HANDED_OVER]
        assert await is_marked(play)
        assert play.asked_models() == 0
        (told,) = [line for line in await concerns(play) if "human" in line]
        assert told.startswith("Ana asks for a human.")
        assert f"`ivy users say {user_id} TEXT`" in told and f"`ivy users release {user_id}`" in told


async def test_in_spanish_too(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows(locale="es-CO")
        assert await play.talk("agente") == SPANISH[Say.HANDED_OVER]
        assert await is_marked(play)


@pytest.mark.parametrize("words", ["my agent called", "book a human resources meeting tomorrow 2pm", "persona"])
async def test_a_sentence_about_people_is_a_sentence(lives: Lives, autojump_clock: MockClock, words: str) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk(words)
        assert not await is_marked(play)
        assert play.asked_models() >= 1


async def test_ivy_is_quiet_whatever_they_write(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
        await play.talk("agent")
        asked, used = play.asked_models(), await play.usage()
        for words in ("hello?", "I spent $7 on coffee", "done", "1", "yes", "agent", "thanks 👍"):
            await play.says(words)
            await play.quiet(20)
        await play.whatsapp.person_sends_location(ANA, 4.6, -74.1)
        await play.whatsapp.person_sends_unsupported(ANA)
        await play.whatsapp.person_taps(ANA, "what is this", "Buy now")
        for _number in range(30):
            await play.says("anybody there?")
        await play.quiet()
        assert len(play.heard()) == 2
        assert (play.asked_models(), await play.usage()) == (asked, used)
        assert await play.one("SELECT count(*) FROM expenses") == 0
        assert await play.one("SELECT state FROM workouts") == "planned"
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'in'") == 42
        assert await play.one("SELECT count(*) FROM alerts") == 1
        assert await play.dead() == []


async def test_the_turn_that_is_under_way_says_nothing_any_more(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(slow(20))
        await play.says("I spent $7 on coffee")
        await trio.sleep(4)
        await play.says("agent")
        await play.quiet(300)
        assert play.heard() == [ENGLISH[Say.HANDED_OVER]]
        assert await play.one("SELECT count(*) FROM expenses") == 0
        assert await play.dead() == []


async def test_reminders_still_come_and_their_buttons_still_work(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("remind me in 20 minutes to check the oven")
        await play.talk("talk to a human")
        asked = play.asked_models()
        assert (await play.hears(3, within=1500))[-1] == "⏰ check the oven"
        await play.taps("In an hour")
        assert (await play.hears(4))[-1].startswith("Okay, I'll remind you again at ")
        await play.quiet(3700)
        assert play.heard()[4:] == ["⏰ check the oven"]
        await play.says("done")  # words are the human's to read
        await play.quiet()
        assert play.reactions() == []
        assert play.asked_models() == asked


@pytest.mark.parametrize("words", ["STOP", "stop", "BAJA"])
async def test_stop_still_works(lives: Lives, autojump_clock: MockClock, words: str) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("agent")
        assert await play.talk(words) == ENGLISH[Say.STOPPED]
        assert await play.one("SELECT status FROM users") == "stopped"
        assert await is_marked(play)
        assert await play.talk("START") == ENGLISH[Say.STARTED_AGAIN]


async def test_a_human_says_something_and_gives_the_chat_back(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("agent")
        await play.says("my invoice is wrong")
        await play.quiet(20)
        words = await play.rows_of().read(users_human.latest_words, await play.rows_of().read(people.load))
        assert [(each.who, each.text) for each in words] == [
            ("Ana", "agent"),
            ("Ivy", ENGLISH[Say.HANDED_OVER]),
            ("Ana", "my invoice is wrong"),
        ]
        await a_human_says(play, "Sorry! It is mended.")
        assert (await play.hears(2))[-1] == "Sorry! It is mended."
        await play.says("thank you")
        await play.quiet()
        assert len(play.heard()) == 2
        assert await release(play)
        assert (await play.hears(3))[-1] == ENGLISH[Say.HANDED_BACK]
        assert not await is_marked(play)
        assert [line for line in await concerns(play) if "human" in line] == []
        await play.quiet()
        assert len(play.heard()) == 3  # what was written to the human is not answered by Ivy after all
        assert play.asked_models() == 0
        assert "7.00" in await play.talk("I spent $7 on coffee")
        assert not await release(play)


async def test_given_back_days_later_ivy_waits_until_they_write(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("agent")
    async with lives(after(days=3)) as play:
        assert await release(play)
        await play.quiet()
        assert play.heard() == []
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE state = 'held'") == 0
        assert "7.00" in await play.talk("I spent $7 on coffee")
        assert len(play.heard()) == 1


async def test_asked_for_again_it_is_a_new_alarm(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("agent")
        await release(play)
        await play.hears(2)
        await play.quiet(5)
        assert await play.talk("agent") == ENGLISH[Say.HANDED_OVER]
        assert len([line for line in await concerns(play) if "human" in line]) == 1


async def test_one_persons_human_is_not_anothers(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        await play.talk("agent")
        assert "7.00" in await play.talk("I spent $7 on coffee", BEN)
        assert not await is_marked(play, BEN)


async def test_it_lasts_over_a_restart(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("agent")
    async with lives(after(hours=5)) as play:
        await play.says("hello?")
        await play.quiet()
        assert play.heard() == []
        assert play.asked_models() == 0


async def test_an_answer_that_waited_for_the_window_is_sent_when_they_write_to_the_human(
    lives: Lives, autojump_clock: MockClock
) -> None:
    """It was on its way before they asked: better late than lost."""
    async with lives() as play:
        await play.knows()
        await play.talk("hello")
        await play.quiet(25 * 3600)
        await a_human_says(play, "Are you well?")
        await play.quiet()
        assert len(play.heard()) == 1
        await play.says("agent")
        assert set((await play.hears(3))[1:]) == {"Are you well?", ENGLISH[Say.HANDED_OVER]}
