"""Every question of Ivy's, and what its answer does. May import: the store and below."""

from collections.abc import Callable, Mapping

from ivy.agent import (
    call_doors,
    call_notes,
    call_verdicts,
    checkins,
    choosing,
    confirming,
    doors,
    easing,
    hearing,
    missed_call,
    nudging,
    onboarding,
    pictures,
    preferring,
    quick,
    rating,
    remembering,
    reminding,
    rescue,
    restarting,
    stopping,
    summing_up,
    tapering,
    telling,
    topic_offer,
    verdicts,
)
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.domain.sentences import Say
from ivy.store import pending_actions
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools.remembering import WHICH

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
    preferring.QUESTION: preferring.answered,
    WHICH: remembering.which_answered,
    confirming.QUESTION: confirming.answered,
    call_doors.QUESTION: call_doors.answered,
    call_notes.QUESTION: call_notes.answered,
    call_verdicts.QUESTION: call_verdicts.answered,
    missed_call.QUESTION: missed_call.answered,
    missed_call.SLOT_QUESTION: missed_call.slot_answered,
    verdicts.QUESTION: verdicts.answered,
    rescue.QUESTION: rescue.answered,
    restarting.QUESTION: restarting.answered,
    onboarding.QUESTION: onboarding.answered,
    nudging.QUESTION: nudging.answered,
    nudging.OFFER: nudging.offer_answered,
    summing_up.QUESTION: summing_up.answered,
    summing_up.DAY_QUESTION: summing_up.day_answered,
    telling.QUESTION: telling.answered,
    telling.KEEP_QUESTION: telling.keep_answered,
    topic_offer.QUESTION: topic_offer.answered,
    tapering.QUESTION: tapering.answered,
    rating.QUESTION: rating.answered,
    easing.QUESTION: easing.answered,
    **checkins.ANSWERS,
}


def take(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """Let an answer act, once; return False if its words are left to a turn."""
    if pending.kind not in ANSWERS:
        return False
    if not pending_actions.settle_one(scope, pending.id, option, now=desk.now):
        desk.tell(scope, person, Say.TAP_OVER)
        return True
    return ANSWERS[pending.kind](scope, person, pending, option, heard, desk)
