"""How an emulated model answers when it is asked what somebody says of themself. May import: domain.

It knows the common sentences of `facts_said.py`, and leaves out all others: like a careful model, and the same every time.
"""

import re

import msgspec

from ivy.domain.facts import PROMPT_MARK
from ivy.domain.facts_said import read

_LINE = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_SURE = 0.9


def is_asked(system: str) -> bool:
    """Say whether these are the words by which facts are asked for."""
    return system.startswith(PROMPT_MARK)


def answer(words: str) -> str:
    """Return the JSON that the prompt asks for, about messages numbered line by line."""
    noticed = [
        {
            "message": int(number),
            "kind": each.kind.value,
            "subject": each.subject,
            "value": each.value,
            "text": each.text,
            "quote": each.text,
            "confidence": _SURE,
        }
        for number, line in _LINE.findall(words)
        for each in read(line)
    ]
    return msgspec.json.encode({"facts": noticed}).decode()
