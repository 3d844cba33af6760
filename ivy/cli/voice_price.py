"""What being phoned will cost, said before it does. May import: agent and below."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ivy.cli import costs_people
from ivy.cli.moments import dollars
from ivy.config import Config
from ivy.domain import call_minutes
from ivy.domain.call_minutes import Slot
from ivy.domain.person_month import met


def minute_micros(phone: str, config: Config, folder: Path, today: date) -> int:
    """Return what a minute to a number is reckoned at."""
    from ivy.agent import price_cards

    own = round(config.calls.usd_per_minute * 1_000_000)
    return own or price_cards.load(config, folder).calls.price(phone, today).micros


def line(slots: Sequence[Slot], phone: str, config: Config, folder: Path, today: date) -> str:
    """Return what a person's calls come to in a month, beside texts at the same times and the targets; "" for nobody phoned."""
    from ivy.daemon import rate_card

    needed = call_minutes.forecast(slots, today)
    if not needed.minutes:
        return ""
    minute = minute_micros(phone, config, folder, today)
    text = rate_card.load(config.whatsapp.rates_file, folder).price(phone, "utility", today).micros
    spoken = round(needed.minutes * minute)
    return (
        f"Their calls cost about {dollars(spoken)} a month ({needed.minutes} minutes at"
        f" {dollars(minute, 3)}); texts at the same times would be about {dollars(len(needed.by_day) * text)}."
        + ("" if met(spoken) else f" {costs_people.BEYOND}")
    )
