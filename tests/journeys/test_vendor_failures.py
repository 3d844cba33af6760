"""Each vendor fails in each way: it ends in a retry, a fallback, a held message or a dead letter, and nothing is lost."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import trio
from trio.testing import MockClock

from ivy.config import Config, RetrySection
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators.faults import (
    Answer,
    Drop,
    Fault,
    Refuse,
    ResetAfter,
    ResetBefore,
    Slow,
    Truncated,
    gateway_page,
    too_many,
)
from ivy.store import jobs, overview, switches
from tests.journeys.play import Lives, Play, after, plain

WRONG_KEY = Answer(401, b'{"error":{"message":"Invalid OAuth access token.","type":"OAuthException","code":190}}')
MODEL_KEY = Answer(
    401, b'{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"r"}'
)
FAULTS: dict[str, Fault] = {
    "refused": Refuse(),
    "reset before": ResetBefore(),
    "reset after": ResetAfter(),
    "slow": Slow(100),
    "429 with a time": too_many(30),
    "429": too_many(),
    "500": Answer(500),
    "html with 200": gateway_page(200),
    "html with 502": gateway_page(502, done=False),
    "truncated": Truncated(),
}
SPENT = "I spent $50 on lunch"


async def knows(play: Play) -> None:
    """Let Ana in; nothing but answers is asked of a model, so that each fault meets the call it is meant for."""
    await play.world.store.write(switches.set_value, "memory", "off", by="a test", now=play.now)
    await play.knows()


async def nothing_is_lost(play: Play) -> None:
    """Every message of a person has a reply that came, or is to be seen as a dead letter; and no one reads our insides."""
    dead = await play.dead()
    for row in await play.rows("SELECT id, turn_id, needs_answer FROM messages_v2 WHERE direction = 'in'"):
        assert row["turn_id"] is not None or not row["needs_answer"] or dead, row
    for letter in dead:
        assert letter["reason"]
        assert "\n" not in letter["reason"]
        assert "Traceback" not in letter["reason"]
    assert plain([row["body"] for row in await play.outbox()])
    assert await play.one("SELECT count(*) FROM jobs WHERE state = 'leased'") == 0
    assert await play.one("SELECT count(*) FROM ai_usage WHERE status = 'reserved'") == 0
    assert await play.one("SELECT count(*) FROM task_crashes") == 0


async def answered_once(play: Play) -> None:
    """The expense is there once, its tool ran once, and its confirmation came once."""
    assert [row["amount_minor"] for row in await play.rows("SELECT amount_minor FROM expenses")] == [5000]
    assert await play.one("SELECT count(*) FROM tool_executions") == 1
    assert sum("50.00" in text for text in play.heard()) == 1
    assert await play.one("SELECT count(*) FROM ai_usage") == play.asked_models_in_all()
    await nothing_is_lost(play)


# --- the first model fails: the fallback answers -----------------------------------------------------


@pytest.mark.parametrize("name", [*FAULTS, "401"])
async def test_the_fallback_answers_for_a_first_model_that_fails(
    lives: Lives, autojump_clock: MockClock, name: str
) -> None:
    async with lives() as play:
        await knows(play)
        play.fail("anthropic", FAULTS.get(name, MODEL_KEY))
        await play.says(SPENT)
        await play.quiet(300)
        await answered_once(play)
        assert len(play.heard()) == 1
        assert len(play.world.vendors.openai.requests) == 2
        calls = await play.rows("SELECT role, status FROM ai_usage ORDER BY rowid")
        assert [call["role"] for call in calls] == ["primary", "fallback", "fallback"]
        assert calls[0]["status"] in ("failed", "unknown")


@pytest.mark.parametrize("name", [*FAULTS, "401"])
async def test_the_fallback_takes_over_after_a_tool_and_does_not_run_it_again(
    lives: Lives, autojump_clock: MockClock, name: str
) -> None:
    async with lives() as play:
        await knows(play)
        play.world.vendors.faults["anthropic"].add(Slow(0.5))  # well, but slow enough to see
        play.fail("anthropic", FAULTS.get(name, MODEL_KEY))
        await play.says(SPENT)
        await play.quiet(300)
        await answered_once(play)
        calls = await play.rows("SELECT role, status FROM ai_usage ORDER BY rowid")
        assert [call["role"] for call in calls] == ["primary", "primary", "fallback"]


# --- all fail: one plain sentence, and the answer when one is back -----------------------------------


@pytest.mark.parametrize("name", [*FAULTS, "401"])
async def test_with_all_models_down_it_is_said_once_and_answered_when_one_is_back(
    lives: Lives, autojump_clock: MockClock, name: str
) -> None:
    async with lives() as play:
        await knows(play)
        for vendor, times in (("anthropic", 2), ("openai", 1)):  # two of the three models are Anthropic's
            play.fail(vendor, FAULTS.get(name, MODEL_KEY), times=times)
        await play.says(SPENT)
        await play.quiet(3 * 3600)
        assert play.heard()[0] == ENGLISH[Say.MODELS_DOWN]
        assert len(play.heard()) == 2
        await answered_once(play)
        assert await play.dead() == []


async def test_with_all_models_down_the_answer_comes_after_a_restart_too(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await knows(play)
        for vendor in ("anthropic", "openai"):
            play.fail(vendor, Answer(500), times=9)
        await play.says(SPENT)
        await play.hears(1)
    async with lives(after(minutes=10)) as play:
        play.fail("anthropic", Refuse())
        play.fail("openai", Refuse())
        await play.quiet(3600)
        assert len(play.heard()) == 1  # the sentence was said in the life before
        assert "50.00" in play.heard()[0]
        assert await play.one("SELECT count(*) FROM expenses") == 1
        await nothing_is_lost(play)


async def test_a_model_that_is_back_soon_is_not_kept_waiting_for_one_that_is_throttled(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await knows(play)
        play.fail("anthropic", too_many(1800), times=2)
        play.fail("openai", Answer(500))
        await play.says(SPENT)
        await play.hears(2, within=120)
        await play.quiet(10)
        await answered_once(play)


async def test_models_that_stay_down_for_a_day_end_in_a_dead_letter_that_can_be_replayed(
    lives: Lives, autojump_clock: MockClock
) -> None:
    seldom = Config(retry=RetrySection(first_seconds=600, ceiling_seconds=7200))
    async with lives(config=seldom) as play:
        await knows(play)
        for vendor in ("anthropic", "openai"):
            play.fail(vendor, Answer(500), times=1000)
        await play.says(SPENT)
        await play.quiet(25 * 3600)
        assert play.heard() == [ENGLISH[Say.MODELS_DOWN]]
        (letter,) = await play.dead()
        assert letter["kind"] == "turn"
        assert letter["reason"].startswith("Given up after")
        await nothing_is_lost(play)
    async with lives(after(hours=30)) as play:
        await play.says("hello")  # opens the window again
        await play.hears(1)
        revived = [await play.world.store.write(jobs.revive, letter["id"], now=play.now) for _twice in range(2)]
        assert revived == [True, False]
        await play.quiet()
        assert not await play.world.store.write(jobs.revive, letter["id"], now=play.now)
        await play.quiet()
        assert sum("50.00" in text for text in play.heard()) == 1
        assert len(play.heard()) == 2
        assert await play.dead() == []


# --- WhatsApp fails --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fate:
    """What becomes of a message whose first sending met a fault: how often the vendor took it, with and without word of it."""

    taken: int = 1
    taken_unheard: int = 1


FATES = {
    "refused": Fate(),
    "reset before": Fate(),
    "reset after": Fate(1, 2),
    "slow": Fate(1, 2),
    "429 with a time": Fate(),
    "429": Fate(),
    "500": Fate(),
    "html with 200": Fate(1, 2),
    "html with 502": Fate(),
    "truncated": Fate(1, 2),
    "401": Fate(),
}


@pytest.mark.parametrize("heard", [True, False], ids=["statuses come", "no status comes"])
@pytest.mark.parametrize("name", FATES)
async def test_a_message_meets_a_fault_and_comes_at_least_once_and_never_more_than_twice(
    lives: Lives, autojump_clock: MockClock, name: str, heard: bool
) -> None:
    async with lives() as play:
        await knows(play)
        await play.says(SPENT)
        await trio.sleep(1)  # the read receipt is out
        play.fail("whatsapp", FAULTS.get(name, WRONG_KEY))
        if not heard:
            play.world.vendors.whatsapp.deliveries.faults.add(Drop(), times=2)
        await play.quiet(1200)
        taken = sum("50.00" in text for text in play.heard())
        assert taken == (FATES[name].taken if heard else FATES[name].taken_unheard)
        (row,) = await play.outbox()
        assert row["state"] in ("delivered", "accepted")
        assert row["resends"] <= 1
        assert await play.dead() == []
        assert await play.one("SELECT count(*) FROM expenses") == 1
        await nothing_is_lost(play)


@pytest.mark.parametrize("name", FATES)
async def test_a_fault_of_whatsapp_is_mended_by_the_next_life_too(
    lives: Lives, autojump_clock: MockClock, name: str
) -> None:
    async with lives(abrupt=True) as play:
        await knows(play)
        await play.says(SPENT)
        await trio.sleep(1)
        play.fail("whatsapp", FAULTS.get(name, WRONG_KEY))
        play.world.vendors.whatsapp.deliveries.faults.add(Drop(), times=2)
        await trio.sleep(1)
        first = sum("50.00" in text for text in play.heard())
    async with lives(after(minutes=10)) as play:
        await play.quiet(1200)
        second = sum("50.00" in text for text in play.heard())
        assert 1 <= first + second <= FATES[name].taken_unheard
        assert await play.dead() == []
        (row,) = await play.outbox()
        assert row["state"] in ("delivered", "accepted")


async def test_a_wrong_token_leaves_whatsapp_alone_says_so_and_goes_on_when_it_is_mended(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await knows(play)
        await play.says(SPENT)
        await trio.sleep(1)
        began = play.now
        play.fail("whatsapp", WRONG_KEY, times=3)
        await play.quiet(60)
        found = await play.world.store.read(overview.overview, now=play.now)
        assert found.pauses == ()  # the other channels go on
        (breaker,) = found.breakers
        assert breaker.name == "whatsapp"
        assert began <= breaker.since <= play.now < breaker.until <= breaker.since + timedelta(minutes=5)
        assert "token" in breaker.reason
        assert "\n" not in breaker.reason
        (held,) = found.held
        assert (held.rule, held.messages, held.people) == ("whatsapp fails and is left alone", 1, 1)
        assert await play.dead() == []
        await play.quiet(1200)
        assert sum("50.00" in text for text in play.heard()) == 1
        assert (await play.outbox())[0]["state"] == "delivered"
        assert (await play.world.store.read(overview.overview, now=play.now)).breakers == ()


async def test_whatsapp_down_for_six_hours_buries_nothing(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await knows(play)
        await play.says(SPENT)
        await trio.sleep(1)
        play.fail("whatsapp", Refuse(), times=30)
        await play.quiet(6 * 3600)
        assert await play.dead() == []
        assert sum("50.00" in text for text in play.heard()) == 1
