"""Workouts, the streak and the gift. May import: the store and below.

Each word about a workout moves the three in the same commit. Nothing here shames: a skipped day is a skipped day.
"""

from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from typing import Annotated

import msgspec

from ivy.config import GivingSection
from ivy.domain import giving
from ivy.domain.money import Money, format_money
from ivy.domain.plain_words import words_of
from ivy.domain.said import word_set
from ivy.domain.sentences import Say, say
from ivy.domain.streaks import worth_telling
from ivy.domain.taint import Touch
from ivy.domain.when import describe_clock
from ivy.domain.workouts import IllegalChange, WorkoutState
from ivy.store import appeals, nudges, workouts
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.workouts import Change, Word, Workout
from ivy.tools import said, workout_reminders
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool

LONGEST_KIND = 60
LONGEST_WORKOUT = timedelta(hours=24)
MOST_PLANNED = 200
LOGGED_BACK = timedelta(days=60)
UNDONE_BACK = timedelta(days=7)
_ANY_KIND = word_set(
    "workout workouts training exercise session the my a el la mi un una entrenamiento entreno ejercicio rutina sesion"
)
"""Words that name no kind: the planned workout is meant, whatever it is."""
_NO_KIND = ("What kind of workout is it?", "¿Qué tipo de entrenamiento es?")
_LOG_LATER = (
    "That day is still to come. Tell me when it is done.",
    "Ese día no ha llegado. Lo anoto cuando esté hecho.",
)

Kind = Annotated[
    str,
    msgspec.Meta(
        description="Which workout, in the person's words: 'run', 'yoga', 'gimnasio'. Empty: the planned one."
    ),
]
Day = Annotated[str, msgspec.Meta(description="Which day, if not today: 'yesterday', 'el lunes'.")]


class PlanWorkout(msgspec.Struct, frozen=True):
    kind: Annotated[str, msgspec.Meta(description="What kind, in the person's words: 'run', 'yoga', 'gimnasio'.")]
    when: Annotated[
        str, msgspec.Meta(description="The day, with the time if they say one: 'tomorrow at 7am', 'el lunes'.")
    ] = "today"


@tool(
    effect=Effect.LOCAL,
    undo="undo_workout",
    examples={
        "plan a run tomorrow at 7am": {"kind": "run", "when": "tomorrow at 7am"},
        "plan a yoga workout on friday": {"kind": "yoga", "when": "friday"},
        "plan a workout tomorrow at 6pm: swimming": {"kind": "swimming", "when": "tomorrow at 6pm"},
        "planea una carrera mañana a las 6 am": {"kind": "carrera", "when": "mañana a las 6 am"},
        "planea gimnasio para pasado mañana a las 7 am": {"kind": "gimnasio", "when": "pasado mañana a las 7 am"},
    },
)
def plan_workout(args: PlanWorkout, turn: TurnContext) -> ScopedWrite:
    """Plan one workout on a day. Planning the same kind again on that day moves it."""

    def write(scope: Scope) -> str:
        kind = said.text(turn, args.kind, missing=_NO_KIND, longest=LONGEST_KIND)
        when = said.when(turn, args.when)
        if when.repeat:
            raise said.refuse(
                turn,
                "Workouts are planned one by one. Which day comes first?",
                "Los entrenamientos se planean uno por uno. ¿Qué día va primero?",
            )
        at = "" if when.all_day else f"{when.wall:%H:%M}"
        same = next((each for each in workouts.open_of(scope, when.day) if each.kind.lower() == kind.lower()), None)
        if same is not None:
            planned = move(scope, turn, same, at or same.at_wall)
        else:
            planned = plan_new(scope, turn, Workout(turn.new_id(), when.day, kind, at_wall=at))
        return said.tell(turn, f"Planned: {_full(turn, planned)}.", f"Planeado: {_full(turn, planned)}.")

    return write


def plan_new(scope: Scope, turn: TurnContext, workout: Workout) -> Workout:
    """Write a workout down, with the text before it. Raises: ToolFailed where too many are planned."""
    if workouts.count_open(scope, said.today(turn)) >= MOST_PLANNED:
        raise said.refuse(
            turn,
            f"{MOST_PLANNED} workouts are planned already. That should keep you busy.",
            f"Ya hay {MOST_PLANNED} entrenamientos planeados. Con eso hay para rato.",
        )
    workouts.plan(scope, workout, source=turn.source, now=turn.now)
    _remind(scope, turn, workout)
    return workout


def move(scope: Scope, turn: TurnContext, workout: Workout, at: str) -> Workout:
    """Plan a workout for another local time of its day, with the text before it."""
    moved = workouts.retime(scope, workout, at, now=turn.now)
    _remind(scope, turn, moved)
    return moved


def _remind(scope: Scope, turn: TurnContext, workout: Workout) -> None:
    lead = nudges.lead(scope, turn.experiments, day=said.today(turn), now=turn.now) if workout.at_wall else 0
    workout_reminders.plan_reminder(scope, turn.person, workout, lead, turn.new_id, turn.now)


class LogWorkout(msgspec.Struct, frozen=True):
    kind: Kind = ""
    duration: Annotated[
        str, msgspec.Meta(description="How long it took, if the person says so: '30 minutes', 'media hora'.")
    ] = ""
    day: Day = ""
    partial: Annotated[bool, msgspec.Meta(description="True if they did only a part of what was planned.")] = False
    note: Annotated[str, msgspec.Meta(description="How it went, in their words, if they say so.")] = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.NOTES,
    undo="undo_workout",
    examples={
        "I did 30 minutes of yoga": {"duration": "30 minutes", "kind": "yoga"},
        "log a run of 45 minutes": {"kind": "run", "duration": "45 minutes"},
        "log my workout from yesterday: run": {"day": "yesterday", "kind": "run"},
        "I only did 10 minutes of yoga": {"duration": "10 minutes", "kind": "yoga", "partial": True},
        "hice 40 minutos de bicicleta": {"duration": "40 minutos", "kind": "bicicleta"},
        "entrené 45 minutos": {"duration": "45 minutos"},
        "registra una carrera de media hora": {"kind": "carrera", "duration": "media hora"},
        "solo hice 15 minutos de yoga": {"duration": "15 minutos", "kind": "yoga", "partial": True},
    },
)
def log_workout(args: LogWorkout, turn: TurnContext) -> ScopedWrite:
    """Write down a workout the person did, whole or in part, planned or not; it counts for their streak."""

    def write(scope: Scope) -> str:
        day = _day(turn, args.day)
        if day > said.today(turn):
            raise said.refuse(turn, *_LOG_LATER)
        minutes = _minutes(turn, args.duration)
        note = said.optional_text(turn, args.note)
        to = WorkoutState.PARTIAL if args.partial else WorkoutState.DONE
        workout = _meant(scope, turn, day, args.kind, lambda each: _is_open_to(each, minutes))
        if workout is not None:
            return _told(turn, _finish(scope, turn, workout, to, minutes, note))
        new = Workout(turn.new_id(), day, _kind(turn, args.kind), to, "", False, minutes, note)
        return _told(turn, workouts.record(scope, new, word_of(turn)))

    return write


def _is_open_to(workout: Workout, minutes: int | None) -> bool:
    """Say whether another word about a workout is about this one: it is not done, or was done without saying how long."""
    return workout.state is not WorkoutState.DONE or workout.minutes is None or workout.minutes == minutes


class SkipWorkout(msgspec.Struct, frozen=True):
    kind: Kind = ""
    day: Day = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.NOTES,
    undo="undo_workout",
    examples={
        "skip the run": {"kind": "run"},
        "skip the workout tomorrow": {"day": "tomorrow"},
        "I'm skipping yoga today": {"kind": "yoga", "day": "today"},
        "hoy me salto la carrera": {"kind": "carrera", "day": "hoy"},
        "hoy no hago el entrenamiento": {"kind": "entrenamiento", "day": "hoy"},
        "no voy a hacer yoga hoy": {"kind": "yoga", "day": "hoy"},
    },
)
def skip_workout(args: SkipWorkout, turn: TurnContext) -> ScopedWrite:
    """Note that the person leaves a planned workout out."""

    def write(scope: Scope) -> str:
        day = _day(turn, args.day, future=True)
        workout = _meant(scope, turn, day, args.kind, lambda each: each.state is not WorkoutState.DONE)
        if workout is None:
            done = said.matching(args.kind, workouts.of_day(scope, day), _name)
            if done and set(words_of(args.kind)) - _ANY_KIND:
                return _told(turn, _finish(scope, turn, done[0], WorkoutState.SKIPPED))
            on = said.say_day(turn, day)
            raise said.refuse(
                turn,
                f"Nothing like that is planned for {on}, so there is nothing to skip.",
                f"No hay nada así planeado para el {on}, así que no hay nada que saltarse.",
            )
        return _told(turn, _finish(scope, turn, workout, WorkoutState.SKIPPED))

    return write


class RestDay(msgspec.Struct, frozen=True):
    day: Annotated[str, msgspec.Meta(description="Which day, if not today: 'tomorrow', 'el domingo'.")] = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.NOTES,
    undo="undo_workout",
    examples={
        "today is a rest day": {"day": "today"},
        "take a rest day tomorrow": {"day": "tomorrow"},
        "make sunday a rest day": {"day": "sunday"},
        "mañana es día de descanso": {"day": "mañana"},
        "el domingo es mi día de descanso": {"day": "domingo"},
    },
)
def rest_day(args: RestDay, turn: TurnContext) -> ScopedWrite:
    """Make a day a day of rest: it does not break the streak."""

    def write(scope: Scope) -> str:
        day = _day(turn, args.day, future=True)
        of_day = workouts.of_day(scope, day)
        if done := [each for each in of_day if each.state in (WorkoutState.DONE, WorkoutState.PARTIAL)]:
            raise said.refuse(
                turn,
                f"{done[0].kind} is done on {said.say_day(turn, day)}; that day counts already.",
                f"Ya hay {done[0].kind} el {said.say_day(turn, day)}; ese día ya cuenta.",
            )
        for each in of_day:
            _finish(scope, turn, each, WorkoutState.REST)
        if not of_day:
            rest = Workout(turn.new_id(), day, said.tell(turn, "rest", "descanso"), WorkoutState.REST, planned=False)
            workouts.record(scope, rest, word_of(turn))
        return f"{said.say_day(turn, day)}: {say(Say.WORKOUT_REST, turn.person.speech)}"

    return write


class UndoWorkout(msgspec.Struct, frozen=True):
    pass


@tool(
    effect=Effect.LOCAL,
    touch=Touch.DELETES,
    undo="log_workout",
    examples={
        "undo my last workout": {},
        "undo the last workout": {},
        "unlog my workout": {},
        "deshaz el último entrenamiento": {},
        "borra el último entrenamiento": {},
    },
)
def undo_workout(args: UndoWorkout, turn: TurnContext) -> ScopedWrite:  # noqa: ARG001 - tools have their arguments
    """Take back the last word about a workout: what was done is planned again, what was only planned is gone. Or the last
    word that a missed day was wrong."""

    def write(scope: Scope) -> str:
        since = turn.now - UNDONE_BACK
        if (appeal := appeals.last_word(scope, since)) is not None:
            changes = appeals.take_back(scope, appeal, word_of(turn))
            day = said.say_day(turn, appeal.day)
            counts = said.tell(
                turn, f"Taken back: {day} counts as it did before.", f"Hecho: el {day} cuenta como antes."
            )
            return " ".join([counts, *(moved(changes, turn.person) if changes else [])])
        workout = workouts.last_changed(scope, since)
        if workout is None:
            raise said.refuse(turn, "There is no workout to take back.", "No hay ningún entrenamiento que deshacer.")
        change = workouts.undo(scope, workout, word_of(turn))
        opened = workout.planned and workout.state is not WorkoutState.PLANNED
        english, spanish = ("Open again", "Queda pendiente otra vez") if opened else ("Taken back", "Borrado")
        sentence = f"{said.tell(turn, english, spanish)}: {_full(turn, workout)}."
        return " ".join([sentence, *moved([change], turn.person)])

    return write


# --- finding -----------------------------------------------------------------------------------------


def _day(turn: TurnContext, words: str, *, future: bool = False) -> date:
    day = said.day(turn, words, future=future)
    if said.today(turn) - day > LOGGED_BACK:
        raise said.refuse(
            turn,
            f"{said.say_day(turn, day)} is too long ago to change.",
            f"El {said.say_day(turn, day)} ya queda muy atrás para cambiarlo.",
        )
    return day


def _minutes(turn: TurnContext, words: str) -> int | None:
    if not words.strip():
        return None
    length = said.duration(words)
    if length > LONGEST_WORKOUT:
        raise said.refuse(turn, "A workout lasts a day at most.", "Un entrenamiento dura un día como mucho.")
    return max(1, round(length.total_seconds() / 60))


def _kind(turn: TurnContext, words: str) -> str:
    if not words.strip():
        return said.tell(turn, "workout", "entrenamiento")
    return said.text(turn, words, missing=_NO_KIND, longest=LONGEST_KIND)


def _meant(scope: Scope, turn: TurnContext, day: date, kind: str, fits: Callable[[Workout], bool]) -> Workout | None:
    """Return the workout of a day that is meant: by its kind, or the only open one. Raises: ToolFailed if it is unclear."""
    known = [each for each in workouts.of_day(scope, day) if fits(each)]
    opened = [each for each in known if each.state is WorkoutState.PLANNED]
    if set(words_of(kind)) - _ANY_KIND:
        found = said.matching(kind, opened, _name) or said.matching(kind, known, _name)
        return found[0] if found else None
    found = opened or known
    if len(found) > 1:
        options = said.say_list(turn, [_timed(each) for each in found[: said.MOST_NAMED]], ("or", "o"))
        raise said.refuse(turn, f"Which workout do you mean: {options}?", f"¿Cuál entrenamiento: {options}?")
    return found[0] if found else None


def _name(workout: Workout) -> str:
    return workout.kind


def word_of(turn: TurnContext) -> Word:
    """Return the person's word as the store takes it."""
    return Word(turn.person, turn.source, turn.now, turn.new_id, giving_of(turn), turn.experiments)


def giving_of(turn: TurnContext) -> GivingSection:
    """Return what the operator lets people give; nothing where the turn does not say."""
    return turn.giving


def _finish(
    scope: Scope, turn: TurnContext, workout: Workout, to: WorkoutState, minutes: int | None = None, note: str = ""
) -> Change:
    try:
        return workouts.finish(scope, workout, to, word_of(turn), minutes=minutes, note=note)
    except IllegalChange as error:
        raise said.refuse(
            turn,
            f"{workout.kind} is down as done. Undo that first if it is wrong.",
            f"{workout.kind} está como hecho. Si no es así, hay que deshacerlo primero.",
        ) from error


# --- saying it back ----------------------------------------------------------------------------------


def _told(turn: TurnContext, change: Change) -> str:
    """Say what was noted, and in the same breath what it did for the streak and gave."""
    workout = change.workout
    full = _full(turn, workout)
    if workout.state is WorkoutState.SKIPPED:
        first = said.tell(
            turn,
            f"Okay, left out: {full}. We go again next time.",
            f"Vale, queda por fuera: {full}. Seguimos la próxima.",
        )
    else:
        key = Say.WORKOUT_PARTIAL if workout.state is WorkoutState.PARTIAL else Say.WORKOUT_DONE
        first = say(key, turn.person.speech, workout=full)
    return " ".join([first, *moved([change], turn.person)])


def moved(changes: Sequence[Change], person: Person) -> list[str]:
    """Return the sentences on what words said together did for the streak, and on what they gave or took back."""
    if person.is_cared_for:
        return []
    return [*_of_streak(changes, person.speech), *_of_gift(changes, person)]


def _of_streak(changes: Sequence[Change], speech: str) -> list[str]:
    before, after = changes[0].before, changes[-1].after
    mark = max((change.milestone for change in changes if change.milestone is not None), default=None)
    if mark is not None:
        return [say(Say.STREAK_MILESTONE, speech, days=mark)]
    if after.current <= before.current:
        return []
    kept, planned = changes[-1].of_last
    beside = [say(Say.STREAK_OF_LAST, speech, kept=kept, planned=planned)] if worth_telling(kept, planned) else []
    if before.current == 0 and before.longest > 0:  # after a break nobody is told that they begin at one
        return [say(Say.STREAK_BACK, speech), *beside]
    return [say(Say.STREAK_KEPT, speech, days=after.current), *beside]


def _of_gift(changes: Sequence[Change], person: Person) -> list[str]:
    gift = giving.together([change.gift for change in changes])
    if gift is None or gift.amount_minor == 0:
        return []
    given = Say.GIFT_COMEBACK if gift.comeback_minor else Say.GIFT_PLEDGED
    key = given if gift.amount_minor > 0 else Say.GIFT_BACK
    amount = format_money(Money(abs(gift.amount_minor), gift.currency), person.locale)
    return [say(key, person.speech, amount=amount, charity=gift.charity)]


def _timed(workout: Workout) -> str:
    return f"{workout.kind} {workout.at_wall}".strip()


def _full(turn: TurnContext, workout: Workout) -> str:
    """Say a workout: "run, 30 min, Mon 23 Nov", "yoga, Tue 24 Nov, 7:00 am"."""
    minutes = f", {workout.minutes} min" if workout.minutes is not None else ""
    clock = ""
    if workout.at_wall and workout.state is WorkoutState.PLANNED:
        clock = f", {describe_clock(time.fromisoformat(workout.at_wall), turn.person.locale)}"
    return f"{workout.kind}{minutes}, {said.say_day(turn, workout.day)}{clock}"


TOOLS = (plan_workout, log_workout, skip_workout, rest_day, undo_workout)
