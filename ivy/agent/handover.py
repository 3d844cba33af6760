"""A person asks for a human: the operator is told, and Ivy keeps quiet until the chat is handed back.

May import: the store and below.
"""

from ivy import log
from ivy.agent import chats
from ivy.agent.desk import Desk
from ivy.domain.advice import Advice, Severity
from ivy.domain.handover import asks_for_a_human
from ivy.domain.jobs import TURN
from ivy.domain.runbook import AlertKind, Key
from ivy.domain.sentences import Say
from ivy.store import alerts, jobs, messages, people, turns
from ivy.store.people import Person
from ivy.store.scope import Scope

logger = log.get(__name__)


def heard(scope: Scope, person: Person, text: str, desk: Desk) -> bool:
    """Act on a wish for a human; while one answers, every message is theirs. Return False if Ivy is to answer."""
    if person.handed_over_at is not None:
        return True
    if not asks_for_a_human(text):
        return False
    people.hand_over(scope, desk.now)
    jobs.cancel_waiting(scope.connection, scope.user_id, [TURN.name], now=desk.now)
    messages.set_aside(scope)
    turns.abandon(scope, now=desk.now)
    alerts.raise_alert(scope.connection, _advice(person), at=desk.now, now=desk.now)
    logger.warning("%s asks for a human", scope.user_id)
    desk.tell(scope, person, Say.HANDED_OVER)
    return True


def hand_back(scope: Scope, desk: Desk) -> bool:
    """Let Ivy answer again; return False if it does already."""
    person = people.load(scope)
    if person.handed_over_at is None:
        return False
    people.hand_over(scope, None)
    messages.set_aside(scope)
    alerts.resolve(scope.connection, _key(person), at=desk.now, now=desk.now)
    chats.wake(scope, desk)  # what was held for that
    if chat := chats.where_open(scope, desk):  # it is worth no paid template, nor an SMS
        chat.tell(scope, person, Say.HANDED_BACK)
    return True


def _advice(person: Person) -> Advice:
    return Advice(
        Severity.CRITICAL,
        _key(person),
        f"{person.name} asks for a human.",
        f"Read with `ivy users show {person.id}`, answer with `ivy users say {person.id} TEXT`, and give the chat back with"
        f" `ivy users release {person.id}`.",
    )


def _key(person: Person) -> Key:
    return AlertKind.HANDOVER.of(person.id)
