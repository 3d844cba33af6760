"""What the person trains for, and who Ivy is from: asked once at onboarding, theirs to change at any time.

May import: the store and below.
"""

from typing import Annotated, Literal

import msgspec

from ivy.domain.onboarding import LONGEST_GOAL
from ivy.store import people
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool


class ChangeGoal(msgspec.Struct, frozen=True):
    goal: Annotated[
        str, msgspec.Meta(description="What they train for from now on, in their words, without 'my goal'.")
    ] = ""
    track: Annotated[
        Literal["as_now", "individual", "company"],
        msgspec.Meta(description="Whether they are here on their own, or their employer offers Ivy."),
    ] = "as_now"


@tool(
    effect=Effect.LOCAL,
    undo="change_goal",
    examples={
        "change my goal to running 10 km": {"goal": "running 10 km"},
        "I use Ivy through my employer now": {"track": "company"},
        "I use Ivy on my own now": {"track": "individual"},
        "cambia mi objetivo a correr 10 km": {"goal": "correr 10 km"},
        "ahora uso Ivy por mi empresa": {"track": "company"},
        "ahora uso Ivy por mi cuenta": {"track": "individual"},
    },
)
def change_goal(args: ChangeGoal, turn: TurnContext) -> ScopedWrite:
    """Change what the person trains for, or whether Ivy comes from their employer."""

    def write(scope: Scope) -> str:
        goal = said.optional_text(turn, args.goal, longest=LONGEST_GOAL)
        if not goal and args.track == "as_now":
            raise said.refuse(turn, "What do you train for from now on?", "¿Cuál es el objetivo desde ahora?")
        told: list[str] = []
        if goal:
            people.set_goal(scope, goal)
            told.append(said.tell(turn, f"Your goal from now on: {goal}.", f"Objetivo desde ahora: {goal}."))
        if args.track != "as_now":
            people.set_track(scope, args.track)
            told.append(said.tell(turn, *_TRACKS[args.track]))
        return " ".join(told)

    return write


_TRACKS = {
    "individual": ("Noted: you are here on your own.", "Anotado: por cuenta propia."),
    "company": (
        "Noted: through your employer, who sees numbers of groups only, never a person's.",
        "Anotado: por la empresa, que solo ve números de grupos, nunca los de una persona.",
    ),
}

TOOLS = (change_goal,)
