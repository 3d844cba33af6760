"""Asking for a phone call: by tap, by word, by an operator. May import: the store and below.

Nothing is dialled here: a row and a job are written, and `domain/dialing.py` decides at the moment of dialling.
"""

from datetime import datetime

from ivy.agent.desk import Desk
from ivy.domain.calls import CallKind
from ivy.domain.schedule import to_wall
from ivy.store import calls
from ivy.store.calls import Call
from ivy.store.people import Person
from ivy.store.scope import Scope


def ask_for_call(
    scope: Scope,
    person: Person,
    kind: str,
    desk: Desk,
    *,
    at: datetime | None = None,
    asked_by: str = "person",
    chosen: bool = True,
) -> Call:
    """Ask for a call now, or at an instant; no quiet hours keep a call from somebody who wants it (`chosen`)."""
    due_at = at or desk.now
    call = Call(
        desk.new_id(),
        scope.user_id,
        CallKind(kind),
        to_wall(due_at, person.zone).date(),
        due_at,
        chosen=chosen,
        asked_by=asked_by,
        trace_id=desk.trace_id,
    )
    calls.ask(scope, call, now=desk.now)
    return call


def ask_again(scope: Scope, call: Call, at: datetime, desk: Desk, *, slot: str = "") -> bool:
    """Ask for the next attempt of a call that did not happen; return False if there is one already."""
    again = Call(
        desk.new_id(),
        scope.user_id,
        call.kind,
        call.day,
        at,
        chosen=call.chosen,
        attempt=call.attempt + 1,
        first_id=call.chain,
        asked_by="ladder",
        slot=slot or f"{call.chain}:{call.attempt + 1}",
        trace_id=call.trace_id,
    )
    return calls.ask(scope, again, now=desk.now)
