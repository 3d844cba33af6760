"""What must not happen: calls that nobody needs, money over the cap, prices taken for nothing."""

import pytest
from trio.testing import MockClock

from ivy.config import Config, SpendSection
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators.model_faults import ModelFault
from tests.journeys.play import BEN, Lives, after


async def test_a_day_without_events_calls_no_model_and_sends_nothing(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("plan a run today")
        await play.talk("I spent $50 on lunch")
        await play.quiet(600)
        asked, sent, read = play.asked_models(), len(play.world.vendors.whatsapp.sent), len(play.whatsapp.reads)
        spent = await play.one("SELECT sum(amount_micros) FROM cost_ledger")
        await play.quiet(24 * 3600)
        assert play.asked_models() == asked
        assert len(play.world.vendors.whatsapp.sent) == sent
        assert len(play.whatsapp.reads) == read
        assert await play.one("SELECT sum(amount_micros) FROM cost_ledger") == spent
        assert await play.one("SELECT count(*) FROM jobs WHERE state IN ('ready', 'leased')") == 0


async def test_at_the_daily_cap_no_model_is_called_and_reminders_still_go(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives() as play:
        await play.knows()
        await play.talk("remind me in 20 minutes to check the oven")
    capped = Config(spend=SpendSection(daily_cap_usd=0.0001))
    async with lives(after(minutes=5), config=capped) as play:
        assert await play.talk("I spent $50 on lunch") == ENGLISH[Say.DAILY_CAP]
        await play.quiet()
        assert len(play.heard()) == 1
        assert play.asked_models() == 0
        await play.until(after(minutes=20, seconds=30))
        assert play.heard()[1:] == ["⏰ check the oven"]
        assert await play.dead() == []
    async with lives(after(days=1)) as play:
        assert "50.00" in await play.talk("I spent $50 on lunch")


async def test_the_cap_counts_everybodys_money(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        await play.knows(BEN, name="Ben")
        await play.talk("hello", BEN)
        spent = await play.one("SELECT sum(amount_micros) FROM cost_ledger")
    nearly = Config(spend=SpendSection(daily_cap_usd=(spent + 1000) / 1e6))
    async with lives(after(hours=1), config=nearly) as play:
        assert await play.talk("hello") == ENGLISH[Say.DAILY_CAP]
        assert play.asked_models() == 0
    assert spent > 0


async def test_a_model_without_a_known_price_is_charged_at_the_ceiling(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives() as play:
        await play.knows()
        play.world.vendors.anthropic.faults.add(ModelFault(status=500))
        await play.talk("hello")  # the fallback is behind a base URL of its own: no list knows its price
        (used,) = await play.rows("SELECT * FROM ai_usage WHERE status = 'done'")
        assert (used["price_source"], used["input_price"], used["output_price"]) == ("ceiling", 15_000_000, 75_000_000)
        charged = await play.one("SELECT amount_micros FROM cost_ledger WHERE id = ?", used["id"])
        fresh = used["input_tokens"] - used["cache_read_tokens"] - used["cache_write_tokens"]
        exact = 15 * (fresh + used["cache_read_tokens"]) + 20 * used["cache_write_tokens"] + 75 * used["output_tokens"]
        assert charged == pytest.approx(exact, abs=2)
        assert charged > 0
        (failed,) = await play.rows("SELECT * FROM ai_usage WHERE status = 'failed'")
        assert await play.one("SELECT amount_micros FROM cost_ledger WHERE id = ?", failed["id"]) == 0
