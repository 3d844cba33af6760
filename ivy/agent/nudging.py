"""A text a few minutes before a call or a workout, less of it for who never reacts. May import: the store and below.

All of it is looked at when it is due: a call that took place, a workout that is done or was moved, somebody who said stop.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from ivy.agent import checkins, questions
from ivy.agent.acting import by_tap
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain import if_then
from ivy.domain.at_time import at_time
from ivy.domain.backing_off import HALVE_AFTER, Nudge, may_nudge
from ivy.domain.calls import CallKind, CallOutcome
from ivy.domain.routing import For
from ivy.domain.schedule import to_instant, to_wall
from ivy.domain.sentences import Say, say
from ivy.domain.slots import By, clock_of
from ivy.domain.workouts import WorkoutState
from ivy.store import call_slots, calls, calls_off, contact, nudges, people, workouts
from ivy.store import if_then as if_then_plans
from ivy.store.call_slots import NUDGED, Slot
from ivy.store.nudges import Habit
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.workouts import Workout
from ivy.tools import texts_before
from ivy.tools.registry import TurnContext

QUESTION, OFFER = "nudges", "nudge_offer"
LASTS = timedelta(days=7)
USUAL = timedelta(days=1)
TEMPLATE = "reminder_due"
KEEP, LESS, STOP = "keep", "less", "stop"
YES, NO = "yes", "no"
_OPTIONS = ((KEEP, Say.OPTION_KEEP), (LESS, Say.OPTION_LESS), (STOP, Say.OPTION_STOP_NUDGES))


@dataclass(frozen=True)
class Due:
    """A nudge that is due: what it comes before, and when that is."""

    before: Slot | Workout
    at: datetime


def due(scope: Scope, person: Person, ref: str, due_at: datetime, now: datetime) -> Due | str:
    """Return what a nudge is about, or why it is not to be said."""
    if not checkins.may_begin(person, now):
        return "They are not to be written to unasked now."
    found = _call(scope, person, ref, due_at) or _workout(scope, person, ref, due_at)
    if isinstance(found, Due) and found.at <= now:
        return "What it was for has begun."
    return found or "What it was for is done, was moved, or is not there any more."


def _call(scope: Scope, person: Person, ref: str, due_at: datetime) -> Due | None:
    slot = call_slots.load(scope, ref.removeprefix(NUDGED)) if ref.startswith(NUDGED) else None
    if slot is None or not slot.is_on or slot.by is not By.VOICE or not slot.nudge_minutes:
        return None
    day = to_wall(due_at, person.zone).date()
    if calls_off.is_left_out(scope, day):
        return None
    if any(call.outcome is CallOutcome.COMPLETED for call in calls.of_day(scope, day, CallKind(slot.kind.value))):
        return None
    return Due(slot, to_instant(datetime.combine(day, clock_of(slot.at)), person.zone))


def _workout(scope: Scope, person: Person, ref: str, due_at: datetime) -> Due | None:
    named = nudges.workout_of(ref)
    workout = workouts.load(scope, named[0]) if named else None
    if named is None or workout is None or workout.state is not WorkoutState.PLANNED or workout.at_wall != named[1]:
        return None
    at = to_instant(datetime.combine(workout.day, time.fromisoformat(workout.at_wall)), person.zone)
    return Due(workout, at) if at - due_at < timedelta(days=1) else None  # not one that went to another day


def nudge(scope: Scope, person: Person, found: Due, desk: Desk) -> Nudge:
    """Say it, or ask whether such texts are wanted at all, or leave it out; return which."""
    habit = nudges.habit(scope)
    if habit.last_at is not None and contact.spoke_since(scope, habit.last_at):
        habit = habit.answered()
    decision = may_nudge(habit.seen, desk.now, usual=USUAL)
    if decision is Nudge.SEND:
        _say(scope, person, found, desk)
    elif decision is Nudge.ASK:
        _ask(scope, person, desk)
    if decision is not Nudge.LEAVE_OUT:
        habit = habit.sent(desk.now, asked=decision is Nudge.ASK)
    nudges.keep_habit(scope, habit, now=desk.now)
    return decision


def _say(scope: Scope, person: Person, found: Due, desk: Desk) -> None:
    clock = at_time(to_wall(found.at, person.zone).time(), person.locale)
    # Not as a reminder: that would go by phone where nothing else does, and nobody is phoned about being phoned.
    more = {
        "purpose": For.CHECKIN,
        "patience": max(found.at - desk.now, timedelta(minutes=1)),
        # Before a call there is none unless it was chosen with its time; before a workout it comes to who says nothing too.
        "asked_for": isinstance(found.before, Slot) or nudges.wanted(scope),
    }
    if isinstance(found.before, Slot):
        desk.send(scope, say(Say.NUDGE_CALL, person.speech, time=clock), **more)
        return
    workout = found.before
    text = say(Say.WORKOUT_SOON, person.speech, time=clock, workout=workout.kind)
    plan = if_then_plans.of_day(scope, workout.day)
    if plan is not None and plan.barrier:
        text = f"{text} {if_then.sentence(plan, person.language)}"
    asking = checkins.plan_asking(text, person, workout.day, f"workout:{workout.id}", workout_id=workout.id)
    pending, content = questions.put(scope, person, asking, desk)
    values = {"time": f"{to_wall(desk.now, person.zone):%H:%M}", "task": workout.kind}
    template = questions.with_template(pending, desk, TEMPLATE, values, (checkins.DONE, checkins.LATER))
    desk.send(scope, content, action_id=pending.id, template=template, **more)


def _ask(scope: Scope, person: Person, desk: Desk) -> None:
    options = tuple((name, say(title, person.speech)) for name, title in _OPTIONS)
    asking = Asking(QUESTION, say(Say.NUDGE_QUESTION, person.speech), options, LASTS, {}, up=KEEP, down=STOP)
    questions.ask(scope, person, asking, desk, purpose=For.CHECKIN, asked_for=False)


def answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Keep them, half as many, or none: neither before calls nor before workouts."""
    habit = nudges.habit(scope)
    if option == STOP:
        _stop(scope, by_tap(person, desk, pending.id), desk)
        desk.tell(scope, person, Say.NUDGES_STOPPED)
    elif option == LESS:
        _want(scope, habit.answered(floor=HALVE_AFTER), desk)
        desk.tell(scope, person, Say.NUDGES_LESS)
    else:
        _want(scope, habit.answered(floor=0), desk)
        desk.tell(scope, person, Say.NUDGES_KEPT)
    return True


def _want(scope: Scope, habit: Habit, desk: Desk) -> None:
    """Keep that they said yes to such texts: from now on those before workouts are asked for."""
    nudges.keep_habit(scope, habit, now=desk.now)
    day = to_wall(desk.now, people.load(scope).zone).date()
    if minutes := nudges.lead_seen(scope, desk.config.experiments, day=day):
        nudges.set_minutes(scope, minutes, source="text", now=desk.now)


def _stop(scope: Scope, turn: TurnContext, desk: Desk) -> None:
    nudges.keep_habit(scope, Habit(), now=desk.now)
    texts_before.call_off(scope, turn, calls=True, runs=True)


# --- wished for --------------------------------------------------------------------------------------


def offer(scope: Scope, person: Person, before: str, desk: Desk) -> None:
    """Ask once, after these words, whether such texts are wanted at all: nobody gets them who does not say so."""
    known = nudges.call_minutes(scope) or nudges.minutes(scope)
    if known or contact.was_asked(scope, OFFER, "offer", "1"):
        desk.write(scope, before)
        return
    options = ((YES, say(Say.OPTION_YES, person.speech)), (NO, say(Say.OPTION_NO, person.speech)))
    asked = Say.NUDGE_OFFER if _is_rung(scope) else Say.NUDGE_OFFER_WORKOUTS
    text = f"{before}\n\n{say(asked, person.speech)}"
    questions.ask(scope, person, Asking(OFFER, text, options, LASTS, {"offer": "1"}, up=YES, down=NO), desk)


def offer_answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Begin with them, or leave it: a word brings them later."""
    if option != YES:
        desk.tell(scope, person, Say.NUDGES_UNWANTED)
        return True
    rung = _is_rung(scope)
    texts_before.wish(scope, by_tap(person, desk, pending.id), calls=rung, runs=True)
    calls, runs = nudges.call_minutes(scope), nudges.minutes(scope)
    if rung:
        desk.tell(scope, person, Say.NUDGES_WANTED, calls=calls, workouts=runs)
    else:
        desk.tell(scope, person, Say.NUDGES_WANTED_WORKOUTS, workouts=runs)
    return True


def _is_rung(scope: Scope) -> bool:
    return any(slot.by is By.VOICE for slot in call_slots.of(scope))
