"""What Ivy is not for: asked for anything else, it says so in one sentence, and that is kept. May import: the store and below."""

from typing import Annotated

import msgspec

from ivy.log import get
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedRead, TurnContext, tool

logger = get(__name__)


class OutOfScope(msgspec.Struct, frozen=True):
    topic: Annotated[str, msgspec.Meta(description="What they asked for, in two or three words: 'a poem', 'homework'.")]


@tool(
    effect=Effect.READ,
    examples={
        "write me a poem about cats": {"topic": "a poem"},
        "what is the capital of France?": {"topic": "capital of France"},
        "translate this contract for me": {"topic": "contract"},
        "can you write python code for me": {"topic": "code"},
        "hoy quiero que me escribas un poema": {"topic": "poema"},
        "haz la tarea de historia de hoy": {"topic": "tarea de historia"},
    },
)
def out_of_scope(args: OutOfScope, turn: TurnContext) -> ScopedRead:
    """Note that they asked for something that is no coaching, planning, reminding or accounting of their own. Then say in
    one friendly sentence what you can do instead; do not do it, do not lecture."""

    def read(scope: Scope) -> str:
        logger.info("%s asked for something else: %s", scope.user_id, args.topic[:40])
        if turn.scope:
            return said.tell(turn, f"That is not what I'm for. {turn.scope}", f"Eso no es lo mío. {turn.scope}")
        return said.tell(
            turn,
            "That is not what I'm for: I'm a coach and planner. I can plan workouts, book, remind, and keep track of what you"
            " spend.",
            "Eso no es lo mío: soy coach y planificadora. Puedo planear entrenamientos, agendar, recordar y llevar los gastos.",
        )

    return read


TOOLS = (out_of_scope,)
