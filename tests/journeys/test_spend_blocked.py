"""`ivy switch spend block`, and a cap that is reached: what Ivy begins and pays for waits, and what people need goes."""

from datetime import timedelta

from trio.testing import MockClock

from ivy.config import Config, SpendSection
from ivy.domain.routing import SPEND_BLOCKED, For
from ivy.domain.sentences import ENGLISH, Say
from ivy.store import switches
from ivy.store.outbox import OwnTemplate
from tests.journeys.play import Lives, Play
from tests.journeys.test_every_cent import spends

GONE = {"accepted", "sent", "delivered", "read"}
DUE = OwnTemplate("reminder_due", {"time": "17:30", "task": "run"}, ("done", "later"))


async def spend(play: Play, value: str) -> None:
    await play.world.store.write(switches.set_value, "spend", value, by="test", now=play.now)


async def state(play: Play, message_id: str) -> tuple[str, str]:
    (row,) = await play.rows("SELECT state, reason FROM messages_v2 WHERE id = ?", message_id)
    return row["state"], row["reason"]


async def test_a_template_that_ivy_begins_waits_and_a_reminder_goes(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await play.talk("hello")
        await play.talk("remind me on wednesday at 4pm to call John")
        await play.until(play.now + timedelta(days=2))  # the window is closed
        await spend(play, "block")
        chosen, digest = [
            (await play.queues("How was it?", purpose=purpose, template=DUE, asked_for=asked))[0]
            for purpose, asked in ((For.CHECKIN, True), (For.DIGEST, False))
        ]
        await play.until(play.now + timedelta(hours=8))
        for message in (chosen, digest):
            assert await state(play, message) == ("held", SPEND_BLOCKED)
        (reminder,) = await play.rows("SELECT state, kind FROM messages_v2 WHERE purpose = 'reminder'")
        assert reminder["state"] in GONE and reminder["kind"] == "template"
        await spend(play, "on")
        await play.until(play.now + timedelta(minutes=16))
        for message in (chosen, digest):
            assert (await state(play, message))[0] in GONE


async def test_answers_and_what_is_free_in_the_window_still_go(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
        await spend(play, "block")
        assert "Logged: run" in await play.talk("done")
        assert await play.talk("STOP") == ENGLISH[Say.STOPPED]
        await play.talk("START")
        (free,) = await play.queues("How was it?", purpose=For.CHECKIN, asked_for=False, template=DUE)
        await play.quiet()
        assert (await state(play, free))[0] in GONE


async def test_a_cap_that_is_reached_holds_what_the_switch_holds(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=Config(spend=SpendSection(daily_cap_usd=1.0))) as play:
        await play.knows()
        await play.submits_templates()
        await play.talk("hello")
        await play.talk("remind me on wednesday at 4pm to call John")
        await play.until(play.now + timedelta(days=2))  # the window is closed
        await spends(play, 1_000_000)
        chosen, digest = [
            (
                await play.queues(
                    "How was it?", purpose=purpose, template=DUE, asked_for=asked, patience=timedelta(days=2)
                )
            )[0]
            for purpose, asked in ((For.CHECKIN, True), (For.DIGEST, False))
        ]
        await play.until(play.now + timedelta(hours=8))
        for message in (chosen, digest):
            assert await state(play, message) == ("held", "window closed: today's money is spent")
        (reminder,) = await play.rows("SELECT state, kind FROM messages_v2 WHERE purpose = 'reminder'")
        assert reminder["state"] in GONE and reminder["kind"] == "template"
        await play.says("hello again")  # it opens the window, and what is free in it goes
        await play.quiet()
        (free,) = await play.queues("And today?", purpose=For.CHECKIN, template=DUE)
        await play.quiet()
        assert (await state(play, free))[0] in GONE
