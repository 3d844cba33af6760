"""`ivy replay-dlq`, alias `ivy dlq replay`: a plan in people first, then the act. May import: the store, the files beside it."""

from typing import Annotated

import typer

from ivy.cli import frame, letter_options, replay_plan_view
from ivy.cli.letter_options import Error, FateOption, Ids, Kind, Limit, Reason, Since, User
from ivy.cli.moments import shown
from ivy.clock import SystemClock, stamp
from ivy.errors import IvyError, UsageError
from ivy.store import replay_plans, replay_running
from ivy.store.dead_letters import Wanted
from ivy.store.replay_plans import Plan
from ivy.store.replay_running import Became
from ivy.store.scope import OperatorStore, audit


class Stopped(IvyError):
    """A replayed letter died of something that the plan had not shown."""


def command(
    ids: Ids = None,
    kind: Kind = None,
    error: Error = None,
    since: Since = None,
    user: User = None,
    fate: FateOption = None,
    limit: Limit = None,
    rate: Annotated[
        float, typer.Option(min=0.01, max=100.0, help="Messages a second, after the first ones went well.")
    ] = 2.0,
    poison: Annotated[bool, typer.Option("--poison", help="Also what failed the same way again and again.")] = False,
    reason: Reason = "replayed by hand",
    plan_id: Annotated[
        str, typer.Option("--plan", metavar="ID", help="Run the plan that was shown, go on with it, or follow it.")
    ] = "",
    stop: Annotated[bool, typer.Option("--stop", help="With --plan: release nothing more of it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and do nothing.")] = False,
    yes: frame.Yes = False,
    as_json: frame.Json = False,
) -> None:
    """Show what a replay of the dead letters would mean for people, and do it if you agree.

    Everybody gets one message at most, and nobody is woken. What is too late, unwanted or already there stays as it is.

    The plan that is shown is the plan that runs. The daemon carries it out, and stops when something new goes wrong.
    """
    wanted = letter_options.wanted(ids=ids, kind=kind, error=error, since=since, fate=fate, limit=limit)
    if plan_id and (wanted != Wanted() or user or poison):
        raise UsageError("--plan names letters already: leave ids and filters out.")
    if stop and not plan_id:
        raise UsageError("--stop needs --plan ID.")
    if not (dry_run or yes or stop) and (as_json or not frame.can_ask()):
        raise UsageError("Nobody is here to be asked: give --yes to replay, or --dry-run to see the plan.")
    asked = _Asked(wanted, user, rate, poison, reason, plan_id, dry_run, yes, as_json)
    try:
        frame.run(_stop if stop else _replay, asked)
    except KeyboardInterrupt:
        if asked.begun:
            frame.note(f"The daemon goes on: `ivy replay-dlq --plan {asked.begun}` follows it, with --stop ends it.")
        raise


class _Asked:
    """What was typed; `begun` is the plan that runs by now."""

    def __init__(
        self,
        wanted: Wanted,
        user: str | None,
        rate: float,
        poison: bool,
        reason: str,
        plan_id: str,
        dry_run: bool,
        yes: bool,
        as_json: bool,
    ) -> None:
        self.wanted, self.user, self.rate, self.poison, self.reason = wanted, user, rate, poison, reason
        self.plan_id, self.dry_run, self.yes, self.as_json = plan_id, dry_run, yes, as_json
        self.begun = ""


async def _replay(asked: _Asked) -> None:
    setup = frame.setup()
    async with frame.operator(setup, action="replay-dlq", reason=asked.reason, subject="plan") as operator:
        plan = await _plan(operator, setup, asked)
        runs = frame.daemon_is_running(setup)
        if not asked.as_json:
            _show(plan, asked, daemon=runs)
        outcome = await _act(operator, plan, asked, daemon=runs)
    if outcome is not None:
        plan = outcome[0]
    if asked.as_json:
        kept = plan if plan.lines else None
        frame.print_json(replay_plan_view.document(kept, outcome and outcome[1], rate=asked.rate, daemon=runs))
    elif outcome is not None:
        replay_plan_view.show_outcome(plan, outcome[1], daemon=runs)
    elif plan.going and plan.state in ("draft", "stopped") and not asked.dry_run:
        frame.note("Nothing was replayed.")
    if outcome is not None and plan.state == "stopped":
        raise Stopped(
            f"Stopped with {outcome[1].left} letters left as they were: {plan.stopped_by}."
            f" `ivy replay-dlq --plan {plan.id}` goes on."
        )


async def _plan(operator: OperatorStore, setup: frame.Setup, asked: _Asked) -> Plan:
    if asked.plan_id:
        return await operator.read(replay_plans.load, asked.plan_id)
    from ivy.cli import replaying
    from ivy.cli.desks import deciding_of

    wanted = await operator.read(letter_options.with_person, asked.wanted, asked.user)
    return await replaying.draft(operator, wanted, deciding_of(setup), rate=asked.rate, poison=asked.poison)


def _show(plan: Plan, asked: _Asked, *, daemon: bool) -> None:
    if plan.facts.running and plan.facts.running != plan.id:
        frame.say(
            f"Plan {plan.facts.running} runs, with {plan.facts.elsewhere} of these letters:"
            f" `ivy replay-dlq --plan {plan.facts.running}` follows it."
        )
    if not plan.lines:
        others = "other " if plan.facts.elsewhere else ""
        frame.say(f"No {others}dead letters fit: there is nothing to replay.")
        return
    replay_plan_view.show(plan, daemon=daemon)
    if plan.state == "stopped":
        frame.say(f"It was stopped at {shown(plan.ended_at)} UTC: {plan.stopped_by}.")
    elif plan.state == "done":
        frame.say(f"It was carried out by {shown(plan.ended_at)} UTC: nothing of it is left to do.")
    elif plan.state == "running":
        frame.say("It runs already.")
    elif asked.plan_id:
        frame.say(f"It was made at {shown(plan.made_at)} UTC; letters that changed since are left out.")


async def _act(operator: OperatorStore, plan: Plan, asked: _Asked, *, daemon: bool) -> tuple[Plan, Became] | None:
    """Run, go on with or follow a plan, as far as that was agreed to; return what became of it."""
    from ivy.cli import replaying

    if plan.state == "draft" and not plan.going:
        return None
    if asked.dry_run or plan.state == "done":
        kept = plan.state != "draft"
        return (plan, await operator.read(replay_running.became, plan)) if kept else None
    may_ask = plan.state != "running" and not asked.yes
    if may_ask and not frame.confirm("Replay?" if plan.state == "draft" else "Go on with it?"):
        return None
    plan = await replaying.begin(operator, plan, SystemClock(), reason=asked.reason)
    asked.begun = plan.id
    if not daemon:
        return plan, await operator.read(replay_running.became, plan)
    return await replaying.follow(operator, plan.id, lambda became: frame.note(replay_plan_view.progress(became)))


async def _stop(asked: _Asked) -> None:
    async with frame.operator(frame.setup(), action="replay-dlq", reason=asked.reason, subject="plan") as operator:
        plan = await operator.read(replay_plans.load, asked.plan_id)
        now = SystemClock().now()
        by = f"stopped by {frame.system_user()}"
        stopped = await operator.write(replay_running.end, plan.id, now=now, stopped_by=by)
        if stopped:
            await operator.write(
                audit,
                at_ms=stamp(now),
                actor=operator.actor,
                action="replay-dlq --stop",
                reason=asked.reason,
                subject=f"plan {plan.id}",
            )
        plan = await operator.read(replay_plans.load, plan.id)
        became = await operator.read(replay_running.became, plan)
    if asked.as_json:
        frame.print_json({"plan": plan.id, "state": plan.state, "stopped": stopped, "outcome": became})
    elif stopped:
        frame.say(f"Plan {plan.id} is stopped; {became.left} letters are left as they were.")
    else:
        frame.say(f"Plan {plan.id} does not run: it is {plan.state}.")
