"""What a person may say to have a tool used, and the arguments it should lead to. May import: the standard library."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Example:
    """A phrase as a person would write it. Arguments found in the phrase vary with the words; the others are fixed."""

    tool: str
    phrase: str
    arguments: dict[str, Any]
