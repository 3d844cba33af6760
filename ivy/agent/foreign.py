"""Text by others on its way into a turn: whose words a message is, how it is told, what was said about it before.

May import: the store and below. Their words are told in a frame while they are fresh, and left out after that: a turn that
reads none of them asks about nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ivy.agent.context import Moment, words_of
from ivy.clock import stamp
from ivy.domain.taint import Origin, carries, frame, inline, origin_of
from ivy.store import foreign, messages
from ivy.store.binding import Row
from ivy.store.scope import Scope

FRESH = timedelta(minutes=30)
"""How long earlier text by others is told again, with Ivy's answers to it."""
LATELY = timedelta(minutes=10)
LEFT_OUT = "(text by somebody else; quote it to bring it up again)"
ANSWER_LEFT_OUT = "(an answer about it)"
FACT_LEFT_OUT = "(one more, in words by somebody else: the tools tell it)"
LONGEST_QUOTE = 300


@dataclass(frozen=True)
class Told:
    """A new message as the model reads it: what of it is the person's own, and where the rest came from."""

    text: str
    own: str
    origins: frozenset[Origin]


@dataclass(frozen=True)
class Past:
    """What was said before: rows for the context, what of it came from others, the person's own words of the last minutes."""

    rows: tuple[Any, ...]
    origins: frozenset[Origin]
    lately: str


def tell(row: Row, *, unseen: bool = False) -> Told:
    """Return a new message in words, text by others in a frame, what it quotes included."""
    origin = _origin(row["event"])
    if origin is not None:
        return Told(frame(origin, row["body"].strip() or f"({row['kind']} message)"), "", frozenset({origin}))
    own = row["body"].strip()
    if row["quoted"] and _is_by_others(row["quoted_event"], row["quoted_from"]):
        plain = words_of(_with(row, quoted=None), unseen=unseen)
        quoted = frame(Origin.QUOTED, row["quoted"][:LONGEST_QUOTE])
        return Told(f"{quoted}\n{plain}", own, frozenset({Origin.QUOTED}))
    return Told(words_of(row, unseen=unseen), own, frozenset())


def before(scope: Scope, rows: Sequence[Row], *, now: datetime) -> Past:
    """Return earlier messages as they are told now."""
    known = foreign.known(scope)
    told: list[Any] = []
    origins: set[Origin] = set()
    lately: list[str] = []
    for row in rows:
        is_in = row["direction"] == "in"
        if is_in:
            origin = _origin(row["event"])
        else:
            origin = Origin.REPLY if row["foreign_from"] or carries(row["body"], known) else None
        if origin is None:
            told.append(row)
            if is_in and row["at_ms"] > stamp(now - LATELY):
                lately.append(row["body"])
        elif row["at_ms"] > stamp(now - FRESH):
            told.append(_with(row, body=frame(origin, row["body"])) if is_in else row)
            origins.add(origin)
        else:
            told.append(_with(row, body=LEFT_OUT if is_in else ANSWER_LEFT_OUT))
    return Past(tuple(told), frozenset(origins), "\n".join(lately))


def clean(scope: Scope, moment: Moment) -> Moment:
    """Return the facts of a moment, each on its line, without those that hold words by others; the first one stays."""
    known = foreign.known(scope)
    facts = [
        inline(FACT_LEFT_OUT if number and carries(fact, known) else fact) for number, fact in enumerate(moment.facts)
    ]
    return replace(moment, facts=tuple(facts))


def origins_of_results(scope: Scope, contents: Iterable[str], *, untrusted: bool) -> frozenset[Origin]:
    """Return where text by others in tools' results came from; `untrusted`: one of the tools brings it from outside."""
    known = foreign.known(scope)
    found = {Origin.STORED} if any(carries(each, known) for each in contents) else set[Origin]()
    return frozenset(found | ({Origin.RESULT} if untrusted else set()))


def is_by_others(scope: Scope, message_id: str) -> bool:
    """Say whether a received message holds somebody else's words: they answer nothing and stop nothing."""
    return _origin(messages.event_of(scope, message_id)) is not None


def _is_by_others(event: str | None, foreign_from: str | None) -> bool:
    return bool(foreign_from) or _origin(event or "") is not None


def _origin(event: str) -> Origin | None:
    return origin_of(msgspec.json.decode(event)) if event else None


def _with(row: Row, **values: Any) -> Any:
    return {**{name: row[name] for name in row.keys()}, **values}  # noqa: SIM118 - a row yields values
