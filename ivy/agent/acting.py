"""The moment that a tool knows of when no model asks for it: a tap, a day that has come. May import: tools and below."""

from dataclasses import replace
from functools import partial

from ivy.agent import routes
from ivy.agent.desk import Desk
from ivy.store.people import Person
from ivy.tools.registry import TurnContext


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


def with_voice(turn: TurnContext, desk: Desk) -> TurnContext:
    """Return the moment of what may be a call: whether Ivy phones at all, and whom it gets to."""
    return replace(turn, phones=desk.config.voice.enabled, gets_to=partial(routes.gets_to, desk.config.voice))


def with_minutes(turn: TurnContext, desk: Desk) -> TurnContext:
    """Return the moment of what makes a schedule of calls: also the minutes that there are for them."""
    calls = desk.config.calls
    return replace(
        with_voice(turn, desk),
        minutes_of_calls=calls.minutes_per_person_month,
        minutes_a_day=calls.minutes_per_day,
    )
