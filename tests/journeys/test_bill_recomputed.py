"""What the ledger has is what the vendors would bill: each part reckoned again from what they did and from the cards alone.

Nothing of Ivy's reckoning is used here: a wrong amount that is written everywhere alike is found.
"""

import os
import tomllib
from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from trio.testing import MockClock

import ivy
from ivy.config import (
    Config,
    MailSection,
    MemorySection,
    ModelsSection,
    PriceOverride,
    SmsSection,
    SpendSection,
    TranscriptionSection,
    VoiceSection,
)
from ivy.domain.routing import For
from ivy.emulators import retell_shown, whatsapp_people
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.openai import OpenAIEmulator
from ivy.emulators.retell_people import scripted
from tests.journeys.files import speak
from tests.journeys.play import ANA, BEN, Lives, Play, after
from tests.journeys.test_phone_calls import PLAN, lives_by_phone, phones

LUZ = "+573001234567"
COUNTRIES = {ANA: "US", BEN: "US", LUZ: "CO"}
FREE = 5
"""Replies that cost nothing, of the month: so few, that most are charged."""
DATA = Path(ivy.__file__).parent / "data"
LONG = "a long good night, " * 12
"""228 letters of the plain alphabet: two segments of at most 153."""

_NAMES = [each.model for each in (ModelsSection().primary, ModelsSection().fallback, ModelsSection().cheap)]
PRICES = {
    name: PriceOverride(input=3.07 + n, output=15.31 + n, cache_read=0.37 + n, cache_write=3.89 + n)
    for n, name in enumerate([*_NAMES, MemorySection().model])
}
"""Dollars per million tokens, such as no vendor has: whoever took another's price is found."""
EARS_CENTS_A_MINUTE = 1
CONFIG = Config(
    sms=SmsSection(enabled=True),
    mail=MailSection(enabled=True),
    voice=VoiceSection(enabled=True),
    transcription=TranscriptionSection(usd_per_minute=EARS_CENTS_A_MINUTE / 100),
    spend=SpendSection(daily_cap_usd=0, monthly_cap_usd=0, person_daily_cap_usd=0, person_monthly_cap_usd=0, prices=PRICES),
)  # fmt: skip


def rows_of_card(name: str) -> list[dict[str, Any]]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))["rates"]


def listed(name: str, country: str, what: str, on: date) -> int:
    """Return the newest price of a card on a day: the country's own, else everybody's."""
    rows = [row for row in rows_of_card(name) if what in row and row["since"] <= on]
    own = [row for row in rows if country in row.get("regions", ())] or [row for row in rows if "regions" not in row]
    return int(max(own, key=lambda row: row["since"])[what])


def is_morning(call: Any) -> bool:
    """Say whether it is one of the calls whose cost the provider tells: the evening's are without."""
    return 6 < call.started_at.hour < 18


class Vendors:
    """What each vendor did, as it would stand on its bill."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[dict[str, Any]] = []
        self.labels: dict[str, dict[str, Any]] = {}
        self.delivered: dict[str, date] = {}
        for emulator, names in ((AnthropicEmulator, ["_message"]), (OpenAIEmulator, ["_completion", "_vectors"])):
            for name in names:
                monkeypatch.setattr(emulator, name, self._kept(getattr(emulator, name)))
        monkeypatch.setattr(whatsapp_people, "FREE_A_MONTH", FREE)
        cost_of: Any = vars(retell_shown)["_cost"]

        def told(call: Any) -> dict[str, Any]:
            return cost_of(call) if is_morning(call) else {}

        monkeypatch.setattr(retell_shown, "_cost", told)

    def _kept(self, answer: Any) -> Any:
        def through(emulator: Any, body: Any) -> Any:
            self.answers.append(answer(emulator, body))
            return self.answers[-1]

        return through

    def watch(self, play: Play) -> None:
        """Note what WhatsApp says of each message: its label when it is sent, and that it was delivered."""
        whatsapp = play.whatsapp
        price_of, tell = whatsapp.price_of, whatsapp.tell_status

        def labelled(accepted: Any) -> Any:
            self.labels[accepted.wamid] = price_of(accepted)
            return self.labels[accepted.wamid]

        def told(accepted: Any, state: str, **more: Any) -> None:
            if state in ("delivered", "read"):
                self.delivered.setdefault(accepted.wamid, (play.now + timedelta(seconds=more.get("after", 0.0))).date())
            tell(accepted, state, **more)

        whatsapp.price_of, whatsapp.tell_status = labelled, told


# --- the bill ----------------------------------------------------------------------------------------


def of_models(answers: list[dict[str, Any]]) -> Counter[tuple[str, int]]:
    """Each answer by its tokens: fresh, read from a cache, written to one, and said."""
    bill: Counter[tuple[str, int]] = Counter()
    for answer in answers:
        used, price = answer["usage"], PRICES[answer["model"]]
        if "input_tokens" in used:
            read, write = used["cache_read_input_tokens"], used["cache_creation_input_tokens"]
            fresh, said = used["input_tokens"], used["output_tokens"]
        else:
            cached = used.get("prompt_tokens_details", {})
            read, write = cached.get("cached_tokens", 0), cached.get("cache_write_tokens", 0)
            fresh, said = used["prompt_tokens"] - read - write, used.get("completion_tokens", 0)
        parts = ((fresh, price.input), (read, price.cache_read), (write, price.cache_write), (said, price.output))
        bill[answer["model"], ceil(sum(count * Fraction(str(round(dollars, 2))) for count, dollars in parts))] += 1
    return bill


def of_whatsapp(play: Play, vendors: Vendors) -> Counter[int]:
    """Each delivered message by the label on it and the card's price of its country that day."""
    bill: Counter[int] = Counter()
    for sent in play.whatsapp.sent:
        label, day = vendors.labels[sent.wamid], vendors.delivered[sent.wamid]
        micros = listed("whatsapp_rates.toml", COUNTRIES[sent.person.phone], label["category"], day)
        bill[micros if label["billable"] else 0] += 1
    return bill


def of_sms(play: Play) -> Counter[int]:
    bill: Counter[int] = Counter()
    for text in play.world.vendors.sms.sent:
        assert text.body.isascii()
        segments = 1 if len(text.body) <= 160 else ceil(len(text.body) / 153)
        bill[segments * listed("sms_rates.toml", COUNTRIES[text.to], "micros", text.at.date())] += 1
    return bill


def of_minutes(play: Play) -> Counter[int]:
    """Each call by the provider's own cents; where it tells none, by its seconds and the card."""
    bill: Counter[int] = Counter()
    for call in phones(play).calls.values():
        told: dict[str, Any] = retell_shown.shown(call)["call_cost"]
        assert call.started_at is not None and call.ended_at is not None
        seconds = Fraction(round((call.ended_at - call.started_at).total_seconds() * 1000), 1000)
        rate = listed("call_rates.toml", COUNTRIES[call.phone], "micros", call.ended_at.date())
        cents = told.get("combined_cost")
        bill[round(seconds * rate / 60) if cents is None else round(Fraction(str(cents)) * 10_000)] += 1
    return bill


async def ledger(play: Play, kind: str, provider: str = "") -> Counter[int]:
    rows = await play.rows(
        "SELECT amount_micros AS micros FROM cost_ledger WHERE kind = ? AND provider IN (?, iif(?2 = '', provider, ''))",
        kind,
        provider,
    )
    return Counter(row["micros"] for row in rows)


async def test_every_part_of_the_ledger_is_what_the_cards_say(
    lives: Lives, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IVY_FULL: a month."""
    vendors = Vendors(monkeypatch)
    days = 30 if os.environ.get("IVY_FULL") else 2
    async with lives(config=CONFIG) as play:
        vendors.watch(play)
        await play.submits_templates()
        await lives_by_phone(play)
        phones(play).person_answers(ANA, lambda _phone, _variables, _metadata, _at: scripted(PLAN, "bye"))
        await play.knows(BEN, name="Ben")
        await play.knows(LUZ, name="Luz", locale="es-CO", zone="America/Bogota", currency="COP")
        assert "8:00" in await play.talk(
            "recuérdame cada día a las 8 am: agua", LUZ
        )  # and no more: templates carry them
        for day in range(days):
            await play.until(after(days=day, minutes=10))
            for who in (ANA, BEN):
                await play.talk("I spent $50 on lunch", who)
            await speak(play, "remind me tomorrow at 9am to call John", seconds=7, seed=day)
            await play.queues("good night", channel="sms", purpose=For.REMINDER)
            await play.queues("buenas noches", who=LUZ, channel="sms", purpose=For.REMINDER)
            await play.queues(LONG, channel="sms", purpose=For.REMINDER)
        await play.until(after(days=days, hours=2))
        assert await play.one("SELECT count(*) FROM cost_ledger WHERE state = 'reserved' AND provider <> 'sms'") == 0
        assert await play.dead() == []

        rows = await play.rows(
            "SELECT model, amount_micros AS micros FROM cost_ledger WHERE kind IN ('model', 'embedding')"
        )
        assert Counter((row["model"], row["micros"]) for row in rows) == of_models(vendors.answers)
        assert {answer["model"] for answer in vendors.answers} >= {_NAMES[0], MemorySection().model}
        messages = of_whatsapp(play, vendors)
        assert await ledger(play, "message", "whatsapp") == messages
        assert messages[0] == FREE * len({(sent.at.year, sent.at.month) for sent in play.whatsapp.sent})
        assert len(messages) >= 3  # for nothing, and in two countries
        categories = {vendors.labels[sent.wamid]["category"] for sent in play.whatsapp.sent}
        assert categories == {"service", "utility"}
        texts = of_sms(play)
        assert await ledger(play, "message", "sms") == texts
        assert len(texts) == 3  # two countries, and one text of two segments
        minutes = of_minutes(play)
        assert await ledger(play, "call") == minutes
        assert (
            sum(minutes.values()) >= 2 * days and len(minutes) >= 2 and min(minutes) > 0
        )  # told, and reckoned by the card
        heard = {7: ceil(Fraction(7 * EARS_CENTS_A_MINUTE * 10_000, 60))}
        assert await ledger(play, "transcription") == Counter({heard[7]: days})
        models = Counter[int]()
        for (_, micros), count in of_models(vendors.answers).items():
            models[micros] += count
        await whole(play, [models, messages, texts, minutes, Counter({heard[7]: days})])


async def whole(play: Play, parts: list[Counter[int]]) -> None:
    """The parts are the whole, and days are no other sum of it."""
    bill = sum(micros * count for part in parts for micros, count in part.items())
    assert await play.one("SELECT sum(amount_micros) FROM cost_ledger") == bill
    by_day: defaultdict[str, int] = defaultdict(int)
    for row in await play.rows("SELECT day, kind, amount_micros AS micros FROM cost_ledger"):
        by_day[row["day"]] += row["micros"] if row["kind"] != "call" else 0  # minutes have caps of their own
    days = await play.rows("SELECT day, micros FROM spend_days WHERE user_id = ''")
    assert {row["day"]: row["micros"] for row in days if row["micros"]} == {k: v for k, v in by_day.items() if v}
