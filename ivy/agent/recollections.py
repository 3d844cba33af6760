"""What a person said earlier that their new words may be about, for the model's context. May import: the store and below.

By words alone: no embedder is asked for a message that may need none. What has to be found by meaning the model looks for
itself, with `search_memory`.
"""

from dataclasses import dataclass
from datetime import datetime

from ivy.domain.schedule import local_date
from ivy.domain.when import describe_day
from ivy.store import facts, memory_search, messages, switches
from ivy.store.people import Person
from ivy.store.scope import Scope

MOST = 3
LOOKED_AT = 12
LONGEST = 200
KINDS = ("message", "fact")


@dataclass(frozen=True)
class Recalled:
    """A memory that fits: what it is of, and the line that a model is told."""

    kind: str
    ref: str
    line: str


def of_new_words(scope: Scope, person: Person, *, now: datetime) -> tuple[Recalled, ...]:
    """Return each memory that fits what nobody has answered yet, its line with its day and their words."""
    new = messages.unanswered(scope)
    if not new or switches.value(scope.connection, "memory") == "off":
        return ()
    left_out = {row["id"] for row in new} | facts.unheard(scope)
    asked = "\n".join(row["body"] for row in new)
    found = memory_search.search(scope, asked, None, now=now, limit=LOOKED_AT, kinds=KINDS)
    kept = [each.memory for each in found if each.memory.ref not in left_out][:MOST]
    return tuple(
        Recalled(
            each.kind,
            each.ref,
            f"{describe_day(local_date(each.at, person.zone), person.locale)}: “{' '.join(each.text.split())[:LONGEST]}”",
        )
        for each in kept
    )
