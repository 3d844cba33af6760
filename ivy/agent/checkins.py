"""The same contact as a call, in writing: morning, evening, week, month. May import: the store and below.

For slots by text, and for calls that did not come about. Each is one message to begin with; the rest answers taps and words.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from ivy.agent import questions, quick
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain import if_then
from ivy.domain.consent import Purpose
from ivy.domain.life_tags import tags_of
from ivy.domain.routing import For
from ivy.domain.schedule import local_date, to_wall
from ivy.domain.sentences import Say, say
from ivy.domain.when import describe_clock
from ivy.domain.workouts import WorkoutState
from ivy.store import consents, contact, messages, outbox, pending_actions, scores, weekly_numbers, workouts
from ivy.store import if_then as if_then_plans
from ivy.store.outbox import OwnTemplate
from ivy.store.pending_actions import Named, Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.scores import Marker, Score
from ivy.store.workouts import Workout

PLAN, SCORE, SESSIONS, LIFE, PLAIN = "checkin_plan", "checkin_score", "checkin_sessions", "checkin_life", "checkin"
LASTS = timedelta(hours=14)
LIFE_LASTS = timedelta(days=2)
PATIENCE = timedelta(hours=2)
"""As long as its template lives: what is later belongs to another part of the day."""
AS_PLANNED, SMALLER, REST, OPEN, NO, DONE, LATER = "as_planned", "smaller", "rest", "open", "no", "done", "later"
PLAN_TEMPLATE, DONE_TEMPLATE = "plan_due", "checkin_due"
MOST_SESSIONS = 7
LONGEST_MARKER = 500
_ASKS = {"energy": Say.SCORE_ENERGY, "mood": Say.SCORE_MOOD, "confidence": Say.SCORE_CONFIDENCE}
_PLAN_OPTIONS = ((AS_PLANNED, Say.OPTION_AS_PLANNED), (SMALLER, Say.OPTION_SMALLER), (REST, Say.OPTION_REST))
_DID_OPTIONS = (
    (WorkoutState.DONE.value, Say.OPTION_DONE),
    (WorkoutState.PARTIAL.value, Say.OPTION_PART),
    (WorkoutState.SKIPPED.value, Say.OPTION_NOT_TODAY),
)


def may_begin(person: Person, now: datetime) -> bool:
    """Say whether Ivy may begin anything with a person: their slot was chosen, but "stop" and "not today" came later."""
    suspended = person.suspended_until is not None and now < person.suspended_until
    return person.status == "active" and not suspended and person.handed_over_at is None


def begin(scope: Scope, person: Person, kind: str, desk: Desk, *, day: date) -> bool:
    """Begin a check-in of a local day: morning, evening, weekly or monthly. Return False if there is nothing to ask.

    Once a day and kind: what was begun is not begun again.
    """
    key = f"{kind}:{day.isoformat()}"
    kinds = (PLAN, SCORE, SESSIONS, LIFE, PLAIN, quick.DID_YOU)
    if not may_begin(person, desk.now) or any(contact.was_asked(scope, each, "checkin", key) for each in kinds):
        return False
    match kind:
        case "morning":
            return _morning(scope, person, key, day, desk)
        case "evening":
            return _evening(scope, person, key, day, desk)
        case "weekly" if _may_keep_health(scope):
            _say(scope, person, _score_question(person, key, day, scores.MEASURES[0]), desk)
        case "weekly":
            _say(scope, person, _sessions_question(person, key, day), desk)
        case "monthly":
            kind = LIFE if _may_keep_health(scope) else PLAIN  # asked as friends do, but nothing of it is kept
            text = say(Say.LIFE_QUESTION, person.language)
            _say(scope, person, Asking(kind, text, (), LIFE_LASTS, {"checkin": key}), desk)
        case _:
            return False
    return True


def _may_keep_health(scope: Scope) -> bool:
    """Say whether the person agreed that what they tell of how they feel is kept."""
    return Purpose.HEALTH in consents.current(scope)


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


def _titled(names: Sequence[tuple[str, Say]], person: Person) -> tuple[Named, ...]:
    return tuple((name, say(title, person.language)) for name, title in names)


# --- morning ---------------------------------------------------------------------------------------


def _morning(scope: Scope, person: Person, key: str, day: date, desk: Desk) -> bool:
    if workouts.of_day(scope, day) and not workouts.open_of(scope, day):
        return False  # all of it is done, or it is a day of rest: there is nothing to plan
    values = {"time": f"{_wall(person, desk):%H:%M}"}
    asking = _plan_question(scope, person, key, day)
    _say(scope, person, asking, desk, PLAN_TEMPLATE, values, (OPEN, NO))
    return True


def _plan_question(scope: Scope, person: Person, key: str, day: date) -> Asking:
    """Return the question of the morning: with what is planned, and the if-then sentence, if there are any."""
    language, planned = person.language, workouts.open_of(scope, day)
    if not planned:
        options = _titled(_PLAN_OPTIONS[2:], person)
        return Asking(PLAN, say(Say.CHECKIN_NO_PLAN, language), options, LASTS, _of_day(key, day))
    said = [say(Say.CHECKIN_PLAN, language, plan=_listed(planned, person))]
    if (plan := if_then_plans.of_day(scope, day)) is not None and (plan.cue or plan.barrier):
        said.append(if_then.sentence(plan, language))
    said.append(say(Say.CHECKIN_PLAN_QUESTION, language))
    return plan_asking(" ".join(said), person, day, key)


def plan_asking(text: str, person: Person, day: date, key: str, *, workout_id: str = "") -> Asking:
    """Return a text with the answers to a plan under it: as planned, smaller, rest. `workout_id`: it is about that one."""
    payload = {**_of_day(key, day), **({"workout": workout_id} if workout_id else {})}
    return Asking(PLAN, text, _titled(_PLAN_OPTIONS, person), LASTS, payload, up=AS_PLANNED, down=REST)


def _of_day(key: str, day: date) -> dict[str, str]:
    return {"checkin": key, "day": day.isoformat()}


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
        kind = say(Say.OPTION_REST, person.language).lower()
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
        facts = {"workouts": _listed(planned, person)} if planned else {}
        text = say(Say.CHECKIN_EVENING_SEVERAL if planned else Say.CHECKIN_EVENING_FREE, person.language, **facts)
        _say(scope, person, Asking(PLAIN, text, (), LASTS, {"checkin": key}), desk)
        return True
    workout = planned[0]
    asking = Asking(
        quick.DID_YOU,
        say(Say.CHECKIN_EVENING, person.language, workout=timed(workout, person)),
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


# --- the week --------------------------------------------------------------------------------------


def _score_question(person: Person, key: str, day: date, measure: str) -> Asking:
    options = tuple((str(score), str(score)) for score in range(scores.LOWEST, scores.HIGHEST + 1))
    payload = {**_of_day(key, day), "measure": measure}
    return Asking(SCORE, say(_ASKS[measure], person.language), options, LASTS, payload)


def _sessions_question(person: Person, key: str, day: date) -> Asking:
    options = tuple((str(count), str(count)) for count in range(MOST_SESSIONS + 1))
    return Asking(SESSIONS, say(Say.WEEK_SESSIONS, person.language), options, LASTS, _of_day(key, day))


def score_answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Keep a score, and ask for the next; after the last, how many sessions next week is to have."""
    day, measure = date.fromisoformat(str(pending.payload["day"])), str(pending.payload["measure"])
    scores.record(scope, Score(day, measure, int(option), "button"), score_id=desk.new_id(), now=desk.now)
    key, left = str(pending.payload["checkin"]), scores.MEASURES[scores.MEASURES.index(measure) + 1 :]
    following = _score_question(person, key, day, left[0]) if left else _sessions_question(person, key, day)
    questions.ask(scope, person, following, desk)
    return True


def sessions_answered(scope: Scope, person: Person, _pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Keep how many sessions they mean to have; the days and times are told in words, and a turn plans them."""
    weekly_numbers.mean_to_have(scope, int(option))
    if int(option):
        desk.tell(scope, person, Say.WEEK_SET, sessions=int(option))
    else:
        desk.tell(scope, person, Say.WEEK_FREE)
    return True


# --- the month -------------------------------------------------------------------------------------


def note_life(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    """Keep the words that answer the monthly question, under what they speak of; a turn answers them in any case.

    They answer it if they quote it, or come right after it and name one of its things. Return whether they did.
    """
    pending = pending_actions.open_one(scope, LIFE, now=desk.now)
    if pending is None:
        return False
    quotes = heard.quoted_id and outbox.question_of(scope, desk.channel, heard.quoted_id) == pending.id
    tags = tags_of(heard.words) or (("other",) if quotes else ())
    if not tags or not (quotes or messages.last_asked(scope) == pending.id):
        return False
    if not pending_actions.settle_one(scope, pending.id, "words", now=desk.now):
        return False
    words, day = " ".join(heard.words.split())[:LONGEST_MARKER], local_date(desk.now, person.zone)
    for tag in tags:
        scores.note(scope, Marker(day, tag, words), marker_id=desk.new_id(), now=desk.now)
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


ANSWERS = {PLAN: plan_answered, SCORE: score_answered, SESSIONS: sessions_answered}
"""For `agent/answers.py`."""
