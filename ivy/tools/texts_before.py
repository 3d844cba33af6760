"""The texts before calls and workouts: they come to who wished for them. May import: the store and below.

What is booked or planned already gets its text at once; what comes later looks at what is kept here.
"""

from datetime import timedelta

from ivy.domain.slots import By
from ivy.store import call_slots, nudges, workouts
from ivy.store.scope import Scope
from ivy.tools import said, workout_reminders
from ivy.tools.registry import TurnContext

BEFORE_CALLS = 10
"""Minutes, for who does not say."""
AHEAD = timedelta(days=60)


def wish(scope: Scope, turn: TurnContext, *, calls: bool, runs: bool) -> None:
    """Let a text come before calls, workouts (`runs`) or both, from now on."""
    if calls:
        minutes = nudges.call_minutes(scope) or BEFORE_CALLS
        nudges.set_call_minutes(scope, minutes, source=turn.source, now=turn.now)
        _before_calls(scope, turn, minutes)
    if runs:
        day = said.today(turn)
        lead = nudges.lead_wished(scope, turn.experiments, day=day, now=turn.now)
        nudges.set_minutes(scope, lead, source=turn.source, now=turn.now)
        for each in workouts.between(scope, day, day + AHEAD):
            workout_reminders.plan_reminder(scope, turn.person, each, lead, turn.new_id, turn.now)


def call_off(scope: Scope, turn: TurnContext, *, calls: bool, runs: bool) -> bool:
    """Send none before calls, workouts or both; return whether any came so far."""
    was_on = (calls and nudges.call_minutes(scope) > 0) or (runs and nudges.minutes(scope) > 0)
    if calls:
        nudges.set_call_minutes(scope, 0, source=turn.source, now=turn.now)
        _before_calls(scope, turn, 0)
    if runs:
        nudges.set_minutes(scope, 0, source=turn.source, now=turn.now)
        nudges.cancel_all(scope)
    return was_on


def _before_calls(scope: Scope, turn: TurnContext, minutes: int) -> None:
    for slot in call_slots.of(scope):
        wanted = minutes if slot.by is By.VOICE else 0  # a text needs none before it
        if slot.nudge_minutes != wanted:
            call_slots.set_nudge(scope, slot, wanted, new_id=turn.new_id, now=turn.now)
