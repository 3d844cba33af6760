"""A finished form: its token checked, its answers read as a stranger's, and acted on once. May import: tools and below."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from ivy import log
from ivy.agent import care, confirming
from ivy.agent.acting import by_form, tools_of
from ivy.agent.desk import Desk
from ivy.agent.forms import FormQuestion
from ivy.agent.listening import say_once
from ivy.agent.next_turn import enqueue_turn
from ivy.agent.questions import Heard
from ivy.domain import actions
from ivy.domain.form_answers import FormAnswers, WrongAnswer, in_words, read_answers
from ivy.domain.form_definitions import BOOKING, FORMS, LIVE_BOOKING
from ivy.domain.forms import Both
from ivy.domain.inbound import FormAnswer
from ivy.domain.schedule import local_date, to_instant
from ivy.domain.sentences import Say
from ivy.ports import ToolCall
from ivy.store import messages, outbox, pending_actions, switches
from ivy.store.binding import Connection
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools.asking import FORM
from ivy.tools.calendar import book_event
from ivy.tools.executor import Place, execute_within

logger = log.get(__name__)
ANSWER_KEY = "flow_token"
USUAL_MINUTES = 60
PASSED = Both("That time has passed. Please choose a later one.", "Esa hora ya pasó. Tiene que ser una más tarde.")


def take(scope: Scope, person: Person, event: FormAnswer, heard: Heard, desk: Desk) -> None:
    """Act on a form, once; a forged, foreign or late one is answered kindly and does nothing."""
    pending = _question(scope, event, desk)
    if pending is None or not pending.is_open(desk.now):
        if not _danger_in(scope, person, event, heard, desk):
            say_once(scope, person, Say.FORM_OVER if pending and pending.done else Say.FORM_FOREIGN, desk)
        return
    name = str(pending.payload["form"])
    form = BOOKING if name == LIVE_BOOKING else FORMS[name]
    try:
        answers = read_answers(form, event.answers, today=local_date(desk.now, person.zone))
        _check_ahead(answers, person, desk.now)
    except WrongAnswer as wrong:  # the form may be opened again: nothing was settled
        if not _danger_in(scope, person, event, heard, desk):
            desk.write(scope, wrong.said.said(person.language))
        return
    pending_actions.settle_one(scope, pending.id, "sent", now=desk.now)
    words = in_words(form, answers, person.language)
    messages.learn_words(scope, heard.message_id, words, needs_answer=False)
    if care.heard(scope, person, words, heard.message_id, desk):
        return
    is_off = switches.value(scope.connection, "flows") == "off"
    if form is BOOKING and not is_off:
        _book(scope, person, pending, answers, heard, desk)
    else:  # words like any other: the agent notes what is worth noting
        _to_turn(scope, person, words, heard, desk)


def _danger_in(scope: Scope, person: Person, event: FormAnswer, heard: Heard, desk: Desk) -> bool:
    """Answer danger in the free text of a form that is not acted on; return False if there is none."""
    found = care.danger_in(text for key, text in event.answers.items() if key != ANSWER_KEY and isinstance(text, str))
    return found is not None and care.heard(scope, person, found[1], heard.message_id, desk)


def _question(scope: Scope, event: FormAnswer, desk: Desk) -> Pending | None:
    """Return the question that a form answers: by its token or, for phones that leave it out, by the message it stood on."""
    token: Any = event.answers.get(ANSWER_KEY, "")
    if isinstance(token, str) and token:
        named = actions.named(token)
        pending = pending_actions.load(scope, named.action_id) if named else None
        genuine = pending is not None and actions.is_genuine(desk.action_secrets, pending.bound, token)
        if not genuine:
            logger.warning("a form came with a token that is not this person's")
            return None
    else:
        action_id = outbox.question_of(scope, desk.channel, event.quoted_id) if event.quoted_id else ""
        pending = pending_actions.load(scope, action_id) if action_id else None
    return pending if pending is not None and pending.kind == FORM else None


def _check_ahead(answers: FormAnswers, person: Person, now: datetime) -> None:
    """Raise WrongAnswer for an appointment at a time of today that has passed."""
    day, clock = answers.day("date"), answers.clock("time")
    if day and clock and to_instant(datetime.combine(day, clock), person.zone) <= now:
        raise WrongAnswer("time", PASSED)


def _book(scope: Scope, person: Person, pending: Pending, answers: FormAnswers, heard: Heard, desk: Desk) -> None:
    """Book by the tool that the chat books by: what it asks about first it asks about here too."""
    day, clock = answers.day("date"), answers.clock("time")
    words = messages.words_of(scope, heard.message_id)
    if day is None or clock is None:
        _to_turn(scope, person, words, heard, desk)
        return
    minutes = answers.text("minutes") or answers.number("minutes") or USUAL_MINUTES
    note = " ".join(answers.text("note").split())
    title = f"{answers.text('title')} ({note})" if note else answers.text("title")  # an event has nothing but its title
    arguments = {"title": title, "when": f"{datetime.combine(day, clock):%Y-%m-%dT%H:%M}", "duration": f"{minutes} min"}
    call = ToolCall("", book_event.name, msgspec.json.encode(arguments).decode())
    turn = by_form(person, desk, pending.id, words)
    result = execute_within(scope, tools_of(desk), call, Place(pending.id, 0, 0), turn)
    if confirming.put(scope, person, pending.id, desk):
        return
    if result.failed:  # taken meanwhile: the person hears what is there, and decides in words
        logger.info("a form's appointment could not be booked: %s", result.content)
        _to_turn(scope, person, words, heard, desk)
    else:
        desk.write(scope, result.content)


def _to_turn(scope: Scope, person: Person, words: str, heard: Heard, desk: Desk) -> None:
    if person.handed_over_at is not None:  # the human who answers reads it with the rest
        return
    messages.learn_words(scope, heard.message_id, words, needs_answer=True)
    enqueue_turn(scope, heard.message_id, desk)


def question_of(connection: Connection, token: str, secrets: Sequence[bytes], *, now: datetime) -> FormQuestion | None:
    """Return what a form's token stands for, whatever its state; None unless we signed it."""
    named = actions.named(token)
    pending = pending_actions.owner_of(connection, named.action_id) if named else None
    if pending is None or pending.kind != FORM or not actions.is_genuine(secrets, pending.bound, token):
        return None
    name = LIVE_BOOKING if pending.payload["form"] == BOOKING.name else str(pending.payload["form"])
    state = "done" if pending.done else "waiting" if pending.is_open(now) else "expired"
    return FormQuestion(pending.user_id, name, state, str(pending.payload.get("title", "")))
