"""What an agent on the phone is told by name, and that none of it can be spoken as a brace. May import: invisible, the errors.

A provider puts each variable into the agent's words as it is, and speaks the name of one that is missing, braces and all.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ivy.domain.invisible import strip_invisible
from ivy.errors import IvyError

CUT = " …"


@dataclass(frozen=True)
class Place:
    """A place in the agent's words: how many characters fit, and what stands there if nothing is said of it."""

    longest: int
    default: str = ""
    required: bool = False
    lines: bool = False
    """Whether it may be of several lines."""


PLACES: Mapping[str, Place] = {
    "ivy_name": Place(40),
    "ivy_kind": Place(20, "inbound", required=True),
    "ivy_purpose": Place(80, "Ivy", required=True),
    "ivy_today": Place(80),
    "ivy_manner": Place(200),
    "ivy_opener": Place(
        400, "Hi, it's Ivy, an AI coach. Hola, habla Ivy, una entrenadora con IA.", required=True, lines=True
    ),
    "ivy_questions": Place(1200, lines=True),
    "ivy_closing": Place(400, "Thank you, goodbye. Gracias, hasta luego.", required=True, lines=True),
    "ivy_script": Place(2000, "Ask what they need and end kindly.", required=True, lines=True),
    "ivy_context": Place(4000, lines=True),
}
"""Every place, with our prefix: other names are the provider's. A default serves where the language is not known."""

_BRACES = str.maketrans({"{": "(", "}": ")", "<": "(", ">": ")"})
_UNSPOKEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Control characters, marks of direction, halves of characters, and what stands for nothing."""
_ENDS = re.compile(r"[ \t]*[\n\r\x0b\x0c\x85\u2028\u2029]+[ \t]*")


class MissingVariable(IvyError, ValueError):
    """A call must not be dialled: something that the agent says is not there, or cannot be said."""


@lru_cache(maxsize=1024)
def clean(text: str, longest: int, *, lines: bool = False) -> str:
    """Return text that can stand in an agent's words: no braces, no angle brackets, nothing unseen, not too long."""
    shown = strip_invisible(text).translate(_BRACES)
    parts = _ENDS.split(shown) if lines else [_ENDS.sub(" ", shown)]
    kept = "\n".join(line for part in parts if (line := " ".join(_spoken(part).split())))
    return kept if len(kept) <= longest else strip_invisible(kept[: longest - len(CUT)].rstrip() + CUT)


def _spoken(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c for c in text.replace("\t", " ") if unicodedata.category(c) not in _UNSPOKEN)


def fitted(variables: Mapping[str, str]) -> dict[str, str]:
    """Return every place filled: with what was given, made fit to be said, or with its default."""
    return {
        name: clean(variables.get(name, ""), place.longest, lines=place.lines) or place.default
        for name, place in PLACES.items()
    }


def check(variables: Mapping[str, str]) -> None:
    """Refuse variables with which nobody may be called. Raises: MissingVariable, which names the one at fault."""
    for name, place in PLACES.items():
        value = variables.get(name)
        if value is None or (place.required and not value.strip()):
            raise MissingVariable(f"{name} is not there, so the agent would speak its name. The call is not placed.")
        if clean(value, place.longest, lines=place.lines) != value:
            raise MissingVariable(
                f"{name} cannot be said as it is: too long, or with braces or unseen characters. The call is not placed."
            )
    if unknown := sorted(set(variables) - set(PLACES)):
        raise MissingVariable(f"{', '.join(unknown)}: the agent has no such place. The call is not placed.")
