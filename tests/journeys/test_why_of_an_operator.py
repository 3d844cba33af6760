"""What an operator sent by hand says so: `ivy why` names the command, and who typed it."""

from trio.testing import MockClock

from ivy.cli import send
from ivy.clock import stamp
from ivy.store import people, stories
from ivy.store.binding import Connection
from ivy.store.scope import Scope, as_operator
from ivy.store.stories import Story
from tests.journeys.play import ANA, Lives


async def test_the_command_led_to_it(lives: Lives, autojump_clock: MockClock) -> None:
    def write(scope: Scope) -> send.Queued:
        desk = play.world.daemon.context.desk_at("whatsapp", "by-hand")
        values = {"date": "24 November", "change": "calls are switched off"}
        return send.queue(scope, people.load(scope), "account_notice", values, desk)

    def tell(connection: Connection, message: str) -> Story:
        return stories.tell(connection, stories.find(connection, message), now=play.now)

    async with lives() as play:
        await play.knows()
        await play.submits_templates()
        await as_operator(
            play.world.store, actor="kim: ivy send …", reason="the template account_notice", action="send",
            subject=play.ids[ANA], at_ms=stamp(play.now),
        )  # fmt: skip
        queued = await play.rows_of().write(write)
        await play.hears(1)
        story = await play.world.store.read(tell, queued.message)
    assert story.cause is not None
    assert story.cause.what == "operator"
    assert story.cause.words == "kim: ivy send … did send for them (the template account_notice)."
