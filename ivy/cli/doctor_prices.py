"""What the doctor says of price cards: whether they can be read, and how old they are. May import: agent and below."""

from datetime import date
from pathlib import Path

from ivy.cli.findings import Finding, look, missing, not_needed, ok
from ivy.config import Config
from ivy.domain.tariffs import STALE_AFTER, is_stale
from ivy.errors import ConfigError


def cards(config: Config, folder: Path, today: date) -> list[Finding]:
    """Look at the prices of models, texts and calls; WhatsApp's card is looked at with WhatsApp."""
    from ivy.adapters.prices import PriceFile
    from ivy.agent import price_cards

    try:
        tariffs = price_cards.load(config, folder)
        models = PriceFile.load(*price_cards.models_text(config, folder))
    except ConfigError as error:
        return [missing("prices", str(error), "mend the file, or leave its key empty")]
    return [
        _aged("prices of models", config.spend.prices_file, "spend.prices_file", models.as_of, today),
        _aged("prices of texts", config.sms.rates_file, "sms.rates_file", tariffs.texts.as_of, today)
        if config.sms.enabled
        else not_needed("prices of texts", "sms.enabled is false"),
        _aged("prices of calls", config.calls.rates_file, "calls.rates_file", tariffs.calls.as_of, today)
        if config.voice.enabled
        else not_needed("prices of calls", "voice.enabled is false"),
    ]


def _aged(what: str, file: str, key: str, as_of: date, today: date) -> Finding:
    found = f"{file or 'those that come with Ivy'}, as of {as_of}"
    if not is_stale(as_of, today):
        return ok(what, found)
    days = STALE_AFTER.days
    return look(what, f"{found}: older than {days} days", f"compare them with your bills, then put yours into {key}")
