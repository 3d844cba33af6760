"""The same contact as a call, in writing: morning, evening, week, month. May import: the store and below.

For slots by text, and for calls that did not come about. Each is one message to begin with; the rest answers taps and words.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from ivy.agent import questions, quick, restarting, reviewing
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.agent.reviewing import LASTS, LIFE, OPEN, PLAIN, SCORE, SESSIONS, of_day
from ivy.domain import if_then
from ivy.domain.routing import For
from ivy.domain.schedule import to_wall
from ivy.domain.sentences import Say, say
from ivy.domain.when import describe_clock
from ivy.domain.workouts import WorkoutState
from ivy.store import contact, workouts
from ivy.store import if_then as if_then_plans
from ivy.store.outbox import OwnTemplate
from ivy.store.pending_actions import Named, Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.workouts import Workout

PLAN = "checkin_plan"
PATIENCE = timedelta(hours=2)
"""As long as its template lives: what is later belongs to another part of the day."""
AS_PLANNED, SMALLER, REST, NO, DONE, LATER = "as_planned", "smaller", "rest", "no", "done", "later"
PLAN_TEMPLATE, DONE_TEMPLATE, EVENING_TEMPLATE = "plan_due", "checkin_due", "evening_due"
WEEK_TEMPLATE, MONTH_TEMPLATE = "week_due", "month_due"
_PLAN_OPTIONS = ((AS_PLANNED, Say.OPTION_AS_PLANNED), (SMALLER, Say.OPTION_SMALLER), (REST, Say.OPTION_REST))
_DID_OPTIONS = (
    (WorkoutState.DONE.value, Say.OPTION_DONE),
    (WorkoutState.PARTIAL.value, Say.OPTION_PART),
    (WorkoutState.SKIPPED.value, Say.OPTION_NOT_TODAY),
)


def may_begin(person: Person, now: datetime) -> bool:
    """Say whether Ivy may begin anything with a person: their slot was chosen, but "stop" and "not today" came later."""
    return person.status == "active" and not person.is_suspended(now) and not person.coach_is_quiet


def begin(scope: Scope, person: Person, kind: str, desk: Desk, *, day: date) -> bool:
    """Begin a check-in of a local day: morning, evening, weekly or monthly. Return False if there is nothing to ask.

    Once a day and kind: what was begun is not begun again.
    """
    key = f"{kind}:{day.isoformat()}"
    kinds = (PLAN, restarting.QUESTION, SCORE, SESSIONS, LIFE, PLAIN, quick.DID_YOU)
    if not may_begin(person, desk.now) or any(contact.was_asked(scope, each, "checkin", key) for each in kinds):
        return False
    match kind:
        case "morning":
            return _morning(scope, person, key, day, desk)
        case "evening":
            return _evening(scope, person, key, day, desk)
        case "weekly":
            _say_opened(scope, person, reviewing.week_question(scope, person, key, day), desk, WEEK_TEMPLATE)
        case "monthly":
            _say_opened(scope, person, reviewing.life_question(scope, person, key, day), desk, MONTH_TEMPLATE)
        case _:
            return False
    return True


def _say(
    scope: Scope,
    person: Person,
    asking: Asking,
    desk: Desk,
    template: str = "",
    values: dict[str, str] | None = None,
    actions: Sequence[str] = (),
) -> None:
    """Put a question that nobody wrote for just now: by its template outside the window, by SMS where there is none."""
    pending, content = questions.put(scope, person, asking, desk)
    own: OwnTemplate | None = None
    if template:
        own = questions.with_template(pending, desk, template, values or {}, actions)
    desk.send(scope, content, action_id=pending.id, template=own, purpose=For.CHECKIN, patience=PATIENCE)


def _say_opened(scope: Scope, person: Person, asking: Asking, desk: Desk, template: str) -> None:
    """Put a question whose template only announces it: the tap on that asks it as it is."""
    _say(scope, person, asking, desk, template, {"time": f"{_wall(person, desk):%H:%M}"}, (OPEN,))


def _titled(names: Sequence[tuple[str, Say]], person: Person) -> tuple[Named, ...]:
    return tuple((name, say(title, person.speech)) for name, title in names)


# --- morning ---------------------------------------------------------------------------------------


def _morning(scope: Scope, person: Person, key: str, day: date, desk: Desk) -> bool:
    if workouts.of_day(scope, day) and not workouts.open_of(scope, day):
        return False  # all of it is done, or it is a day of rest: there is nothing to plan
    values = {"time": f"{_wall(person, desk):%H:%M}"}
    asking = _fresh_question(scope, person, key, day, desk) or _plan_question(scope, person, key, day)
    _say(scope, person, asking, desk, PLAN_TEMPLATE, values, (OPEN, NO))
    return True


def _fresh_question(scope: Scope, person: Person, key: str, day: date, desk: Desk) -> Asking | None:
    """Return the question of a morning for a fresh start; None on any other."""
    fresh = restarting.of_morning(scope, person, day, desk.now)
    if fresh is None:
        return None
    planned = workouts.open_of(scope, day)
    said = say(Say.CHECKIN_PLAN, person.speech, plan=_listed(planned, person)) if planned else ""
    return restarting.question(scope, person, fresh, said, of_day(key, day), desk)


def _plan_question(scope: Scope, person: Person, key: str, day: date) -> Asking:
    """Return the question of the morning: with what is planned, and the if-then sentence, if there are any."""
    planned = workouts.open_of(scope, day)
    if not planned:
        options = _titled(_PLAN_OPTIONS[2:], person)
        return Asking(PLAN, say(Say.CHECKIN_NO_PLAN, person.speech), options, LASTS, of_day(key, day))
    said = [say(Say.CHECKIN_PLAN, person.speech, plan=_listed(planned, person))]
    if (plan := if_then_plans.of_day(scope, day)) is not None and (plan.time or plan.place or plan.barrier):
        said.append(if_then.sentence(plan, person.language))
    said.append(say(Say.CHECKIN_PLAN_QUESTION, person.speech))
    return plan_asking(" ".join(said), person, day, key)


def plan_asking(text: str, person: Person, day: date, key: str, *, workout_id: str = "") -> Asking:
    """Return a text with the answers to a plan under it: as planned, smaller, rest. `workout_id`: it is about that one."""
    payload = {**of_day(key, day), **({"workout": workout_id} if workout_id else {})}
    return Asking(PLAN, text, _titled(_PLAN_OPTIONS, person), LASTS, payload, up=AS_PLANNED, down=REST)


def plan_answered(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """As planned, smaller, or a day of rest; from a template also: show the plan, not today, done, later."""
    day = date.fromisoformat(str(pending.payload["day"]))
    match option:
        case "open":
            key = str(pending.payload["checkin"])
            questions.ask(scope, person, _plan_question(scope, person, key, day), desk)
        case "smaller":
            plan = if_then_plans.of_day(scope, day)
            small = (plan.small_version if plan else "") or if_then.SMALL[person.language]
            desk.tell(scope, person, Say.CHECKIN_SMALLER, small=small)
        case "rest":
            _rest(scope, person, day, desk)
        case "done":
            return _done(scope, person, pending, heard, desk)
        case "as_planned":
            desk.tell(scope, person, Say.CHECKIN_AS_PLANNED)
        case _:
            desk.tell(scope, person, Say.NO_HURRY)
    return True


def _rest(scope: Scope, person: Person, day: date, desk: Desk) -> None:
    """Make a day one of rest: what is open on it, or the day itself where nothing was planned."""
    word = quick.word_of(person, desk)
    for workout in workouts.open_of(scope, day):
        workouts.finish(scope, workout, WorkoutState.REST, word)
    if not workouts.of_day(scope, day):
        kind = say(Say.OPTION_REST, person.speech).lower()
        workouts.record(scope, Workout(desk.new_id(), day, kind, WorkoutState.REST, planned=False), word)
    desk.tell(scope, person, Say.WORKOUT_REST)


def _done(scope: Scope, person: Person, pending: Pending, heard: Heard, desk: Desk) -> bool:
    """ "Done" on the reminder before a workout: it is done early."""
    if "workout" not in pending.payload:
        return False
    return quick.did_you_answered(scope, person, pending, WorkoutState.DONE.value, heard, desk)


# --- evening ---------------------------------------------------------------------------------------


def _evening(scope: Scope, person: Person, key: str, day: date, desk: Desk) -> bool:
    planned = workouts.open_of(scope, day)
    if len(planned) != 1:
        _say_opened(scope, person, _evening_question(scope, person, key, day), desk, EVENING_TEMPLATE)
        return True
    workout = planned[0]
    asking = Asking(
        quick.DID_YOU,
        say(Say.CHECKIN_EVENING, person.speech, workout=timed(workout, person)),
        _titled(_DID_OPTIONS, person),
        quick.ANSWER_WITHIN,
        {"workout": workout.id, "checkin": key},
        up=WorkoutState.DONE.value,
        down=WorkoutState.SKIPPED.value,
    )
    values = {"time": f"{_wall(person, desk):%H:%M}", "plan": workout.kind}
    done, _part, skipped = _DID_OPTIONS
    _say(scope, person, asking, desk, DONE_TEMPLATE, values, (done[0], skipped[0]))
    return True


def _evening_question(scope: Scope, person: Person, key: str, day: date) -> Asking:
    """Return the question about a day with no workout open, or with several: it is answered in words."""
    planned = workouts.open_of(scope, day)
    facts = {"workouts": _listed(planned, person)} if planned else {}
    text = say(Say.CHECKIN_EVENING_SEVERAL if planned else Say.CHECKIN_EVENING_FREE, person.speech, **facts)
    return Asking(PLAIN, text, (), LASTS, of_day(key, day))


def opened(scope: Scope, person: Person, pending: Pending, _option: str, _heard: Heard, desk: Desk) -> bool:
    """The tap on a template that announced a question for words: it is asked now, as the day stands."""
    key, day = str(pending.payload["checkin"]), date.fromisoformat(str(pending.payload["day"]))
    ask = _evening_question if key.startswith("evening:") else reviewing.life_question
    questions.ask(scope, person, ask(scope, person, key, day), desk)
    return True


# --- saying it -------------------------------------------------------------------------------------


def _listed(planned: Sequence[Workout], person: Person) -> str:
    """Return "run at 7:00 am, yoga" with local times."""
    return ", ".join(timed(workout, person) for workout in planned)


def timed(workout: Workout, person: Person) -> str:
    """Return a workout with its time as the person's country says it."""
    clock = describe_clock(time.fromisoformat(workout.at_wall), person.locale) if workout.at_wall else ""
    return f"{workout.kind} {clock}".strip()


def _wall(person: Person, desk: Desk) -> datetime:
    return to_wall(desk.now, person.zone)


ANSWERS = {
    PLAN: plan_answered,
    **reviewing.ANSWERS,
    PLAIN: opened,
    LIFE: opened,
}
"""For `agent/answers.py`."""
