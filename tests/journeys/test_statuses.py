"""What WhatsApp says became of a message: early, twice, out of order, or that it failed after all."""

from datetime import timedelta

import pytest
import trio
from trio.testing import MockClock

from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.faults import Delay, Drop, Duplicate, ResetAfter, Slow, Swap
from ivy.emulators.whatsapp_payloads import Accepted
from ivy.store import jobs
from tests.journeys.play import ANA, BEN, Lives, Play, after, plain


async def state(play: Play, number: int = -1) -> str:
    return (await play.outbox())[number]["state"]


def tell(play: Play, sent: Accepted, told: str, **more: object) -> None:
    """Let the vendor say one more thing of a message."""
    whatsapp = play.world.vendors.whatsapp
    status = payloads.status(sent.person, sent.wamid, told, play.now, our_id=sent.our_id, **more)
    whatsapp.post(whatsapp.account.messages(None, statuses=[status]))


async def hold_the_answer(play: Play, seconds: float = 5) -> None:
    """Let the vendor's statuses come before its answer to the request."""

    async def linger(_accepted: Accepted) -> None:
        await trio.sleep(seconds)

    play.world.vendors.whatsapp.on_accept = linger


async def spent_on_messages(play: Play) -> list[int]:
    rows = await play.rows("SELECT amount_micros FROM cost_ledger WHERE kind = 'message'")
    return [row["amount_micros"] for row in rows]


# --- well delivered ----------------------------------------------------------------------------------


async def test_statuses_that_come_before_the_answer_are_joined_to_the_message(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await hold_the_answer(play)
        await play.talk("hello")
        await trio.sleep(2)
        assert await state(play) == "delivered"
        await play.quiet()
        (row,) = await play.rows("SELECT state, external_id FROM messages_v2 WHERE direction = 'out'")
        assert row == {"state": "delivered", "external_id": play.messages()[0].wamid}
        assert len(await spent_on_messages(play)) == 1
        assert len(play.heard()) == 1


async def test_early_statuses_without_our_id_are_joined_when_the_answer_comes(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        whatsapp = play.world.vendors.whatsapp
        whatsapp.manners.statuses = ()

        async def tell_early(accepted: Accepted) -> None:
            for told in ("sent", "delivered"):
                status = payloads.status(accepted.person, accepted.wamid, told, play.now)
                whatsapp.post(whatsapp.account.messages(None, statuses=[status]))
            await trio.sleep(5)

        whatsapp.on_accept = tell_early
        await play.talk("hello")
        await play.quiet()
        assert await state(play) == "delivered"
        assert len(await spent_on_messages(play)) == 1


@pytest.mark.parametrize("order", [("read", "delivered", "sent"), ("delivered", "sent", "read"), ("sent", "read")])
async def test_states_only_move_forward_in_whatever_order_they_come(
    lives: Lives, autojump_clock: MockClock, order: tuple[str, ...]
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.whatsapp.manners.statuses = ()
        await play.talk("hello")
        for told in (*order, *order):
            play.world.vendors.whatsapp.tell_status(play.messages()[0], told)
            await trio.sleep(1)
        assert await state(play) == "read"
        assert len(await spent_on_messages(play)) == 1


@pytest.mark.parametrize("fault", [Duplicate(3), Swap(), Delay(30)])
async def test_a_message_costs_once_however_its_statuses_come(
    lives: Lives, autojump_clock: MockClock, fault: Duplicate | Swap | Delay
) -> None:
    async with lives() as play:
        await play.knows()
        await play.says("hello")
        await trio.sleep(1.2)  # the message is in, the answer is not out
        play.world.vendors.whatsapp.deliveries.faults.add(fault)
        await play.quiet()
        assert await state(play) == "delivered"
        assert len(await spent_on_messages(play)) == 1


@pytest.mark.parametrize("order", [("sent", "delivered"), ("delivered", "sent")])
async def test_a_free_message_costs_nothing_and_a_priced_one_its_price(
    lives: Lives, autojump_clock: MockClock, order: tuple[str, ...]
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.whatsapp.manners.statuses = ()
        for number, free in enumerate((True, False)):
            await play.talk("hello")
            for told in order:  # Meta names the price with one of them
                price = {"pricing": payloads.service_price(free=free)} if told == "sent" else {}
                tell(play, play.messages()[number], told, **price)
                await trio.sleep(1)
        assert await spent_on_messages(play) == [0, 3400]


async def test_a_message_that_is_only_sent_costs_nothing_yet(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.whatsapp.person(ANA).online = False
        await play.talk("hello")
        await play.quiet()
        assert await state(play) == "sent"
        assert await spent_on_messages(play) == [0]  # it is one of the month's free replies
        assert await play.one("SELECT state FROM cost_ledger WHERE kind = 'message'") == "reserved"


@pytest.mark.parametrize(("free", "micros"), [(True, 0), (False, 3400)])
async def test_a_reaction_costs_what_its_status_names_since_nobody_hears_of_its_delivery(
    lives: Lives, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, free: bool, micros: int
) -> None:
    def price_of(_accepted: Accepted) -> payloads.Json:
        return payloads.service_price(free=free)

    async with lives() as play:
        await play.knows()
        monkeypatch.setattr(play.world.vendors.whatsapp, "price_of", price_of)
        await play.talk("plan a run today")
        await play.talk("done")
        await play.quiet()
        assert play.reactions() == ["✅"]
        assert await play.rows(
            "SELECT m.state, l.state AS money, amount_micros FROM cost_ledger l JOIN messages_v2 m USING (id)"
            " WHERE m.kind = 'reaction'"
        ) == [{"state": "sent", "money": "settled", "amount_micros": micros}]


async def test_a_priced_reaction_that_failed_after_all_costs_nothing(
    lives: Lives, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def price_of(_accepted: Accepted) -> payloads.Json:
        return payloads.service_price(free=False)

    async with lives() as play:
        await play.knows()
        monkeypatch.setattr(play.world.vendors.whatsapp, "price_of", price_of)
        await play.talk("plan a run today")
        await play.talk("done")
        await play.quiet()
        (reaction,) = (each for each in play.world.vendors.whatsapp.sent if each.type == "reaction")
        costs = "SELECT amount_micros FROM cost_ledger l JOIN messages_v2 m USING (id) WHERE m.kind = 'reaction'"
        assert await play.one(costs) == 3400
        tell(play, reaction, "failed", errors=[payloads.failure(131026, "")])
        await play.quiet()
        tell(play, reaction, "sent", pricing=payloads.service_price(free=False))  # once more, and late
        await play.quiet()
        assert await play.one("SELECT state FROM messages_v2 WHERE kind = 'reaction'") == "failed"
        assert await play.one(costs) == 0
        assert await play.dead() == []


# --- failed after it was accepted --------------------------------------------------------------------


@pytest.mark.parametrize("early", [False, True])
async def test_a_closed_window_told_afterwards_holds_the_message_until_the_person_writes(
    lives: Lives, autojump_clock: MockClock, early: bool
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.whatsapp.fail(131047)
        if early:
            await hold_the_answer(play)
        await play.says("I spent $50 on lunch")
        await play.quiet()
        play.world.vendors.whatsapp.on_accept = None
        (row,) = await play.outbox()
        assert row["state"] == "held"
        assert row["reason"]
        assert len(play.heard()) == 1
        await play.says("hello?")
        await play.quiet()
        assert sum("50.00" in text for text in play.heard()) == 2  # the one that was lost, and the one that came
        assert {row["state"] for row in await play.outbox()} == {"delivered"}
        assert await play.dead() == []


@pytest.mark.parametrize("early", [False, True])
async def test_a_message_to_somebody_gone_is_a_dead_letter_with_its_reason(
    lives: Lives, autojump_clock: MockClock, early: bool
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.whatsapp.fail(131026)
        if early:
            await hold_the_answer(play)
        await play.says("hello")
        await play.quiet(300)
        (row,) = await play.outbox()
        assert row["state"] == "failed"
        (letter,) = await play.dead()
        assert letter["kind"] == "send"
        assert "131026" in letter["reason"]
        assert "\n" not in letter["reason"]
        assert len(play.heard()) == 1


@pytest.mark.parametrize("early", [False, True])
async def test_a_passing_failure_told_afterwards_is_tried_once_more(
    lives: Lives, autojump_clock: MockClock, early: bool
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.whatsapp.fail(131000)
        if early:
            await hold_the_answer(play, 3)
        await play.says("hello")
        await play.quiet()
        assert await state(play) == "delivered"
        assert len(play.heard()) == 2
        assert await play.dead() == []


async def test_a_failure_told_of_a_message_of_unknown_outcome_is_believed(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.whatsapp.fail(131026)
        play.world.vendors.faults["whatsapp"].add(ResetAfter(), path="/messages", times=1)
        play.world.vendors.whatsapp.manners.status_gap = 1.0
        await play.says("hello")
        await play.quiet(600)
        assert len(play.heard()) == 1
        assert [letter["kind"] for letter in await play.dead()] == ["send"]
        assert await state(play) == "failed"


async def test_a_late_word_of_a_failed_sending_does_not_pass_for_its_repetition(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.whatsapp.fail(131047)
        await play.says("I spent $50 on lunch")
        await play.quiet()
        tell(play, play.messages()[0], "sent")  # out of order: what failed was sent before
        await play.quiet()
        assert await state(play) == "held"
        await play.says("hello?")
        await play.quiet()
        assert sum("50.00" in text for text in play.heard()) == 2


# --- refused at once ---------------------------------------------------------------------------------


async def test_too_many_to_one_person_waits_and_blocks_nobody_else(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        play.world.vendors.whatsapp.refuse(131056)
        await play.says("hello")
        await trio.sleep(2)
        assert play.heard() == []
        await play.says("hello", BEN)
        await play.hears(1, BEN, within=2)
        await play.hears(1)
        assert play.messages()[0].at > play.messages(BEN)[0].at
        await play.quiet()
        assert {row["state"] for row in await play.outbox()} == {"delivered"}
        assert await play.dead() == []


async def test_a_closed_window_is_held_with_its_rule_and_lapses_at_its_deadline(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("remind me tomorrow at 7pm to water the plants")  # 34 hours away
        await play.until(after(hours=34))
        (_answer, reminder) = await play.outbox()
        assert (reminder["state"], reminder["reason"]) == ("held", "window closed: waits until they write")
        await play.until(after(hours=38))  # three hours is what a reminder is worth
        (_answer, reminder) = await play.outbox()
        assert reminder["state"] == "lapsed"
        await play.talk("hello")
        await play.quiet()
        assert not any("water" in text for text in play.heard()[1:])


async def test_a_closed_window_is_let_go_on_the_next_message(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("remind me tomorrow at 7pm to water the plants")
    async with lives(after(hours=34) - timedelta(minutes=1)) as play:
        await play.until(after(hours=34, minutes=20))
        assert play.heard() == []
        await play.says("hello")
        await play.hears(2)
        assert "⏰ water the plants" in play.heard()


async def test_who_writes_while_a_send_is_refused_for_the_window_is_answered_at_once(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.whatsapp.refuse(131047)
        whatsapp = play.world.vendors.whatsapp
        await play.says("I spent $50 on lunch")
        await play.quiet()
        assert play.heard() == []
        assert await state(play) == "held"
        whatsapp.refuse(131047)
        play.world.vendors.faults["whatsapp"].add(Slow(5), path="/messages", times=2)  # the read receipt, and the send
        await play.says("hello")
        await trio.sleep(3)
        await play.says("hello again")
        await play.quiet(600)
        assert any("50.00" in text for text in play.heard())
        assert {row["state"] for row in await play.outbox()} == {"delivered"}


async def test_all_statuses_lost_the_message_stays_accepted_and_is_not_repeated(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.says("hello")
        await trio.sleep(1.2)
        play.world.vendors.whatsapp.deliveries.faults.add(Drop(), times=2)
        await play.quiet(3600)
        assert await state(play) == "accepted"
        assert len(play.heard()) == 1


async def test_a_revived_send_is_not_taken_for_the_one_that_failed(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.whatsapp.fail(131026)
        await play.says("hello")
        await play.quiet()
        (letter,) = await play.dead()
        play.fail("whatsapp", ResetAfter())
        assert await play.world.store.write(jobs.revive, letter["id"], now=play.now)
        await play.quiet(600)
        assert await state(play) == "delivered"
        assert len(play.heard()) == 2
        assert await play.dead() == []


async def test_a_dead_send_revived_is_sent_once_however_often_it_is_asked_for(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.whatsapp.refuse(131026)
        await play.says("hello")
        await play.quiet()
        assert play.heard() == []
        (letter,) = await play.dead()
        revived = [await play.world.store.write(jobs.revive, letter["id"], now=play.now) for _twice in range(2)]
        assert revived == [True, False]
        await play.quiet()
        assert not await play.world.store.write(jobs.revive, letter["id"], now=play.now)
        await play.quiet()
        assert len(play.heard()) == 1
        assert await play.dead() == []
        assert plain(play.heard())
