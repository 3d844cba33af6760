"""Many messages at once: one turn, one reply, nothing twice and nothing forgotten."""

from typing import Any

import trio
from trio.testing import MockClock

from ivy.config import Config, WhatsAppSection
from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.deliveries import Deliveries
from ivy.emulators.faults import Duplicate
from ivy.emulators.model_faults import slow
from tests.journeys.play import ANA, BEN, Lives, Play


async def replies_per_turn(play: Play) -> list[int]:
    rows = await play.rows(
        "SELECT turns.id, count(messages_v2.id) AS replies FROM turns LEFT JOIN messages_v2"
        " ON turn_id = turns.id AND direction = 'out' GROUP BY 1 ORDER BY turns.rowid"
    )
    return [row["replies"] for row in rows]


async def test_the_same_delivery_three_times_in_parallel_is_answered_once(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        deliveries: Deliveries = play.whatsapp.deliveries
        deliveries.faults.add(Duplicate(3))
        async with trio.open_nursery() as nursery:
            for _lane in range(3):
                nursery.start_soon(deliveries.run)
            await play.says("I spent $50 on lunch")
            await play.quiet()
            nursery.cancel_scope.cancel()
        assert len(play.heard()) == 1
        assert await play.one("SELECT count(*) FROM expenses") == 1
        assert await play.one("SELECT count(*) FROM webhook_inbox WHERE id IN (SELECT trace_id FROM messages_v2)") == 1


async def test_the_same_message_inside_different_bodies_is_answered_once(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        whatsapp = play.world.vendors.whatsapp
        person = whatsapp.person(ANA)
        for name in ("Ana", "Ana María", "ana"):
            person.name = name
            await play.says("I spent $50 on lunch", external_id="wamid.SAME==", at=play.now)
        await play.quiet()
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'in'") == 1
        assert await play.one("SELECT count(*) FROM expenses") == 1
        assert len(play.heard()) == 1


async def test_one_body_with_messages_of_two_people_is_answered_to_each(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        whatsapp = play.world.vendors.whatsapp
        elements: list[Any] = []
        for who, words in ((ANA, "I spent $50 on lunch"), (BEN, "I spent $7 on coffee")):
            whatsapp.person(who).wrote_at = play.now
            elements.append(
                payloads.message(whatsapp.person(who), whatsapp.wamid("In"), play.now, payloads.text(words))
            )
        whatsapp.post(whatsapp.account.messages(None, messages=elements))
        assert "50.00" in (await play.hears(1))[0]
        assert "7.00" in (await play.hears(1, BEN))[0]


async def test_ten_messages_in_two_seconds_are_one_turn_and_one_reply(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        for number in range(10):
            await play.says(f"I spent ${number + 1} on lunch")
            await trio.sleep(0.2)
        await play.quiet()
        assert await replies_per_turn(play) == [1]
        assert len(play.heard()) == 1
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'in' AND turn_id IS NOT NULL") == 10


async def test_a_burst_that_goes_on_is_answered_within_five_seconds(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        for _number in range(10):
            await play.says("hello")
            await trio.sleep(1)
        assert 1 <= len(play.heard()) <= 2
        await play.quiet()
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE needs_answer = 1 AND turn_id IS NULL") == 0


async def test_words_that_come_while_a_tool_is_asked_for_join_the_same_reply(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(slow(6))
        await play.says("I spent $50 on lunch")
        await trio.sleep(4)  # the model is at its first answer, a call
        await play.says("I spent $7 on coffee")
        await play.quiet()
        amounts = await play.rows("SELECT amount_minor FROM expenses ORDER BY amount_minor")
        assert [row["amount_minor"] for row in amounts] == [700, 5000]
        assert await replies_per_turn(play) == [1]
        (reply,) = play.heard()
        assert "50.00" in reply
        assert "7.00" in reply


async def test_words_that_come_during_the_last_answer_get_the_next_turn(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(slow(6))
        await play.says("hello")
        await trio.sleep(4)
        await play.says("I spent $7 on coffee")
        await play.quiet()
        assert await replies_per_turn(play) == [1, 1]
        assert "7.00" in play.heard()[1]


async def test_typing_shows_once_and_only_when_the_answer_takes_a_second(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("hello")
        assert play.world.vendors.whatsapp.typings == []
        play.world.vendors.anthropic.faults.add(slow(3))
        wamid = await play.says("I spent $7 on coffee")
        await play.hears(2)
        assert [mark.wamid for mark in play.world.vendors.whatsapp.typings] == [wamid]


async def test_a_turn_that_is_tried_again_does_not_type_again(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(slow(50), times=2)
        play.world.vendors.openai.faults.add(slow(50), times=2)
        await play.says("hello")
        await play.hears(2, within=600)
        assert len(play.world.vendors.whatsapp.typings) == 1


async def test_each_message_is_marked_as_read_when_it_is_taken_in(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(slow(3))
        wamid = await play.says("hello")
        await trio.sleep(0.5)
        assert [(mark.wamid, mark.typing) for mark in play.world.vendors.whatsapp.reads] == [(wamid, False)]


async def test_without_read_receipts_nothing_tells_that_it_was_read(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=Config(whatsapp=WhatsAppSection(read_receipts=False))) as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(slow(3))
        await play.talk("hello")
        assert play.world.vendors.whatsapp.reads == []  # the typing sign would turn the ticks blue too


async def test_more_than_twenty_messages_a_minute_get_one_polite_notice(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        for _number in range(26):
            await play.says("hello")
            await trio.sleep(0.1)
        await play.quiet()
        notices = [text for text in play.heard() if text.startswith("I've got a lot of messages")]
        assert len(notices) == 1
        assert sum(await replies_per_turn(play)) == 1
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'in'") == 26
        assert await play.talk("I spent $7 on coffee")  # a minute later all is well
        assert "7.00" in play.heard()[-1]
