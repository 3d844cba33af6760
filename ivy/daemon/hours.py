"""The calling hours in use: the operator's own file, else the one that comes with Ivy. May import: the domain, the ground."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from ivy.domain import calling_hours
from ivy.domain.calling_hours import CallingHours
from ivy.errors import ConfigError


@cache
def shipped() -> CallingHours:
    return calling_hours.load(files("ivy").joinpath("data", "calling_hours.toml").read_text(encoding="utf-8"))


def load(hours_file: str, folder: Path) -> CallingHours:
    """Read the file that calls.hours_file names, relative to the configuration's folder. Raises: ConfigError."""
    if not hours_file:
        return shipped()
    path = folder / hours_file
    try:
        return calling_hours.load(path.read_text(encoding="utf-8"), f"calls.hours_file ({path})")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"calls.hours_file: {path} cannot be read: {error.__class__.__name__}.") from None
