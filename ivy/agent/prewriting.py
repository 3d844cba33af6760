"""Sentences made in the night for what is told by day: a model that is down in the morning keeps nobody waiting.

May import: the store and below. They stand only beside the very numbers they were made for, and only if they hold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ivy import log
from ivy.agent import checkins, spending_prose, telling, weekly_prose
from ivy.agent.router import Caller
from ivy.agent.weekly_prose import Ask
from ivy.clock import unstamp
from ivy.domain import topics, weekly
from ivy.domain.schedule import local_date, to_wall
from ivy.domain.splitting import to_whatsapp
from ivy.errors import VendorError
from ivy.ports import ModelRequest
from ivy.store import people, prewritten, summaries, switches, weekly_numbers
from ivy.store import topics as kept_topics
from ivy.store.people import Person
from ivy.store.scope import PersonStore, Scope
from ivy.store.spending import CapReached

logger = log.get(__name__)


@dataclass(frozen=True)
class Draft:
    """What is to be written about: who reads it, of which days, and how it is asked for and judged."""

    person: Person
    topic: str
    first: date
    numbers: Any
    request: ModelRequest
    holds: Callable[[str], bool]


def draft(scope: Scope, topic: str, now: datetime) -> Draft | str:
    """Return what a topic will tell next, as far as it is known now; or why nothing is to be written."""
    person, row = people.load(scope), kept_topics.next_row(scope, topic)
    if row is None or row["next_at_ms"] is None or not kept_topics.is_on(scope, topic):
        return "They are not told that."
    if not checkins.may_begin(person, now) or switches.value(scope.connection, "proactive") == "off":
        return "They are not to be written to unasked now."
    at = unstamp(row["next_at_ms"])
    if topic == topics.WEEKLY_WORKOUTS:
        return _workouts(scope, person, at, now)
    week = telling.due(scope, person, topic, at, at)
    if isinstance(week, str):
        return week
    asks = topics.decide(kept_topics.told(scope, topic), at) is not topics.Decision.TELL
    if asks:
        return "It is not told this time."
    request = spending_prose.request_for(person, week)
    return Draft(
        person, topic, week.first, week, request, lambda prose: spending_prose.holds(prose, week, person.language)
    )


def _workouts(scope: Scope, person: Person, at: datetime, now: datetime) -> Draft | str:
    week = weekly.week_told_at(to_wall(at, person.zone))
    numbers = weekly_numbers.of_week(scope, week, today=local_date(now, person.zone))
    if summaries.of_week(scope, week) is not None or numbers.is_empty:
        return "There is nothing to tell of that week."
    return Draft(
        person,
        topics.WEEKLY_WORKOUTS,
        week,
        numbers,
        weekly_prose.request_for(person, numbers),
        lambda prose: weekly_prose.holds(prose, numbers, person.language),
    )


async def write(ask: Ask | None, made: Draft, *, call_id: str, trace_id: str) -> str:
    """Return a model's sentences; "" if there is no model, it fails, or they do not hold."""
    if ask is None:
        return ""
    caller = Caller(made.person.id, f"night:{made.topic}:{made.person.id}:{made.first.isoformat()}", trace_id)
    try:
        answer = await ask(made.request, caller, call_id=call_id)
    except (VendorError, CapReached) as error:
        logger.info("nothing is written ahead for %s: %s", made.person.id, error)
        return ""
    prose = " ".join(to_whatsapp(answer.text).split())
    if made.holds(prose):
        return prose
    logger.info("the model's sentences for %s (%s) do not hold, and are left out", made.person.id, made.topic)
    return ""


async def prepare(
    store: PersonStore, topic: str, ask: Ask | None, now: datetime, *, call_id: str, trace_id: str
) -> Callable[[Scope], None] | str:
    """Write what a topic will tell next; return what keeps it, or why nothing is kept."""
    made = await store.read(draft, topic, now)
    if isinstance(made, str):
        return made
    prose = await write(ask, made, call_id=call_id, trace_id=trace_id)
    if not prose:
        return "No sentences that hold: fixed ones will do."

    def keep(scope: Scope) -> None:
        prewritten.keep(scope, topic, made.first, made.numbers, prose, now=now)

    return keep
