"""STOP and its kin: silence first, questions after, and a way back. May import: the store and below.

A bare keyword acts at once and on everything. A sentence like one suspends what nobody asked for, and then asks; a pause
that they had chosen before stays, whatever they answer.
"""

from datetime import datetime, timedelta

from ivy import log
from ivy.agent import questions
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain.consent import UNTIL_ANSWERED, Purpose, StopMeaning, StopScope, stop_answer, stop_meaning
from ivy.domain.jobs import REMINDER, SEND, TURN
from ivy.domain.schedule import local_date, to_instant, to_wall
from ivy.domain.sentences import Say, say
from ivy.domain.when import describe_day
from ivy.domain.windows import window_open
from ivy.store import blocked, consents, jobs, media_wanted, messages, outbox, pending_actions, people, turns, windows
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope

logger = log.get(__name__)
QUESTION = "stop_question"
PAUSE = "pause"
"""In the question's payload: the end of a pause that they had chosen before, as an ISO instant."""
ANSWER_WITHIN = timedelta(days=7)
OPTIONS = (
    (StopScope.TODAY, Say.OPTION_TODAY),
    (StopScope.CALLS, Say.OPTION_CALLS),
    (StopScope.EVERYTHING, Say.OPTION_EVERYTHING),
)
"""What fits under the question; "carry on" can be typed."""
CONFIRM_WITHIN = timedelta(hours=1)
CHAT = "whatsapp"
NO_REPLY = ("sms",)
"""Channels whose carrier confirms a stop itself, and on which nothing more may be said."""


def heard(scope: Scope, person: Person, text: str, desk: Desk) -> bool:
    """Act on a wish for silence, or for its end; return False if the words are none."""
    meaning = stop_meaning(text)
    asked = pending_actions.open_one(scope, QUESTION, now=desk.now)
    if meaning is StopMeaning.STOP:
        stop(scope, person, text, desk)
    elif asked and (answer := stop_answer(text)) is not None:
        _answered(scope, person, asked, answer, text, desk)
    elif meaning is StopMeaning.STOP_LIKE:
        suspend_and_ask(scope, person, desk)
    elif meaning is StopMeaning.START and (person.status != "active" or person.is_suspended(desk.now)):
        _start(scope, person, text, desk)
    else:
        return False
    return True


def stop(scope: Scope, person: Person, words: str, desk: Desk) -> None:
    """End every contact at once: what waits is withdrawn, every consent is taken back, and that is said once."""
    people.set_status(scope, "stopped")
    for purpose in Purpose:
        consents.record(scope, purpose, granted=False, proof=desk.proof(words), now=desk.now)
    jobs.cancel_waiting(scope.connection, scope.user_id, [TURN.name, SEND.name, REMINDER.name], now=desk.now)
    for message_id in media_wanted.unspoken(scope):  # what was spoken is listened to: it may be a cry for help
        jobs.cancel_key(scope.connection, media_wanted.job_key(message_id), now=desk.now)
    outbox.withdraw(scope, now=desk.now, reason="the person said stop")
    messages.set_aside(scope)
    turns.abandon(scope, now=desk.now)
    pending_actions.settle(scope, QUESTION, now=desk.now)
    if desk.channel in NO_REPLY:
        to = people.address(scope, desk.channel)
        blocked.block(scope.connection, desk.channel, to.external_id or to.phone, blocked.SAID_STOP, now=desk.now)
    logger.info("%s said stop", scope.user_id)
    channel = CHAT if desk.channel in NO_REPLY else desk.channel
    # Nobody who said stop is written to by a template, nor hears of it when they come back.
    if channel != CHAT or window_open(windows.expires_at(scope, CHAT), desk.now):
        desk.send(scope, say(Say.STOPPED, person.speech), channel=channel, patience=CONFIRM_WITHIN)


def suspend_and_ask(scope: Scope, person: Person, desk: Desk, *, call: str = "") -> None:
    """Contact them no more unasked, and ask how much they want to stop. `call`: the id of the one they said it in."""
    pause = person.suspended_until
    if pause == UNTIL_ANSWERED:  # said again before they answered
        pause = pause_of(pending_actions.newest(scope, QUESTION), desk.now)
    people.suspend(scope, UNTIL_ANSWERED)
    options = tuple((each.value, say(title, person.speech)) for each, title in OPTIONS)
    payload = {"call": call, PAUSE: pause.isoformat() if pause is not None and pause > desk.now else ""}
    question = Asking(QUESTION, say(Say.STOP_QUESTION, person.speech), options, ANSWER_WITHIN, payload)
    questions.ask(scope, person, question, desk)


def pause_of(pending: Pending | None, now: datetime) -> datetime | None:
    """Return until when they had chosen to be left alone when this question was put; None if they had not, or it is over."""
    until = str(pending.payload.get(PAUSE, "")) if pending is not None else ""
    pause = datetime.fromisoformat(until) if until else None
    return pause if pause is not None and pause > now else None


def answered(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """A tap on how much to stop."""
    _answered(scope, person, pending, StopScope(option), heard.words, desk)
    return True


def still_means(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """Act on "everything" even where the question is over: a wish for silence has no end. False if there is none."""
    if pending.kind != QUESTION or option != StopScope.EVERYTHING.value or person.status == "stopped":
        return False
    stop(scope, person, heard.words, desk)
    return True


def _answered(scope: Scope, person: Person, asked: Pending, answer: StopScope, words: str, desk: Desk) -> None:
    pending_actions.settle(scope, QUESTION, now=desk.now)
    pause = pause_of(asked, desk.now)
    match answer:
        case StopScope.EVERYTHING:
            stop(scope, person, words, desk)
        case StopScope.TODAY:
            tonight = _end_of_day(desk.now, person.zone)
            people.suspend(scope, max(tonight, pause or tonight))
            _say_until(scope, person, pause if pause and pause > tonight else None, Say.STOP_TODAY, desk)
        case StopScope.CALLS:
            consents.record(scope, Purpose.CALLS, granted=False, proof=desk.proof(words), now=desk.now)
            people.suspend(scope, pause)
            desk.tell(scope, person, Say.STOP_CALLS)
        case StopScope.NOTHING:
            people.suspend(scope, pause)
            _say_until(scope, person, pause, Say.STOP_NOTHING, desk)


def _say_until(scope: Scope, person: Person, pause: datetime | None, otherwise: Say, desk: Desk) -> None:
    """Say that a pause stays as they chose it, or else what is said where there is none."""
    if pause is None:
        desk.tell(scope, person, otherwise)
    else:
        desk.tell(scope, person, Say.STOP_PAUSED, until=describe_day(local_date(pause, person.zone), person.locale))


def _start(scope: Scope, person: Person, words: str, desk: Desk) -> None:
    people.set_status(scope, "active")
    people.suspend(scope, None)
    consents.record(scope, Purpose.MESSAGES, granted=True, proof=desk.proof(words), now=desk.now)
    pending_actions.settle(scope, QUESTION, now=desk.now)
    said = say(Say.STARTED_AGAIN, person.speech)
    if desk.config.voice.enabled and _took_calls_back(scope):
        said = f"{said} {say(Say.CALLS_STAY_OFF, person.speech)}"
    desk.write(scope, said)


def _took_calls_back(scope: Scope) -> bool:
    return Purpose.CALLS not in consents.current(scope) and consents.ever_given(scope, Purpose.CALLS)


def _end_of_day(now: datetime, zone: str) -> datetime:
    midnight = to_wall(now, zone).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return to_instant(midnight, zone)
