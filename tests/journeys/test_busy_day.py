"""A full day: many messages to one person, and many people for a young number. Nothing is lost, nothing is too much."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
import trio
from trio.testing import MockClock

from ivy.cli.same_chance import same_chance
from ivy.domain.routing import For
from ivy.emulators.faults import Answer, Refuse, too_many
from ivy.store import allowance, reminders
from ivy.store.reminders import Timing
from tests.journeys.play import ANA, MONDAY, Lives, Play

NEW_YORK = ZoneInfo("America/New_York")
OVERLOADED = Answer(503, b'{"error":{"message":"Service unavailable","type":"OAuthException","code":131016}}')


async def never_too_fast(play: Play) -> None:
    """Meta never had to say that one person got too much."""
    assert await play.one("SELECT count(*) FROM jobs WHERE errors LIKE '%131056%'") == 0


async def keeps_writing(play: Play, until: datetime) -> None:
    """Let somebody write every few hours, so that their window stays open."""
    while play.now < until:
        await play.says("hello")
        await trio.sleep(4 * 3600)


async def says_something(play: Play, chance: Random, number: int) -> None:
    """Let one of the many causes of a message come about."""
    match chance.randrange(4):
        case 0:
            once = Timing(f"s-{number}", "UTC", wall=(play.now + timedelta(minutes=1)).replace(tzinfo=None))
            await play.rows_of().write(reminders.add, f"r-{number}", f"reminder {number}", once, now=play.now)
        case 1:
            await play.queues(f"answer {number}")
        case 2:
            await play.queues(*(f"bubble {number}.{part}" for part in range(chance.randrange(2, 6))))
        case _:
            await play.queues(f"unasked {number}", asked_for=False, purpose=For.CHECKIN, patience=timedelta(days=9))


@pytest.mark.uncounted
@pytest.mark.parametrize("seed", [1, 2])
async def test_two_hundred_messages_in_a_day_come_in_order_and_never_too_fast(
    lives: Lives, autojump_clock: MockClock, seed: int
) -> None:
    chance = Random(seed)
    async with lives() as play:
        await play.knows()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keeps_writing, play, MONDAY + timedelta(hours=24))
            for number in range(100):
                await says_something(play, chance, number)
                # Mostly minutes apart; now and then a burst.
                await trio.sleep(chance.choice([0, 0, 0, 1, 5, 30, 600, 1800]))
                if number in (20, 50, 80):
                    play.fail(
                        "whatsapp", chance.choice([Refuse(), OVERLOADED, too_many(20)]), times=chance.randrange(1, 6)
                    )
            await play.quiet(max(0.0, (MONDAY + timedelta(hours=30) - play.now).total_seconds()))
            nursery.cancel_scope.cancel()
        sent = await play.outbox()
        asked = [row for row in sent if not row["body"].startswith("unasked")]
        assert len(sent) > 150
        assert {row["state"] for row in asked} == {"delivered"}
        came = Counter(play.heard())
        for row in asked:
            if row["body"] != "Hello! What can I do for you?" and not row["body"].startswith("Hello"):
                assert came[row["body"].split("\n1. ")[0]] == 1, row
        bubbles = [text for text in play.heard() if text.startswith("bubble")]
        for number in {text.split(".")[0] for text in bubbles}:
            parts = [text for text in bubbles if text.split(".")[0] == number]
            assert parts == sorted(parts)
        await never_too_fast(play)
        unasked = [each for each in play.messages() if each.text.startswith("unasked")]
        days = Counter(each.at.astimezone(NEW_YORK).date() for each in unasked)
        assert unasked
        assert max(days.values()) <= 2
        assert all(8 <= each.at.astimezone(NEW_YORK).hour < 21 for each in unasked)
        held = sum(row["state"] == "held" for row in sent)
        assert held + len(unasked) == len(sent) - len(asked)  # the rest waits for its day, and is shown
        assert await play.dead() == []


@pytest.mark.uncounted
async def test_a_flood_to_one_person_is_paced_and_keeps_its_order(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.says("hello")
        await play.hears(1)
        texts = [f"message {number}" for number in range(300)]
        for begin in range(0, 300, 50):
            await play.queues(*texts[begin : begin + 50])
        await play.hears(301, within=2 * 3600)
        assert play.heard()[1:] == texts
        times = [each.at for each in play.messages()]
        assert times[-1] - times[0] >= timedelta(seconds=6 * 280)
        await never_too_fast(play)


async def test_what_waits_for_its_pace_does_not_hold_up_others(lives: Lives, autojump_clock: MockClock) -> None:
    other = "+12025550155"
    async with lives() as play:
        for who in (ANA, other):
            await play.knows(who, name=who)
            await play.talk("hello", who)
        await play.queues(*(f"message {number}" for number in range(100)))
        await play.quiet(30)
        before = play.now
        await play.queues("at once", who=other)
        await play.hears(2, other, within=5)
        assert play.messages(other)[-1].at - before < timedelta(seconds=1)


async def test_unasked_messages_wait_for_the_morning_and_for_their_day(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(MONDAY + timedelta(hours=13)) as play:  # ten in the evening in New York
        await play.knows()
        await play.says("hello")
        for number in range(5):
            await play.queues(f"unasked {number}", asked_for=False, patience=timedelta(days=9))
        await play.quiet(60)
        assert [held.rule for held in (await play.overview()).held] == ["quiet hours"]
        for _day in range(3):
            await play.says("hello")
            await play.quiet(20 * 3600)
            await play.says("hello")
            await play.quiet(4 * 3600)
        came = [each for each in play.messages() if each.text.startswith("unasked")]
        assert [each.text for each in came] == [f"unasked {number}" for number in range(5)]
        days = Counter(each.at.astimezone(NEW_YORK).date() for each in came)
        assert sorted(days.values()) == [1, 2, 2]
        assert {each.at.astimezone(NEW_YORK).hour for each in came} == {8}


@pytest.mark.uncounted
async def test_a_young_number_reaches_two_hundred_and_fifty_people_a_day_and_the_rest_tomorrow(
    lives: Lives, autojump_clock: MockClock
) -> None:
    crowd = [f"+1202555{number:04}" for number in range(300)]
    async with lives() as play:
        await play.submits_templates()
        await play.world.store.write(allowance.remember_limit, "whatsapp", allowance.TIER, 250, at=play.now)
        for number, who in enumerate(crowd):
            await play.knows(who, name=f"P{number}")
            await play.queues("your answer", who=who, patience=timedelta(days=3))
        began = play.now
        await play.quiet(1800)
        first = [who for who in crowd if play.heard(who)]
        assert len(first) == 250
        rules = {held.rule: held.people for held in (await play.overview()).held}
        assert rules["window closed: the number's limit of 250 people a day outside a window is reached"] == 50
        await play.until(began + timedelta(hours=23, minutes=50))
        assert sum(bool(play.heard(who)) for who in crowd) == 250
        await play.until(began + timedelta(hours=25))
        assert sum(bool(play.heard(who)) for who in crowd) == 300
        assert all(play.heard(who) == ["[answer_ready]"] for who in crowd)
        assert await play.dead() == []


@pytest.mark.parametrize("seed", [2, 17, 23])
async def test_whoever_loses_the_last_place_of_the_day_is_told_tomorrow(
    lives: Lives, autojump_clock: MockClock, seed: int
) -> None:
    """Between the look at the limit and the commit that holds the message, somebody else takes the last place."""
    crowd = [f"+1202555{number:04}" for number in range(10)]
    async with lives() as play:
        await play.submits_templates()
        await play.world.store.write(allowance.remember_limit, "whatsapp", allowance.TIER, 5, at=play.now)
        with same_chance(seed):
            for who in crowd:
                await play.knows(who, name=who)
                await play.queues("your answer", who=who, patience=timedelta(days=3))
                for _ in range(seed % 7):
                    await trio.lowlevel.checkpoint()
            await play.quiet(1800)
        rules = {held.rule: held.people for held in (await play.overview()).held}
        assert rules["window closed: the number's limit of 5 people a day outside a window is reached"] == 5
        await play.quiet(25 * 3600)
        assert all(play.heard(who) == ["[answer_ready]"] for who in crowd)
