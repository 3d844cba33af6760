"""A number that takes messages and delivers none is noticed in minutes, said in `ivy status`, and forgotten when it is well."""

from datetime import timedelta

import pytest
from trio.testing import MockClock

from ivy.cli import status
from ivy.domain.advice import Severity
from ivy.emulators.faults import Drop
from ivy.store.alerts import Alert
from tests.journeys.play import ANA, BEN, Lives, Play, after

SILENT = "silence:whatsapp"


async def alerts_of(play: Play, key: str = SILENT) -> list[Alert]:
    return [alert for alert in (await play.overview()).alerts if alert.key == key]


async def concerns(play: Play) -> list[str]:
    """Return what `ivy status` puts first."""
    return status.concerns(await play.overview(), at=play.now, running=True, cap_micros=10_000_000)


async def write_to_both(play: Play, times: int = 2) -> None:
    for number in range(times):
        for who in (ANA, BEN):
            await play.queues(f"message {number}", who=who)


async def knows_both(play: Play) -> None:
    await play.knows()
    await play.knows(BEN, name="Ben")
    for who in (ANA, BEN):
        await play.talk("hello", who)


async def test_a_number_that_delivers_nothing_is_noticed_in_minutes_and_its_recovery_too(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await knows_both(play)
        await play.quiet(60)
        assert await concerns(play) == []
        play.whatsapp.manners.statuses = ()  # every request is answered with 200, and nothing more is heard
        began = play.now
        await write_to_both(play)
        await play.quiet(90)
        assert await alerts_of(play) == []  # it may still come
        await play.quiet(150)
        (alert,) = await alerts_of(play)
        assert alert.severity is Severity.CRITICAL
        assert alert.first_at - began < timedelta(minutes=4)
        (line,) = await concerns(play)
        assert "Nothing is heard of the last messages on whatsapp" in line
        assert "ivy whatsapp probe" in line
        await write_to_both(play, 1)
        await play.quiet(600)
        assert len(await alerts_of(play)) == 1  # said once, however long it lasts
        play.whatsapp.manners.statuses = ("sent", "delivered")
        await write_to_both(play, 1)
        await play.quiet(120)
        assert await alerts_of(play) == []
        assert await concerns(play) == []


async def test_nobody_is_alarmed_by_phones_that_are_off(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await knows_both(play)
        for who in (ANA, BEN):
            play.whatsapp.person(who).online = False  # sent, and not delivered
        await write_to_both(play, 3)
        await play.quiet(1800)
        assert await alerts_of(play) == []


async def test_one_person_alone_does_not_condemn_a_number_of_many(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await knows_both(play)
        play.whatsapp.deliveries.faults.add(Drop(), times=6)
        await play.queues("one", "two", "three")
        await play.quiet(900)
        assert await alerts_of(play) == []


async def test_a_restart_does_not_mistake_its_own_deafness_for_silence(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(abrupt=True) as play:
        await knows_both(play)
        play.whatsapp.manners.statuses = ()
        await write_to_both(play)
        await play.quiet(5)
    async with lives(after(minutes=10)) as play:
        await play.quiet(900)
        assert await alerts_of(play) == []


@pytest.mark.parametrize(
    ("code", "words"), [(131042, "payment"), (131031, "locked"), (131048, "spam")], ids=["payment", "locked", "spam"]
)
async def test_a_failure_that_concerns_every_message_is_an_alert_at_once_and_heals(
    lives: Lives, autojump_clock: MockClock, code: int, words: str
) -> None:
    async with lives() as play:
        await knows_both(play)
        play.whatsapp.fail(code)
        await play.queues("one")
        await play.quiet(5)
        lines = [line for line in await concerns(play) if words in line.lower()]
        assert lines
        await play.quiet(3700)
        for who in (ANA, BEN):
            await play.says("hello", who)
        await play.quiet(300)
        assert not [line for line in await concerns(play) if words in line.lower() and "Dead" not in line]
