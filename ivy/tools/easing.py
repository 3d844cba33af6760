"""The "future me" lock: what makes the plan easier waits for the next planning day, what makes it harder is done at once.

May import: the store and below. Every tool that changes what somebody holds themself to makes the change through `or_later`.
Stopping, pausing, resting, quiet hours and consents change no commitment, so no lock ever reaches them.
"""

from collections.abc import Callable
from datetime import timedelta

import msgspec

from ivy.domain import easing
from ivy.domain.easing import Part
from ivy.domain.schedule import local_date
from ivy.domain.slots import SlotKind
from ivy.store import call_slots, commitments, easings, pending_actions
from ivy.store.easings import Easing
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import TurnContext

QUESTION = "easing"
"""The tap that calls off what waits."""
KEEP = "keep"
LASTS = timedelta(days=7)


def or_later(
    scope: Scope,
    turn: TurnContext,
    tool: str,
    args: msgspec.Struct,
    about: frozenset[Part],
    change: Callable[[], str],
) -> str:
    """Make a change, or, where it eases a plan that is locked, take it back and keep the wish for its day.

    `about`: what the wish speaks of; an earlier one about the same that still waits is over with it. Return what is said.
    """
    before = commitments.of(scope)
    scope.connection.execute("SAVEPOINT easing")
    eased: frozenset[Part] = frozenset()
    made = False
    try:
        told = change()
        after = commitments.of(scope)
        if before.locked and not turn.unlocked:
            eased = easing.eased(before, after)
        made = not eased
    finally:
        if not made:
            scope.connection.execute("ROLLBACK TO easing")
        scope.connection.execute("RELEASE easing")
    gone = easings.call_off(scope, about | easing.changed(before, after), now=turn.now)
    if not made:
        told = _hold(scope, turn, tool, args, eased)
    if gone and not turn.unlocked:
        told += said.tell(turn, " What waited before that is called off.", " Lo que esperaba antes queda cancelado.")
    return told


def _hold(scope: Scope, turn: TurnContext, tool: str, args: msgspec.Struct, parts: frozenset[Part]) -> str:
    """Keep a wish for its day, with a tap to call it off where there is something to tap."""
    planning = [slot.next_at for slot in call_slots.of(scope) if slot.kind is SlotKind.WEEKLY and slot.next_at]
    due = easing.begins_at(planning, turn.person.zone, turn.now)
    wish = Easing(turn.new_id(), tool, msgspec.json.encode(args).decode(), parts, turn.now, due)
    easings.hold(scope, wish, new_id=turn.new_id, trace_id=turn.trace_id)
    if turn.source == "text" and turn.turn_id:
        options = [(KEEP, said.tell(turn, "Keep it as it is", "Dejarlo como está"))]
        payload = {"turn": turn.turn_id, "easing": wish.id}
        pending_actions.ask(
            scope, turn.new_id(), QUESTION, payload, until=turn.now + LASTS, now=turn.now, options=options,
            beside_others=True,
        )  # fmt: skip
    day = said.say_day(turn, local_date(due, turn.person.zone))
    return said.tell(
        turn,
        f'The plan is locked, so that begins on {day}; until then all stays as it is, and "keep my plan" calls it off.',
        f"El plan está con candado, así que eso empieza el {day}; hasta entonces todo sigue igual, y «deja mi plan como está»"
        " lo cancela.",
    )
