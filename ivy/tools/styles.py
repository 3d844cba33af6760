"""How Ivy speaks with the person: language, length, units. May import: the store and below."""

from typing import Annotated, Literal

import msgspec

from ivy.domain import facts_said
from ivy.domain.facts import Acts, Behaviour, Claim, Kind, Way, beginning
from ivy.errors import ToolFailed
from ivy.store import facts
from ivy.store.scope import Scope
from ivy.tools import behaving
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool


class ChangeStyle(msgspec.Struct, frozen=True):
    language: Annotated[Literal["as_now", "en", "es"], msgspec.Meta(description="The language to speak.")] = "as_now"
    tone: Annotated[
        Literal["as_now", "brief", "warm"], msgspec.Meta(description="brief: short answers; warm: more words.")
    ] = "as_now"
    units: Annotated[
        Literal["as_now", "metric", "imperial"], msgspec.Meta(description="metric: km, kg; imperial: miles, pounds.")
    ] = "as_now"


@tool(
    effect=Effect.LOCAL,
    undo="change_style",
    examples={
        "keep your answers short": {"tone": "brief"},
        "switch to Spanish from now on": {"language": "es"},
        "switch to English from now on": {"language": "en"},
        "use miles and pounds with me": {"units": "imperial"},
        "desde hoy respuestas más cortas": {"tone": "brief"},
        "desde hoy hablemos en inglés": {"language": "en"},
        "desde hoy hablemos en español": {"language": "es"},
        "desde hoy usa kilómetros y kilos": {"units": "metric"},
    },
)
def change_style(args: ChangeStyle, turn: TurnContext) -> ScopedWrite:
    """Change the language you speak with the person, how you write, or the units you use, when they ask for it."""

    def write(scope: Scope) -> str:
        wanted = {Behaviour.LANGUAGE: args.language, Behaviour.TONE: args.tone, Behaviour.UNITS: args.units}
        changes = {behaviour: value for behaviour, value in wanted.items() if value != "as_now"}
        if not changes:
            raise ToolFailed("Say what is to change: the language, the tone or the units.")
        for behaviour, value in changes.items():
            kept = facts.say(scope, _claim(scope, turn, behaviour, value), new_id=turn.new_id(), now=turn.now)
            facts.set_acts(scope, kept.fact.id, Acts.YES)
        return " ".join(behaving.behave(scope, behaviour, value, turn) for behaviour, value in changes.items())

    return write


def _claim(scope: Scope, turn: TurnContext, behaviour: Behaviour, value: str) -> Claim:
    """Return the wish as something to be known of them, in their own words where they wrote it."""
    source = facts.source_of(scope, turn.turn_id) if turn.turn_id else None
    words = beginning(source["body"]) if source else ""
    read = next((each for each in facts_said.read(words) if each.subject == behaviour.value), None)
    text = read.text if read else words or f"{behaviour.value}: {value}"
    message_id = source["id"] if source else ""
    return Claim(Kind.PREFERENCE, behaviour.value, value, text, words or text, message_id, Way.TOLD, 1.0, turn.now)


TOOLS = (change_style,)
