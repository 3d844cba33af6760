"""Two stories of `ivy why`, word for word: a gift, and a message that the fallback answered. They are read by support staff."""

import re
from pathlib import Path

import pytest
from trio.testing import MockClock

from ivy.cli import why
from ivy.cli.week_life import week_config
from ivy.cli.week_people import CHARITY
from ivy.domain import giving
from ivy.store import stories, wallets
from ivy.store.binding import Connection
from ivy.store.stories import Story
from tests.journeys.play import Lives, Play

TOLD = Path(__file__).parents[1] / "data" / "stories"
NAMES = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SIZES = re.compile(r"(\$(?=0\.\d{6})|kept \(|answered: |tokens in, |cached, )\d+(?:\.\d+)?")


async def story_of(play: Play, thing: str) -> Story:
    def tell(connection: Connection) -> Story:
        return stories.tell(connection, stories.find(connection, thing), now=play.now)

    return await play.world.store.read(tell)


def shown(story: Story, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the command prints, with each id by its number; sizes change with every prompt."""
    capsys.readouterr()
    why.show(story)
    names: dict[str, str] = {}
    told = NAMES.sub(lambda found: names.setdefault(found[0], f"<{len(names) + 1}>"), capsys.readouterr().out)
    return SIZES.sub(r"\1#", told)


async def test_the_story_of_a_gift(lives: Lives, autojump_clock: MockClock, capsys: pytest.CaptureFixture[str]) -> None:
    config = week_config()
    async with lives(config=config) as play:
        await play.knows()
        wallet = giving.wallet_of(config.giving, CHARITY, "USD", amount_minor=200)
        await play.rows_of().write(wallets.save, wallet, now=play.now)
        await play.talk("I did 30 minutes of yoga")
        await play.quiet()
        gift = await play.one("SELECT id FROM donations")
        story = await story_of(play, gift)
    assert shown(story, capsys) == (TOLD / "gift.txt").read_text()


async def test_the_story_of_an_answer_by_the_fallback(
    lives: Lives, autojump_clock: MockClock, capsys: pytest.CaptureFixture[str]
) -> None:
    async with lives() as play:
        await play.knows()
        play.fail_first_model(times=1)
        await play.talk("I spent $50 on lunch")
        await play.quiet()
        story = await story_of(play, (await play.outbox())[0]["id"])
        expense = await story_of(play, await play.one("SELECT id FROM expenses"))
    assert [each.words for each in expense.events] == [each.words for each in story.events]
    assert shown(story, capsys) == (TOLD / "fallback.txt").read_text()
