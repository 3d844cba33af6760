"""The moment that a tool knows of when no model asks for it: a tap, a form, a day that has come. May import: tools and below."""

from dataclasses import replace
from functools import cache, partial

from ivy.agent import routes
from ivy.agent.desk import Desk
from ivy.domain.taint import Read
from ivy.store import people
from ivy.store.people import Person
from ivy.tools.registry import Registry, TurnContext, families


def by_tap(person: Person, desk: Desk, turn_id: str = "") -> TurnContext:
    """Return the moment of a tap; `turn_id` names what was tapped, or whatever else stands for a turn."""
    return TurnContext(
        person,
        desk.now,
        desk.new_id,
        desk.trace_id,
        source="button",
        turn_id=turn_id,
        giving=desk.config.giving,
        experiments=desk.config.experiments,
    )


def by_form(person: Person, desk: Desk, turn_id: str, words: str) -> TurnContext:
    """Return the moment of a finished form, judged as `words` of theirs in the chat are: what was done just now is asked about."""
    return replace(by_tap(person, desk, turn_id), source="text", read=Read(own=words))


def tools_of(desk: Desk) -> Registry:
    """Return the tools that are on."""
    return _registry(tuple(desk.config.tools.disabled))


@cache
def _registry(disabled: tuple[str, ...]) -> Registry:
    return Registry(families(), disabled=disabled)


def with_voice(turn: TurnContext, desk: Desk) -> TurnContext:
    """Return the moment of what may be a call: whether Ivy phones at all, whom it gets to, and whether numbers show."""
    voice = desk.config.voice
    hides = desk.channel == people.SOLO
    return replace(turn, phones=voice.enabled, hides_number=hides, gets_to=partial(routes.gets_to, voice))


def with_minutes(turn: TurnContext, desk: Desk) -> TurnContext:
    """Return the moment of what makes a schedule of calls: also the minutes that there are for them."""
    calls = desk.config.calls
    return replace(
        with_voice(turn, desk),
        minutes_of_calls=calls.minutes_per_person_month,
        minutes_a_day=calls.minutes_per_day,
    )
