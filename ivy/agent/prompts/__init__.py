"""The words that every turn begins with, in versioned files. May import: errors."""

from functools import cache
from pathlib import Path

from ivy.errors import ConfigError

COACH = "coach.v1"
LONGEST_SCOPE = 300
_WHAT_INSTEAD = "one friendly sentence what you can do instead."


@cache
def words(name: str) -> str:
    """Return the words of a version."""
    return (Path(__file__).parent / f"{name}.md").read_text()


def coach(scope: str = "") -> str:
    """Return the words that a turn begins with; `scope` is what Ivy is for as the operator puts it, "" as it puts it itself."""
    if not scope:
        return words(COACH)
    return words(COACH).replace(_WHAT_INSTEAD, f"{_WHAT_INSTEAD} What you are for, told in their language: {scope}", 1)


def check_scope(scope: str) -> None:
    """Raise ConfigError for what is no one plain line: all else might be read as rules of its own."""
    if len(scope) > LONGEST_SCOPE:
        raise ConfigError(f"people.scope_sentence has {len(scope)} characters; {LONGEST_SCOPE} are the most.")
    if not scope.isprintable():
        raise ConfigError("people.scope_sentence must be one line of plain text.")
