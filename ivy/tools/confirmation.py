"""What waits for the person's yes: calls frozen as they were asked for, under one question a turn. May import: the store and below.

What a call would do is found out by doing it and taking it back, so the question says it in the tool's own words, and the
answer can be held to it: `agent/confirming.py` asks, and runs exactly these calls, once.
"""

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from ivy.domain.sentences import Say, say
from ivy.domain.taint import Why
from ivy.store import pending_actions
from ivy.store.pending_actions import Pending
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import TurnContext

CONFIRM = "confirm"
"""The kind under which a turn finds what it is to ask."""
LASTS = timedelta(hours=1)
YES, NO = "yes", "no"
MOST = 3
"""Calls under one question: what is asked must be read."""


@dataclass(frozen=True)
class Frozen:
    """A call as it was asked for; `shown` is what it says when it is done, `line` what is asked about if not that."""

    tool: str
    arguments: str
    shown: str
    why: Why
    line: str = ""


def frozen(pending: Pending) -> list[Frozen]:
    """Return the calls that a question is about."""
    calls: list[dict[str, str]] = pending.payload["calls"]
    return [
        Frozen(each["tool"], each["arguments"], each["shown"], Why(each["why"]), each.get("line", "")) for each in calls
    ]


def hold(scope: Scope, call: Frozen, turn: TurnContext) -> str:
    """Let a call wait under its turn's question; return what the model is told."""
    waiting = pending_actions.of_turn(scope, turn.turn_id, CONFIRM, now=turn.now)
    held = frozen(waiting) if waiting else []
    if call in held:
        return _told(turn)
    if len(held) >= MOST:
        raise said.refuse(
            turn,
            f"Not done: more than {MOST} such things at once are not asked about. One by one, please.",
            f"No está hecho: más de {MOST} cosas así a la vez no se preguntan. De una en una, por favor.",
        )
    payload = _payload(turn, [*held, call])
    if waiting:
        pending_actions.amend(scope, waiting.id, payload)
    else:
        options = ((YES, say(Say.OPTION_YES, turn.person.speech)), (NO, say(Say.OPTION_NO, turn.person.speech)))
        until = turn.now + LASTS
        pending_actions.ask(scope, turn.new_id(), CONFIRM, payload, until=until, now=turn.now, options=options)
    return _told(turn)


def _payload(turn: TurnContext, calls: list[Frozen]) -> dict[str, Any]:
    return {"turn": turn.turn_id, "calls": [asdict(each) for each in calls], "up": YES, "down": NO}


def keep_no_line(scope: Scope, pending: Pending) -> None:
    """Take the lines out of a question that was asked: what is to be forgotten may stand in them, and they are told."""
    calls = [asdict(replace(each, line="")) for each in frozen(pending)]
    pending_actions.amend(scope, pending.id, {**pending.payload, "calls": calls})


def _told(turn: TurnContext) -> str:
    return said.tell(
        turn,
        "Nothing is done yet: that takes a yes first, and the question comes right below.",
        "Todavía no está hecho: antes hace falta un sí, y la pregunta va justo debajo.",
    )


def without_links(turn: TurnContext) -> str:
    """Return what a model is told of a call that holds a link of somebody else's."""
    return said.tell(
        turn,
        "Not done: it holds a link that they did not write themselves. Leave the link out.",
        "No está hecho: tiene un enlace que la persona no escribió. Sin el enlace, sí.",
    )


def elsewhere(turn: TurnContext, why: Why) -> str:
    """Return what a model is told where nothing can be tapped: in a call, or where only the person's own words will do."""
    if why is Why.IN_WORDS:
        return said.tell(
            turn,
            "Not done: that is told or handed out only when they ask for it in a message of their own.",
            "No está hecho: eso solo se cuenta o se entrega si lo piden en un mensaje propio.",
        )
    if why is Why.AGAIN:
        return said.tell(
            turn,
            "The very same was done a moment ago, and was not done again. Who wants it twice can write so in the chat.",
            "Eso mismo se hizo hace un momento, y no se repitió. Quien lo quiera dos veces puede escribirlo en el chat.",
        )
    return said.tell(
        turn,
        "Not done: that takes a yes in the chat. Ask them to write it there.",
        "No está hecho: hace falta un sí en el chat. Que lo escriban allí.",
    )
