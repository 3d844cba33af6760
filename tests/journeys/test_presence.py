"""What a person sees of Ivy besides words: ticks, the sign of typing, a reaction. Never too many, and never in the way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import trio
from trio.testing import MockClock

from ivy.clock import unstamp
from ivy.config import Config, SmsSection, WhatsAppSection
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators.faults import Answer, Drop, Duplicate, Fault, Refuse, ResetAfter, ResetBefore, Slow, Truncated
from ivy.emulators.model_faults import ModelFault, slow
from ivy.store import switches
from tests.journeys.play import ANA, BEN, Lives, Play

SECOND = timedelta(seconds=1)


async def switch(play: Play, name: str, value: str) -> None:
    await play.world.store.write(switches.set_value, name, value, by="test", now=play.now)


def read(play: Play) -> list[str]:
    """Return what was shown as read, in order, without the signs of typing."""
    return [mark.wamid for mark in play.whatsapp.reads if not mark.typing]


# --- read --------------------------------------------------------------------------------------------


async def test_a_message_is_shown_as_read_when_it_is_taken_in(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        wrote = play.now
        wamid = await play.says("hello")
        await play.hears(1)
        (mark,) = play.whatsapp.reads
        assert (mark.wamid, mark.typing) == (wamid, False)
        assert mark.at - wrote < SECOND
        assert mark.at < play.messages()[0].at


async def test_each_message_is_shown_as_read_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.whatsapp.deliveries.faults.add(Duplicate(times=3))
        first = await play.says("hello")
        await play.quiet(30)
        await play.says("hello", external_id=first)
        second = await play.says("STOP")
        third = await play.whatsapp.person_sends_unsupported(ANA)
        await play.quiet()
        assert sorted(read(play)) == sorted([first, second, third])


async def test_a_reaction_is_no_message_to_be_read(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("hello")
        before = len(play.whatsapp.reads)
        await play.whatsapp.person_reacts(ANA, play.messages()[0].wamid, "👍")
        await play.quiet()
        assert len(play.whatsapp.reads) == before


@pytest.mark.parametrize("fault", [Refuse(), ResetBefore(), ResetAfter(), Answer(500), Answer(401), Truncated()])
async def test_a_failed_tick_harms_nobody(lives: Lives, autojump_clock: MockClock, fault: Fault) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.faults["whatsapp"].add(fault)
        await play.says("STOP")
        await play.quiet()
        assert play.heard() == [ENGLISH[Say.STOPPED]]
        assert await play.dead() == []
        assert await play.one("SELECT count(*) FROM jobs WHERE kind = 'mark_read' AND state = 'ready'") == 0


@pytest.mark.parametrize("way", ["configuration", "switch"])
async def test_without_receipts_nobody_sees_a_tick_nor_typing(
    lives: Lives, autojump_clock: MockClock, way: str
) -> None:
    """The sign of typing turns the ticks blue, too."""
    config = Config(whatsapp=WhatsAppSection(read_receipts=False)) if way == "configuration" else None
    async with lives(config=config) as play:
        await play.knows()
        if way == "switch":
            await switch(play, "read_receipts", "off")
        play.world.vendors.anthropic.faults.add(slow(8))
        await play.talk("hello")
        assert play.whatsapp.reads == []


# --- typing ------------------------------------------------------------------------------------------


async def test_a_quick_answer_shows_no_typing(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        for words in ("hello", "I spent $7 on coffee", "what reminders do I have"):
            await play.talk(words)
        assert play.whatsapp.typings == []


@pytest.mark.parametrize("seconds", [0.9, 1.0, 1.1, 8])
async def test_a_slow_answer_shows_typing_once_after_a_second(
    lives: Lives, autojump_clock: MockClock, seconds: float
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(slow(seconds))
        wamid = await play.says("hello")
        await play.hears(1)
        await play.quiet()
        began = unstamp(await play.one("SELECT started_at_ms FROM turns"))
        shown = play.whatsapp.typings
        assert len(shown) == 1 if seconds > 1 else len(shown) <= 1
        for mark in shown:
            assert mark.wamid == wamid
            assert SECOND * 0.99 <= mark.at - began <= SECOND * 1.1
            assert mark.at <= play.messages()[0].at


async def test_typing_is_shown_once_a_turn_however_long_it_is(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(slow(6), times=3)
        await play.says("I spent $7 on coffee")
        await trio.sleep(4)
        await play.says("and $9 on tea")  # joins the same turn
        await play.hears(1)
        await play.quiet()
        assert len(play.whatsapp.typings) == 1
        assert await play.one("SELECT count(*) FROM turns") == 1
        play.world.vendors.anthropic.faults.add(slow(6))
        await play.says("hello")
        await play.hears(2)
        assert len(play.whatsapp.typings) == 2


async def test_a_turn_that_waits_for_a_model_shows_typing_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        for vendor in (play.world.vendors.anthropic, play.world.vendors.openai):
            vendor.faults.add(ModelFault(status=500, delay=3), times=6)
        await play.says("hello")
        await play.hears(2, within=7200)
        assert play.heard()[0] == ENGLISH[Say.MODELS_DOWN]
        assert len(play.whatsapp.typings) == 1
        assert play.whatsapp.typings[0].at < play.messages()[0].at


@pytest.mark.parametrize("fault", [Slow(60), Refuse(), ResetAfter(), Answer(500)])
async def test_a_sign_that_fails_or_hangs_holds_no_answer_up(
    lives: Lives, autojump_clock: MockClock, fault: Fault
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(slow(5))
        wrote = play.now
        await play.says("hello")
        await trio.sleep(1)  # the tick is out, the sign is not
        play.world.vendors.faults["whatsapp"].add(fault)
        await play.hears(1)
        assert play.messages()[0].at - wrote < 8 * SECOND
        await play.quiet()
        assert await play.dead() == []


async def test_typing_can_be_switched_off(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await switch(play, "typing", "off")
        play.world.vendors.anthropic.faults.add(slow(8))
        wamid = await play.says("hello")
        await play.hears(1)
        assert play.whatsapp.typings == []
        assert read(play) == [wamid]


async def test_typing_stands_on_words_though_a_reaction_came_since(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("hello")
        play.world.vendors.anthropic.faults.add(slow(8))
        wamid = await play.says("hello again")
        await play.whatsapp.person_reacts(ANA, play.messages()[0].wamid, "😂")
        await play.hears(2)
        assert [mark.wamid for mark in play.whatsapp.typings] == [wamid]


async def test_each_sees_only_their_own(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        play.world.vendors.anthropic.faults.add(slow(6), times=2)
        ana, ben = await play.says("hello"), await play.says("hello", BEN)
        await play.hears(1)
        await play.hears(1, BEN)
        assert sorted(mark.wamid for mark in play.whatsapp.typings) == sorted([ana, ben])


# --- reactions ---------------------------------------------------------------------------------------


async def test_done_is_ticked_once_and_said_in_one_bubble(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
        play.whatsapp.deliveries.faults.add(Duplicate(times=3))
        wamid = await play.says("done")
        await play.quiet(60)
        await play.says("done", external_id=wamid)
        await play.quiet()
        (reaction,) = [each for each in play.whatsapp.sent if each.type == "reaction"]
        assert reaction.request["reaction"] == {"message_id": wamid, "emoji": "✅"}
        assert len(play.heard()) == 2
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE kind = 'reaction'") == 1


@pytest.mark.parametrize("words", ["skip", "rest"])
async def test_what_was_not_done_is_not_ticked(lives: Lives, autojump_clock: MockClock, words: str) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
        await play.talk(words)
        await play.quiet()
        assert play.reactions() == []
        assert len(play.heard()) == 2


async def test_a_milestone_is_celebrated_instead_of_ticked(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        for day in range(3):
            await play.talk("plan a run today")
            await play.talk("done")
            await play.quiet(86400 - 300 if day < 2 else 60)
        assert play.reactions() == ["✅", "✅", "🎉"]
        assert "3 days in a row" in play.heard()[-1]


async def test_without_reactions_the_words_come_alone(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=Config(whatsapp=WhatsAppSection(reactions=False))) as play:
        await play.knows()
        await play.talk("plan a run today")
        assert "run" in await play.talk("done")
        await play.talk("remind me in 20 minutes to check the oven")
        await play.hears(4, within=1500)
        await play.taps("Done")
        await play.quiet()
        assert play.reactions() == []
        assert len(play.heard()) == 4
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE kind = 'reaction'") == 0


def refuses(play: Play) -> None:
    play.whatsapp.refuse(131009)


def tells_late(play: Play) -> None:
    play.whatsapp.fail(131009)


def is_busy(play: Play) -> None:
    play.whatsapp.refuse(131000, status=500, times=2)


def is_gone(play: Play) -> None:
    play.fail("whatsapp", Refuse(), times=40)


def breaks_off(play: Play) -> None:
    play.fail("whatsapp", ResetAfter())


def answers_nonsense(play: Play) -> None:
    play.fail("whatsapp", Truncated(), times=2)


@pytest.mark.parametrize("trouble", [refuses, tells_late, is_busy, is_gone, breaks_off, answers_nonsense])
async def test_a_reaction_that_fails_is_no_dead_letter_and_keeps_no_words_back(
    lives: Lives, autojump_clock: MockClock, trouble: Callable[[Play], None]
) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
        await play.quiet(10)
        await switch(play, "read_receipts", "off")  # so that the trouble meets the reaction
        trouble(play)
        await play.says("done")
        await play.hears(2, within=20 * 3600)
        await play.quiet(3600)
        assert "run" in play.heard()[-1]
        assert len(play.heard()) == 2
        assert len(play.reactions()) <= 1 or trouble is answers_nonsense
        assert await play.dead() == []
        assert (
            await play.one("SELECT count(*) FROM jobs WHERE kind = 'send' AND state NOT IN ('done', 'cancelled')") == 0
        )


async def test_a_reaction_of_which_nothing_is_ever_heard_is_let_go(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
        await play.quiet(10)
        await switch(play, "read_receipts", "off")
        await play.says("done")
        play.whatsapp.deliveries.faults.add(Drop(), times=50)
        play.fail("whatsapp", Truncated(), times=4)  # the reaction and the words, twice each
        await play.quiet(2 * 3600)
        (reaction, words) = (await play.rows("SELECT * FROM messages_v2 WHERE direction = 'out' ORDER BY rowid"))[1:]
        assert (reaction["kind"], reaction["state"]) == ("reaction", "failed")
        assert reaction["reason"] == "it was sent twice and nothing was heard of either"
        assert [letter["key"] for letter in await play.dead()] == [f"send:{words['id']}"]


async def test_on_a_channel_without_reactions_the_number_answers_and_nothing_more_is_sent(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=Config(sms=SmsSection(enabled=True))) as play:
        await play.knows()
        await play.talk("remind me tomorrow at 6pm to check the oven")
        await play.quiet(36 * 3600)  # the window is closed and no template approved: it goes as a text
        (sent,) = play.world.vendors.sms.sent
        assert sent.body.splitlines()[0].endswith("check the oven")
        assert "1. Done" in sent.body
        asked = play.asked_models()
        await play.world.vendors.sms.person_says(ANA, "1")
        await play.quiet()
        assert await play.one("SELECT answer FROM pending_actions WHERE kind = 'reminder'") == "done"
        assert len(play.world.vendors.sms.sent) == 1
        assert play.reactions() == []
        assert play.asked_models() == asked
