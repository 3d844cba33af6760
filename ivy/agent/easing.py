"""A change that waits because the plan is locked: called off by a tap, made when its day has come. May import: tools and below."""

from dataclasses import replace

from ivy import log
from ivy.agent import checkins
from ivy.agent.acting import by_tap, with_minutes
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.domain.easing import Part
from ivy.domain.sentences import Say, say
from ivy.ports import ToolCall
from ivy.store import consents, easings, people
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools.easing import QUESTION as QUESTION
from ivy.tools.executor import Place, execute_within
from ivy.tools.registry import Registry, families

logger = log.get(__name__)
STOPPED = "stopped"


def answered(scope: Scope, person: Person, pending: Pending, _option: str, _heard: Heard, desk: Desk) -> bool:
    """Keep the plan as it is."""
    waiting = easings.load(scope, str(pending.payload["easing"]))
    if waiting is None:
        desk.tell(scope, person, Say.TAP_OVER)
        return True
    easings.call_off(scope, Part, now=desk.now)  # all of it: that is what is said
    desk.tell(scope, person, Say.EASING_OFF)
    return True


def begin(scope: Scope, easing_id: str, desk: Desk) -> None:
    """Make a change whose day has come, once, by the tool that was asked for it. Nothing is said unless it cannot be made."""
    waiting, person = easings.load(scope, easing_id), people.load(scope)
    if waiting is None:
        return
    if person.status == STOPPED:
        easings.end(scope, waiting.id, "off", now=desk.now, why="They said stop.")
        return
    agreed = consents.current(scope)
    scope.connection.execute("SAVEPOINT begins")
    easings.end(scope, waiting.id, "done", now=desk.now)  # before the change, which ends what waits about the same
    result = execute_within(
        scope,
        Registry(families()),
        ToolCall("", waiting.tool, waiting.arguments),
        Place(f"easing:{waiting.id}", 0, 0),
        replace(with_minutes(by_tap(person, desk, f"easing:{waiting.id}"), desk), unlocked=True),
    )
    why = result.content if result.failed else ""
    if consents.current(scope) - agreed:  # words of a week ago are no consent that was taken back since
        why = "They took their consent back."
    if why:
        scope.connection.execute("ROLLBACK TO begins")
        easings.end(scope, waiting.id, "refused", now=desk.now, why=why)
        logger.info("the easing %s of %s is not made: %s", waiting.id, scope.user_id, why)
        if checkins.may_begin(person, desk.now):
            desk.send(scope, say(Say.EASING_FAILED, person.speech), asked_for=False)
    scope.connection.execute("RELEASE begins")
