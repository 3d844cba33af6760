"""What Ivy knows of the person, told when they ask: each thing with its day and their words. May import: the store and below."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from ivy.domain.birthdays import ALSO
from ivy.domain.facts import Fact, Way
from ivy.domain.facts_said import BIRTHDAY
from ivy.domain.schedule import to_wall
from ivy.domain.taint import Touch
from ivy.store import facts
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedRead, TurnContext, tool

MOST_SHOWN = 12
A_WHILE = timedelta(hours=24)
"""How long "that" means what was shown last."""
SHOWING = ("remember", "what_you_know", "where_from", "correct", "search_memory")
"""Tools whose answer "that" may be about."""
NOTHING = (
    "I know nothing about you yet. Tell me what I should remember.",
    "Todavía no sé nada. ¿Qué debería recordar?",
)
NOT_THAT = ("I know nothing about that.", "De eso no sé nada.")

Which = Annotated[
    str, msgspec.Meta(description="Words of what you know, as the person says them; empty for what was shown last.")
]


class WhatYouKnow(msgspec.Struct, frozen=True):
    about: Annotated[str, msgspec.Meta(description="What about, if they ask about one thing: 'my knee'.")] = ""


@tool(
    effect=Effect.READ,
    touch=Touch.REVEALS,
    asked_by=("know", "sab", "recuerd", "remember", "memor"),
    examples={
        "what do you know about me?": {},
        "tell me everything you know about me": {},
        "what do you know about my sister?": {"about": "my sister"},
        "qué sabes de mí": {},
        "dime todo lo que sabes de mí": {},
        "qué sabes sobre mi hermana": {"about": "mi hermana"},
    },
)
def what_you_know(args: WhatYouKnow, turn: TurnContext) -> ScopedRead:
    """Tell what you know about the person, where each thing is from and since when."""

    def read(scope: Scope) -> str:
        known = facts.holding(scope)
        if not known:
            return said.tell(turn, *NOTHING)
        found = matching(args.about, known) if args.about.strip() else known[::-1]
        if not found:
            return said.tell(turn, *NOT_THAT)
        lines = "\n".join(f"- {_shown(turn, fact)}" for fact in found[:MOST_SHOWN])
        return lines + said.say_more(turn, len(found) - MOST_SHOWN)

    return read


def _shown(turn: TurnContext, fact: Fact) -> str:
    day = _day(turn, fact.since)
    if fact.way is Way.NOTICED and fact.confidence < 1:
        return said.tell(
            turn, f"“{fact.text}”, as I understood your message of {day}", f"«{fact.text}», según entendí el {day}"
        )
    return said.tell(turn, f"“{fact.text}”, you told me {day}", f"«{fact.text}», desde el {day}")


def _day(turn: TurnContext, at: datetime) -> str:
    return said.say_day(turn, to_wall(at, turn.person.zone).date())


class WhereFrom(msgspec.Struct, frozen=True):
    which: Which = ""


@tool(
    effect=Effect.READ,
    touch=Touch.REVEALS,
    asked_by=("where", "know", "how", "told", "donde", "sab", "saca", "como"),
    examples={
        "where do you have that from?": {},
        "when did I tell you that?": {},
        "where do you have it from that my sister is called Ana?": {"which": "my sister is called Ana"},
        "de dónde sacaste eso": {},
        "cuándo te dije eso": {},
        "de dónde sacas que mi hermana se llama Ana": {"which": "mi hermana se llama Ana"},
    },
)
def where_from(args: WhereFrom, turn: TurnContext) -> ScopedRead:
    """Tell where something that you know about the person is from: the day, and their own words."""

    def read(scope: Scope) -> str:
        fact = _one(scope, turn, args.which)
        wall = to_wall(fact.since, turn.person.zone)
        when = f"{said.say_day(turn, wall.date())}, {said.say_clock(turn, wall)}"
        lines = [said.tell(turn, f"From {when}: “{fact.quote}”.", f"Del {when}: «{fact.quote}».")]
        before = next((each for each in facts.every(scope) if each.replaced_by == fact.id and each.text), None)
        if before is not None:
            lines.append(
                said.tell(
                    turn,
                    f"Until then it was “{before.text}”, since {_day(turn, before.since)}.",
                    f"Hasta entonces era «{before.text}», desde el {_day(turn, before.since)}.",
                )
            )
        return " ".join(lines)

    return read


# --- which one ---------------------------------------------------------------------------------------


def matching(words: str, known: Sequence[Fact]) -> list[Fact]:
    """Return the facts that share most words with what was said; none if they share none."""
    return said.matching(words, known, _names)


def _names(fact: Fact) -> str:
    return f"{fact.text} {ALSO if fact.subject == BIRTHDAY else fact.subject}"


def last_shown(scope: Scope, turn: TurnContext, known: Sequence[Fact]) -> list[Fact]:
    """Return what "that" means: what was shown or kept last, or else what was said last."""
    shown = facts.newest_of_tools(scope, SHOWING, since=turn.now - A_WHILE)
    found = [fact for fact in known if fact.text in shown]
    return found or sorted(known, key=lambda fact: (fact.last_said, fact.id))[-1:]


def _one(scope: Scope, turn: TurnContext, which: str) -> Fact:
    """Return the fact that is meant. Raises: ToolFailed naming those that may be."""
    known = facts.holding(scope)
    if not known:
        raise said.refuse(turn, *NOTHING)
    found = matching(which, known) if which.strip() else last_shown(scope, turn, known)
    if len(found) == 1:
        return found[0]
    if not found:
        raise said.refuse(turn, *NOT_THAT)
    names = said.say_list(turn, [f"“{fact.text}”" for fact in found[: said.MOST_NAMED]], ("or", "o"))
    raise said.refuse(turn, f"Which one: {names}?", f"¿Cuál: {names}?")


TOOLS = (what_you_know, where_from)
