"""What arguments were called before: an agent published by an earlier release says so until synced. May import: the ground."""

from collections.abc import Mapping
from typing import Any

import msgspec

OLDER: Mapping[str, Mapping[str, str]] = {"save_plan": {"cue": "time"}}
"""By tool, each older name and today's."""


def as_now_named(tool: str, arguments: str) -> str:
    """Return a tool's arguments (JSON text) by today's names. What cannot be read stays as it is: the tool says so."""
    older = OLDER.get(tool, {})
    if not any(f'"{name}"' in arguments for name in older):
        return arguments
    try:
        given = msgspec.json.decode(arguments, type=dict[str, Any])
    except msgspec.MsgspecError:
        return arguments
    renamed = {older[name]: value for name, value in given.items() if name in older}
    return msgspec.json.encode(
        {**renamed, **{name: each for name, each in given.items() if name not in older}}
    ).decode()
