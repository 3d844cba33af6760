"""Which models stop to answer, when, and what takes their place: the list that comes with Ivy. May import: the ground."""

from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

import msgspec


class Retirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the list; a `*` at the end of `model` stands for any ending."""

    vendor: str
    model: str
    retires: date
    replacement: str


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    models: tuple[Retirement, ...]


@cache
def shipped() -> tuple[Retirement, ...]:
    return msgspec.toml.decode(files("ivy").joinpath("data", "model_retirements.toml").read_text(), type=_List).models


def of(name: str) -> Retirement | None:
    """Return when a `vendor/model` stops to answer, by its own line or else the longest that fits; None if nobody said."""
    fitting = [each for each in shipped() if fnmatchcase(name, f"{each.vendor}/{each.model}")]
    return max(fitting, key=lambda each: ("*" not in each.model, len(each.model)), default=None)
