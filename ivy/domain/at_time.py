"""A time of day as it stands in a sentence: "at 7:00 am", "a las 7:00", "a la 1:00". May import: the words of time."""

from datetime import time

from ivy.domain.said import language
from ivy.domain.when import describe_clock


def at_time(clock: time, locale: str) -> str:
    """Return a local time of day with the word before it, as people of a locale say it."""
    if language(locale) != "es":
        return f"at {describe_clock(clock, locale)}"
    return f"{'a la' if clock.hour == 1 else 'a las'} {describe_clock(clock, locale)}"
