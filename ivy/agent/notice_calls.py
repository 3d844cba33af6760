"""A message that a phone call carries: which call it is, what is said in it, and what its end means for the message.

May import: the store and below. The row of the call is the message's sending, named by it and so only ever one; the end of
the call is the message's status. Nothing is dialled here: `domain/dialing.py` decides at the moment of dialling.
"""

from collections.abc import Mapping
from datetime import datetime

from ivy import log
from ivy.agent.desk import Desk
from ivy.domain.calls import CallKind, CallOutcome, CallState, Report
from ivy.domain.inbound import DeliveryError, Status
from ivy.domain.read_out import can_be_read_out, read_out, was_read_out
from ivy.domain.routing import CALL, For
from ivy.domain.schedule import local_date
from ivy.ports import Address
from ivy.store import calls, jobs, message_statuses, outbox
from ivy.store.calls import Call
from ivy.store.outbox import Outgoing
from ivy.store.people import Person
from ivy.store.scope import Scope

logger = log.get(__name__)
SLOT = "notice:"
"""How the slot of such a call begins; the message's id follows."""
ASKED_BY = "message"
LONGEST_SECONDS = 180
"""It reads one text out and asks one question."""
HANDED_ON = ("cancelled", "failed")
WHY: Mapping[CallOutcome, str] = {
    CallOutcome.COMPLETED: "they hung up before it was read out",
    CallOutcome.MISSED: "nobody answered the call",
    CallOutcome.DECLINED: "they declined the call",
    CallOutcome.VOICEMAIL: "a machine answered, and nothing was left on it",
    CallOutcome.OPTED_OUT: "they asked for no more calls",
    CallOutcome.CANCELLED: "the call was stopped",
}
"""What is kept of a message whose call did not deliver it; of a fault, the provider's own reason."""


def text_of(scope: Scope, message: Outgoing) -> str:
    """Return what is read out of a message, or "" if no call may carry it: what was to be tapped or seen first counts."""
    text = read_out(outbox.origin(scope, message).content)
    return text if can_be_read_out(text) else ""


def call_for(person: Person, message: Outgoing, call_id: str, now: datetime) -> Call:
    """Return the one call of a message. Only a reminder that they set has a time that they chose."""
    return Call(
        call_id,
        person.id,
        CallKind.NOTICE,
        local_date(now, person.zone),
        now,
        chosen=is_their_reminder(message),
        asked_by=ASKED_BY,
        slot=f"{SLOT}{message.id}",
        trace_id=message.trace_id,
    )


def is_their_reminder(message: Outgoing) -> bool:
    """Say whether its words, and its time, are the person's own: they may stand on an answering machine, too."""
    return message.asked_for and message.purpose is For.REMINDER


def begin(scope: Scope, person: Person, message: Outgoing, to: Address, desk: Desk) -> bool:
    """Mark a message as leaving and ask for its call, all in this commit; return False if it has had its call."""
    call = call_for(person, message, desk.new_id(), desk.now)
    if not outbox.begin_sending(scope.connection, message.id, to, kind=message.sent_as, resend=False, now=desk.now):
        return False
    if not calls.ask(scope, call, now=desk.now):
        outbox.set_state(scope.connection, message.id, "failed", now=desk.now, reason="it has had its one call")
        return False
    outbox.accepted(scope.connection, message.id, call.id, now=desk.now)
    return True


def facts(scope: Scope, call: Call) -> dict[str, str]:
    """Return what the script of such a call repeats aloud; nothing for any other kind of call."""
    if call.kind is not CallKind.NOTICE:
        return {}
    message = _message(scope, call)
    text = read_out(message.content)
    return {"message": text, "reminder": text} if is_their_reminder(message) else {"message": text}


def settle(scope: Scope, call: Call, report: Report, desk: Desk) -> None:
    """Let what became of a call be the status of its message: read out, or left on a machine, is delivered."""
    if call.outcome is None and call.state is not CallState.ABANDONED:
        return
    connection, message = scope.connection, _message(scope, call)
    is_delivered = _is_delivered(call, report, read_out(message.content))
    why = (
        "" if is_delivered else WHY.get(call.outcome or CallOutcome.FAILED, call.reason or report.reason or "it failed")
    )
    errors = () if is_delivered else (DeliveryError(0, why),)
    status = Status(CALL, call.id, "delivered" if is_delivered else "failed", desk.now, message.id, errors=errors)
    if not message_statuses.keep_status(connection, status):
        return
    if is_delivered and message.state in HANDED_ON:
        logger.warning("message %s was read out after all, and may come twice: %s", message.id, message.state)
    elif is_delivered:
        message_statuses.advance(connection, message.id, "delivered", now=desk.now)
    elif message.state == "accepted":
        jobs.again(
            connection, outbox.send_key(message.id), run_at=desk.now
        )  # finds the failure, and another way or none


def _is_delivered(call: Call, report: Report, text: str) -> bool:
    if call.outcome is CallOutcome.VOICEMAIL:
        return bool(report.voicemail_left)
    return call.outcome is CallOutcome.COMPLETED and was_read_out(text, report)


def _message(scope: Scope, call: Call) -> Outgoing:
    return outbox.outgoing(scope.connection, call.slot.removeprefix(SLOT))
