"""What an agent knows when it begins to speak: the script, filled in, and facts of the person within a cap of tokens.

May import: the store and below. The same rows at the same moment give the same snapshot, which is kept with the call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from types import MappingProxyType

import msgspec

from ivy.agent import call_scripts, care, restarting
from ivy.domain import if_then, read_out
from ivy.domain.call_variables import PLACES, check, clean, fitted
from ivy.domain.calls import CallKind
from ivy.domain.free_times import FIRST, LAST
from ivy.domain.openers import following
from ivy.domain.schedule import to_instant, to_wall
from ivy.domain.slots import SlotKind
from ivy.domain.streaks import kept_of_last
from ivy.domain.tokens import estimate
from ivy.domain.when import describe_clock, describe_day
from ivy.domain.workouts import WorkoutState
from ivy.store import calendar, call_slots, calls, preferences, scores, streaks, transcripts, workouts
from ivy.store import if_then as plans
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.workouts import Workout
from ivy.tools import coaching
from ivy.tools.registry import families

LONGEST = 3500
"""Tokens of all that an agent is given: its standing words, the variables, the tools. A longer prompt costs more a minute."""
NOTHING: Mapping[str, str] = MappingProxyType({})
LONGEST_FACT = 300
"""Characters of one fact."""
FILLED_IN = 80
"""Tokens of a fact that a script repeats; a longer one is left to the context."""
SHORTEST_FREE = timedelta(minutes=30)
PREFERENCES = "coach."
"""How the keys of preferences begin that a coach should know: coach.tone, coach.music."""
BARRIERS = 3
EARLY, LATE = timedelta(minutes=10), timedelta(minutes=90)
"""How far from its chosen time a call may be and still be called by it."""
_SLOTS = frozenset(each.value for each in SlotKind)
_TELLS = frozenset({CallKind.MORNING, CallKind.EVENING, CallKind.WEEKLY, CallKind.MONTHLY, CallKind.RESCUE})
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "planned": "Today: {}.",
        "plan": "Their sentence for today: {}",
        "yesterday": "Yesterday: {}.",
        "streak": "Streak: {} in a row.",
        "kept": "Kept {} of the last {} planned days (of 21 days).",
        "last": "Their last sentence ({}): {}",
        "barriers": "What came between before: {}.",
        "tone": "Tone they like: {}.",
        "goal": "Goal: {}.",
        "rhythm": "A week they can keep: {} workouts.",
        "free": "Free today: {}.",
        "week": "Last seven days: {}.",
        "scores": "Last scores, 1 to 10: {}.",
        "noted": "Noted before: {}.",
        "likes": "Preferences: {}.",
    },
    "es": {
        "planned": "Hoy: {}.",
        "plan": "Su frase para hoy: {}",
        "yesterday": "Ayer: {}.",
        "streak": "Racha: {} seguidos.",
        "kept": "Cumplió {} de los últimos {} días planeados (de 21 días).",
        "last": "Su última frase ({}): {}",
        "barriers": "Lo que antes se atravesó: {}.",
        "tone": "Tono que le gusta: {}.",
        "goal": "Meta: {}.",
        "rhythm": "Una semana que puede cumplir: {} entrenamientos.",
        "free": "Libre hoy: {}.",
        "week": "Últimos siete días: {}.",
        "scores": "Últimos números, del 1 al 10: {}.",
        "noted": "Anotado antes: {}.",
        "likes": "Preferencias: {}.",
    },
}
_STATES = {
    "en": {"planned": "planned", "done": "done", "partial": "in part", "skipped": "left out", "rest": "rest"},
    "es": {"planned": "pendiente", "done": "hecho", "partial": "en parte", "skipped": "sin hacer", "rest": "descanso"},
}


@dataclass(frozen=True)
class Snapshot:
    """What a call is dialled with. `dropped` names facts that did not fit."""

    variables: dict[str, str]
    prompt: str
    """Name and version of the script: morning.en.v1."""
    tokens: int
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Moment:
    scope: Scope
    person: Person
    kind: CallKind
    now: datetime
    day: date

    def tell(self, what: str, *values: object) -> tuple[str, str]:
        return what, _WORDS[self.person.language][what].format(*values)


def build(
    scope: Scope,
    person: Person,
    kind: CallKind | str,
    *,
    now: datetime,
    call_day: date,
    proven: bool = False,
    told: Mapping[str, str] = NOTHING,
) -> Snapshot:
    """Return what the agent is told of a person in a call of a kind. Raises: MissingVariable if that cannot be said.

    `call_day` is the person's local date, `told` what this very call has to say. Somebody who calls is known by their first
    name only, unless they have `proven` who they are; an operator's test call tells of nobody. Somebody who is cared for is
    asked nothing by a script, and nothing is told of streaks, goals or what was kept.
    """
    moment = _Moment(scope, person, CallKind(kind), now, call_day)
    script = call_scripts.script(
        moment.kind,
        person.track,
        person.language,
        person.address,
        opener=_opener(scope, person, moment.kind),
        fresh=_fresh(moment),
    )
    known = moment.kind in _TELLS or (moment.kind is CallKind.INBOUND and proven)
    spoken = _named_only(person, moment.kind) | (_filled_in(moment) if known else {}) | _readable(told)
    is_first = moment.kind not in (CallKind.INBOUND, CallKind.TEST) and not transcripts.have_spoken(scope)
    variables = fitted(
        {
            **script.filled(spoken, is_first=is_first),
            **(_of_care(person) if known and person.is_cared_for else {}),
            "ivy_name": spoken["name"],
            "ivy_today": _today(moment) if known or moment.kind is CallKind.HELLO else "",
        }
    )
    facts = (_facts_in_care if person.is_cared_for else _facts)(moment) if known else []
    context, dropped = _within(LONGEST - _tokens(variables, person.language), facts)
    variables["ivy_context"] = context
    check(variables)
    return Snapshot(variables, script.name, _tokens(variables, person.language), dropped)


def _opener(scope: Scope, person: Person, kind: CallKind) -> int:
    several = call_scripts.openers(kind, person.language)
    return following(calls.last_prompt(scope, kind), several) if several > 1 else 0


def _fresh(moment: _Moment) -> str:
    if moment.kind is not CallKind.MORNING:
        return ""
    fresh = restarting.of_morning(moment.scope, moment.person, moment.day, moment.now)
    return fresh.value if fresh else ""


def voicemail(person: Person, kind: CallKind | str, told: Mapping[str, str] = NOTHING) -> str:
    """Return what is left on an answering machine, which anybody may hear; "" for a call that leaves nothing."""
    script = call_scripts.script(kind, person.track, person.language, person.address)
    words = script.left_on_machine(_named_only(person, CallKind(kind)) | _readable(told))
    return clean(words, LONGEST_FACT + sum(map(len, told.values())))


def _of_care(person: Person) -> dict[str, str]:
    """Return what stands where a script has its aim and its questions."""
    return {"ivy_script": "\n".join(care.on_phone(person)), "ivy_questions": ""}


def _readable(told: Mapping[str, str]) -> dict[str, str]:
    return {name: clean(text, read_out.LONGEST) for name, text in told.items()}


def _named_only(person: Person, kind: CallKind) -> dict[str, str]:
    return {"name": "" if kind is CallKind.TEST else _brief(_first_name(person.name))}


def spoken_clock(clock: str, language: str) -> str:
    """Return a local HH:MM as people say it: "7 am", "6:30 pm", "las 7 de la mañana", "la 1 de la tarde"."""
    at = time.fromisoformat(clock)
    hour = (at.hour - 1) % 12 + 1
    shown = f"{hour}:{at.minute:02d}" if at.minute else str(hour)
    if language != "es":
        return f"{shown} {'pm' if at.hour >= 12 else 'am'}"
    part = "mañana" if at.hour < 12 else "tarde" if at.hour < 19 else "noche"
    return f"{'la' if hour == 1 else 'las'} {shown} de la {part}"


# --- how much ----------------------------------------------------------------------------------------------


def _tokens(variables: Mapping[str, str], language: str) -> int:
    words = call_scripts.rendered(call_scripts.agent_prompt(language), variables)
    return estimate(words) + tools_tokens()


@cache
def tools_tokens() -> int:
    """Return what the agents' tools take of the cap."""
    known = {each.name: each.spec for each in (*families(), *coaching.TOOLS)}
    specs = [known[name] for name in call_scripts.TOOLS]
    return sum(estimate(f"{one.name} {one.description} {_json(one.parameters)}") for one in specs)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _within(left: int, facts: Sequence[tuple[str, str]]) -> tuple[str, tuple[str, ...]]:
    """Return the facts that fit, the most important first, one a line; and the names of those that do not."""
    kept: list[str] = []
    dropped: list[str] = []
    for name, fact in facts:
        line = clean(fact, LONGEST_FACT)
        more = "\n".join([*kept, line])
        # The places of a prompt are counted together with its words: a few tokens more than both alone.
        if estimate(more) + 2 <= left and len(more) <= PLACES["ivy_context"].longest:
            kept.append(line)
        else:
            dropped.append(name)
    return "\n".join(kept), tuple(dropped)


def _brief(words: str) -> str:
    """Return words that a script may repeat aloud, or "" if they are too many for that."""
    shown = clean(words, LONGEST_FACT + 100)
    return shown if estimate(shown) <= FILLED_IN else ""


# --- what a script repeats -----------------------------------------------------------------------------------


def _filled_in(moment: _Moment) -> dict[str, str]:
    scope, language = moment.scope, moment.person.language
    plan = plans.of_day(scope, moment.day)
    small = plan.small_version if plan and plan.small_version else if_then.SMALL[language]
    opened = workouts.open_of(scope, moment.day)
    kept = len({each.day for each in _of_week(moment) if each.planned and each.state is WorkoutState.DONE})
    return {
        "time": _chosen_time(moment),
        "plan": _brief(if_then.sentence(plan, language)) if plan else "",
        "planned": _brief(_spoken_list([_spoken(each, language) for each in opened], language)),
        "small": _brief(small) or if_then.SMALL[language],
        "kept": str(kept) if kept > 1 else "",
    }


def _chosen_time(moment: _Moment) -> str:
    """Return the time that they chose for this call, while it is near enough to be said: "7 am"; else ""."""
    slot = call_slots.of_kind(moment.scope, SlotKind(moment.kind.value)) if moment.kind.value in _SLOTS else None
    if slot is None:
        return ""
    chosen = to_instant(datetime.combine(moment.day, time.fromisoformat(slot.at)), moment.person.zone)
    near = chosen - EARLY <= moment.now <= chosen + LATE
    return spoken_clock(slot.at, moment.person.language) if near else ""


def _spoken(workout: Workout, language: str) -> str:
    if not workout.at_wall:
        return workout.kind
    return f"{workout.kind} {'a' if language == 'es' else 'at'} {spoken_clock(workout.at_wall, language)}"


def _spoken_list(items: Sequence[str], language: str) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {'y' if language == 'es' else 'and'} {items[-1]}"


def _first_name(name: str) -> str:
    return name.split()[0] if name.split() else ""


def _today(moment: _Moment) -> str:
    person = moment.person
    clock = describe_clock(to_wall(moment.now, person.zone).time(), person.locale)
    return f"{describe_day(moment.day, person.locale)} {moment.day.year}, {clock}, {person.zone}"


# --- what is told besides -------------------------------------------------------------------------------------


def _facts_in_care(moment: _Moment) -> list[tuple[str, str]]:
    """Return how to be with somebody who is cared for, where help is, and what today holds: nothing to live up to."""
    manner, where = care.on_phone(moment.person)
    facts = [("care", manner), ("help", where), *_of_today(moment)]
    if tone := preferences.recall(moment.scope, f"{PREFERENCES}tone"):
        facts.append(moment.tell("tone", tone))
    return facts


def _facts(moment: _Moment) -> list[tuple[str, str]]:
    """Return facts with their names, the most important first."""
    person = moment.person
    facts = [*_of_today(moment), *_of_the_past(moment)]
    likes = preferences.beginning(moment.scope, PREFERENCES)
    if tone := likes.pop(f"{PREFERENCES}tone", ""):
        facts.append(moment.tell("tone", tone))
    if person.goal:
        facts.append(moment.tell("goal", person.goal))
    facts.append(moment.tell("rhythm", person.sessions_per_week))
    facts += _felt(moment)
    if moment.kind in (CallKind.MORNING, CallKind.RESCUE) and (free := _free(moment)):
        facts.append(moment.tell("free", free))
    if likes:
        facts.append(
            moment.tell("likes", "; ".join(f"{key.removeprefix(PREFERENCES)}: {value}" for key, value in likes.items()))
        )
    return facts


def _of_today(moment: _Moment) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    language = moment.person.language
    if today := workouts.of_day(moment.scope, moment.day):
        facts.append(moment.tell("planned", _listed(today, language)))
    if plan := plans.of_day(moment.scope, moment.day):
        facts.append(moment.tell("plan", if_then.sentence(plan, language)))
    return facts


def _of_the_past(moment: _Moment) -> list[tuple[str, str]]:
    """What is kept is told; what is not is only yesterday's, as a fact. A streak of nothing is never told."""
    scope, language = moment.scope, moment.person.language
    facts: list[tuple[str, str]] = []
    if yesterday := workouts.of_day(scope, moment.day - timedelta(days=1)):
        facts.append(moment.tell("yesterday", _listed(yesterday, language)))
    events = [(day, outcome) for day, outcome in streaks.events(scope) if day <= moment.day]
    kept, planned = kept_of_last(events, moment.day)
    if current := streaks.current(scope).current:
        facts.append(moment.tell("streak", current))
    if kept:
        facts.append(moment.tell("kept", kept, planned))
    before = plans.before(scope, moment.day)
    if before:
        last = before[0]
        facts.append(
            moment.tell("last", describe_day(last.day, moment.person.locale), if_then.sentence(last, language))
        )
    barriers = list(dict.fromkeys(each.barrier for each in before if each.barrier))[:BARRIERS]
    if barriers:
        facts.append(moment.tell("barriers", "; ".join(barriers)))
    return facts


def _felt(moment: _Moment) -> list[tuple[str, str]]:
    """What the longer calls look back on."""
    if moment.kind not in (CallKind.WEEKLY, CallKind.MONTHLY) or not coaching.may_keep_feelings(moment.scope):
        return []
    facts: list[tuple[str, str]] = []
    if week := _of_week(moment):
        locale = moment.person.locale
        done = "; ".join(f"{describe_day(each.day, locale)} {_named(each, moment.person.language)}" for each in week)
        facts.append(moment.tell("week", done))
    if latest := scores.latest(moment.scope):
        facts.append(moment.tell("scores", ", ".join(f"{each.measure} {each.score}" for each in latest.values())))
    noted = scores.markers(moment.scope, moment.day - timedelta(days=92), moment.day)
    if noted and moment.kind is CallKind.MONTHLY:
        facts.append(moment.tell("noted", "; ".join(f"{each.tag}: {each.words}" for each in noted[:-6:-1])))
    return facts


def _of_week(moment: _Moment) -> list[Workout]:
    return workouts.between(moment.scope, moment.day - timedelta(days=6), moment.day)


def _listed(several: Sequence[Workout], language: str) -> str:
    return "; ".join(_named(each, language) for each in several)


def _named(workout: Workout, language: str) -> str:
    minutes = f", {workout.minutes} min" if workout.minutes is not None else ""
    return f"{workout.kind} {workout.at_wall}".strip() + f" ({_STATES[language][workout.state.value]}{minutes})"


def _free(moment: _Moment) -> str:
    """Return today's free spans between what is booked, from now on, without a word about what that is."""
    zone, day = moment.person.zone, moment.day
    begin = max(to_instant(datetime.combine(day, FIRST), zone), moment.now)
    end = to_instant(datetime.combine(day, LAST), zone)
    spans: list[str] = []
    for slot in [*calendar.listed(moment.scope, begin, end), None] if begin < end else []:
        until = slot.starts_at if slot else end
        if until - begin >= SHORTEST_FREE:
            spans.append(f"{to_wall(begin, zone):%H:%M}-{to_wall(until, zone):%H:%M}")
        begin = max(begin, slot.ends_at) if slot else end
    return ", ".join(spans)
