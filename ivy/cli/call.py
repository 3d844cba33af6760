"""`ivy call`: phones somebody at an operator's word, and follows the call to its end. May import: everything."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

import trio
import typer

from ivy.agent import call_asking, call_scripts, call_snapshot
from ivy.agent.desk import Desk
from ivy.cli import frame, voice_price
from ivy.cli.desks import desk_of
from ivy.clock import SystemClock
from ivy.domain.calls import CallKind, CallState
from ivy.domain.schedule import to_wall
from ivy.errors import ConfigError, UsageError
from ivy.store import calls, people
from ivy.store.calls import Call
from ivy.store.people import Person
from ivy.store.scope import Scope, for_user

MAY_BE_ASKED = tuple(kind.value for kind in CallKind if kind not in (CallKind.INBOUND, CallKind.NOTICE))
ENDS = (CallState.ENDED, CallState.ANALYSED, CallState.FAILED, CallState.ABANDONED)
LOOK_EVERY = 0.5
FOLLOWED_FOR = timedelta(minutes=20)


@dataclass(frozen=True)
class Planned:
    """What a call would be, before it is one. `usd_at_most` is for the longest that it may last."""

    person: str
    kind: str
    to: str
    prompt: str
    tokens: int
    variables: dict[str, str]
    usd_at_most: float


def command(
    who: Annotated[str, typer.Argument(metavar="USER", help="Their id, phone, or name.")],
    kind: Annotated[str, typer.Option(help=f"What it is for: {', '.join(MAY_BE_ASKED)}.")] = "test",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the words, what the agent would know, and the cost; dial nothing.")
    ] = False,
    as_json: frame.Json = False,
) -> None:
    """Phone somebody now.

    Consent, quiet hours, the law of their country, caps and lines are looked at when it is dialled, as for every call. Only
    a test call to operator.phone may ring at any hour.
    """
    if kind not in MAY_BE_ASKED:
        raise UsageError(f"--kind can be {', '.join(MAY_BE_ASKED)}, not {kind!r}.")
    where = frame.setup()
    frame.check_database(where.database)
    if dry_run:
        _show(frame.run(_plan, where, who, CallKind(kind)), as_json=as_json)
        return
    if not where.config.voice.enabled:
        raise ConfigError("voice.enabled is false: there is nobody to phone with; `ivy doctor` says what is missing.")
    call = frame.run(ask, where, who, CallKind(kind))
    if not frame.daemon_is_running(where):
        frame.note(f"Call {call.id} is queued; the daemon is not running.")
    else:
        call = frame.run(_follow, where, call)
    if as_json:
        frame.print_json({"call": call.id, "state": call.state, "outcome": call.outcome, "reason": call.reason})
    if call.state in (CallState.FAILED, CallState.ABANDONED):
        raise typer.Exit(1)


async def _plan(where: frame.Setup, who: str, kind: CallKind) -> Planned:
    now = SystemClock().now()
    async with frame.open_database(where) as store:
        person = await store.read(people.find, who)
        day = to_wall(now, person.zone).date()
        made = await for_user(store, person.id).read(call_snapshot.build, person, kind, now=now, call_day=day)
    minutes = where.config.calls.longest_seconds / 60
    cost = minutes * voice_price.minute_micros(person.phone or "", where.config, where.folder, day) / 1_000_000
    return Planned(person.name, kind.value, person.phone or "", made.prompt, made.tokens, made.variables, cost)


def _show(planned: Planned, *, as_json: bool) -> None:
    if as_json:
        frame.print_json(planned)
        return
    frame.say(f"{planned.kind} call to {planned.person} ({planned.to or 'no number'}), {planned.prompt}")
    frame.say(f"about {planned.tokens} tokens, at most ${planned.usd_at_most:.2f}; nothing is dialled")
    frame.table("What the agent would know", ["variable", "value"], sorted(planned.variables.items()))
    frame.say(call_scripts.agent_prompt("en" if planned.prompt.find(".es.") < 0 else "es"))


async def ask(where: frame.Setup, who: str, kind: CallKind) -> Call:
    """Write a call and its job; nothing is dialled before the daemon decides. Raises: UsageError for somebody without a number."""
    async with frame.open_database(where) as store:
        person = await store.read(people.find, who)
    if not person.phone:
        raise UsageError(f"{person.name} has no number; `ivy onboard --phone …` gives them one.")
    async with frame.operator(where, action="call", reason=kind.value, subject=person.id) as operator:
        return await for_user(operator.store, person.id).write(_write, person, kind, desk_of(where))


def _write(scope: Scope, person: Person, kind: CallKind, desk: Desk) -> Call:
    return call_asking.ask_for_call(scope, person, kind.value, desk, asked_by="operator", chosen=False)


async def _follow(where: frame.Setup, call: Call) -> Call:
    """Say each state as it comes, until the call is over."""
    told = ("", "")
    async with frame.open_database(where) as store:
        with trio.move_on_after(FOLLOWED_FOR.total_seconds()):
            while True:
                now = await store.read(calls.find, call.id)
                call = now or call
                if (call.state.value, call.reason) != told:
                    told = (call.state.value, call.reason)
                    outcome = f" ({call.outcome.value})" if call.outcome else ""
                    frame.note(f"{call.state.value}{outcome}{': ' + call.reason if call.reason else ''}")
                if call.state in ENDS:
                    return call
                await trio.sleep(LOOK_EVERY)
    return replace(call, reason=call.reason or "it goes on; `ivy calls show` tells more")
