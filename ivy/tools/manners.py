"""How the person is spoken to. May import: the store and below."""

from typing import Annotated, Literal

import msgspec

from ivy.store import people
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool


class SpeakAs(msgspec.Struct, frozen=True):
    form: Annotated[Literal["tu", "usted"], msgspec.Meta(description="The form they ask for.")]


@tool(
    effect=Effect.LOCAL,
    undo="speak_as",
    examples={
        "desde hoy trátame de usted": {"form": "usted"},
        "desde hoy háblame de usted": {"form": "usted"},
        "desde hoy puedes tutearme": {"form": "tu"},
        "from now on call me usted in Spanish": {"form": "usted"},
    },
)
def speak_as(args: SpeakAs, turn: TurnContext) -> ScopedWrite:
    """Note whether the person is addressed as tú or as usted in Spanish, and do so yourself from then on."""

    def write(scope: Scope) -> str:
        people.set_address(scope, args.form)
        form = {"tu": "tú", "usted": "usted"}[args.form]
        return said.tell(turn, f"Noted: {form}, whenever it is Spanish.", f"Anotado: desde ahora, {form}.")

    return write


TOOLS = (speak_as,)
