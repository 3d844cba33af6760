"""What Ivy may tell somebody by itself: the topics, how seldom who never reacts hears of one, and how one is called off.

May import: backing_off, patterns, plain words, the keys of sentences. Source: E13; for a summary a week, half as often is
a fortnight.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum

from ivy.domain.backing_off import ASK_AFTER, HALVE_AFTER, SLACK, WEEK
from ivy.domain.patterns import Pattern
from ivy.domain.plain_words import clauses_of, word_set, words_of
from ivy.domain.sentence_keys import Say

WEEKLY_EXPENSES, WEEKLY_WORKOUTS, NUDGES = "weekly_expenses", "weekly_workouts", "nudges"
FORTNIGHT, MONTH = 2 * WEEK, 4 * WEEK
REACTS_WITHIN = timedelta(hours=48)
"""Whoever writes this soon after they were told something has not ignored it."""
OFFERED_AFTER = 5
"""Expenses written down, and the summary of them is offered once."""
NIGHT_HOUR = 3
"""The local hour in which sentences are made for the day that begins."""


class State(StrEnum):
    ASKED = "asked"
    """Offered, and not answered: nothing is told."""
    ON = "on"
    OFF = "off"


@dataclass(frozen=True)
class Topic:
    """One thing to be told. `cron` is when it comes to who does not say: local time; "" where it has no time of its own."""

    name: str
    title: Say
    cron: str = ""
    is_weekly: bool = True


TOPICS: Mapping[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic(WEEKLY_EXPENSES, Say.TOPIC_EXPENSES, "0 18 * * 0"),
        Topic(WEEKLY_WORKOUTS, Say.TOPIC_WORKOUTS, "0 19 * * 0"),
        Topic(NUDGES, Say.TOPIC_NUDGES, is_weekly=False),
    )
}


# --- how often -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """How somebody took a topic so far. `unanswered`: in a row; `asked`: "keep, less, stop?" since they last reacted."""

    unanswered: int = 0
    last_at: datetime | None = None
    asked: bool = False


class Decision(Enum):
    TELL = "tell"
    ASK = "ask"
    """Instead of it, "keep, less, stop?", once."""
    LEAVE_OUT = "leave_out"


def decide(told: Told, now: datetime) -> Decision:
    """Decide about a topic whose time has come."""
    if told.last_at is not None and now < told.last_at + gap(told) - SLACK:
        return Decision.LEAVE_OUT
    return Decision.ASK if told.unanswered >= ASK_AFTER and not told.asked else Decision.TELL


def gap(told: Told) -> timedelta:
    """Return how long lies between two tellings: a week, a fortnight, four weeks."""
    if told.unanswered < HALVE_AFTER:
        return WEEK
    return MONTH if told.unanswered >= ASK_AFTER and told.asked else FORTNIGHT


def in_the_night(cron: str, *, minute: int) -> str:
    """Return the cron of the night before a weekly one, the early hours of its day; "" if it comes before they are over."""
    clock = cron.split()
    return f"{minute} {NIGHT_HOUR} {' '.join(clock[2:])}" if int(clock[1]) > NIGHT_HOUR else ""


def is_weekly(cron: str) -> bool:
    """Say whether a cron over local time fires just once a week."""
    return re.fullmatch(r"[0-9]+ [0-9]+ \* \* [0-7]", cron) is not None


# --- called off, without a model ---------------------------------------------------------------------

_SUMMARY_EN = "(?:summary|summaries|report|reports|digest|digests|overview)"
_SPENT_EN = "(?:spending|expenses?|spendings|money|what i spen[dt])"
_TRAINED_EN = "(?:workouts?|training|trainings|exercise|gym)"
_SUMMARY_ES = "(?:resumen|resumenes|informe|informes|reporte|reportes)"
_SPENT_ES = "(?:gastos?|dinero|plata|lo que gasto)"
_TRAINED_ES = "(?:entrenamientos?|entrenos?|ejercicios?|deporte)"


def _of(summary: str, what: str) -> str:
    filler = (
        "(?: (?:of|on|about|with|for|my|the|all|weekly|each|de|del|con|sobre|mis|los|las|el|la|mi|semanal|semanales))*"
    )
    return rf"{summary}{filler} {what}"


_NAMED = {
    WEEKLY_EXPENSES: Pattern(
        rf"\b(?:{_SPENT_EN} (?:weekly )?{_SUMMARY_EN}|{_of(_SUMMARY_EN, _SPENT_EN)}|{_of(_SUMMARY_ES, _SPENT_ES)})\b"
    ),
    WEEKLY_WORKOUTS: Pattern(
        rf"\b(?:{_TRAINED_EN} (?:weekly )?{_SUMMARY_EN}|{_of(_SUMMARY_EN, _TRAINED_EN)}|{_of(_SUMMARY_ES, _TRAINED_ES)})\b"
    ),
}
_ANY_SUMMARY = Pattern(
    rf"\b(?:weekly {_SUMMARY_EN}|{_SUMMARY_EN} every week|{_SUMMARY_ES} semanal(?:es)?|{_SUMMARY_ES} de la semana)\b"
)
_CALLS_OFF = Pattern(
    r"\b(?:stop|cancel|unsubscribe|turn off|switch off|no more|enough|remove|end|quit|drop|opt out|"
    r"(?:dont|do not|no longer|never) (?:ever )?(?:send|want|need|give|tell|write|like)|"
    r"deja|dejes?|deje|dejen|cancela|cancele|cancelar|quita|quite|quitar|elimina|elimine|basta|desactiva|desactive|apaga|"
    r"apague|suspende|suspenda|deten|detenga|dame de baja|deme de baja|darme de baja|no mas|"
    r"no (?:me )?(?:vuelvas a |vuelva a )?(?:mandes?|mandar(?:me)?|envies?|enviar(?:me)?|des|de|quiero|necesito|hace falta)|"
    r"ya no)\b|^(?:ivy )?(?:por favor )?(?:para|pare|parar)\b"
)
_ON_THE_CONTRARY = Pattern(
    r"\b(?:dont|do not|never|not) (?:ever )?(?:stop|cancel|unsubscribe|turn|switch|remove|end|quit|drop)\b|"
    r"\bno (?:me |lo |la )?(?:dejes?|canceles?|cancele|quites?|elimines?|elimine|desactives?|apagues?|suspendas?|pares?)\b|"
    r"^(?:why|when|did|has|have|how|who|por que|cuando|quien|como)\b"
)
_DECLINES = Pattern(
    rf"\b(?:no|without|skip|sin|ning[uú]n)(?: (?:the|a|any|el|un))?(?: weekly)? (?:{_SUMMARY_EN}|{_SUMMARY_ES})(?: semanal)?\b",
    re.IGNORECASE,
)
_NO = word_set("no not dont without skip leave omit drop except sin nada ningun ninguna ni tampoco")
_SUMS_UP = re.compile(rf"\b(?:{_SUMMARY_EN}|{_SUMMARY_ES}|sum up|resumas|resuma)\b")
_THIS = word_set("this these that those them it esto estos esta estas eso esos esa esas")
_LONGEST = 16
"""Words: whoever says more says more than that, and a model reads it."""


def called_off(text: str) -> frozenset[str]:
    """Return the topics that a message calls off by name; several for "the weekly summary", which may be any of them."""
    if len(words_of(text)) > _LONGEST:
        return frozenset()
    found: set[str] = set()
    for clause in clauses_of(text):
        plain = " ".join(clause)
        if _CALLS_OFF.search(plain) and not _ON_THE_CONTRARY.search(plain):
            named = {topic for topic, names in _NAMED.items() if names.search(plain)}
            found |= named or (set(_NAMED) if _ANY_SUMMARY.search(plain) else set())
    return frozenset(found)


def declines_summary(text: str) -> bool:
    """Say whether an answer leaves the weekly summary out that comes with being coached: "at 7, no summary".

    Rather one too many: whoever says any "no" beside the summary has not agreed to it.
    """
    said = words_of(text)
    return bool(_NO & set(said)) and _SUMS_UP.search(" ".join(said)) is not None


def without_declining(text: str) -> str:
    """Return an answer without the words that leave the summary out: "at 7"."""
    return _DECLINES.sub(" ", text).strip(" .,;")


def calls_off_this(text: str) -> bool:
    """Say whether a message calls off what it answers, without a name: "no more of these", "no me mandes esto"."""
    return any(
        _CALLS_OFF.search(" ".join(clause)) and not _ON_THE_CONTRARY.search(" ".join(clause)) and _THIS & set(clause)
        for clause in clauses_of(text)
        if len(words_of(text)) <= _LONGEST
    )
