"""What follows from the end of a call: silence if they asked for it, another try, a text, a question.

May import: the store and below. The rule is `domain/missed_calls.py`; all of it is one commit, and what was done for an
earlier report is not done again.
"""

import re
from dataclasses import replace

from ivy import log
from ivy.agent import (
    call_asking,
    call_notes,
    calls_said,
    care,
    checkins,
    misjudged,
    missed_call,
    notice_calls,
    stopping,
)
from ivy.agent.desk import Desk
from ivy.domain import missed_calls
from ivy.domain.advice import Advice, Severity
from ivy.domain.calling_hours import OwnHours
from ivy.domain.calls import Again, CallKind, CallOutcome, CallState, Report
from ivy.domain.consent import UNTIL_ANSWERED, Purpose, StopMeaning, StopScope, stop_answer, stop_meaning
from ivy.domain.experiments import Setting
from ivy.domain.extraction import said_stop, wants_silence
from ivy.domain.missed_calls import Attempted, Do
from ivy.domain.runbook import AlertKind
from ivy.domain.said_of_calls import speaks_of_no_calls_today
from ivy.domain.schedule import to_wall
from ivy.domain.sentences import Say
from ivy.domain.slots import SLOT_KINDS, By, SlotKind
from ivy.store import (
    alerts,
    call_slots,
    calls,
    calls_off,
    consents,
    contact,
    experiments,
    pending_actions,
    people,
    transcripts,
)
from ivy.store.call_slots import Slot
from ivy.store.calls import Call
from ivy.store.people import Person
from ivy.store.scope import Scope

logger = log.get(__name__)
ALTERNATE = ":alternate"
_OF_CALLS = re.compile(r"\b(?:call|phon|ring|llam|tel[eé]f)", re.IGNORECASE)


def settle(scope: Scope, call: Call, own: OwnHours, desk: Desk, *, was: CallOutcome | None = None) -> None:
    """Act on what is known of a call that is over; danger and a stop come before everything else.

    `was` is what an earlier report of it said.
    """
    person, report = people.load(scope), _with_words(scope, call)
    if call.kind is CallKind.NOTICE:
        notice_calls.settle(scope, call, report, desk)
    if call.outcome is None:
        return
    if care.heard_on_phone(scope, person, call.id, [each.text for each in report.spoken if each.by == "person"], desk):
        person = people.load(scope)
    if call.outcome is CallOutcome.OPTED_OUT:
        end_calls(scope, person, desk, said=f"in call {call.id}")
        if said_stop(report.spoken) is not StopMeaning.NONE and not _is_of_calls(report):
            _be_silent(scope, call, desk)
        return
    if wants_silence(report) is StopMeaning.NONE:
        _leave_today_out(scope, person, call, report, desk)
    else:
        _be_silent(scope, call, desk)
    if call.outcome is CallOutcome.COMPLETED:
        if call.kind is not CallKind.NOTICE:  # which plans nothing, and stands for no call that they missed
            misjudged.turned(scope, people.load(scope), call, was, desk)
            _spoke(scope, person, call, report, desk)
            asks_back = report.again is Again.AT_WISH and was is not CallOutcome.COMPLETED  # "call me back later"
            if asks_back and people.load(scope).status != "stopped":
                desk.tell(scope, person, Say.CALL_WHEN)
        return
    _did_not_speak(scope, person, call, own, desk)


def _be_silent(scope: Scope, call: Call, desk: Desk) -> None:
    """Heed a spoken stop: silence first, and then the question how much. Once a call, in a pause that they chose too."""
    person = people.load(scope)
    # Who was asked already is left alone until they answer; who wrote STOP meanwhile, for good.
    waits = person.status == "stopped" or person.suspended_until == UNTIL_ANSWERED
    if not waits and not contact.was_asked(scope, stopping.QUESTION, "call", call.id):
        stopping.suspend_and_ask(scope, person, desk, call=call.id)


def _is_of_calls(report: Report) -> bool:
    """Say whether all that they said of silence was said of calls, which end anyhow."""
    said = [each.text for each in report.spoken if each.by == "person"]
    wishes = [text for text in said if stop_meaning(text) is not StopMeaning.NONE]
    return all(stop_answer(text) is StopScope.CALLS or _OF_CALLS.search(text) for text in wishes)


def _with_words(scope: Scope, call: Call) -> Report:
    kept = transcripts.of_call(scope, call.id)
    return call.report if kept is None else replace(call.report, spoken=kept.turns)


def _leave_today_out(scope: Scope, person: Person, call: Call, report: Report, desk: Desk) -> None:
    """Heed a spoken wish for no more calls on its day, where no function of the call did: before another try is planned."""
    said = any(speaks_of_no_calls_today(each.text) for each in report.spoken if each.by == "person")
    today = to_wall(desk.now, person.zone).date()
    if said and call.day == today and not calls_off.is_left_out(scope, today):
        calls_said.none_today(scope, person, desk)


def _spoke(scope: Scope, person: Person, call: Call, report: Report, desk: Desk) -> None:
    slot = _slot(scope, call)
    if slot is not None:
        call_slots.note_answered(scope, slot.id)
    pending_actions.settle(scope, missed_call.QUESTION, now=desk.now)  # an earlier attempt's: they did speak
    # A number can be forged: what an unproved caller said is nobody's plan, and keeps nobody's day.
    if "analysed" in report.seen and (call.direction != "in" or call.proved_at is not None):
        call_notes.write(scope, person, call, report, desk)


def end_calls(scope: Scope, person: Person, desk: Desk, *, said: str) -> None:
    """Phone them no more, at once: what was to be a call is a text, and they hear the way back."""
    if Purpose.CALLS not in consents.current(scope):
        return
    consents.record(scope, Purpose.CALLS, granted=False, proof=desk.proof(said), now=desk.now)
    for slot in call_slots.of(scope):
        if slot.by is By.VOICE:
            missed_call.contact_by(scope, slot, By.TEXT, desk)
    desk.tell(scope, person, Say.NO_MORE_CALLS)


def _did_not_speak(scope: Scope, person: Person, call: Call, own: OwnHours, desk: Desk) -> None:
    slot = _slot(scope, call)
    attempted = _attempted(scope, person, call, slot, desk)
    waits = _waits(scope, person, call, attempted, desk)
    steps = missed_calls.after(attempted, own, desk.now, retries_minutes=waits)
    if slot is not None and missed_calls.counts_as_miss(attempted) and all(each.do is not Do.RETRY for each in steps):
        call_slots.note_unanswered(scope, slot.id, call.chain)
    for each in steps:
        if each.do is Do.RETRY and call.asked_by == "person":  # they asked for one call; another is theirs to ask for
            continue
        logger.info("call %s: %s at %s", call.id, each.do.value, each.at)
        match each.do:
            case Do.RETRY:
                call_asking.ask_again(scope, call, each.at, desk)
            case Do.ALTERNATE:
                day = to_wall(each.at, person.zone).date()
                call_asking.ask_again(scope, replace(call, day=day), each.at, desk, slot=f"{call.chain}{ALTERNATE}")
            case Do.WRITE:
                missed_call.tell(scope, person, call, desk)
            case Do.ASK_SLOT:
                missed_call.ask_about_slot(scope, person, call, desk)
                if slot is not None:  # whether they see the question or not, it does not ring in vain any more
                    missed_call.contact_by(scope, slot, By.TEXT, desk)
            case Do.CHECK_IN:
                if not contact.spoke_since(scope, attempted.first_at):
                    checkins.begin(scope, person, call.kind.value, desk, day=to_wall(desk.now, person.zone).date())
            case Do.ARRANGE:
                desk.tell(scope, person, Say.CALL_WHEN)
            case Do.END_CALLS:
                end_calls(scope, person, desk, said=f"in call {call.id}")
            case Do.TELL_OPERATOR:
                _tell_operator(scope, call, desk)


def _waits(scope: Scope, person: Person, call: Call, attempted: Attempted, desk: Desk) -> tuple[int, ...]:
    """Return when a missed call is tried again, in minutes from the first; an experiment may vary the first of them."""
    usual = desk.config.calls.retries_minutes
    if not usual or call.asked_by == "person" or not missed_calls.has_first_retry(attempted):
        return usual
    day, known = to_wall(desk.now, person.zone).date(), desk.config.experiments
    first = experiments.value(scope, known, Setting.FIRST_RETRY, usual[0], day=day, now=desk.now)
    return (int(first), *(each for each in usual[1:] if each > first))


def _attempted(scope: Scope, person: Person, call: Call, slot: Slot | None, desk: Desk) -> Attempted:
    first = calls.load(scope, call.chain) or call
    others = [
        each.next_at for each in call_slots.of(scope) if each.by is By.VOICE and each.kind.value != call.kind.value
    ]
    return Attempted(
        call.kind,
        call.outcome or CallOutcome.FAILED,
        call.report.again,
        call.day,
        first.placed_at or first.due_at,
        attempt=call.attempt,
        tier=person.tier,
        written=contact.was_asked(scope, missed_call.QUESTION, "call", call.chain),
        unanswered=slot.unanswered + (slot.last_missed != call.chain) if slot else 0,
        chosen=call.chosen,
        next_at=slot.next_at if slot else None,
        alternate=call.slot.endswith(ALTERNATE),
        other_slot_at=min((at for at in others if at is not None and at > desk.now), default=None),
    )


def _slot(scope: Scope, call: Call) -> Slot | None:
    """Return the slot that a call was for, if it was for one."""
    if call.asked_by not in ("schedule", "ladder") or call.kind.value not in SLOT_KINDS:
        return None
    return call_slots.of_kind(scope, SlotKind(call.kind.value))


def _tell_operator(scope: Scope, call: Call, desk: Desk) -> None:
    reason = call.report.reason or call.reason
    advice = Advice(
        Severity.WARNING,
        AlertKind.VOICE.of(reason or CallState.FAILED.value),
        f"Calls fail with {reason or 'no reason given'}.",
        "`ivy voice probe` names what to do; `ivy calls list` shows whose calls they were.",
    )
    alerts.raise_alert(scope.connection, advice, at=desk.now, now=desk.now)
