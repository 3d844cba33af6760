"""What Ivy tells the person by itself: wished for, called off, listed. May import: the store and below."""

from datetime import timedelta
from typing import Annotated, Literal

import msgspec

from ivy.clock import unstamp
from ivy.domain import topics
from ivy.domain.schedule import next_occurrence, to_wall
from ivy.domain.sentences import Say, say
from ivy.domain.topics import NUDGES, TOPICS, WEEKLY_EXPENSES, WEEKLY_WORKOUTS
from ivy.domain.when import When, describe_when
from ivy.store import facts, nudges
from ivy.store import topics as kept
from ivy.store.scope import Scope
from ivy.store.topics import Wish
from ivy.tools import said, texts_before
from ivy.tools.registry import Effect, ScopedRead, ScopedWrite, TurnContext, tool

What = Annotated[
    Literal["weekly_expenses", "weekly_workouts", "nudges"],
    msgspec.Meta(
        description="weekly_expenses: the summary of spending; weekly_workouts: that of workouts; nudges: the text before a"
        " workout or a call, which comes to nobody unasked."
    ),
]
Before = Annotated[
    Literal["both", "calls", "workouts"],
    msgspec.Meta(description="For nudges alone: before what they mean."),
]


class Subscribe(msgspec.Struct, frozen=True):
    what: What
    when: Annotated[
        str,
        msgspec.Meta(
            description="A day of the week and a time, in their words: 'every Sunday at 6pm'. Empty: the usual."
        ),
    ] = ""
    before: Before = "both"


@tool(
    effect=Effect.LOCAL,
    undo="unsubscribe",
    examples={
        "send me a text before each call": {"what": NUDGES, "before": "calls"},
        "send me a text before each workout": {"what": NUDGES, "before": "workouts"},
        "send me a text before calls and workouts": {"what": NUDGES},
        "mándame un aviso antes de cada llamada": {"what": NUDGES, "before": "calls"},
        "mándame un aviso antes de cada entrenamiento": {"what": NUDGES, "before": "workouts"},
        "mándeme un aviso antes de cada llamada": {"what": NUDGES, "before": "calls"},
        "send me a summary of my spending every Sunday at 6pm": {
            "what": WEEKLY_EXPENSES,
            "when": "every Sunday at 6pm",
        },
        "send me a weekly summary of my spending": {"what": WEEKLY_EXPENSES},
        "mándame un resumen de mis gastos cada domingo a las 6 pm": {
            "what": WEEKLY_EXPENSES,
            "when": "cada domingo a las 6 pm",
        },
        "mándame un resumen semanal de mis gastos": {"what": WEEKLY_EXPENSES},
        "send me the weekly summary": {"what": WEEKLY_WORKOUTS},
        "mándame el resumen semanal": {"what": WEEKLY_WORKOUTS},
        "mándeme el resumen semanal": {"what": WEEKLY_WORKOUTS},
    },
)
def subscribe(args: Subscribe, turn: TurnContext) -> ScopedWrite:
    """Let Ivy send something by itself from now on, when they ask for that. Not for reminders."""

    def write(scope: Scope) -> str:
        if args.what == NUDGES:
            calls, runs = args.before != "workouts", args.before != "calls"
            texts_before.wish(scope, turn, calls=calls, runs=runs)
            return said.tell(turn, "Noted: a text {}.", "Anotado: un aviso {}.").format(
                _leads(turn, nudges.call_minutes(scope) if calls else 0, nudges.minutes(scope) if runs else 0)
            )
        cron = _cron(turn, args.when) or TOPICS[args.what].cron
        kept.start(scope, turn.person, args.what, cron, _wish(scope, turn), turn.new_id)
        first = next_occurrence(cron, turn.person.zone, turn.now)
        when = describe_when(When(first.wall, first.instant, repeat=cron), turn.person.locale)
        return say(Say.TOPIC_ON, turn.person.speech, topic=_title(turn, args.what), when=when)

    return write


def _cron(turn: TurnContext, words: str) -> str:
    """Return the cron of a day of the week and a time; "" for no words. Raises: ToolFailed."""
    if not words.strip():
        return ""
    found = said.when(turn, words)
    cron = found.repeat
    if found.all_day and cron:  # a day alone: at six in the evening
        cron = " ".join(["0", "18", *cron.split()[2:]])
    if not topics.is_weekly(cron):
        raise said.refuse(
            turn,
            'It comes once a week. On which day, and when? For example "every Sunday at 6 pm".',
            "Llega una vez por semana. ¿Qué día y a qué hora? Por ejemplo «cada domingo a las 6 pm».",
        )
    return cron


def _leads(turn: TurnContext, calls: int, runs: int) -> str:
    """Say how long before what a text comes: "10 minutes before each call, 30 minutes before each workout with a time"."""
    parts = (
        (calls, "{} minutes before each call", "{} minutos antes de cada llamada"),
        (runs, "{} minutes before each workout with a time", "{} minutos antes de cada entrenamiento con hora"),
    )
    return ", ".join(said.tell(turn, english, spanish).format(each) for each, english, spanish in parts if each)


class Unsubscribe(msgspec.Struct, frozen=True):
    what: What
    before: Before = "both"


@tool(
    effect=Effect.LOCAL,
    undo="subscribe",
    examples={
        "I don't need the texts before my workouts": {"what": NUDGES, "before": "workouts"},
        "I don't need the texts before my calls": {"what": NUDGES, "before": "calls"},
        "no necesito los avisos antes de entrenar": {"what": NUDGES, "before": "workouts"},
        "no necesito los avisos antes de las llamadas": {"what": NUDGES, "before": "calls"},
        "stop the spending summary": {"what": WEEKLY_EXPENSES},
        "I don't want the summary of my spending any more": {"what": WEEKLY_EXPENSES},
        "no quiero más el resumen de mis gastos": {"what": WEEKLY_EXPENSES},
        "deja de mandarme el resumen de gastos": {"what": WEEKLY_EXPENSES},
    },
)
def unsubscribe(args: Unsubscribe, turn: TurnContext) -> ScopedWrite:
    """Send them something no more that Ivy sends by itself: whenever they are tired of it, in whatever words."""

    def write(scope: Scope) -> str:
        if args.what == NUDGES:
            calls, runs = args.before != "workouts", args.before != "calls"
            was_on = texts_before.call_off(scope, turn, calls=calls, runs=runs)
        else:
            was_on = kept.stop(scope, args.what, _wish(scope, turn))
        key = Say.TOPIC_OFF if was_on else Say.TOPIC_NOT_ON
        return say(key, turn.person.speech, topic=_title(turn, args.what))

    return write


class ListTopics(msgspec.Struct, frozen=True):
    """No arguments."""


@tool(
    effect=Effect.READ,
    examples={
        "what do you send me?": {},
        "which summaries do you send me": {},
        "qué me mandas por tu cuenta": {},
        "qué resúmenes me mandas": {},
    },
)
def list_topics(args: ListTopics, turn: TurnContext) -> ScopedRead:  # noqa: ARG001 - tools have their arguments
    """Tell what Ivy sends them by itself, when, and when next; and what else there is."""

    def read(scope: Scope) -> str:
        on = [name for name in TOPICS if kept.is_on(scope, name)]
        off = [_title(turn, name) for name in TOPICS if name not in on]
        lines = [f"- {_line(scope, turn, name)}" for name in on]
        told = said.tell(turn, "I send by myself:", "Lo que mando sin que se pida:") if on else said.tell(
            turn, "I send nothing by myself.", "No mando nada por mi cuenta."
        )  # fmt: skip
        more = said.tell(turn, "Not on: ", "No llega: ") + ", ".join(off) if off else ""
        return "\n".join(each for each in (told, *lines, more) if each)

    return read


def _line(scope: Scope, turn: TurnContext, name: str) -> str:
    """Say one topic with when it comes, and the next time by what became of it so far."""
    title, row = _title(turn, name), kept.next_row(scope, name) if TOPICS[name].is_weekly else None
    if row is None or row["next_at_ms"] is None:
        runs = nudges.lead_seen(scope, turn.experiments, day=said.today(turn))
        return f"{title} ({_leads(turn, nudges.call_minutes(scope), runs)})"
    at, zone = unstamp(row["next_at_ms"]), turn.person.zone
    rule = describe_when(When(to_wall(at, zone), at, repeat=row["cron"]), turn.person.locale)
    told = kept.told(scope, name)
    if told.last_at is not None:
        earliest = told.last_at + topics.gap(told) - topics.SLACK - timedelta(seconds=1)
        if earliest > at:
            at = next_occurrence(row["cron"], zone, earliest).instant
    return said.tell(turn, "{}: {}; next {}", "{}: {}; la próxima vez, {}").format(
        title, rule, said.say_day(turn, to_wall(at, zone).date())
    )


def _title(turn: TurnContext, name: str) -> str:
    return say(TOPICS[name].title, turn.person.speech)


def _wish(scope: Scope, turn: TurnContext) -> Wish:
    """Return by whose words it is so: the message that the turn reads."""
    source = facts.source_of(scope, turn.turn_id) if turn.turn_id else None
    return Wish(source["body"] if source else "", turn.source, turn.now)


TOOLS = (subscribe, unsubscribe, list_topics)
