"""Every question of Ivy's, and what its answer does. May import: the store and below."""

from collections.abc import Callable, Mapping

from ivy.agent import choosing, doors, hearing, pictures, quick, reminding, stopping
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.domain.sentences import Say
from ivy.store import pending_actions
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope

Answer = Callable[[Scope, Person, Pending, str, Heard, Desk], bool]
"""Does what an option means; returns False if the words are to be answered by a turn besides."""

ANSWERS: Mapping[str, Answer] = {
    stopping.QUESTION: stopping.answered,
    quick.QUESTION: quick.which_answered,
    quick.DID_YOU: quick.did_you_answered,
    reminding.QUESTION: reminding.answered,
    doors.QUESTION: doors.opened,
    hearing.QUESTION: hearing.answered,
    pictures.QUESTION: pictures.answered,
    choosing.QUESTION: choosing.answered,
}


def take(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """Let an answer act, once; return False if its words are left to a turn."""
    if pending.kind not in ANSWERS:
        return False
    if not pending_actions.settle_one(scope, pending.id, option, now=desk.now):
        desk.tell(scope, person, Say.TAP_OVER)
        return True
    return ANSWERS[pending.kind](scope, person, pending, option, heard, desk)
