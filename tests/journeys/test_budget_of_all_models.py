"""A turn's budget is that of whoever may answer it, and its pictures have theirs."""

import json

import pytest
from trio.testing import MockClock

from ivy.agent.context import UNSEEN
from ivy.config import Config, TurnsSection
from ivy.domain.consent import Purpose
from ivy.store import consents, token_factors
from tests.journeys.files import photograph, pictures_shown
from tests.journeys.play import Lives, Play, after
from tests.models import FALLBACK, PRIMARY


async def context_of(play: Play) -> dict[str, object]:
    (row,) = await play.rows("SELECT payload FROM turn_steps WHERE kind = 'context' ORDER BY at_ms DESC LIMIT 1")
    return json.loads(row["payload"])


async def test_the_model_that_makes_most_tokens_sets_the_room_of_all(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("hello")
        assert (await context_of(play))["room"] == [4096, PRIMARY, 1.35]
    async with lives(after(minutes=5)) as play:
        await play.world.store.write(token_factors.learn, FALLBACK, 2.1, answers=5, now=play.now)
        await play.talk("hello again")
        assert (await context_of(play))["room"] == [4096, FALLBACK, 2.1], "it may have to answer this very turn"


@pytest.mark.parametrize(("room", "shown"), [(10_000, 3), (0, 0)])
async def test_a_picture_there_is_no_room_for_is_owned_up_to(
    lives: Lives, autojump_clock: MockClock, room: int, shown: int
) -> None:
    async with lives(config=Config(turns=TurnsSection(picture_tokens=room))) as play:
        await play.knows()
        await play.rows_of().write(consents.record, Purpose.IMAGES, granted=True, proof="test", now=play.now)
        for seed in range(1, 6):
            await photograph(play, seed=seed)
        await play.hears(1)
        await play.quiet()
        assert len(pictures_shown(play)[-1]) == shown
        assert str(await context_of(play)).count(UNSEEN) == 5 - shown
        assert await play.dead() == []
