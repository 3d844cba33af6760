"""STOP and the way back: silence at once, whatever is under way."""

import pytest
import trio
from trio.testing import MockClock

from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators.faults import Refuse, Slow
from ivy.emulators.model_faults import ModelFault, slow
from ivy.store import consents
from tests.journeys.play import BEN, Lives, after

STOPPED = ENGLISH[Say.STOPPED]


async def test_stop_ends_every_consent_and_start_is_the_way_back(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        assert await play.talk("STOP") == STOPPED
        assert await play.one("SELECT status FROM users") == "stopped"
        assert await play.rows_of().read(consents.current) == frozenset()
        assert play.asked_models() == 0
        assert await play.talk("START") == ENGLISH[Say.STARTED_AGAIN]
        assert await play.one("SELECT status FROM users") == "active"
        assert play.asked_models() == 0
        assert "7.00" in await play.talk("I spent $7 on coffee")


async def test_who_has_stopped_is_still_answered_when_they_write(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("STOP")
        assert "7.00" in await play.talk("I spent $7 on coffee")
        assert await play.one("SELECT status FROM users") == "stopped"


@pytest.mark.parametrize(
    ("answer", "said", "status", "suspended"),
    [
        ("today", Say.STOP_TODAY, "active", True),
        ("calls", Say.STOP_CALLS, "active", False),
        ("everything", Say.STOPPED, "stopped", True),
        ("keep going", Say.STOP_NOTHING, "active", False),
    ],
)
async def test_a_sentence_like_stop_is_asked_about_and_each_answer_is_understood(
    lives: Lives, autojump_clock: MockClock, answer: str, said: Say, status: str, suspended: bool
) -> None:
    async with lives() as play:
        await play.knows()
        assert await play.talk("please stop messaging me") == ENGLISH[Say.STOP_QUESTION]
        assert await play.one("SELECT suspended_until_ms FROM users") is not None
        assert await play.talk(answer) == ENGLISH[said]
        (user,) = await play.rows("SELECT status, suspended_until_ms FROM users")
        assert user["status"] == status
        assert (user["suspended_until_ms"] is not None) is suspended
        assert play.asked_models() == 0


async def test_stop_while_a_turn_is_under_way_is_followed_by_silence(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(slow(10))
        await play.says("hello")
        await trio.sleep(4)
        await play.says("STOP")
        await play.quiet(3600)
        assert play.heard() == [STOPPED]
        assert await play.dead() == []


async def test_what_is_asked_after_stop_and_start_is_answered_though_the_old_turn_still_runs(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(slow(20))
        await play.says("I spent $50 on lunch")
        await trio.sleep(4)
        for words in ("STOP", "START", "I spent $7 on coffee"):
            await play.says(words)
            await trio.sleep(2)
        await play.quiet(300)
        assert play.heard()[:2] == [STOPPED, ENGLISH[Say.STARTED_AGAIN]]
        assert len(play.heard()) == 3
        assert "7.00" in play.heard()[2]
        assert [row["amount_minor"] for row in await play.rows("SELECT amount_minor FROM expenses")] == [700]


async def test_stop_while_the_models_are_down_is_followed_by_silence(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        for vendor in (play.world.vendors.anthropic, play.world.vendors.openai):
            vendor.faults.add(ModelFault(status=500, delay=10))
        await play.says("hello")
        await trio.sleep(4)  # the turn is at the first model, and comes back to nothing
        await play.says("STOP")
        await play.quiet(3600)
        assert play.heard() == [STOPPED]


async def test_stop_while_a_turn_waits_for_a_model_is_followed_by_silence(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        for vendor in (play.world.vendors.anthropic, play.world.vendors.openai):
            vendor.faults.add(ModelFault(status=500), times=8)
        await play.says("hello")
        assert await play.hears(1) == [ENGLISH[Say.MODELS_DOWN]]
        await play.says("STOP")
        await play.quiet(4 * 3600)
        assert play.heard() == [ENGLISH[Say.MODELS_DOWN], STOPPED]


async def test_stop_while_a_message_is_on_its_way_keeps_it_from_being_tried_again(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.says("hello")
        await trio.sleep(1.2)
        play.world.vendors.whatsapp.refuse(131000)
        play.world.vendors.faults["whatsapp"].add(Slow(8), path="/messages")
        await trio.sleep(3)
        await play.says("STOP")
        await play.quiet(3600)
        assert play.heard() == [STOPPED]
        assert (
            await play.one("SELECT state FROM messages_v2 WHERE direction = 'out' ORDER BY rowid LIMIT 1")
            == "cancelled"
        )


async def test_stop_withdraws_what_waits_to_be_sent(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.says("hello")
        await trio.sleep(1.2)
        play.world.vendors.faults["whatsapp"].add(Refuse(), path="/messages", times=6)
        await trio.sleep(3)
        await play.says("STOP")
        await play.quiet(3600)
        assert play.heard() == [STOPPED]


async def test_one_persons_stop_is_not_anothers(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        await play.talk("remind me in 20 minutes to check the oven", BEN)
        await play.talk("STOP")
        await play.until(after(minutes=25))
        assert play.heard(BEN)[1:] == ["⏰ check the oven"]
        assert len(play.heard()) == 1
