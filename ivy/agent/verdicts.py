"""A day of which nothing was noted: one gentle question in the morning, and what a tap on it does. May import: tools and below.

What Ivy took for a miss is put right with one tap, twice a month as it is said, and after that by a human who looks.
"""

from datetime import date, timedelta

from ivy.agent import appealing, questions, quick
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain.if_then import SMALL
from ivy.domain.routing import For
from ivy.domain.sentences import Say, say
from ivy.domain.streaks import Outcome
from ivy.domain.when import describe_day
from ivy.domain.workouts import WorkoutState
from ivy.store import if_then, streaks, workouts
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope

QUESTION = "verdict"
LASTS = timedelta(days=7)
PATIENCE = timedelta(hours=12)
"""In the evening it is no question about the day before yesterday any more."""
TEMPLATE = "day_open"
MOST_NAMED = 3
DID_IT, WRONG, SMALL_STEP = "did_it", "wrong", "small"
_TITLES = ((DID_IT, Say.OPTION_DID_IT), (WRONG, Say.OPTION_WRONG), (SMALL_STEP, Say.OPTION_SMALL))


def ask(scope: Scope, person: Person, day: date, desk: Desk) -> bool:
    """Ask about a missed day, once; return False if there is nothing to ask about it any more."""
    opened = workouts.open_of(scope, day)
    if not opened or streaks.of_day(scope, day) is not Outcome.MISSED:
        return False
    kinds = ", ".join(workout.kind for workout in opened[:MOST_NAMED])
    text = say(Say.VERDICT, person.speech, workouts=kinds, day=describe_day(day, person.locale))
    options = tuple((name, say(title, person.speech)) for name, title in _TITLES)
    asking = Asking(QUESTION, text, options, LASTS, {"day": day.isoformat()}, up=DID_IT)
    pending, content = questions.put(scope, person, asking, desk)
    values = {"day": describe_day(day, person.locale), "plan": kinds}
    template = questions.with_template(pending, desk, TEMPLATE, values, (DID_IT, WRONG))
    more = {"asked_for": False, "purpose": For.CHECKIN, "patience": PATIENCE}
    desk.send(scope, content, action_id=pending.id, template=template, **more)
    return True


def answered(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """Did it: noted like any "done". Wrong: put right. Smallest next step: two minutes, and no word about the day."""
    day = date.fromisoformat(str(pending.payload["day"]))
    if option == DID_IT:
        _did_it(scope, person, day, heard, desk)
    elif option == WRONG:
        appealing.put_right(scope, person, day, desk)
    else:
        desk.tell(scope, person, Say.VERDICT_SMALL, step=_small_step(scope, person, day))
    return True


def _did_it(scope: Scope, person: Person, day: date, heard: Heard, desk: Desk) -> None:
    word = quick.word_of(person, desk)
    changes = [workouts.finish(scope, each, WorkoutState.DONE, word) for each in workouts.open_of(scope, day)]
    if not changes:  # it was told in other words meanwhile
        desk.tell(scope, person, Say.TAP_OVER)
        return
    desk.react(scope, heard.external_id, "✅")
    desk.write(scope, quick.confirmation(person, *changes))


def _small_step(scope: Scope, person: Person, day: date) -> str:
    """Return the two-minute version that they named for the day, or one for everybody."""
    plan = if_then.of_day(scope, day)
    return (plan.small_version if plan is not None else "") or SMALL[person.language]
