"""The words that every turn begins with, in versioned files. May import: the standard library."""

from functools import cache
from pathlib import Path

COACH = "coach.v1"


@cache
def words(name: str) -> str:
    """Return the words of a version."""
    return (Path(__file__).parent / f"{name}.md").read_text()
