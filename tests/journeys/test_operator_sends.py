"""What an operator sends by hand: a template reaches somebody outside the window, and waits for the end of their night."""

from datetime import timedelta

from trio.testing import MockClock

from ivy.cli import send
from ivy.store import people
from ivy.store.scope import Scope
from tests.journeys.play import Lives, Play, after, template_values

VALUES = {"date": "24 November", "change": "calls are switched off"}


async def sends(play: Play) -> send.Queued:
    def write(scope: Scope) -> send.Queued:
        desk = play.world.daemon.context.desk_at("whatsapp", "trace")
        return send.queue(scope, people.load(scope), "account_notice", VALUES, desk)

    return await play.rows_of().write(write)


async def test_an_operators_template_goes_outside_the_window(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        queued = await sends(play)
        await play.hears(1)
        (sent,) = play.messages()
        assert sent.request["template"]["name"] == "account_notice"
        assert template_values(sent) == VALUES
        assert queued.held_until is None
        assert await play.dead() == []


async def test_at_night_it_waits_for_the_morning(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await play.until(after(hours=14))  # 23:00 in New York
        queued = await sends(play)
        assert queued.held_until is not None
        await play.until(queued.held_until - timedelta(minutes=1))
        assert play.messages() == []
        assert [row["state"] for row in await play.outbox()] == ["held"]
        await play.until(queued.held_until + timedelta(minutes=1))
        assert len(play.messages()) == 1
