"""The one message after a call that did not come about: call now, call later, or write instead. May import: the store and below.

Blame-free, and once for all attempts of a call. After two slots in a row that nobody answered it asks about the slot itself.
"""

from datetime import timedelta

from ivy.agent import call_asking, checkins, questions, rescue
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain.at_time import at_time
from ivy.domain.calls import Again, CallKind, CallOutcome
from ivy.domain.missed_calls import ASK_AFTER
from ivy.domain.routing import For
from ivy.domain.schedule import local_date, to_wall
from ivy.domain.sentences import Say, say
from ivy.domain.slots import SLOT_KINDS, By, SlotKind
from ivy.store import call_slots, contact, nudges
from ivy.store.call_slots import Slot
from ivy.store.calls import Call
from ivy.store.outbox import OwnTemplate
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope

QUESTION = "missed_call"
SLOT_QUESTION = "missed_slot"
LASTS = timedelta(hours=12)
PATIENCE = timedelta(hours=1)
"""Later than that nobody wonders any more who rang."""
LATER = timedelta(hours=1)
NOW, HOUR, TEXT, NO = "now", "hour", "text", "no"
BY_TEXT, KEEP, TIME = "by_text", "keep", "time"
TEMPLATE, PLAN_TEMPLATE = "missed_call", "plan_due"
_OPENS = {
    CallKind.EVENING: checkins.EVENING_TEMPLATE,
    CallKind.WEEKLY: checkins.WEEK_TEMPLATE,
    CallKind.MONTHLY: checkins.MONTH_TEMPLATE,
}
"""Each says that it is time, with one button that goes on in writing."""
SAYS = {
    CallOutcome.MISSED: Say.MISSED_CALL,
    CallOutcome.VOICEMAIL: Say.MISSED_CALL,
    CallOutcome.DECLINED: Say.MISSED_DECLINED,
    CallOutcome.FAILED: Say.MISSED_FAULT,
}
"""What is said of each outcome; of the others, nothing: they spoke, or asked not to."""
NO_CALLS = (Again.MEND, Again.NEVER)
"""Where another call would fail like this one, none is offered."""


def tell(scope: Scope, person: Person, call: Call, desk: Desk) -> bool:
    """Write once about a call that did not come about; return False if there is nothing to say, or it was said."""
    if not _is_to_be_told(scope, person, call):
        return False
    if _is_unanswered_too_often(scope, call):
        return ask_about_slot(scope, person, call, desk)
    if call.outcome is None or contact.was_asked(scope, QUESTION, "call", call.chain):
        return False
    payload = {"call": call.chain, "kind": call.kind.value, "day": call.day.isoformat()}
    may_call = call.report.again not in NO_CALLS
    text = say(SAYS[call.outcome] if may_call else Say.MISSED_NO_CALLS, person.speech)
    names = ((NOW, Say.OPTION_CALL_NOW), (HOUR, Say.OPTION_HOUR), (TEXT, Say.OPTION_TEXT))
    options = names if may_call else ((TEXT, Say.OPTION_TEXT), (NO, Say.OPTION_NOT_TODAY))
    asking = Asking(QUESTION, text, _titled(options, person), LASTS, payload, up=NOW if may_call else TEXT)
    pending, content = questions.put(scope, person, asking, desk)
    desk.send(
        scope,
        content,
        action_id=pending.id,
        template=_template(pending, person, call, desk),
        purpose=For.CHECKIN,
        patience=PATIENCE,
        asked_for=call.chosen,
    )
    return True


def ask_about_slot(scope: Scope, person: Person, call: Call, desk: Desk) -> bool:
    """Ask, once a call, whether its slot had better be a text, and when calling suits."""
    if not _is_to_be_told(scope, person, call) or contact.was_asked(scope, SLOT_QUESTION, "call", call.chain):
        return False
    payload = {"call": call.chain, "kind": call.kind.value, "day": call.day.isoformat()}
    names = ((BY_TEXT, Say.OPTION_SLOT_TEXT), (KEEP, Say.OPTION_SLOT_KEEP), (TIME, Say.OPTION_SLOT_TIME))
    text = say(Say.SLOT_QUESTION, person.speech)
    asking = Asking(SLOT_QUESTION, text, _titled(names, person), LASTS, payload, up=BY_TEXT, down=KEEP)
    questions.ask(scope, person, asking, desk, purpose=For.CHECKIN, patience=PATIENCE, asked_for=call.chosen)
    return True


def _is_to_be_told(scope: Scope, person: Person, call: Call) -> bool:
    """Say whether there is anything to write: not after they spoke with Ivy since it rang, by phone or in the chat."""
    if call.kind in (CallKind.TEST, CallKind.INBOUND) or call.outcome not in SAYS:
        return False
    if not checkins.may_begin(person, call.due_at):
        return False
    return not contact.spoke_since(scope, call.placed_at or call.due_at)


def _is_unanswered_too_often(scope: Scope, call: Call) -> bool:
    """Say whether its slot was left unanswered often enough to ask; a fault of ours is no answer of theirs."""
    if call.outcome is CallOutcome.FAILED or call.kind.value not in SLOT_KINDS:
        return False
    slot = call_slots.of_kind(scope, SlotKind(call.kind.value))
    return slot is not None and slot.is_on and slot.by is By.VOICE and slot.unanswered >= ASK_AFTER


def _titled(names: tuple[tuple[str, Say], ...], person: Person) -> tuple[tuple[str, str], ...]:
    return tuple((name, say(title, person.speech)) for name, title in names)


def _template(pending: Pending, person: Person, call: Call, desk: Desk) -> OwnTemplate | None:
    """Return what says so outside the window: only what is true of this call, so a fault of ours is not their miss."""
    values = {"time": f"{to_wall(call.due_at, person.zone):%H:%M}"}
    if call.outcome is not CallOutcome.FAILED:
        return questions.with_template(pending, desk, TEMPLATE, values, (NOW, TEXT))
    if call.kind is CallKind.MORNING:
        return questions.with_template(pending, desk, PLAN_TEMPLATE, values, (TEXT, NO))
    opens = _OPENS.get(call.kind)
    return questions.with_template(pending, desk, opens, values, (TEXT,)) if opens else None


# --- answers ---------------------------------------------------------------------------------------


def answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Call now or in an hour, go on in writing, or leave it."""
    kind = CallKind(str(pending.payload["kind"]))
    if person.status == "stopped":  # nothing would come: they hear the way back
        desk.tell(scope, person, Say.STOPPED)
    elif option == NOW:
        call_asking.ask_for_call(scope, person, kind.value, desk)
    elif option == HOUR:
        at = (desk.now + LATER).replace(second=0, microsecond=0)
        call_asking.ask_for_call(scope, person, kind.value, desk, at=at)
        desk.tell(scope, person, Say.CALL_LATER, time=at_time(to_wall(at, person.zone).time(), person.locale))
    elif option == TEXT:
        _go_on_in_writing(scope, person, kind, desk)
    else:
        desk.tell(scope, person, Say.NO_HURRY)
    return True


def slot_answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Let the slot be a text from now on, begun at once; or keep it; or hear when a call suits, which a turn writes down."""
    slot = call_slots.of_kind(scope, SlotKind(str(pending.payload["kind"])))
    if slot is None or not slot.is_on:
        desk.tell(scope, person, Say.SLOT_GONE)
        return True
    call_slots.note_answered(scope, slot.id)
    if option == BY_TEXT:
        contact_by(scope, slot, By.TEXT, desk)
        desk.tell(scope, person, Say.SLOT_TEXT)
        _go_on_in_writing(scope, person, CallKind(slot.kind.value), desk)
    else:
        contact_by(scope, slot, By.VOICE, desk)
        desk.tell(scope, person, Say.SLOT_KEEP if option == KEEP else Say.SLOT_TIME)
    return True


def contact_by(scope: Scope, slot: Slot, by: By, desk: Desk) -> Slot:
    """Let a slot be a text, or a call, at the same time; a text needs no nudge before it."""
    return call_slots.set_slot(
        scope,
        slot.kind,
        by,
        slot.at,
        slot.days,
        consent_id=slot.consent_id,
        nudge_minutes=nudges.call_minutes(scope) if by is By.VOICE else 0,
        new_id=desk.new_id,
        now=desk.now,
    )


def _go_on_in_writing(scope: Scope, person: Person, kind: CallKind, desk: Desk) -> None:
    if kind is CallKind.RESCUE:
        rescue.offer(scope, person, desk)
    elif not checkins.begin(scope, person, kind.value, desk, day=local_date(desk.now, person.zone)):
        desk.tell(scope, person, Say.HERE_IN_WRITING)
