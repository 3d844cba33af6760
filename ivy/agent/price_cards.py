"""The price cards of texts and calls: the operator's own files, else those that come with Ivy.

May import: the domain, the ground.
"""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from ivy.config import Config
from ivy.domain.tariffs import Tariff, Tariffs
from ivy.errors import ConfigError

TEXTS, CALLS, MODELS = "sms_rates.toml", "call_rates.toml", "model_prices.toml"


@lru_cache(maxsize=1)
def shipped() -> Tariffs:
    """Return the cards that come with Ivy."""
    return Tariffs(_own(TEXTS), _own(CALLS))


def load(config: Config, folder: Path) -> Tariffs:
    """Return the cards in use; files are relative to the configuration's folder. Raises: ConfigError."""
    return Tariffs(
        _read(config.sms.rates_file, "sms.rates_file", folder) or shipped().texts,
        _read(config.calls.rates_file, "calls.rates_file", folder) or shipped().calls,
    )


def models_text(config: Config, folder: Path) -> tuple[str, str]:
    """Return the file of models' prices in use, and its name. Raises: ConfigError."""
    if file := config.spend.prices_file:
        return text_of(folder / file, "spend.prices_file"), f"spend.prices_file ({folder / file})"
    return _packaged(MODELS), MODELS


def _own(name: str) -> Tariff:
    return Tariff.load(_packaged(name), name)


def _packaged(name: str) -> str:
    return files("ivy").joinpath("data", name).read_text(encoding="utf-8")


def _read(file: str, key: str, folder: Path) -> Tariff | None:
    return Tariff.load(text_of(folder / file, key), f"{key} ({folder / file})") if file else None


def text_of(path: Path, key: str) -> str:
    """Return a file that a key of the configuration names. Raises: ConfigError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: {path} cannot be read: {error.__class__.__name__}.") from None
