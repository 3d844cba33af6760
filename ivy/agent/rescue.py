""" "I want to skip": heard, with a two-minute version, leave to rest, and a call if they like. May import: the store and below.

No model is called. A bare "skip" is an answer and logs a skip; this is somebody who is still deciding. Nobody is talked into it.
"""

from collections.abc import Iterable
from datetime import timedelta

from ivy.agent import questions, quick
from ivy.agent.call_asking import ask_for_call
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain import if_then
from ivy.domain.calls import CallKind
from ivy.domain.consent import Purpose
from ivy.domain.patterns import Pattern
from ivy.domain.plain_words import is_emoji, words_of
from ivy.domain.said import word_set
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say, say
from ivy.domain.workouts import WorkoutState
from ivy.store import consents, workouts
from ivy.store import if_then as plans
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.workouts import Workout

QUESTION = "rescue"
ANSWER_WITHIN = timedelta(hours=12)
SMALL, REST, CALL = "small", "rest", "call"
LONGEST = 16
"""In words; who writes more says more than that, and a turn answers."""
DONE = frozenset({WorkoutState.DONE, WorkoutState.PARTIAL})

_LEAD = (
    r"(?:(?:hey|hi|hello|ivy|ok|okay|so|well|ugh|honestly|honest|sorry|look|today|tonight|i think|i guess|really|hola|oye|uf|"
    r"pues|mira|perdon|la verdad|es que|creo que|hoy|ahora|ahorita|yo|esta noche|esta tarde) )*"
)
_HOW = r"(?:really |just |kinda |kind of |so |totally |feel like i |honestly |muy |mucho |de verdad )*"
_SKIPS = Pattern(
    rf"{_LEAD}(?:i(?: a)?m? )?{_HOW}(?:want to skip|wanna skip|feel like skipping|thinking (?:of|about) skipping|tempted to skip|"
    r"would rather skip|might skip|may skip|could skip|about to skip|wish i could skip|want to bail|want to give it a miss|"
    r"quiero saltar(?:me|melo|lo)?|me quiero saltar|me gustaria saltarme|tengo ganas de saltarme(?:lo)?|"
    r"estoy pensando en saltarme(?:lo)?|pienso saltarme(?:lo)?|me dan ganas de saltarme(?:lo)?|quisiera saltarme(?:lo)?|"
    r"quiero faltar|me quiero saltear)(?: |$)"
)
"""Wishes to leave it out: what follows may be nothing, or the workout."""
_UNWILLING = Pattern(
    rf"{_LEAD}(?:i(?: a)?m? )?{_HOW}(?:do not want to|dont want to|dont wanna|do not feel like|dont feel like|not feeling like|"
    r"not feeling|not in the mood (?:to|for)|too tired (?:to|for)|cant be bothered (?:to|with)|cannot be bothered to|"
    r"have no (?:energy|motivation) (?:to|for)|have zero motivation (?:to|for)|no motivation (?:to|for)|"
    r"no quiero|no tengo ganas de|no tengo muchas ganas de|sin ganas de|no me apetece|me da (?:mucha |tanta )?pereza|"
    r"que pereza|que flojera|me da flojera|no tengo animo (?:de|para)|no tengo animos (?:de|para)|no estoy de animo para|"
    r"no tengo energia para|estoy (?:muy |demasiado )?cansad[oa] para|estoy sin energia para)(?: |$)"
)
"""Words of somebody who does not feel like it: what follows must name training."""
_TRAINING = word_set(
    "train training workout working work exercise exercising run running gym yoga swim swimming session it this go going move "
    "moving entrenar entrenamiento entreno ejercicio ejercitarme ejercitar correr gimnasio gym yoga nadar sesion rutina "
    "moverme hacerlo hacer salir ir"
)
_SURELY = _TRAINING - word_set("it this go going move moving work hacerlo hacer salir ir moverme")
"""What means training also where nothing is planned."""
_BESIDE = word_set(
    "a an the my this it to of for at in on out today tonight now morning afternoon evening really all please todays one do "
    "doing that and but "
    "a al el la los las mi mis un una de del en por para hoy ahora ahorita noche tarde esta este hace lo que nada ya "
    "de verdad porfa pero y"
)


def wants_to_skip(text: str, kinds: Iterable[str] = ()) -> bool:
    """Say whether a whole message is of somebody who would rather not; `kinds` are the workouts still open today."""
    words = [word for word in words_of(text) if not is_emoji(word)]
    if not words or len(words) > LONGEST or "?" in text:
        return False
    plain = " ".join(words).replace("work out", "workout").replace("working out", "workout")
    own = {word for kind in kinds for word in words_of(kind)}
    if found := _SKIPS.match(plain):
        return set(plain[found.end() :].split()) <= _BESIDE | _TRAINING | own
    if found := _UNWILLING.match(plain):
        rest = set(plain[found.end() :].split())
        named = _TRAINING | own if own else _SURELY
        return bool(rest & named) and rest <= _BESIDE | _TRAINING | own
    return False


def heard(scope: Scope, person: Person, answer: Heard, desk: Desk) -> bool:
    """Answer somebody who would rather not train today; return False if the words are something else."""
    today = workouts.of_day(scope, local_date(desk.now, person.zone))
    opened = [each for each in today if each.state is WorkoutState.PLANNED]
    if not wants_to_skip(answer.words, [each.kind for each in opened]):
        return False
    if not opened and any(each.state in DONE for each in today):
        return False  # it is done already: they mean something else
    offer(scope, person, desk)
    return True


def offer(scope: Scope, person: Person, desk: Desk) -> None:
    """Send the one message: heard, the small version, leave to rest; and the buttons."""
    day = local_date(desk.now, person.zone)
    options = [(SMALL, Say.OPTION_TWO_MINUTES), (REST, Say.OPTION_REST_TODAY)]
    if may_be_called(scope, person, desk):
        options.append((CALL, Say.OPTION_CALL_ME))
    titled = tuple((name, say(title, person.speech)) for name, title in options)
    text = say(Say.RESCUE, person.speech, small=small_version(scope, person, desk))
    questions.ask(
        scope, person, Asking(QUESTION, text, titled, ANSWER_WITHIN, {"day": day.isoformat()}, up=SMALL), desk
    )


def small_version(scope: Scope, person: Person, desk: Desk) -> str:
    """Return the two-minute version that they named for today, or before, or one for everybody."""
    day = local_date(desk.now, person.zone)
    known = [plans.of_day(scope, day), *plans.before(scope, day)]
    return next((plan.small_version for plan in known if plan and plan.small_version), if_then.SMALL[person.language])


def may_be_called(scope: Scope, person: Person, desk: Desk) -> bool:
    """Say whether Ivy can phone this person if they ask for it."""
    return desk.config.voice.enabled and bool(person.phone) and Purpose.CALLS in consents.current(scope)


def answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Two minutes keeps the plan; rest is written down as rest; a call is asked for."""
    match option:
        case "small":
            desk.tell(scope, person, Say.RESCUE_SMALL, small=small_version(scope, person, desk))
        case "call" if may_be_called(scope, person, desk):
            ask_for_call(scope, person, CallKind.RESCUE.value, desk)
            desk.tell(scope, person, Say.RESCUE_CALLING)
        case "rest":
            _rest(scope, person, str(pending.payload["day"]), desk)
        case _:
            return False
    return True


def _rest(scope: Scope, person: Person, day: str, desk: Desk) -> None:
    """Make the day that was spoken of a day of rest: what is open, or the day itself where nothing was planned."""
    word = quick.word_of(person, desk)
    of_day = workouts.of_day(scope, local_date(desk.now, person.zone).fromisoformat(day))
    for each in of_day:
        if each.state is WorkoutState.PLANNED:
            workouts.finish(scope, each, WorkoutState.REST, word)
    if not of_day:
        name = say(Say.OPTION_REST, person.speech).lower()
        rest = Workout(desk.new_id(), word.today.fromisoformat(day), name, WorkoutState.REST, planned=False)
        workouts.record(scope, rest, word)
    desk.tell(scope, person, Say.WORKOUT_REST)
