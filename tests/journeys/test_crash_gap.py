"""The one documented gap: a message whose sending was cut off is sent again once if nothing was heard of it.

Each named point of a sending is cut off, with and without word of it afterwards; what the vendor took is counted.
"""

from dataclasses import dataclass

import pytest
import trio
from trio.testing import MockClock

from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.faults import Drop, ResetBefore
from ivy.emulators.whatsapp_payloads import Accepted
from tests.journeys.play import Lives, Play, after

SPENT = "I spent $50 on lunch"
DOWN = {"at once": 5.0, "within the wait": 60.0, "after the wait": 600.0}


@dataclass(frozen=True)
class Point:
    """Where a life ends, and how often the vendor may have taken the message in the end: heard of it, or not."""

    name: str
    heard: int
    unheard: int


POINTS = [
    Point("before the reply is written", 1, 1),
    Point("sending is written, the vendor hears nothing", 1, 1),
    Point("the vendor took it, its answer is not here", 1, 2),
    Point("the answer is here and written", 1, 1),
]


async def live_until(play: Play, point: Point) -> list[Accepted]:
    """Let one life go as far as the point; return what the vendor took."""
    taken: list[Accepted] = []

    async def take(accepted: Accepted) -> None:
        taken.append(accepted)
        if "its answer is not here" in point.name:
            await trio.sleep_forever()

    play.world.vendors.whatsapp.on_accept = take
    await play.says(SPENT)
    await trio.sleep(1)
    play.world.vendors.whatsapp.deliveries.faults.add(Drop(), times=2)
    if "hears nothing" in point.name:
        play.fail("whatsapp", ResetBefore())
    if "before" not in point.name:
        await trio.sleep(2)
    return taken


def tell(play: Play, taken: list[Accepted]) -> None:
    """Let the vendor report what became of what it took in the life before."""
    whatsapp = play.world.vendors.whatsapp
    for accepted in taken:
        for state in ("sent", "delivered"):
            told = payloads.status(accepted.person, accepted.wamid, state, play.now, our_id=accepted.our_id)
            whatsapp.post(whatsapp.account.messages(None, statuses=[told]))


@pytest.mark.parametrize("heard", [True, False], ids=["statuses come", "no status comes"])
@pytest.mark.parametrize("down", DOWN)
@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
async def test_cut_off_anywhere_a_message_comes_once_or_in_the_gap_twice(
    lives: Lives, autojump_clock: MockClock, point: Point, down: str, heard: bool
) -> None:
    async with lives(abrupt=True) as play:
        await play.knows()
        taken = await live_until(play, point)
    async with lives(after(seconds=DOWN[down])) as play:
        if heard:
            tell(play, taken)
        await play.quiet(600)
        in_all = [*taken, *play.messages()]
        assert len(in_all) == (point.heard if heard else point.unheard), [sent.text for sent in in_all]
        assert len({sent.our_id for sent in in_all}) == 1
        (row,) = await play.outbox()
        assert row["state"] in ("delivered", "accepted")
        assert row["resends"] <= 1
        assert await play.one("SELECT count(*) FROM expenses") == 1
        assert await play.dead() == []


async def test_a_message_never_heard_of_twice_is_a_dead_letter_and_not_sent_a_third_time(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.says(SPENT)
        await trio.sleep(1)
        play.fail("whatsapp", ResetBefore(), times=2)
        await play.quiet(1200)
        assert play.heard() == []
        (letter,) = await play.dead()
        assert "sent twice" in letter["reason"]
        assert (await play.outbox())[0]["state"] == "failed"
