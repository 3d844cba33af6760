"""The rate card in use: the operator's own file, else the one that comes with Ivy. May import: the domain, the ground."""

from importlib.resources import files
from pathlib import Path

from ivy.domain.rates import Rates
from ivy.errors import ConfigError


def load(rates_file: str, folder: Path) -> Rates:
    """Read the file that whatsapp.rates_file names, relative to the configuration's folder. Raises: ConfigError."""
    if not rates_file:
        return Rates.load(files("ivy").joinpath("data", "whatsapp_rates.toml").read_text(encoding="utf-8"))
    path = folder / rates_file
    try:
        return Rates.load(path.read_text(encoding="utf-8"), f"whatsapp.rates_file ({path})")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"whatsapp.rates_file: {path} cannot be read: {error.__class__.__name__}.") from None
