"""What the doctor says of prices: fine while they are young, a look after ninety days, missing where a file is wrong."""

from datetime import date, timedelta
from pathlib import Path

from ivy.cli import doctor_prices, voice_price
from ivy.cli.findings import State
from ivy.config import CallsSection, Config, SmsSection, SpendSection, VoiceSection
from ivy.domain.call_minutes import Slot
from ivy.domain.calls import CallKind

TODAY = date(2026, 11, 23)
IN_USE = Config(sms=SmsSection(enabled=True), voice=VoiceSection(enabled=True))


def states(config: Config, today: date = TODAY) -> dict[str, State]:
    return {each.what: each.state for each in doctor_prices.cards(config, Path(), today)}


def test_young_prices_are_fine_and_those_of_what_is_off_are_not_needed() -> None:
    assert set(states(IN_USE).values()) == {State.OK}
    assert states(Config()) == {
        "prices of models": State.OK, "prices of texts": State.NOT_NEEDED, "prices of calls": State.NOT_NEEDED,
    }  # fmt: skip


def test_prices_older_than_ninety_days_are_worth_a_look() -> None:
    assert set(states(IN_USE, TODAY + timedelta(days=91)).values()) == {State.LOOK}
    found = doctor_prices.cards(IN_USE, Path(), TODAY + timedelta(days=91))
    assert "older than 90 days" in found[0].found
    assert "spend.prices_file" in found[0].mend


def test_a_file_that_cannot_be_read_is_missing(tmp_path: Path) -> None:
    (found,) = doctor_prices.cards(Config(spend=SpendSection(prices_file="gone.toml")), tmp_path, TODAY)
    assert found.state is State.MISSING
    assert "spend.prices_file" in found.found


def test_who_is_let_in_hears_what_being_phoned_costs() -> None:
    daily = [Slot(CallKind.MORNING), Slot(CallKind.EVENING)]
    told = voice_price.line(daily, "+12025550143", Config(), Path(), TODAY)
    assert told == (
        "Their calls cost about $16.80 a month (140 minutes at $0.120); texts at the same times would be about $0.11."
        " With calls nobody stays under the target of $1.00 a person and month; chat alone can."
    )
    assert "$0.165" in voice_price.line(daily, "+573001234567", Config(), Path(), TODAY)
    assert "$0.500" in voice_price.line(daily, "", Config(calls=CallsSection(usd_per_minute=0.5)), Path(), TODAY)
    assert voice_price.line([], "+12025550143", Config(), Path(), TODAY) == ""
    cheap = Config(calls=CallsSection(usd_per_minute=0.005))
    assert "target" not in voice_price.line(daily, "", cheap, Path(), TODAY)
