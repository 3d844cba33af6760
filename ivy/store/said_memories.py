"""Which of the person's own messages are remembered. May import: memories, switches, scope, the domain."""

from datetime import datetime

from ivy.domain.memory_words import says_something
from ivy.store import memories, switches
from ivy.store.scope import Scope

MESSAGE = "message"


def keep_message(scope: Scope, message_id: str, text: str, *, at: datetime, now: datetime | None = None) -> bool:
    """Remember what a person said, unless it says nothing ("ok"), only asks, or memory is switched off."""
    if not says_something(text) or switches.value(scope.connection, "memory") == "off":
        return False
    return memories.keep(scope, kind=MESSAGE, ref=message_id, text=text, at=at, now=now)
