"""The poller: what it keeps, what it tells the operator, and what a crash between two commits costs."""

from datetime import timedelta
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.config import Config, SoloSection, WhatsAppSection
from ivy.daemon import polling
from ivy.emulators.faults import Refuse
from ivy.errors import StoreBusy
from ivy.store import polling as kept
from ivy.store.binding import Connection
from tests.journeys.play import Lives, Play

SOLO = Config(whatsapp=WhatsAppSection(enabled=False), solo=SoloSection(enabled=True))
UPDATES = "/updates"


async def alerts(play: Play) -> list[tuple[str, bool]]:
    rows = await play.rows(
        "SELECT key, resolved_at_ms IS NULL AS stands FROM alerts WHERE key LIKE 'poll:%' ORDER BY id"
    )
    return [(row["key"], bool(row["stands"])) for row in rows]


async def arrivals(play: Play) -> int:
    return await play.one("SELECT count(*) FROM webhook_inbox WHERE source = 'solo'")


async def test_what_a_poll_brought_is_kept_with_where_the_next_begins(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=SOLO) as play:
        solo = play.world.vendors.solo
        await solo.person_says("hola")
        await play.quiet()
        assert await arrivals(play) >= 1
        assert await play.one("SELECT next_offset FROM poll_cursors WHERE source = 'solo'") > 9_007_199_254_740_992
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'in'") == 1
        calm = solo.polls
        await play.quiet(600)
        assert solo.polls - calm <= 30  # 25 seconds each, while nobody writes


async def test_an_arrival_and_its_offset_are_one_commit(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=SOLO) as play:
        context = play.world.daemon.context

        def half(connection: Connection) -> None:
            arrival = polling._arrival("half", b"{}", context)  # pyright: ignore[reportPrivateUsage]
            kept.keep(connection, "half", arrival, 7, now=play.now)
            raise StoreBusy("the power fails here")

        with pytest.raises(StoreBusy):
            await play.world.store.write(half)
        assert await play.world.store.read(kept.next_offset, "half") is None
        assert await play.one("SELECT count(*) FROM webhook_inbox WHERE source = 'half'") == 0


async def test_what_was_written_long_before_the_first_poll_is_passed_over(
    autojump_clock: MockClock,
    lives: Lives,
) -> None:
    async with lives(config=SOLO) as play:
        solo, long_ago = play.world.vendors.solo, play.now - timedelta(days=20)
        await solo.person_sends({"type": "text", "text": {"body": "of another program's"}}, at=long_ago)
        await play.quiet()
        assert (await arrivals(play), solo.got) == (0, [])
        await solo.person_says("hola")
        await play.quiet()
        assert len(solo.got) == 1


async def test_another_poller_is_told_once_and_over_when_it_is_gone(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=SOLO) as play:
        solo = play.world.vendors.solo
        solo.refuse(UPDATES, 409, 1752041, times=3)
        await play.quiet(200)
        assert await alerts(play) == [("poll:replaced:solo", True)]
        assert "1752041" not in str(await play.rows("SELECT title, advice FROM alerts"))
        await solo.person_says("hola")
        await play.quiet(60)
        assert len(solo.got) == 1
        await play.quiet(900)
        assert await alerts(play) == [("poll:replaced:solo", False)]


@pytest.mark.parametrize("refusal", [(401, 190), (400, 100)])
async def test_a_dead_key_is_told_at_once_and_over_with_the_first_answer(
    autojump_clock: MockClock,
    lives: Lives,
    refusal: tuple[int, int],
) -> None:
    async with lives(config=SOLO) as play:
        solo = play.world.vendors.solo
        solo.refuse(UPDATES, *refusal, times=2)
        await play.quiet(400)
        assert await alerts(play) == [("poll:key:solo", True)]
        await solo.person_says("hola")
        await play.quiet(600)
        assert await alerts(play) == [("poll:key:solo", False)]
        assert len(solo.got) == 1


async def test_a_platform_that_is_away_is_asked_on_and_told_of_after_minutes(
    autojump_clock: MockClock,
    lives: Lives,
) -> None:
    async with lives(config=SOLO) as play:
        faults: Any = play.world.vendors.faults["solo"]
        faults.add(Refuse(), path=UPDATES, times=9)
        await play.quiet(240)
        assert await alerts(play) == []
        faults.add(Refuse(), path=UPDATES, times=14)
        await play.quiet(420)
        assert await alerts(play) == [("poll:fails:solo", True)]
        await play.quiet(900)
        assert await alerts(play) == [("poll:fails:solo", False)]


async def test_its_limits_are_kept_however_much_comes(autojump_clock: MockClock, lives: Lives) -> None:
    async with lives(config=SOLO) as play:
        solo = play.world.vendors.solo
        await play.knows(phone=None)
        for _number in range(40):
            await solo.person_says("ok")
            await play.quiet(1)
        await play.quiet(300)
        assert await play.one("SELECT count(*) FROM messages_v2 WHERE direction = 'in'") == 40
        assert await alerts(play) == []
