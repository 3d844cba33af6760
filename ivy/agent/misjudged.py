"""A call that Ivy took for missed although the person was there: one apology, and it costs them nothing. May import: the store.

Source: D39. The transcript says so later than the first report, or the person does; either is believed. What is kept is
what they hear it by, once a day, and what lets the day count for them when it is closed.
"""

from datetime import timedelta

from ivy.agent import checkins, missed_call
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.domain.calls import CallOutcome
from ivy.domain.routing import For
from ivy.domain.said_of_calls import says_they_were_there
from ivy.domain.sentences import Say, say
from ivy.domain.slots import SLOT_KINDS, By, SlotKind
from ivy.store import call_slots, calls, contact, feedback, pending_actions
from ivy.store.calls import Call
from ivy.store.feedback import Kind
from ivy.store.people import Person
from ivy.store.scope import Scope

LASTS = timedelta(hours=12)
"""Later than this "I was there" is about something else."""
VERDICTS = (CallOutcome.MISSED, CallOutcome.VOICEMAIL)
LOOKED_BACK = 5


def turned(scope: Scope, person: Person, call: Call, was: CallOutcome | None, desk: Desk) -> None:
    """A later report says that they spoke: say sorry, if they were told or left anything else."""
    if was not in VERDICTS or not _was_told(scope, call) or not _note(scope, call, "the transcript says so", desk):
        return
    if checkins.may_begin(person, desk.now):
        text = say(Say.MISJUDGED, person.speech)
        desk.send(scope, text, asked_for=call.chosen, purpose=For.CHECKIN, patience=missed_call.PATIENCE)


def heard(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    """Believe somebody who says that they were there when Ivy had called; return False if the words are nothing of that."""
    if not says_they_were_there(heard.words):
        return False
    rang = [call for call in calls.recent(scope, LOOKED_BACK) if call.direction == "out" and call.placed_at is not None]
    if not rang or rang[0].outcome not in VERDICTS or desk.now - rang[0].due_at > LASTS:
        return False
    if not _was_told(scope, rang[0]) or not _note(scope, rang[0], heard.words, desk):
        return False
    desk.tell(scope, person, Say.MISJUDGED_IN_CARE if person.is_cared_for else Say.MISJUDGED)
    return True


def _was_told(scope: Scope, call: Call) -> bool:
    asked = (missed_call.QUESTION, missed_call.SLOT_QUESTION)
    return bool(call.report.voicemail_left) or any(contact.was_asked(scope, each, "call", call.chain) for each in asked)


def _note(scope: Scope, call: Call, words: str, desk: Desk) -> bool:
    """Keep that a verdict was wrong, and take back what followed from it; return False if that day's is kept already."""
    why = f"{call.kind.value} call {call.id} was answered: {words}"
    if not feedback.keep(scope, desk.new_id(), Kind.APPEAL, why, call.day.isoformat(), now=desk.now):
        return False
    slot = call_slots.of_kind(scope, SlotKind(call.kind.value)) if call.kind.value in SLOT_KINDS else None
    if slot is None:
        return True
    call_slots.note_answered(scope, slot.id)
    question = pending_actions.open_one(scope, missed_call.SLOT_QUESTION, now=desk.now)
    if question is not None and question.payload.get("call") == call.chain:
        pending_actions.settle(scope, missed_call.SLOT_QUESTION, now=desk.now)
        missed_call.contact_by(scope, slot, By.VOICE, desk)
    return True
