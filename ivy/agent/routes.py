"""Where numbers that were bought reach, as the list that comes with Ivy says. May import: the configuration, the domain."""

from functools import cache
from importlib.resources import files

from ivy.config import VoiceSection
from ivy.domain import reach


@cache
def shipped() -> reach.Routes:
    return reach.load(files("ivy").joinpath("data", "voice_reach.toml").read_text(encoding="utf-8"))


def gets_to(voice: VoiceSection, number: str) -> bool:
    """Say whether our number gets to theirs; where nobody is phoned, no number is in the way."""
    return not voice.enabled or reach.reaches(shipped(), voice.number, voice.number_is_imported, number).ok
