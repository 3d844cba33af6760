"""Where numbers that were bought reach, as the list that comes with Ivy says. May import: the domain, the ground."""

from functools import cache
from importlib.resources import files

from ivy.domain import reach


@cache
def shipped() -> reach.Routes:
    return reach.load(files("ivy").joinpath("data", "voice_reach.toml").read_text(encoding="utf-8"))
