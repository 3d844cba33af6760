"""Quick replies: "done", "skip" and kin move the open workout in the commit that takes them in. May import: tools and below.

No model is called. With several workouts open Ivy asks which; with none the words are left to a turn.
"""

from datetime import timedelta

from ivy.agent import questions, tapering
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain.quick_replies import QuickReply, quick_reply, which
from ivy.domain.schedule import to_wall
from ivy.domain.sentences import Say, one_of, say
from ivy.domain.workouts import IllegalChange, WorkoutState
from ivy.store import pending_actions, workouts
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.workouts import Change, Word, Workout
from ivy.tools.workouts import moved

QUESTION = "which_workout"
DID_YOU = "did_you"
"""Asked when a short answer may or may not be about the one open workout."""
ANSWER_WITHIN = timedelta(hours=12)
MEANS = {
    QuickReply.DONE: WorkoutState.DONE,
    QuickReply.SKIP: WorkoutState.SKIPPED,
    QuickReply.REST: WorkoutState.REST,
    QuickReply.PARTIAL: WorkoutState.PARTIAL,
}
SAYS = {
    WorkoutState.DONE: Say.WORKOUT_DONE,
    WorkoutState.PARTIAL: Say.WORKOUT_PARTIAL,
    WorkoutState.SKIPPED: Say.WORKOUT_SKIPPED,
    WorkoutState.REST: Say.WORKOUT_REST,
}
UNTIL_NOON = 12
"""Up to this local hour, with nothing open today, "done" may still mean yesterday."""


def heard(scope: Scope, person: Person, answer: Heard, desk: Desk) -> bool:
    """Act on a quick reply, or on the answer to Ivy's question which; return False if the words are neither."""
    text = answer.words
    reply = quick_reply(text)
    if reply in MEANS:
        return _about_open(scope, person, MEANS[reply], answer, desk)
    asked = pending_actions.open_one(scope, QUESTION, now=desk.now)
    if asked is None:
        return False
    chosen = which(text, [str(name) for name in asked.payload["names"]])
    if chosen is None:
        return False
    pending_actions.settle(scope, QUESTION, now=desk.now)
    return _finish_chosen(scope, person, asked, chosen, answer, desk)


def which_answered(scope: Scope, person: Person, pending: Pending, option: str, answer: Heard, desk: Desk) -> bool:
    """A tap on which workout is meant."""
    return _finish_chosen(scope, person, pending, int(option), answer, desk)


def did_you_answered(scope: Scope, person: Person, pending: Pending, option: str, answer: Heard, desk: Desk) -> bool:
    """A tap, or a thumb, on "did you do it?"."""
    workout = workouts.load(scope, str(pending.payload["workout"]))
    return workout is not None and _finish(scope, person, workout, WorkoutState(option), answer, desk)


def ask_if_done(scope: Scope, person: Person, workout: Workout, desk: Desk, *, first: str = "") -> None:
    """Ask whether a workout was done, with a button for each answer; `first` is said before it in the same message."""
    options = tuple(
        (state.value, say(title, person.speech))
        for state, title in (
            (WorkoutState.DONE, Say.OPTION_DONE),
            (WorkoutState.PARTIAL, Say.OPTION_PART),
            (WorkoutState.SKIPPED, Say.OPTION_NOT_TODAY),
        )
    )
    text = f"{first} {say(Say.DID_YOU, person.speech, workout=name_of(workout))}".strip()
    question = Asking(
        DID_YOU,
        text,
        options,
        ANSWER_WITHIN,
        {"workout": workout.id},
        up=WorkoutState.DONE.value,
        down=WorkoutState.SKIPPED.value,
        beside_others=True,  # today's own question stays open
    )
    questions.ask(scope, person, question, desk)


def _finish_chosen(scope: Scope, person: Person, asked: Pending, chosen: int, answer: Heard, desk: Desk) -> bool:
    workout = workouts.load(scope, str(asked.payload["ids"][chosen]))
    return workout is not None and _finish(scope, person, workout, WorkoutState(asked.payload["to"]), answer, desk)


def _about_open(scope: Scope, person: Person, to: WorkoutState, answer: Heard, desk: Desk) -> bool:
    found = open_now(scope, person, desk)
    if len(found) == 1:
        pending_actions.settle(scope, QUESTION, now=desk.now)
        return _finish(scope, person, found[0], to, answer, desk)
    if found:
        names = [name_of(workout) for workout in found]
        payload = {"to": to.value, "ids": [workout.id for workout in found], "names": names}
        options = tuple((str(number), name) for number, name in enumerate(names))
        text = say(Say.WHICH_WORKOUT, person.speech, options=one_of(names, person.language))
        if len(set(names)) < len(names):  # buttons must differ; words can still tell
            options = ()
        questions.ask(scope, person, Asking(QUESTION, text, options, ANSWER_WITHIN, payload), desk)
    return bool(found)


def open_now(scope: Scope, person: Person, desk: Desk) -> list[Workout]:
    """Return what "done" may mean: today's open workouts, or in the morning yesterday's."""
    wall = to_wall(desk.now, person.zone)
    found = workouts.open_of(scope, wall.date())
    if not found and wall.hour < UNTIL_NOON:
        found = workouts.open_of(scope, wall.date() - timedelta(days=1))
    return found


def name_of(workout: Workout) -> str:
    """Return how a person knows a workout: its kind, and its time if it has one."""
    return f"{workout.kind} {workout.at_wall}".strip()


def _finish(scope: Scope, person: Person, workout: Workout, to: WorkoutState, answer: Heard, desk: Desk) -> bool:
    try:
        change = workouts.finish(scope, workout, to, word_of(person, desk))
    except IllegalChange:
        return False  # it was logged otherwise meanwhile: a turn sorts it out
    if change.workout.state in (WorkoutState.DONE, WorkoutState.PARTIAL):
        desk.react(scope, answer.external_id, "✅" if change.milestone is None or person.is_cared_for else "🎉")
        tapering.confirm(scope, person, confirmation(person, change), desk)
    else:
        desk.write(scope, confirmation(person, change))
    return True


def word_of(person: Person, desk: Desk) -> Word:
    """Return what a person says without a model, as the store takes it."""
    return Word(person, "text", desk.now, desk.new_id, desk.config.giving, desk.config.experiments)


def confirmation(person: Person, *changes: Change) -> str:
    """Return one bubble: what was logged (all in the same way) and, if they moved, the streak and the gift."""
    state = changes[0].workout.state
    facts = {} if state is WorkoutState.REST else {"workout": ", ".join(change.workout.kind for change in changes)}
    return " ".join([say(SAYS[state], person.speech, **facts), *moved(changes, person)])
