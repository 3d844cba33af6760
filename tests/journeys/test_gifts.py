"""A workout is done by text, tap or reaction: the same streak, the same gift, one message about all of it."""

from collections.abc import Awaitable, Callable

import pytest
from trio.testing import MockClock

from ivy.agent import quick
from ivy.config import CharitySection, Config, GivingSection
from ivy.domain import chain
from ivy.domain.giving import Wallet
from ivy.store import donations, people, streaks, wallets, workouts
from ivy.store.scope import Scope
from tests.journeys.play import ANA, Lives, Play

CONFIG = Config(giving=GivingSection(charities={"water": CharitySection(name="Clean Water")}))
SAID = "Logged: run, done. 💪 That's day 1 of your streak. Well done! $1.00 pledged to Clean Water."


async def planned(play: Play) -> None:
    await play.knows()
    await play.rows_of().write(wallets.save, Wallet("water", 100, "USD", 200, 4000), now=play.now)
    await play.talk("plan a run today")


async def by_text(play: Play) -> None:
    await play.says("done")


async def _asked(play: Play) -> None:
    def ask(scope: Scope) -> None:
        person = people.load(scope)
        desk = play.world.daemon.context.desk_at("whatsapp", "trace")
        (workout,) = quick.open_now(scope, person, desk)
        quick.ask_if_done(scope, person, workout, desk)

    await play.rows_of().write(ask)
    await play.hears(2)


async def by_button(play: Play) -> None:
    await _asked(play)
    await play.taps("Done")


async def by_reaction(play: Play) -> None:
    await _asked(play)
    await play.whatsapp.person_reacts(ANA, play.messages()[-1].wamid, "👍")


@pytest.mark.every
@pytest.mark.parametrize("way", [by_text, by_button, by_reaction])
async def test_whichever_way_it_is_said_it_has_the_same_result_in_one_message(
    lives: Lives, autojump_clock: MockClock, way: Callable[[Play], Awaitable[None]]
) -> None:
    async with lives(config=CONFIG) as play:
        await planned(play)
        await way(play)
        await play.quiet()
        assert play.heard()[-1] == SAID
        assert sum("pledged" in each or "streak" in each for each in play.heard()) == 1
        assert (await play.rows_of().read(streaks.current)).current == 1
        (workout,) = await play.rows_of().read(workouts.between, play.now.date(), play.now.date())
        (stands,) = await play.rows_of().read(donations.standing, workout.id)
        assert (stands.charity, stands.amount_minor, stands.currency) == ("water", 100, "USD")
        rows = await play.world.store.read(lambda connection: list(donations.links(connection)))
        assert chain.check(rows, whole=True).rows == 1


async def test_done_said_twice_gives_once(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=CONFIG) as play:
        await planned(play)
        await play.says("done", external_id="wamid.once")
        await play.hears(2)
        await play.says("done", external_id="wamid.once")  # the channel repeats itself
        await play.quiet()
        assert await play.one("SELECT count(*) FROM donations") == 1
