"""What happens to a message in the commit that takes it in: who wrote it, and who answers. May import: the store and below.

Strangers, STOP, taps, quick replies and what Ivy cannot read are dealt with here, without a model; the rest waits for a turn.
"""

import dataclasses
from datetime import timedelta

from ivy import log
from ivy.agent import (
    answers,
    attachments,
    care,
    doors,
    form_answers,
    onboarding,
    operator_line,
    questions,
    rating,
    stopping,
    strangers,
)
from ivy.agent.desk import Desk
from ivy.agent.listening import listen, say_once
from ivy.agent.questions import Heard, Tapped
from ivy.domain.consent import StopMeaning, stop_meaning
from ivy.domain.inbound import (
    CallPermission,
    Contacts,
    Deleted,
    Edited,
    FormAnswer,
    Location,
    Media,
    PersonMessage,
    Reaction,
    Sender,
    Tap,
    Text,
    Unsupported,
)
from ivy.domain.jobs import MARK_READ, send_lane
from ivy.domain.sentences import Say
from ivy.domain.windows import window_after, window_open
from ivy.store import blocked, callers, jobs, makers, messages, pending_actions, people, switches, windows
from ivy.store.binding import Connection
from ivy.store.jobs import NewJob
from ivy.store.people import Person
from ivy.store.scope import Scope, within

logger = log.get(__name__)
SILENT = (Reaction, Edited, Deleted, CallPermission)
"""Kept; they open no window, and nothing is said to most of them."""
CHAT = "whatsapp"
ALWAYS = timedelta(days=3650)
"""How long somebody may be written to where no window closes, counted from their last message."""


def receive(connection: Connection, event: PersonMessage, desk: Desk) -> None:
    """Take a message in, once however often it comes."""
    if messages.is_known(connection, desk.channel, event.external_id) or operator_line.heard(connection, event, desk):
        return
    who = _recognise(connection, event.sender, desk)
    if who.conflict:
        logger.warning("a sender's names mean two people: %s decides, not %s", who.user_id, who.conflict)
    words = words_of(event)
    invited = None if who.user_id else strangers.invited_by(connection, words)
    user_id = who.user_id or (None if isinstance(event, SILENT) else strangers.meet(connection, event, invited, desk))
    if user_id is None:
        return
    scope = within(connection, user_id)
    person = people.load(scope)
    person = _with_number(scope, person, desk)
    if person.status == "invited":
        people.set_status(scope, "active")
        person = dataclasses.replace(person, status="active")
    if not isinstance(event, SILENT):
        _open_window(scope, event, desk)
    _take(scope, person, event, desk, welcomed=who.user_id is None and strangers.needs_no_more(words))


def _recognise(connection: Connection, sender: Sender, desk: Desk) -> people.Recognised:
    who = people.recognise(connection, sender, now=desk.now)
    if who.user_id is None and desk.channel == people.SOLO:
        who = people.Recognised(makers.recognise(connection, sender, phone=desk.config.solo.phone, now=desk.now))
    return who


def _with_number(scope: Scope, person: Person, desk: Desk) -> Person:
    """Let the number that the operator gave for who made the agent be theirs, if it is said since, or anew."""
    phone = desk.config.solo.phone if desk.channel == people.SOLO else ""
    is_new = phone and phone != person.phone and callers.keep(scope, phone, now=desk.now)
    return dataclasses.replace(person, phone=phone) if is_new else person


def _open_window(scope: Scope, event: PersonMessage, desk: Desk) -> None:
    """The person wrote: what was held for that goes out, and their address is alive."""
    if desk.channel == CHAT:
        expires_at = window_after(event.sent_at)
        windows.extend(scope, desk.channel, expires_at)
        # What comes after an outage may be older than the window; a door that nobody opened in time stays shut.
        if window_open(expires_at, desk.now) and doors.is_knocked(scope, now=desk.now):
            pending_actions.settle(scope, doors.QUESTION, now=desk.now)
    else:
        if desk.channel == people.SOLO:
            windows.extend(scope, desk.channel, desk.now + ALWAYS)
        starts = stop_meaning(words_of(event)) is StopMeaning.START
        blocked.unblock(scope.connection, desk.channel, _address(event.sender), starts=starts)
    chats = {desk.channel, CHAT, people.SOLO if desk.config.solo.enabled else CHAT}
    for channel in sorted(chats):
        jobs.wake_lane(scope.connection, send_lane(scope.user_id, channel), now=desk.now)


def _address(sender: Sender) -> str:
    return sender.external_id or sender.phone


def _take(scope: Scope, person: Person, event: PersonMessage, desk: Desk, *, welcomed: bool) -> None:
    body = words_of(event)
    message_id = desk.new_id()
    waits = isinstance(event, Text | Tap | Location | Contacts) and bool(body.strip()) and not welcomed
    if not messages.receive(
        scope.connection,
        message_id,
        scope.user_id,
        event,
        body,
        needs_answer=waits,
        trace_id=desk.trace_id,
        now=desk.now,
    ):
        return
    if not isinstance(event, SILENT) and _shows_ticks(scope, desk):
        _enqueue_read_receipt(scope, event.external_id, desk)
    if welcomed:
        return
    takes_reactions = not isinstance(event, Reaction)  # a reaction on a reaction never arrives
    heard = Heard(body, message_id, event.external_id if takes_reactions else "", getattr(event, "quoted_id", ""))
    if isinstance(event, Media) and body.strip():  # its file may take days to come
        care.heard(scope, person, body, message_id, desk)
    match event:
        case Tap():
            _tapped(scope, person, event, heard, desk)
        case Reaction():
            if found := questions.reacted(scope, event.target_id, event.emoji, desk):
                answers.take(scope, person, *found, heard, desk)
        case FormAnswer():
            form_answers.take(scope, person, event, heard, desk)
        case Media() if desk.channel in people.CHATS:
            attachments.want(scope, event, message_id, desk)
        case Contacts(own=True):
            _own_number(scope, person, event, message_id, desk)
        case Media() if body.strip():
            messages.learn_words(scope, message_id, body, needs_answer=True)
            listen(scope, person, heard, desk)
        case Unsupported() | Media():
            if person.handed_over_at is None:
                say_once(scope, person, Say.UNSUPPORTED, desk)
        case _:
            if waits:
                listen(scope, person, heard, desk)
    rating.after_answer(scope, person, desk)


def _tapped(scope: Scope, person: Person, event: Tap, heard: Heard, desk: Desk) -> None:
    """A tap acts once; a late or a foreign one is answered kindly and does nothing."""
    what, pending, option = questions.tapped(scope, event.action, desk)
    if what is Tapped.FOREIGN:
        if heard.words.strip():
            listen(scope, person, heard, desk)
        return
    if what is Tapped.TAKEN and pending is not None and (page := questions.page_of(option)) is not None:
        messages.needs_no_answer(scope, heard.message_id)
        questions.turn_page(scope, person, pending, page, desk)
        return
    if what is Tapped.TAKEN and pending is not None:
        if answers.take(scope, person, pending, option, heard, desk):
            messages.needs_no_answer(scope, heard.message_id)
        else:
            listen(scope, person, heard, desk, chosen=True)
        return
    messages.needs_no_answer(scope, heard.message_id)
    if pending is not None and stopping.still_means(scope, person, pending, option, heard, desk):
        return
    if what is not Tapped.OVER or pending is None or pending.kind != doors.QUESTION:  # a second knock: it is open
        say_once(scope, person, Say.TAP_OVER if what is Tapped.OVER else Say.TAP_EXPIRED, desk)


def _own_number(scope: Scope, person: Person, event: Contacts, message_id: str, desk: Desk) -> None:
    """They answered our request for their number: calls and texts go there from now on."""
    messages.needs_no_answer(scope, message_id)
    if event.phones and people.set_phone(scope, event.phones[0]) and not onboarding.number_known(scope, desk):
        say_once(scope, person, Say.NUMBER_THANKS, desk)


def _shows_ticks(scope: Scope, desk: Desk) -> bool:
    return desk.config.whatsapp.read_receipts and switches.value(scope.connection, "read_receipts") == "on"


def words_of(event: PersonMessage) -> str:
    """Return what a message says in words; empty when it says nothing."""
    match event:
        case Text(body=body):
            return body
        case Tap(title=title):
            return title
        case Media(caption=caption):
            return caption
        case Reaction(emoji=emoji):
            return emoji
        case Location(name=name, address=address, latitude=latitude, longitude=longitude):
            place = ", ".join(part for part in (name, address) if part)
            return f"[location] {place} ({latitude:.5f}, {longitude:.5f})".replace("  ", " ")
        case Contacts(phones=phones):
            return f"[contact] {', '.join(phones)}" if phones else ""
        case _:
            return ""


def _enqueue_read_receipt(scope: Scope, external_id: str, desk: Desk) -> None:
    job = NewJob(
        id=desk.new_id(),
        kind=MARK_READ,
        key=f"read:{desk.channel}:{external_id}",
        due_at=desk.now,
        payload={"channel": desk.channel, "external_id": external_id},
        user_id=scope.user_id,
        trace_id=desk.trace_id,
    )
    jobs.enqueue(scope.connection, job, now=desk.now)
