"""Asks for the yes that a tool waits for, and lets the answer run exactly that, once. May import: tools and below.

What would be done is told in the tools' own words, in a message of its own, never in a model's.
"""

from dataclasses import replace

from ivy import log
from ivy.agent import questions
from ivy.agent.acting import by_tap, tools_of, with_minutes
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.domain.contents import LONGEST_BODY
from ivy.domain.links import without_unknown
from ivy.domain.sentences import Say, say
from ivy.domain.splitting import split_text
from ivy.domain.taint import Why
from ivy.store import pending_actions
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools.confirmation import CONFIRM, LASTS, YES, Frozen, frozen, keep_no_line
from ivy.tools.executor import Place, execute_held
from ivy.tools.registry import Registry, TurnContext

logger = log.get(__name__)
QUESTION = CONFIRM


def put(scope: Scope, person: Person, turn_id: str, desk: Desk) -> bool:
    """Send the question of a turn, if it has one, after its reply: the words it waits for answer what stands last."""
    pending = pending_actions.of_turn(scope, turn_id, CONFIRM, now=desk.now)
    if pending is None:
        return False
    calls = frozen(pending)
    reasons = {call.why for call in calls}
    key = (
        Say.CONFIRM_FOREIGN if Why.FOREIGN in reasons else Say.CONFIRM_AGAIN if reasons == {Why.AGAIN} else Say.CONFIRM
    )
    what = "\n".join(f"• {call.line or call.shown}" for call in calls)
    what = without_unknown(what, _never, say(Say.LINK_LEFT_OUT, person.speech))
    text = f"{say(key, person.speech)}\n{what}"
    *before, last = split_text(text, LONGEST_BODY)
    content = questions.content_of(pending, last, person, desk)
    desk.send(scope, *before, turn_id=turn_id)
    desk.send(scope, content, turn_id=turn_id, action_id=pending.id)
    if any(call.line for call in calls):
        keep_no_line(scope, pending)
    return True


def leave(scope: Scope, turn_id: str, desk: Desk) -> None:
    """Ask nothing: the question of a turn is over, and keeps no words."""
    if (pending := pending_actions.of_turn(scope, turn_id, CONFIRM, now=desk.now)) is not None:
        keep_no_line(scope, pending)
        pending_actions.settle_one(scope, pending.id, "", now=desk.now)


def _never(_link: str) -> bool:
    return False


def answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Yes: do what was shown, all of it or, if anything is otherwise by now, nothing. No: leave it."""
    if option != YES:
        desk.tell(scope, person, Say.CONFIRM_NO)
        return True
    said = _do(scope, person, pending, desk)
    if said is None:
        logger.info("what %s said yes to has changed since it was asked", scope.user_id)
        desk.tell(scope, person, Say.CONFIRM_CHANGED)
    else:
        desk.write(scope, "\n".join(said))
    return True


def _do(scope: Scope, person: Person, pending: Pending, desk: Desk) -> list[str] | None:
    registry = tools_of(desk)
    turn = with_minutes(by_tap(person, desk, pending.id), desk)
    said: list[str] = []
    scope.connection.execute("SAVEPOINT confirmed")
    for number, call in enumerate(frozen(pending)):
        done = _do_one(scope, registry, call, Place(pending.id, 0, number), turn, pending)
        if done is None:
            scope.connection.execute("ROLLBACK TO confirmed")
            said = []
            break
        said.append(done)
    scope.connection.execute("RELEASE confirmed")
    return said or None


def _do_one(
    scope: Scope, registry: Registry, call: Frozen, place: Place, turn: TurnContext, pending: Pending
) -> str | None:
    """Run a call as of now; if its words mean something else by now ("in 20 minutes"), as of when it was asked for."""
    asked_at = pending.expires_at - LASTS
    moments = (turn, replace(turn, now=asked_at))
    return next((done for each in moments if (done := execute_held(scope, registry, call, place, each))), None)
