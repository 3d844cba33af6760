"""What the person lets Ivy do with what they send. May import: the store and below."""

from typing import Annotated

import msgspec

from ivy.domain.consent import Purpose
from ivy.domain.taint import Touch
from ivy.store import consents
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool


class AllowPictures(msgspec.Struct, frozen=True):
    allowed: Annotated[bool, msgspec.Meta(description="True if you may look at them from now on, false if not.")]


@tool(
    effect=Effect.LOCAL,
    touch=Touch.CONSENT,
    undo="allow_pictures",
    examples={
        "stop looking at my pictures": {"allowed": False},
        "don't look at my photos any more": {"allowed": False},
        "you may look at my pictures": {"allowed": True},
        "no mires más mis fotos": {"allowed": False},
        "puedes mirar mis fotos": {"allowed": True},
    },
)
def allow_pictures(args: AllowPictures, turn: TurnContext) -> ScopedWrite:
    """Note that the person lets a model look at the pictures they send, or takes that back. Only on their own clear words."""

    def write(scope: Scope) -> str:
        at = turn.now.isoformat(timespec="seconds")
        proof = f"the person, by {turn.source}, {at} (turn {turn.turn_id}, trace {turn.trace_id})"
        consents.record(scope, Purpose.IMAGES, granted=args.allowed, proof=proof, now=turn.now)
        if args.allowed:
            return said.tell(
                turn,
                "Okay, from now on I look at the pictures you send.",
                "Vale, desde ahora miro las fotos que lleguen.",
            )
        return said.tell(
            turn,
            "Okay, I no longer look at your pictures. I keep them; tell me in words what they show.",
            "Vale, ya no miro las fotos. Las guardo; qué muestran se puede contar con palabras.",
        )

    return write


TOOLS = (allow_pictures,)
