"""What somebody asked to forget comes back by no way, and who is erased leaves no word of any model's answer."""

from datetime import timedelta

import msgspec
import pytest
from trio.testing import MockClock

from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.brain import Brain
from ivy.emulators.obedient import Order, obedient
from ivy.store import facts, people_data
from ivy.tools.registry import Registry, families
from tests.journeys.play import ANA, BEN, Lives, Play, after

BEANS = "what goes with beans?"
UNASKED = obedient([Order(BEANS, (("forget", {"which": "my sister"}),), "Rice goes with beans.")])
"""A model that takes it on itself to forget."""


def asked(play: Play, since: int = 0) -> list[str]:
    """Return what models were told, request by request."""
    return [msgspec.json.encode(each.body).decode() for each in list(play.world.vendors.anthropic.requests)[since:]]


async def kept(play: Play, who: str = ANA) -> int:
    """Return how many sealed answers of models are kept of somebody."""
    return await play.one(
        "SELECT count(*) FROM model_exchanges e JOIN ai_usage u ON u.id = e.id WHERE u.user_id = ?"
        " AND e.response IS NOT NULL",
        play.ids[who],
    )


async def test_forgotten_words_come_back_by_no_memory_no_history_and_no_quote(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        said = await play.says("remember that my sister is called Zenobia")
        await play.hears(1)
        answered = play.messages()[-1].wamid
        await play.talk("what do you know about me?")
        await play.talk("search my memory for my sister Zenobia")
        assert any("Zenobia" in each for each in asked(play))
        assert "Forgotten" in await play.talk("forget that my sister is called Zenobia")
        before = len(asked(play))
        await play.says("what did I mean by this?", quoted=said)
        await play.quiet()
        await play.says("and what did you mean by this?", quoted=answered)
        await play.quiet()
        await play.talk("who is my sister?")
        await play.talk("search my memory for my sister")
        await play.until(after(days=3))
        await play.talk("what did I tell you about my family")
        assert asked(play, before) and not any("Zenobia" in each for each in asked(play, before))
        results = await play.rows("SELECT tool FROM tool_executions WHERE result LIKE '%Zenobia%'")
        assert results == []


async def test_the_sealed_answers_of_the_turns_about_it_go_at_once_and_no_others(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("I spent $5 on tea")
        others = await kept(play)
        await play.talk("remember that my sister is called Zenobia")
        with_it = await kept(play)
        assert with_it > others > 0
        await play.talk("forget that my sister is called Zenobia")
        turns = "SELECT turn_id FROM messages_v2 WHERE body LIKE 'remember that%' OR body LIKE 'Noted:%'"
        left = await play.one(
            f"SELECT count(*) FROM model_exchanges e JOIN ai_usage u ON u.id = e.id WHERE u.turn_id IN ({turns})"
            " AND e.response IS NOT NULL"
        )
        assert left == 0
        assert await kept(play) >= others


async def test_an_erasure_takes_every_answer_and_every_step_and_leaves_those_of_others(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        for who in (ANA, BEN):
            await play.knows(who)
            await play.says("I spent $7 on Zanzibar coffee", who)
            await play.hears(1, who)
        await play.quiet()
        assert await kept(play, ANA) and await kept(play, BEN)
        bens = await kept(play, BEN)
        erased = await play.rows_of(ANA).write(people_data.erase)
        assert erased.deleted["model_exchanges"] and erased.deleted["turn_steps"] and erased.left == {}
        steps = (
            "SELECT DISTINCT user_id FROM turns t JOIN turn_steps s ON s.turn_id = t.id WHERE payload LIKE '%Zanzibar%'"
        )
        assert await play.rows(steps) == [{"user_id": play.ids[BEN]}]
        assert await kept(play, BEN) == bens


# --- unasked ---------------------------------------------------------------------------------------------


async def known(play: Play) -> list[str]:
    return [fact.text for fact in await play.rows_of().read(facts.holding)]


async def with_the_word(play: Play, word: str = "Zenobia") -> list[dict[str, str]]:
    """Return the questions of Ivy's in which it stands."""
    return await play.rows("SELECT kind FROM pending_actions WHERE instr(payload || options, ?) > 0", word)


def forgetful() -> Brain:
    return Brain(Registry(families()).examples(), scripted=UNASKED)


@pytest.mark.parametrize("answer", ["Yes", "No", "late"])
async def test_a_model_that_forgets_unasked_asks_and_its_question_keeps_no_words(
    lives: Lives, autojump_clock: MockClock, answer: str
) -> None:
    async with lives(brain=forgetful()) as play:
        await play.knows()
        await play.talk("remember that my sister is called Zenobia")
        heard = len(play.heard())
        await play.says(BEANS)
        question = (await play.hears(heard + 2))[heard + 1]
        assert question == f"{ENGLISH[Say.CONFIRM]}\n• Forgotten for good: “my sister is called Zenobia”"
        assert await with_the_word(play) == []
        assert await known(play) == ["my sister is called Zenobia"]
        await play.whatsapp.person_sends(ANA, payloads.text("yes") | {"context": {"forwarded": True}})
        await play.quiet(30)
        assert await known(play) == ["my sister is called Zenobia"]
        if answer == "late":
            await play.quiet(timedelta(hours=1, minutes=1).total_seconds())
        await play.taps("Yes" if answer == "late" else answer)
        await play.quiet(30)
        said = {
            "Yes": "Forgotten. I no longer know it",
            "No": ENGLISH[Say.CONFIRM_NO],
            "late": ENGLISH[Say.TAP_EXPIRED],
        }
        assert play.heard()[-1].startswith(said[answer])
        assert await with_the_word(play) == []
        if answer != "Yes":
            assert await known(play) == ["my sister is called Zenobia"]
            return
        assert await known(play) == []
        results = await play.rows(
            "SELECT tool FROM tool_executions WHERE result LIKE '%Zenobia%' OR arguments LIKE '%Zenobia%'"
        )
        assert results == []
        before = len(asked(play))
        await play.says("and what did you ask me there?")
        await play.quiet()
        assert asked(play, before) and not any("Zenobia" in each for each in asked(play, before))
        await play.taps("Yes")
        await play.quiet(30)
        assert play.heard()[-1] == ENGLISH[Say.TAP_OVER]
        assert await play.dead() == []


async def test_of_several_that_are_forgotten_unasked_one_is_chosen_and_its_title_goes_with_it(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(brain=forgetful()) as play:
        await play.knows()
        for name in ("Zita", "Eva"):
            await play.talk(f"remember that my sister is called {name}")
        await play.says(BEANS)
        await play.quiet(30)
        assert len(await known(play)) == 2
        assert [each["kind"] for each in await with_the_word(play, "Zita")] == ["which_fact"]
        await play.taps("my sister is called Zita")
        await play.quiet(30)
        assert play.heard()[-1] == ENGLISH[Say.FACT_FORGOTTEN]
        assert await known(play) == ["my sister is called Eva"]
        assert await with_the_word(play, "Zita") == []
