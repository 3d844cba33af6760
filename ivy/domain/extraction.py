"""What a call told that no function wrote down: read from the provider's analysis and from the person's own turns.

May import: the domain. What both tell is certain; what only the analysis tells is asked in the chat before it is written.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from ivy.domain.calls import CallKind, CallOutcome, Report, Spoken
from ivy.domain.consent import StopMeaning, stop_meaning
from ivy.domain.facts_said import BIRTHDAY
from ivy.domain.facts_said import read as facts_in
from ivy.domain.if_then import IfThen, field, said_in
from ivy.domain.numbers_said import TEENS, UNITS
from ivy.domain.plain_words import words_of
from ivy.domain.quick_replies import QuickReply, quick_reply
from ivy.domain.said import word_set
from ivy.domain.workouts import WorkoutState

FIELDS: Mapping[str, str] = {
    "plan_time": "When they mean to do the workout, or after what, in their own words. Empty if they did not say.",
    "plan_place": "Where they mean to do it, in their own words. Empty if they did not say.",
    "plan_workout": "Which workout they mean to do, in their own words, without time or place. Empty if none.",
    "plan_barrier": "What may get in the way of it, in their own words. Empty if they named nothing.",
    "plan_small_version": "What they do instead if it does, in their own words. Empty if they named nothing.",
    "workout_done": "Whether they did the planned workout: yes, no, part; empty if it was not spoken of.",
    "minutes": "How many minutes it took, as a number. Empty if they did not say.",
    "energy": "Their energy from 1 to 10, if they gave a number. Empty otherwise.",
    "mood": "Their mood from 1 to 10, if they gave a number. Empty otherwise.",
    "confidence": "Their confidence from 1 to 10, if they gave a number. Empty otherwise.",
    "stop_calls": "yes if they asked not to be called any more, or not today; otherwise empty.",
}
"""What the provider is asked to read from each call (its analysis), with how it is asked."""

_DONE = {
    **dict.fromkeys(("yes", "true", "done", "si", "sí"), WorkoutState.DONE),
    **dict.fromkeys(("no", "false", "skipped"), WorkoutState.SKIPPED),
    **dict.fromkeys(("part", "partial", "partly", "en parte", "parcial"), WorkoutState.PARTIAL),
}
_NOTHING = frozenset(
    {"", "none", "null", "n/a", "na", "unknown", "not mentioned", "not specified", "ninguno", "no mencionado"}
)
_MEASURES = ("energy", "mood", "confidence")
_MOST_MINUTES = 24 * 60
_NUMBERS = UNITS | TEENS
_SAYS = {
    WorkoutState.DONE: (
        "i did|did it|i went|i ran|i trained|i worked out|i finished|finished it|done|all done|completed|went well|"
        "went great|lo hice|si lo hice|ya lo hice|hice|entrene|corri|fui|termine|complete|cumpli|hecho|listo"
    ),
    WorkoutState.PARTIAL: (
        "half|part of|a bit|some of|only did|just did|only managed|almost|a medias|la mitad|una parte|en parte|un poco|"
        "solo hice|casi"
    ),
    WorkoutState.SKIPPED: (
        "didnt|did not|couldnt|could not|skipped|not today|no time|i rested|no pude|no lo hice|no hice|no fui|no entrene|"
        "me lo salte|no alcance|no tuve tiempo|descanse"
    ),
}
_PHRASES = {state: tuple(f" {phrase} " for phrase in phrases.split("|")) for state, phrases in _SAYS.items()}
_MEANS = {
    QuickReply.DONE: WorkoutState.DONE,
    QuickReply.YES: WorkoutState.DONE,
    QuickReply.PARTIAL: WorkoutState.PARTIAL,
    QuickReply.SKIP: WorkoutState.SKIPPED,
    QuickReply.NO: WorkoutState.SKIPPED,
}
_SMALL = word_set(
    "it is its am are that if when then a an the my to of for at in on and i go do some "
    "si cuando son es un una el la los las mi de a en y para con hacer ir"
)
"""Words that tell nothing of what a plan is."""


@dataclass(frozen=True)
class Extracted:
    """What an analysis says, in Ivy's own types; what cannot be read is as if it were not said."""

    plan: IfThen | None = None
    done: WorkoutState | None = None
    minutes: int | None = None
    scores: tuple[tuple[str, int], ...] = ()
    stop_calls: bool = False


class What(Enum):
    """What is missing, by the function that would have written it."""

    PLAN = "save_plan"
    WORKOUT = "log_workout"
    SCORES = "record_scores"
    BIRTHDAY = "remember"


@dataclass(frozen=True)
class Missing:
    """Something to write down after a call; if it is not `certain`, to be asked about first."""

    what: What
    certain: bool
    plan: IfThen | None = None
    done: WorkoutState | None = None
    minutes: int | None = None
    scores: tuple[tuple[str, int], ...] = ()
    birthday: str = ""
    """What they said of it, in their own words."""


_WRITES: Mapping[What, frozenset[str]] = {
    What.PLAN: frozenset({"save_plan", "plan_workout", "rest_day"}),
    What.WORKOUT: frozenset({"log_workout", "skip_workout", "rest_day", "undo_workout"}),
    What.SCORES: frozenset({"record_scores"}),
    What.BIRTHDAY: frozenset({"remember"}),
}
"""The functions of a call after which there is nothing missing of that sort."""
_OF_KIND: Mapping[CallKind, tuple[What, ...]] = {
    CallKind.MORNING: (What.PLAN, What.BIRTHDAY),
    CallKind.EVENING: (What.WORKOUT, What.SCORES, What.BIRTHDAY),
    CallKind.WEEKLY: (What.SCORES, What.BIRTHDAY),
    CallKind.MONTHLY: (What.SCORES, What.BIRTHDAY),
    CallKind.RESCUE: (What.PLAN, What.BIRTHDAY),
    CallKind.INBOUND: (What.PLAN, What.WORKOUT, What.BIRTHDAY),
}


def read(extracted: Mapping[str, str], day: date) -> Extracted:
    """Return what an analysis says of a call on a local date."""
    told = {name: _told(extracted.get(name, "")) for name in FIELDS}
    workout = field(told["plan_workout"])
    parts = [field(told[f"plan_{name}"]) for name in ("time", "barrier", "small_version")]
    plan = IfThen(day, workout, *parts, place=field(told["plan_place"]))
    scores = tuple((name, score) for name in _MEASURES if (score := _number(told[name], 10)))
    return Extracted(
        plan=plan if workout else None,
        done=_DONE.get(told["workout_done"].lower()),
        minutes=_number(told["minutes"], _MOST_MINUTES),
        scores=scores,
        stop_calls=told["stop_calls"].lower() in ("yes", "true", "si", "sí"),
    )


def what_is_missing(
    kind: CallKind, report: Report, *, ran: Collection[str], day: date, language: str
) -> tuple[Missing, ...]:
    """Return what a call told that no function wrote. `ran` are the tools that were run in it and did their work.

    A call in which nobody spoke tells nothing. Somebody who asked for silence is not asked anything.
    """
    if report.outcome not in (CallOutcome.COMPLETED, CallOutcome.OPTED_OUT):
        return ()
    quiet = wants_silence(report) is not StopMeaning.NONE or report.outcome is CallOutcome.OPTED_OUT
    told = read(report.extracted, day)
    turns = [turn.text for turn in report.spoken if turn.by == "person" and turn.text.strip()]
    found = (
        _missing(what, told, turns, day, language) for what in _OF_KIND.get(kind, ()) if not _WRITES[what] & set(ran)
    )
    return tuple(each for each in found if each is not None and (each.certain or not quiet))


def wants_silence(report: Report) -> StopMeaning:
    """Return what a call says about being called, by the person's turns or else by the analysis."""
    said = said_stop(report.spoken)
    if said is StopMeaning.NONE and _told(report.extracted.get("stop_calls", "")).lower() in (
        "yes",
        "true",
        "si",
        "sí",
    ):
        return StopMeaning.STOP_LIKE
    return said


def said_stop(spoken: Sequence[Spoken]) -> StopMeaning:
    """Return the strongest wish for silence in the person's turns, in whatever language each is; NONE if there is none."""
    meanings = {stop_meaning(turn.text) for turn in spoken if turn.by == "person"}
    return next((each for each in (StopMeaning.STOP, StopMeaning.STOP_LIKE) if each in meanings), StopMeaning.NONE)


# --- how sure -------------------------------------------------------------------------------------------


def _missing(what: What, told: Extracted, turns: Sequence[str], day: date, language: str) -> Missing | None:
    if what is What.PLAN:
        return _plan(told, turns, day, language)
    if what is What.WORKOUT:
        return _workout(told, turns)
    if what is What.BIRTHDAY:
        return _birthday(turns)
    certain = all(_says_number(turns, score) for _, score in told.scores)
    return Missing(what, certain, scores=told.scores) if told.scores else None


def _plan(told: Extracted, turns: Sequence[str], day: date, language: str) -> Missing | None:
    """A plan is certain if they said its words themselves: the analysis may have them from the agent's suggestion."""
    if told.plan is None:
        said = next((plan for turn in reversed(turns) if (plan := said_in(turn, day, language))), None)
        return said and Missing(What.PLAN, certain=True, plan=said)
    spoken = {word for turn in turns for word in words_of(turn)}
    words = set(words_of(told.plan.workout)) - _SMALL
    certain = bool(words) and words <= spoken
    kept = {name: getattr(told.plan, name) for name in ("time", "place", "barrier", "small_version")}
    # What of the rest they did not say at all is left out rather than put into their mouth.
    kept = {name: value if not certain or _is_mostly_said(value, spoken) else "" for name, value in kept.items()}
    return Missing(What.PLAN, certain, plan=replace(told.plan, **kept))


def _birthday(turns: Sequence[str]) -> Missing | None:
    """Nobody's analysis is asked for it: only their own words tell when it is, the last of them."""
    said = [each.text for turn in turns for each in facts_in(turn) if each.subject == BIRTHDAY]
    return Missing(What.BIRTHDAY, certain=True, birthday=said[-1]) if said else None


def _is_mostly_said(value: str, spoken: set[str]) -> bool:
    words = set(words_of(value)) - _SMALL
    return 2 * len(words & spoken) >= len(words)


def _workout(told: Extracted, turns: Sequence[str]) -> Missing | None:
    """An outcome is certain if one of their turns says the same, and none says another."""
    if told.done is None:
        return None
    said = {state for turn in turns if (state := state_said(turn))}
    certain = said == {told.done} and (told.minutes is None or _says_number(turns, told.minutes))
    return Missing(What.WORKOUT, certain, done=told.done, minutes=told.minutes)


def state_said(turn: str) -> WorkoutState | None:
    """Return what one turn says became of a workout; None for a question, or where it says nothing of that."""
    if "?" in turn:
        return None
    if (reply := quick_reply(turn)) in _MEANS:
        return _MEANS[reply]
    plain = f" {' '.join(words_of(turn))} "
    order = (WorkoutState.SKIPPED, WorkoutState.PARTIAL, WorkoutState.DONE)  # "I didn't do it" holds "do it"
    return next((state for state in order if any(phrase in plain for phrase in _PHRASES[state])), None)


def _says_number(turns: Sequence[str], number: int) -> bool:
    wanted = {str(number), *(word for word, value in _NUMBERS.items() if value == number)}
    tens = {20: "twenty veinte", 30: "thirty treinta", 40: "forty cuarenta", 45: "cuarenta", 50: "fifty cincuenta",
            60: "sixty hour hora sesenta", 90: "ninety noventa"}.get(number, "")  # fmt: skip
    wanted |= {*tens.split(), *(("half", "media") if number == 30 else ())}
    return any(wanted & set(words_of(turn)) for turn in turns)


def _told(value: str) -> str:
    plain = " ".join(value.split())
    return "" if plain.lower().rstrip(".") in _NOTHING else plain


def _number(told: str, most: int) -> int | None:
    found = re.fullmatch(r"(\d{1,4})(?:\.0+)?(?: ?(?:/ ?10|min|minutes?|minutos?))?", told)
    return int(found[1]) if found and 1 <= int(found[1]) <= most else None


# --- what is kept ---------------------------------------------------------------------------------------

_PRIVATE = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|(?<!\w)\+?\d(?:[ .\-]?\d){6,}(?!\w)")


def redacted(spoken: Sequence[Spoken]) -> tuple[Spoken, ...]:
    """Return turns without addresses and long numbers (phones, cards, accounts): a transcript needs none."""
    return tuple(replace(turn, text=_PRIVATE.sub("[…]", turn.text)) for turn in spoken)
