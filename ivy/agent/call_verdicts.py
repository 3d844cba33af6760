"""What was noted of a workout from what a call told, with one tap for "that's wrong". May import: tools and below.

Source: E15. What Ivy understood is taken back at the first tap, and asked about; a day that it took for left out costs
nothing until they say themselves how it was, twice a month, like a day it took for missed. After that a human looks.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from ivy.agent import appealing, chats, questions, quick
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.clock import stamp, unstamp
from ivy.domain.contents import LONGEST_BODY
from ivy.domain.sentences import Say, say
from ivy.domain.splitting import split_text
from ivy.domain.streaks import Outcome
from ivy.domain.when import describe_day
from ivy.domain.workouts import WorkoutState
from ivy.store import appeals, contact, people, streaks, workouts
from ivy.store.calls import Call
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.workouts import Workout
from ivy.tools.workouts import moved

QUESTION = "call_verdict"
LASTS = timedelta(days=7)
WRONG = "wrong"
TOOLS = frozenset({"log_workout", "skip_workout"})
"""What writes down on the phone how a workout went, where that may cost."""


def tell(scope: Scope, person: Person, call: Call, text: str, before: Sequence[Workout], desk: Desk) -> None:
    """Say what was noted from a call, once; with the tap under it if a workout was judged since `before`."""
    if contact.was_asked(scope, QUESTION, "call", call.id):
        return
    known = {each.id: each for each in before}
    judged = [each for each in workouts.of_day(scope, call.day) if known.get(each.id) != each]
    judged = [each for each in judged if each.state is not WorkoutState.PLANNED]
    if judged:
        _ask(scope, person, call, text, judged, desk)
    else:
        desk.write(scope, text)


def tell_what_costs(scope: Scope, person: Person, call: Call, ran: Collection[str], desk: Desk) -> None:
    """Say, once, what a function of the call wrote if the day counts as left out by it: on the phone there was no tap.

    It is worth no template: who does not chat has it in the weekly summary, or says it in the next call.
    """
    chat = chats.where_open(scope, desk)
    is_paused = people.load(scope).is_suspended(desk.now)  # as of this very call
    if not TOOLS & set(ran) or chat is None or is_paused or person.coach_is_quiet or person.status != "active":
        return
    found = workouts.changed_since(scope, call.day, call.placed_at or call.due_at)
    judged = [each for each in found if each.state in (WorkoutState.SKIPPED, WorkoutState.PARTIAL)]
    if judged and _costs(scope, call.day, judged) and not contact.was_asked(scope, QUESTION, "call", call.id):
        said = [say(quick.SAYS[each.state], person.speech, workout=each.kind) for each in judged]
        _ask(scope, person, call, " ".join((say(Say.CALL_NOTED, person.speech), *said)), judged, chat)


def _ask(scope: Scope, person: Person, call: Call, text: str, judged: Sequence[Workout], desk: Desk) -> None:
    states = {each.id: each.state.value for each in judged}
    payload = {"call": call.id, "day": call.day.isoformat(), "judged": states, "at_ms": stamp(desk.now)}
    *earlier, last = split_text(text, LONGEST_BODY)
    options = ((WRONG, say(Say.OPTION_WRONG, person.speech)),)
    asking = Asking(QUESTION, last, options, LASTS, payload, down=WRONG, beside_others=True)
    desk.send(scope, *earlier)
    questions.ask(scope, person, asking, desk)


def answered(scope: Scope, person: Person, pending: Pending, _option: str, _heard: Heard, desk: Desk) -> bool:
    """Take back what the call was understood to say; what they said of it since, in any other way, stands."""
    day, states = date.fromisoformat(str(pending.payload["day"])), dict(pending.payload["judged"])
    since = unstamp(int(pending.payload["at_ms"]) + 1)
    own = {each.id for each in workouts.changed_since(scope, day, since)}
    judged = [each for each in workouts.of_day(scope, day) if each.id not in own]
    found = [each for each in judged if each.state.value == states.get(each.id)]
    if not found:
        desk.tell(scope, person, Say.TAP_OVER)
        return True
    costs = _costs(scope, day, found)
    if costs and not appealing.is_believed(scope, person, day, desk, "left out"):
        said = [say(Say.VERDICT_NOTED, person.speech, day=describe_day(day, person.locale))]
    else:
        said = _taken_back(scope, person, day, found, desk, costs=costs)
    _ask_anew(scope, person, day, found, " ".join(said), desk)
    return True


def _costs(scope: Scope, day: date, judged: Sequence[Workout]) -> bool:
    """Say whether their day counts as left out by what was judged, and by nothing that they said themselves."""
    if streaks.of_day(scope, day) is not Outcome.SKIPPED:
        return False
    ids = {each.id for each in judged}
    others = [each for each in workouts.of_day(scope, day) if each.id not in ids]
    return all(each.state is WorkoutState.PLANNED for each in others)


def _taken_back(
    scope: Scope, person: Person, day: date, judged: Sequence[Workout], desk: Desk, *, costs: bool
) -> list[str]:
    """Open again what was judged, with its gift and its part in the streak; return what is said of that."""
    word = quick.word_of(person, desk)
    if costs:
        appeals.keep_judged(scope, day, judged, now=desk.now)
    changes = [workouts.undo(scope, each, word) for each in judged]
    if costs:
        streaks.record(scope, day, Outcome.EXCUSED, source="appeal, call", now=desk.now)
        return [say(Say.VERDICT_RIGHTED, person.speech, day=describe_day(day, person.locale))]
    names = ", ".join(each.kind for each in judged)
    return [say(Say.CALL_TAKEN_BACK, person.speech, workout=names), *moved(changes, person)]


def _ask_anew(scope: Scope, person: Person, day: date, judged: Sequence[Workout], said: str, desk: Desk) -> None:
    """Ask how it was: with a button for each answer where one workout is left to be spoken of, else in words."""
    ids = {each.id for each in judged}
    left = [each for each in workouts.of_day(scope, day) if each.id in ids]
    if person.status == "stopped":  # they are answered, and asked nothing
        desk.write(scope, said)
    elif len(left) == 1:
        quick.ask_if_done(scope, person, left[0], desk, first=said)
    else:
        desk.write(scope, f"{said} {say(Say.CALL_NOT_SO, person.speech)}")
