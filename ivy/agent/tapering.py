"""Asks, after the first weeks of calls, how often they are to come: under a reply, never by itself. May import: tools and below.

A tap changes the slots as the schedule's own tool does, in the commit of the answer; words change them back at any time.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from ivy.agent import questions
from ivy.agent.acting import by_tap, with_minutes
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain.cadence import Asked, Booked, Pace, fewer_of, may_ask, tapered
from ivy.domain.consent import Purpose
from ivy.domain.contents import LONGEST_BODY, AnyContent
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say, say
from ivy.domain.slots import SlotKind
from ivy.domain.splitting import split_text
from ivy.errors import ToolFailed
from ivy.store import commitments, consents, people, switches, tapers, tool_executions
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools import schedule

QUESTION = "taper"
LASTS = timedelta(days=7)
TELLS_OF_A_WORKOUT = "log_workout"
_OPTIONS = (
    (Pace.KEEP, Say.OPTION_TAPER_KEEP),
    (Pace.WEEKLY, Say.OPTION_TAPER_WEEKLY),
    (Pace.FEWER, Say.OPTION_TAPER_FEWER),  # the third: "three" means it by its place and by its mornings
)


def after_turn(
    scope: Scope, person: Person, turn_id: str, parts: Sequence[str | AnyContent], action_id: str, desk: Desk
) -> tuple[Sequence[str | AnyContent], str]:
    """Return a turn's reply with the question under it, if the turn wrote down a workout and this is the moment for it."""
    if (
        action_id
        or not _may_be_phoned(person, desk)
        or TELLS_OF_A_WORKOUT not in tool_executions.done_in(scope, turn_id)
    ):
        return parts, action_id
    return attach(scope, person, parts, desk)


def confirm(scope: Scope, person: Person, text: str, desk: Desk) -> None:
    """Answer somebody who just told of a kept workout, with the question under it if this is the moment for it."""
    *before, last = split_text(text)
    (content,), action_id = attach(scope, person, [last], desk)
    desk.send(scope, *before)
    desk.send(scope, content, action_id=action_id)


def attach(
    scope: Scope, person: Person, parts: Sequence[str | AnyContent], desk: Desk
) -> tuple[Sequence[str | AnyContent], str]:
    """Return the answer to a kept workout with the question under it, if this is the moment for it, and the question's id."""
    if not parts or not isinstance(last := parts[-1], str) or (daily := _asked_of(scope, person, desk)) is None:
        return parts, ""
    key = Say.TAPER_MORNINGS if daily is SlotKind.MORNING else Say.TAPER_EVENINGS
    text = f"{last}\n\n{say(key, person.speech)}"
    if len(text) > LONGEST_BODY:
        return parts, ""
    before = tapers.asked(scope)
    now_asked = Asked(before.times + 1, local_date(desk.now, person.zone))
    tapers.keep(scope, now_asked, source="offer", now=desk.now)
    options = tuple((pace.value, say(title, person.speech)) for pace, title in _OPTIONS)
    pending, content = questions.put(scope, person, Asking(QUESTION, text, options, LASTS, {}), desk)
    return [*parts[:-1], content], pending.id


def _asked_of(scope: Scope, person: Person, desk: Desk) -> SlotKind | None:
    """Return the daily call of which they would keep three a week, if this is a moment to ask."""
    if not _may_be_phoned(person, desk):
        return None
    if not may_ask(tapers.first_call(scope), tapers.asked(scope), local_date(desk.now, person.zone)):
        return None
    if Purpose.CALLS not in consents.current(scope) or switches.value(scope.connection, "proactive") == "off":
        return None
    # Who locked their plan asked that nobody makes it easier on the spot.
    return None if commitments.is_locked(scope) else fewer_of(tapers.booked(scope))


def _may_be_phoned(person: Person, desk: Desk) -> bool:
    """Say whether calls are a subject at all: not with who is paused, cared for or answered by a human."""
    silent = person.status != "active" or person.coach_is_quiet
    heard = not silent and not person.is_suspended(desk.now)
    return desk.channel in people.CHATS and desk.config.voice.enabled and bool(person.phone) and heard


def answered(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """Keep the calls, or change the slots at once. Who said stop, or "no calls", meanwhile is phoned no more for a tap.

    A plan that was locked meanwhile stays as it is: words can ease it, from the next planning day on.
    """
    if person.status == "stopped":
        desk.tell(scope, person, Say.STOPPED)
        return True
    today, pace = local_date(desk.now, person.zone), Pace.KEEP if commitments.is_locked(scope) else Pace(option)
    tapers.keep(scope, replace(tapers.asked(scope), day=today, answer=pace.value), source="tap", now=desk.now)
    changes = tapered(tapers.booked(scope), pace)
    if pace is Pace.KEEP:
        desk.tell(scope, person, Say.TAPER_KEPT)
    elif not changes or Purpose.CALLS not in consents.current(scope):
        desk.tell(scope, person, Say.SLOT_GONE)
    else:
        desk.write(scope, _change(scope, person, pending, changes, heard, desk))
    return True


def _change(scope: Scope, person: Person, pending: Pending, changes: Sequence[Booked], heard: Heard, desk: Desk) -> str:
    """Change all of the slots, or none where one cannot be; return what is said of it."""
    turn = with_minutes(by_tap(person, desk, pending.id), desk)
    scope.connection.execute("SAVEPOINT tapered")
    try:
        said = schedule.arrange(scope, turn, changes, words=heard.words)
    except ToolFailed as error:
        scope.connection.execute("ROLLBACK TO tapered")
        return str(error)
    finally:
        scope.connection.execute("RELEASE tapered")
    return f"{said} {say(Say.TAPER_CHANGED, person.speech)}"
