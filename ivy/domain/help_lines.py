"""Where somebody finds a human at a bad moment, by country. May import: the ground, msgspec.

The numbers are data with dates, in `ivy/data/help_lines.toml`; a country that is not there gets words that hold anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from ivy.errors import ConfigError

ELSEWHERE = "elsewhere"


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    emergency: str | dict[str, str]
    line: str | dict[str, str]
    checked: date
    source: str = ""


@dataclass(frozen=True)
class Help:
    """What to call: `emergency` when life is in danger, `line` for somebody who listens. Words for a sentence."""

    emergency: str
    line: str


@dataclass(frozen=True)
class HelpLines:
    """The rows by region (ISO, "CO")."""

    rows: Mapping[str, _Row]

    def of(self, region: str, language: str) -> Help:
        """Return what somebody in a region may call; `language` is en or es."""
        row = self.rows.get(region, self.rows[ELSEWHERE])
        return Help(_in(row.emergency, language), _in(row.line, language))

    @property
    def oldest(self) -> date:
        """When the row that was looked up longest ago was looked up."""
        return min(row.checked for row in self.rows.values())


def load(text: str) -> HelpLines:
    """Read the TOML of help lines. Raises: ConfigError."""
    try:
        rows = msgspec.toml.decode(text, type=dict[str, _Row])
    except msgspec.MsgspecError as error:
        raise ConfigError(f"The help lines cannot be read: {error}.") from error
    if ELSEWHERE not in rows:
        raise ConfigError(f"The help lines have no [{ELSEWHERE}].")
    return HelpLines(rows)


def _in(words: str | Mapping[str, str], language: str) -> str:
    return words if isinstance(words, str) else words.get(language, words["en"])
