"""The sentence a day is planned with, how somebody feels, and what changed for them. May import: the store and below.

Numbers and words are the person's own; nothing here judges them.
"""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec

from ivy.domain import if_then
from ivy.domain.consent import Purpose
from ivy.domain.if_then import IfThen
from ivy.domain.numbers_said import TEENS, UNITS
from ivy.domain.plain_words import words_of
from ivy.domain.taint import Touch
from ivy.domain.when import When
from ivy.domain.workouts import WorkoutState
from ivy.store import consents, scores, workouts
from ivy.store import if_then as plans
from ivy.store.scope import Scope
from ivy.store.scores import HIGHEST, LOWEST, MEASURES, Marker, Score
from ivy.store.workouts import Workout
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool
from ivy.tools.workouts import LONGEST_KIND, move, plan_new, word_of

AHEAD = timedelta(days=7)
UNDONE_BACK = timedelta(days=1)
_NUMBERS = UNITS | TEENS
_NAMES = {
    "energy": ("energy", "energía"),
    "mood": ("mood", "ánimo"),
    "confidence": ("confidence", "confianza"),
}
_CLOCK_LEADS = re.compile(r"^(?:it is|it's|its|at|by|around|about|after|son|es|sean|sea|a|desde)\b\s*", re.IGNORECASE)
_CLOCK_ENDS = re.compile(r"\s*(?:,|;|\band\b|\by\b).*$", re.IGNORECASE | re.DOTALL)


class SavePlan(msgspec.Struct, frozen=True):
    kind: Annotated[
        str, msgspec.Meta(description="Which workout, in their words: 'run 30 minutes', 'yoga', 'caminar'.")
    ]
    time: Annotated[
        str, msgspec.Meta(description="The if: when they start, an hour or an event: 'it is six', 'I leave work'.")
    ] = ""
    place: Annotated[str, msgspec.Meta(description="Where, in their words: 'in the park', 'at home'.")] = ""
    barrier: Annotated[str, msgspec.Meta(description="What may come between, in their words: 'it rains'.")] = ""
    small_version: Annotated[
        str, msgspec.Meta(description="What they do then instead, in their words: 'ten minutes of stairs'.")
    ] = ""
    when: Annotated[
        str, msgspec.Meta(description="The day, with the time if they say one: 'today at 6pm', 'mañana'.")
    ] = "today"


@tool(
    effect=Effect.LOCAL,
    undo="undo_note",
    examples={
        "if it is six pm then I run, and if it rains then ten minutes of stairs": {
            "time": "it is six pm",
            "kind": "run",
            "barrier": "it rains",
            "small_version": "ten minutes of stairs",
        },
        "if I am home by 6pm, then I do yoga": {"time": "I am home by 6pm", "kind": "yoga"},
        "tomorrow: if I leave work then I swim, and if I am tired then two lengths": {
            "when": "tomorrow",
            "time": "I leave work",
            "kind": "swim",
            "barrier": "I am tired",
            "small_version": "two lengths",
        },
        "I train in the park: if it is seven am then I walk, and if I am tired then one lap": {
            "place": "in the park",
            "time": "it is seven am",
            "kind": "walk",
            "barrier": "I am tired",
            "small_version": "one lap",
        },
        "entreno en el parque: si son las siete de la mañana entonces camino, y si estoy cansada entonces una vuelta": {
            "place": "en el parque",
            "time": "son las siete de la mañana",
            "kind": "camino",
            "barrier": "estoy cansada",
            "small_version": "una vuelta",
        },
        "si son las seis de la tarde entonces corro, y si llueve entonces diez minutos de escaleras": {
            "time": "son las seis de la tarde",
            "kind": "corro",
            "barrier": "llueve",
            "small_version": "diez minutos de escaleras",
        },
        "mañana si llego a casa entonces yoga, y si hay visita entonces cinco minutos de estiramientos": {
            "when": "mañana",
            "time": "llego a casa",
            "kind": "yoga",
            "barrier": "hay visita",
            "small_version": "cinco minutos de estiramientos",
        },
        "hoy si salgo del trabajo entonces gimnasio": {
            "when": "hoy",
            "time": "salgo del trabajo",
            "kind": "gimnasio",
        },
    },
)
def save_plan(args: SavePlan, turn: TurnContext) -> ScopedWrite:
    """Save their sentence for a day: if this, then that workout; and the small version if something comes between."""

    def write(scope: Scope) -> str:
        when = said.when(turn, args.when)
        if when.repeat or when.day > said.today(turn) + AHEAD:
            raise said.refuse(
                turn,
                "This sentence is for one of the next days. Which one?",
                "Esta frase es para uno de los próximos días. ¿Cuál?",
            )
        plan = _told(args, turn, when.day)
        workout = _planned(scope, turn, when, plan)
        plan = replace(plan, workout_id=workout.id)
        plans.save(scope, plan, plan_id=turn.new_id(), source=turn.source, now=turn.now)
        whole = if_then.sentence(plan, turn.person.language)
        return said.tell(
            turn,
            f"Saved for {said.say_day(turn, when.day)}: {whole}",
            f"Guardado para el {said.say_day(turn, when.day)}: {whole}",
        )

    return write


def _told(args: SavePlan, turn: TurnContext, day: date) -> IfThen:
    """Return the sentence with each part in its place. Raises: ToolFailed without a workout, or with too many words."""
    time, place, barrier, small = (
        if_then.field(said.optional_text(turn, words))
        for words in (args.time, args.place, args.barrier, args.small_version)
    )
    kind = said.optional_text(turn, if_then.field(args.kind))
    plan = if_then.parted(IfThen(day, kind, time, barrier, small, place=place), turn.person.language)
    missing = ("Which workout is it?", "¿Qué entrenamiento es?")
    return replace(plan, workout=said.text(turn, plan.workout, missing=missing, longest=LONGEST_KIND))


def _planned(scope: Scope, turn: TurnContext, when: When, plan: IfThen) -> Workout:
    """Return the open workout of that kind and day: the one that is planned, at its new time, or a new one."""
    kind = plan.workout
    at = f"{when.wall:%H:%M}" if not when.all_day else _clock_in(turn, plan.time)
    opened = workouts.open_of(scope, when.day)
    found = [each for each in opened if each.kind.lower() == kind.lower()] or said.matching(kind, opened, _name)
    if len(found) == 1:
        return found[0] if at in ("", found[0].at_wall) else move(scope, turn, found[0], at)
    return plan_new(scope, turn, Workout(turn.new_id(), when.day, kind, at_wall=at))


def _name(workout: Workout) -> str:
    return workout.kind


def _clock_in(turn: TurnContext, time: str) -> str:
    """Return the local HH:MM that words such as "it is six pm and I am back" name, or ""; an event names none."""
    words = _CLOCK_LEADS.sub("", _CLOCK_ENDS.sub("", time))
    clock = said.hour_alone(turn, words) if words else None
    return "" if clock is None else f"{clock:%H:%M}"


# --- how they feel -----------------------------------------------------------------------------------


def may_keep_feelings(scope: Scope) -> bool:
    """Say whether what somebody tells of their well-being may be kept and spoken of: if they agreed to that."""
    return Purpose.HEALTH in consents.current(scope)


def _ask_consent(scope: Scope, turn: TurnContext) -> None:
    if not may_keep_feelings(scope):
        raise said.refuse(
            turn,
            "I keep what people tell about how they feel only if they agree to that, so nothing is noted.",
            "Solo guardo lo que la gente cuenta sobre cómo se siente si está de acuerdo, así que no anoté nada.",
        )


class RecordScores(msgspec.Struct, frozen=True):
    energy: Annotated[str, msgspec.Meta(description="Their energy from 1 to 10, if they say it: '7'.")] = ""
    mood: Annotated[str, msgspec.Meta(description="Their mood from 1 to 10, if they say it.")] = ""
    confidence: Annotated[str, msgspec.Meta(description="Their confidence from 1 to 10, if they say it.")] = ""


@tool(
    effect=Effect.LOCAL,
    touch=Touch.NOTES,
    undo="undo_note",
    examples={
        "my energy is 7, my mood is 8 and my confidence is 6": {"energy": "7", "mood": "8", "confidence": "6"},
        "my energy is 7 and my mood is 8": {"energy": "7", "mood": "8"},
        "energy 7, mood 8, confidence 6": {"energy": "7", "mood": "8", "confidence": "6"},
        "my mood is 4": {"mood": "4"},
        "hoy mi energía es 7, mi ánimo es 8 y mi confianza es 6": {"energy": "7", "mood": "8", "confidence": "6"},
        "mi energía es 7, mi ánimo es 8 y mi confianza es 6": {"energy": "7", "mood": "8", "confidence": "6"},
        "energía 7, ánimo 8, confianza 6": {"energy": "7", "mood": "8", "confidence": "6"},
    },
)
def record_scores(args: RecordScores, turn: TurnContext) -> ScopedWrite:
    """Note today's energy, mood and confidence, each from 1 to 10, as the person says them."""

    def write(scope: Scope) -> str:
        _ask_consent(scope, turn)
        given = {name: value for name in MEASURES if (value := _score(turn, name, getattr(args, name))) is not None}
        if not given:
            raise said.refuse(
                turn,
                "From 1 to 10: how are their energy, mood and confidence? Ask them.",
                "Del 1 al 10: ¿cómo están su energía, su ánimo y su confianza? Pregúntalo.",
            )
        day = said.today(turn)
        for name, value in given.items():
            scores.record(scope, Score(day, name, value, turn.source), score_id=turn.new_id(), now=turn.now)
        told = ", ".join(f"{said.tell(turn, *_NAMES[name])} {value}" for name, value in given.items())
        return said.tell(
            turn, f"Noted for {said.say_day(turn, day)}: {told}.", f"Anotado, {said.say_day(turn, day)}: {told}."
        )

    return write


def _score(turn: TurnContext, name: str, words: str) -> int | None:
    """Read "7", "7/10", "seven" or "un siete"; nothing where nothing was said. Raises: ToolFailed if it is no score."""
    if not words.strip():
        return None
    plain = re.sub(r"\s*(?:/|out of|of|de|sobre)\s*(?:10|ten|diez)\b", "", words.lower()[: said.LONGEST_TEXT])
    spoken = [word for word in words_of(plain) if word not in {"a", "an", "un", "una"}]
    numbers = [int(word) if word.isdecimal() else _NUMBERS.get(word) for word in spoken[:3]]
    found = [number for number in numbers if number is not None]
    if len(found) == 1 and "-" not in words and LOWEST <= found[0] <= HIGHEST:
        return found[0]
    what = said.tell(turn, *_NAMES[name])
    raise said.refuse(
        turn,
        f"A whole number from 1 to 10, please: how is the {what}?",
        f"Un número entero del 1 al 10, por favor: ¿cómo está {'la' if name != 'mood' else 'el'} {what}?",
    )


class NoteChange(msgspec.Struct, frozen=True):
    text: Annotated[str, msgspec.Meta(description="What changed, in their own words: 'I wake up rested'.")]
    tag: Annotated[
        Literal["sleep", "clothes", "stairs", "mood", "relationships", "work", "other"],
        msgspec.Meta(description="What it is about."),
    ] = "other"


@tool(
    effect=Effect.LOCAL,
    touch=Touch.NOTES,
    undo="undo_note",
    examples={
        "I noticed a change in my sleep: I wake up rested": {"tag": "sleep", "text": "I wake up rested"},
        "I noticed a change: walking uphill is easy": {"text": "walking uphill is easy"},
        "noté un cambio en el sueño: hoy me desperté descansada": {
            "tag": "sleep",
            "text": "hoy me desperté descansada",
        },
        "noté un cambio en la ropa: el pantalón me queda suelto": {
            "tag": "clothes",
            "text": "el pantalón me queda suelto",
        },
        "noté un cambio en las escaleras: subo sin parar": {"tag": "stairs", "text": "subo sin parar"},
        "anota un cambio: duermo toda la noche": {"text": "duermo toda la noche"},
    },
)
def note_change(args: NoteChange, turn: TurnContext) -> ScopedWrite:
    """Note a change that the person notices in their life, such as in sleep, clothes, stairs, mood or work."""

    def write(scope: Scope) -> str:
        _ask_consent(scope, turn)
        words = said.text(turn, args.text, missing=("What has changed?", "¿Qué ha cambiado?"))
        marker = Marker(said.today(turn), args.tag, words, turn.source)
        scores.note(scope, marker, marker_id=turn.new_id(), now=turn.now)
        return said.tell(
            turn, f'Noted: "{words}". Thank you for telling me.', f"Anotado: «{words}». Gracias por contarlo."
        )

    return write


class UndoNote(msgspec.Struct, frozen=True):
    pass


@tool(
    effect=Effect.LOCAL,
    touch=Touch.DELETES,
    undo="note_change",
    examples={
        "take back my last note": {},
        "undo my last note": {},
        "forget my last note": {},
        "borra mi última nota": {},
        "deshaz mi última nota": {},
    },
)
def undo_note(args: UndoNote, turn: TurnContext) -> ScopedWrite:  # noqa: ARG001 - tools have their arguments
    """Take back what was noted last today: the day's sentence, the scores, or a change."""

    def write(scope: Scope) -> str:
        since = turn.now - UNDONE_BACK
        plan = plans.last_changed(scope, since)
        ends = {
            "plan": plan and plan[1],
            "scores": scores.last_scored(scope, since),
            "change": scores.last_noted(scope, since),
        }
        known = {what: at for what, at in ends.items() if at is not None}
        if not known:
            return said.tell(
                turn, "There is no note of today to take back.", "No hay ninguna nota de hoy que deshacer."
            )
        last = max(known, key=lambda what: known[what])
        if last == "plan" and plan is not None:
            return _take_back(scope, turn, plan[0])
        (scores.forget_scores if last == "scores" else scores.forget_marker)(scope, known[last])
        return said.tell(turn, "Taken back: the last note.", "Borrado: la última nota.")

    return write


def _take_back(scope: Scope, turn: TurnContext, plan: IfThen) -> str:
    """Forget a sentence, and the workout that was planned with it, if nobody said yet what became of that."""
    is_its_own = plans.brought_its_workout(scope, plan.day)
    plans.forget(scope, plan.day)
    workout = workouts.load(scope, plan.workout_id) if plan.workout_id and is_its_own else None
    if workout is not None and workout.state is WorkoutState.PLANNED:
        workouts.undo(scope, workout, word_of(turn))
    whole = if_then.sentence(plan, turn.person.language)
    return said.tell(turn, f"Taken back: {whole}", f"Borrado: {whole}")


TOOLS = (save_plan, record_scores, note_change, undo_note)
