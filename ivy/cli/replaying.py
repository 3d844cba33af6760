"""Begins a plan of a replay and watches the daemon carry it out. May import: the store and below.

The daemon does the work: closing the terminal changes nothing.
"""

from collections.abc import Callable
from random import SystemRandom

import trio

from ivy.clock import Clock
from ivy.daemon import replay_planning
from ivy.daemon.deciding import Deciding
from ivy.domain.ids import uuid7
from ivy.store import replay_plans, replay_running
from ivy.store.dead_letters import Wanted
from ivy.store.replay_plans import Plan
from ivy.store.replay_running import Became
from ivy.store.scope import OperatorStore

LOOK_EVERY = 1.0


async def draft(operator: OperatorStore, wanted: Wanted, context: Deciding, *, rate: float, poison: bool) -> Plan:
    """Make a plan and keep it, so that what was shown is what runs; one without letters is not kept. Raises: UsageError."""
    plan_id = uuid7(context.clock.now(), SystemRandom())
    plan = await operator.read(replay_planning.make, wanted, context, plan_id=plan_id, rate=rate, poison=poison)
    if plan.lines:
        await operator.write(replay_plans.keep_draft, plan)
        plan = await operator.read(replay_plans.load, plan_id)
    return plan


async def begin(operator: OperatorStore, plan: Plan, clock: Clock, *, reason: str) -> Plan:
    """Let a plan run, or run on; one that runs or is done stays as it is. Raises: UsageError if another one runs."""
    now = clock.now()
    job_id = uuid7(now, SystemRandom())
    await operator.write(replay_running.begin, plan.id, job_id, actor=operator.actor, reason=reason, now=now)
    return await operator.read(replay_plans.load, plan.id)


async def follow(
    operator: OperatorStore, plan_id: str, say: Callable[[Became], None] = lambda _became: None
) -> tuple[Plan, Became]:
    """Wait until a plan is carried out or stopped; return it and what became of it. `say` hears of each change."""
    last: Became | None = None
    while True:
        plan = await operator.read(replay_plans.load, plan_id)
        became = await operator.read(replay_running.became, plan)
        if became != last:
            say(became)
            last = became
        if plan.state != "running":
            return plan, became
        await trio.sleep(LOOK_EVERY)
