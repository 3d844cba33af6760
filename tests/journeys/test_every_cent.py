"""Every request that costs has its row before it leaves, whatever becomes of it; and the rows add up to the micro-dollar."""

import os
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.adapters.anthropic import AnthropicModel
from ivy.adapters.openai import OpenAIModel
from ivy.adapters.retell.voice import RetellVoice
from ivy.adapters.smtp import Mail
from ivy.adapters.transcription import OpenAITranscriber
from ivy.adapters.twilio.channel import Sms
from ivy.adapters.whatsapp.channel import WhatsApp
from ivy.config import Config, MailSection, OperatorSection, SmsSection, SpendSection, VoiceSection
from ivy.domain.advice import Advice, Severity
from ivy.domain.pricing import cost_micros
from ivy.domain.routing import For
from ivy.domain.runbook import AlertKind
from ivy.domain.sentences import ENGLISH, SPANISH, Say
from ivy.emulators.faults import Answer, Fault, Refuse, ResetAfter
from ivy.emulators.retell_people import scripted
from ivy.ports import UnitPrices, Usage
from ivy.store import alerts, spending
from ivy.store.binding import Connection
from tests.journeys.files import speak
from tests.journeys.play import ANA, BEN, MONDAY, Lives, Play, after
from tests.journeys.test_phone_calls import PLAN, lives_by_phone, phones

EVERYTHING = Config(
    sms=SmsSection(enabled=True),
    mail=MailSection(enabled=True),
    voice=VoiceSection(enabled=True),
    operator=OperatorSection(mail="operator@example.org"),
)
COSTLY: dict[tuple[type[Any], str], str] = {
    (AnthropicModel, "complete"): "model",
    (OpenAIModel, "complete"): "model",
    (WhatsApp, "send"): "message",
    (Sms, "send"): "message",
    (Mail, "send"): "message",
    (RetellVoice, "dial"): "call",
    (OpenAITranscriber, "transcribe"): "transcription",
}
"""Every adapter that costs, as `tests/test_paid.py` finds them, and the kind of its rows."""
FAULTS: dict[str, Fault | None] = {
    "well": None,
    "no connection": Refuse(),
    "500": Answer(500, b"{}"),
    "reset": ResetAfter(),
}
SPENT_ON_LUNCH = "I spent $50 on lunch"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is asked of adapters, at their own doors: whatever comes of it."""
    counted: Counter[str] = Counter()

    def count(kind: str, name: str, real: Any) -> Any:
        async def through(*args: Any, **kwargs: Any) -> Any:
            counted[kind] += 1
            counted[name] += 1
            return await real(*args, **kwargs)

        return through

    for (adapter, method), kind in COSTLY.items():
        monkeypatch.setattr(adapter, method, count(kind, adapter.__name__, getattr(adapter, method)))
    return counted


async def requests(play: Play) -> dict[str, int]:
    rows = await play.rows("SELECT kind, sum(requests) AS n FROM cost_ledger GROUP BY 1")
    return {row["kind"]: row["n"] for row in rows}


async def adds_up(play: Play) -> None:
    """The parts are the whole: tokens by their prices, days by their rows, people by theirs."""
    for row in await play.rows(
        "SELECT u.*, l.amount_micros FROM ai_usage u JOIN cost_ledger l USING (id) WHERE status = 'done'"
    ):
        prices = UnitPrices(
            row["input_price"],
            row["output_price"],
            row["cache_read_price"],
            row["cache_write_price"],
            row["price_source"],
        )
        used = Usage(row["input_tokens"], row["output_tokens"], row["cache_read_tokens"], row["cache_write_tokens"])
        assert row["amount_micros"] == cost_micros(used, prices)
    assert await play.one("SELECT count(*) FROM ai_usage") == await play.one(
        "SELECT count(*) FROM cost_ledger WHERE kind IN ('model', 'embedding')"
    )
    days = "SELECT day, sum(amount_micros) AS micros FROM cost_ledger WHERE kind <> 'call' GROUP BY 1 HAVING micros > 0 ORDER BY 1"
    assert await play.rows(days) == await play.rows(
        "SELECT day, micros FROM spend_days WHERE user_id = '' AND micros > 0 ORDER BY 1"
    )
    people = (
        "SELECT user_id, sum(amount_micros) AS micros FROM cost_ledger WHERE kind <> 'call' AND user_id IS NOT NULL"
        " GROUP BY 1 HAVING micros > 0 ORDER BY 1"
    )
    assert await play.rows(people) == await play.rows(
        "SELECT user_id, sum(micros) AS micros FROM spend_days WHERE user_id <> '' GROUP BY 1 HAVING micros > 0 ORDER BY 1"
    )


async def alarm(play: Play) -> None:
    """Let there be something to mail the operator."""

    def write(connection: Connection) -> None:
        advice = Advice(Severity.CRITICAL, AlertKind.NUMBER.of("test"), "The number is blocked.", "Ask Meta.")
        alerts.raise_alert(connection, advice, at=play.now, now=play.now)

    await play.world.store.write(write)


@pytest.mark.parametrize("name", FAULTS)
async def test_rows_are_as_many_as_requests_of_every_adapter_failures_included(
    lives: Lives, autojump_clock: MockClock, asked: Counter[str], name: str
) -> None:
    async with lives(config=EVERYTHING) as play:
        await lives_by_phone(play, morning="09:05")
        phones(play).person_answers(ANA, scripted(PLAN, "bye"))
        await play.talk("hello")
        if (fault := FAULTS[name]) is not None:
            for vendor in ("anthropic", "whatsapp", "sms", "transcription"):
                play.fail(vendor, fault, times=2)
            play.world.vendors.faults["retell"].add(fault, path="create-phone-call", times=2)
        await speak(play, SPENT_ON_LUNCH)
        await play.says(SPENT_ON_LUNCH)
        await play.queues("by text", channel="sms")
        await alarm(play)
        await play.quiet(1800)
        if name != "well":  # the fallback has its turn too
            assert asked["OpenAIModel"] > 0
        for (adapter, _), kind in COSTLY.items():
            if adapter is not OpenAIModel:
                assert asked[adapter.__name__] > 0, (adapter, kind)
        kinds = ("model", "message", "call", "transcription")
        found = await requests(play)
        assert {kind: found.get(kind, 0) for kind in kinds} == {kind: asked[kind] for kind in kinds}
        assert (
            await play.one(
                "SELECT count(*) FROM cost_ledger WHERE state = 'reserved' AND kind IN ('model', 'transcription')"
            )
            == 0
        )
        await adds_up(play)


async def test_a_message_is_reserved_when_it_leaves_and_settled_by_its_status(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=EVERYTHING) as play:
        await play.knows()
        await play.talk("hello")
        play.world.vendors.sms.manners.statuses = ()
        await play.queues("by text", channel="sms", purpose=For.REMINDER)
        await play.quiet(30)
        sms = "SELECT amount_micros, state FROM cost_ledger WHERE provider = 'sms'"
        assert await play.rows(sms) == [{"amount_micros": 11_800, "state": "reserved"}]
        whatsapp = "SELECT amount_micros, state FROM cost_ledger WHERE provider = 'whatsapp' AND kind = 'message'"
        assert await play.rows(whatsapp) == [
            {"amount_micros": 0, "state": "settled"}
        ]  # one of the month's free replies


async def test_what_surely_never_left_costs_nothing_and_keeps_its_row(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=EVERYTHING) as play:
        await play.knows()
        play.fail("sms", Answer(400, b'{"code": 21211, "message": "Invalid To", "status": 400}'))
        await play.queues("by text", channel="sms", purpose=For.REMINDER)
        await play.quiet(120)
        row = "SELECT amount_micros, state, requests FROM cost_ledger WHERE provider = 'sms'"
        assert await play.rows(row) == [{"amount_micros": 0, "state": "settled", "requests": 1}]


# --- caps ------------------------------------------------------------------------------------------------


def capped(*, day: float = 0.0, person_month: float = 0.0) -> Config:
    """Return a configuration with these caps, in dollars, and no other."""
    return Config(
        spend=SpendSection(
            daily_cap_usd=day, monthly_cap_usd=0, person_daily_cap_usd=0, person_monthly_cap_usd=person_month
        )
    )


async def spends(play: Play, micros: int, who: str = ANA, *, name: str = "earlier") -> None:
    """Let somebody have cost so much today."""
    entry: dict[str, Any] = {"kind": "transcription", "provider": "openai", "user_id": play.ids[who], "micros": micros}

    def write(connection: Connection) -> None:
        spending.charge(connection, f"{name}:{who}", now=play.now, **entry)

    await play.world.store.write(write)


async def test_from_80_percent_the_cheap_model_answers_first_and_at_100_none(
    lives: Lives, autojump_clock: MockClock
) -> None:
    async with lives(config=capped(day=10.0)) as play:
        await play.knows()
        await play.talk("hello")
        await spends(play, 8_000_000)
        assert "50.00" in await play.talk(SPENT_ON_LUNCH)
        roles = [row["role"] for row in await play.rows("SELECT role FROM ai_usage ORDER BY rowid")]
        assert roles[0] == "primary"
        assert set(roles[1:]) == {"cheap"}
        await spends(play, 2_000_000, name="later")
        asked = play.asked_models()
        assert await play.talk("hello") == ENGLISH[Say.DAILY_CAP]
        await play.says("hello again")
        await play.quiet()
        assert play.asked_models() == asked
        assert play.heard().count(ENGLISH[Say.DAILY_CAP]) == 1  # once a day
        assert await play.talk("/allowance") == await play.talk("how much have I used?")
        assert play.heard()[-1].startswith("You've used $10")
        assert "nothing" not in play.heard()[-1]
        assert await play.dead() == []


async def test_one_persons_cap_stops_nobody_else(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=capped(person_month=1.0)) as play:
        await play.knows(locale="es-CO")
        await play.knows(BEN, name="Ben")
        await spends(play, 1_000_000)
        assert await play.talk("hola") == SPANISH[Say.MONTHLY_CAP]
        assert "50.00" in await play.talk(SPENT_ON_LUNCH, BEN)


async def test_steps_of_a_cap_are_told_once_each_and_over_the_next_day(lives: Lives, autojump_clock: MockClock) -> None:
    async def open_keys(play: Play) -> list[str]:
        return sorted(each.key for each in (await play.overview()).alerts if each.key.startswith("spend:"))

    config = Config(
        spend=SpendSection(daily_cap_usd=10.0),
        mail=MailSection(enabled=True),
        operator=OperatorSection(mail="op@example.org"),
    )
    async with lives(config=config) as play:
        await play.knows()
        for part, key in enumerate(("spend:day:50", "spend:day:80", "spend:day:100")):
            await spends(play, (5_000_000, 3_000_000, 2_000_000)[part], name=key)
            await play.quiet(1000)  # nothing else happens, so nobody looks more often
            assert key in await open_keys(play)
        mails = play.world.vendors.mail.of("op@example.org")
        await play.quiet(3600)
        assert len(play.world.vendors.mail.of("op@example.org")) == len(mails) == 3
        assert "no model is asked" in mails[-1].text
        await play.until(after(days=1))
        assert await open_keys(play) == ["spend:person_month:50:" + play.ids[ANA]]  # a month is longer


async def test_an_idle_day_costs_nothing(lives: Lives, autojump_clock: MockClock) -> None:
    async with lives(config=EVERYTHING) as play:
        await play.knows()
        await play.talk("hello")
        await play.until(after(days=1))
        tuesday = (MONDAY + timedelta(days=1)).date().isoformat()
        assert await play.one("SELECT count(*) FROM cost_ledger WHERE day >= ?", tuesday) == 0
        assert await play.one("SELECT count(*) FROM ai_usage WHERE at_ms >= unixepoch(?) * 1000", tuesday) == 0


async def test_the_ledger_of_days_adds_up_to_the_micro_dollar(lives: Lives, autojump_clock: MockClock) -> None:
    """IVY_FULL: a month. Messages by their statuses, models by their tokens, calls by what the provider billed."""
    days = 30 if os.environ.get("IVY_FULL") else 2
    async with lives(config=EVERYTHING) as play:
        await lives_by_phone(play)
        phones(play).person_answers(ANA, lambda _phone, _variables, _metadata, _at: scripted(PLAN, "bye"))
        await play.knows(BEN, name="Ben")
        for day in range(days):
            await play.until(after(days=day))
            await play.talk(SPENT_ON_LUNCH)
            await play.talk("plan a run tomorrow", BEN)
            await speak(play, "remind me tomorrow at 9am to call John")
            await play.queues("good night", channel="sms", purpose=For.REMINDER)
        await play.until(after(days=days))
        await adds_up(play)
        for row in await play.rows(
            "SELECT json_extract(c.report, '$.cost_micros') AS told, amount_micros FROM calls c JOIN cost_ledger USING (id)"
            " WHERE c.state IN ('ended', 'analysed')"
        ):
            assert row["told"] is None or row["amount_micros"] == row["told"]
        assert await play.one("SELECT count(*) FROM cost_ledger WHERE state = 'reserved' AND kind <> 'call'") == 0
        kinds = {
            row["kind"] for row in await play.rows("SELECT DISTINCT kind FROM cost_ledger WHERE amount_micros > 0")
        }
        assert kinds >= {"model", "message", "call", "transcription"}


async def test_at_the_cap_reminders_go_and_what_ivy_begins_by_itself_waits_for_tomorrow(
    lives: Lives, autojump_clock: MockClock
) -> None:
    config = Config(sms=SmsSection(enabled=True), spend=SpendSection(daily_cap_usd=1.0))
    async with lives(config=config) as play:
        await play.knows()
        await play.talk("hello")
        await spends(play, 1_000_000)
        await play.queues("a digest", channel="sms", asked_for=False, purpose=For.DIGEST, patience=timedelta(days=2))
        await play.queues("a reminder", channel="sms", asked_for=False, purpose=For.REMINDER)
        await play.quiet(60)
        assert [each.body for each in play.world.vendors.sms.sent] == ["a reminder"]
        held = await play.rows("SELECT reason FROM messages_v2 WHERE body = 'a digest'")
        assert held == [{"reason": "today's money is spent"}]
        await play.until(after(days=1))
        assert [each.body for each in play.world.vendors.sms.sent] == ["a reminder", "a digest"]
        await adds_up(play)
