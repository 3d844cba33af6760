"""`ivy switch`: what is turned on and off while the daemon runs, and what rests after a failure. May import: the store, frame."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from ivy.cli import frame
from ivy.cli.moments import shown
from ivy.clock import SystemClock
from ivy.domain.breaker import CLOSED
from ivy.errors import UsageError
from ivy.store import breakers, jobs, outbox, overview, switches
from ivy.store.binding import Connection
from ivy.store.overview import QUEUES, OpenBreaker, Pause
from ivy.store.switches import Setting

QUEUE = "queue."
CHANNEL = "channel."
CHANNELS = ("whatsapp", "sms", "mail", "retell")
Resting = dict[str, Pause | OpenBreaker]
"""By its name among the switches: a queue that is paused, a channel that is left alone."""


def command(
    name: Annotated[str | None, typer.Argument(help="A switch, queue.NAME, or channel.NAME.")] = None,
    value: Annotated[str | None, typer.Argument(help="What to set it to.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "cli",
    as_json: frame.Json = False,
) -> None:
    """List the switches, show one, or set one: `ivy switch spend block`.

    `ivy switch queue.agent on` lets a queue go on that was paused by a configuration error; `ivy switch channel.whatsapp on`
    tries a channel at once that is left alone because it failed.
    """
    if name is not None and value is not None:
        document = frame.run(_set, name, value, reason)
        if as_json:
            frame.print_json(document)
        else:
            frame.say(f"{name} is {document['value']}; it was {document['before']}.")
        return
    settings, resting = frame.run(_list)
    if name is None:
        _print(settings, resting, as_json)
    else:
        _print_one(name, settings, resting, as_json)


async def _list() -> tuple[list[Setting], Resting]:
    async with frame.operator(frame.setup(), action="switch") as operator:
        now = SystemClock().now()
        settings = await operator.read(switches.all_values)
        resting: Resting = {QUEUE + pause.queue: pause for pause in await operator.read(overview.pauses, now=now)}
        return settings, resting | {CHANNEL + each.name: each for each in await operator.read(overview.open_breakers)}


async def _set(name: str, value: str, reason: str) -> dict[str, Any]:
    _check(name, value)
    subject = f"{name}={value}"
    async with frame.operator(frame.setup(), action="switch", reason=reason, subject=subject) as operator:
        now = SystemClock().now()
        if name.startswith(QUEUE):
            before = "paused" if await operator.write(jobs.unpause, name.removeprefix(QUEUE)) else "on"
        elif name.startswith(CHANNEL):
            before = "left alone" if await operator.write(_close, name.removeprefix(CHANNEL), now) else "on"
        else:
            before = await operator.write(switches.set_value, name, value, by=operator.actor, now=now)
    return {"name": name, "value": value, "before": before}


def _close(connection: Connection, channel: str, now: datetime) -> bool:
    """Let a channel be tried again, and what it holds be decided anew; return True if it was left alone."""
    was_open = breakers.load(connection, channel).opened_at is not None
    breakers.save(connection, channel, CLOSED)
    outbox.look_again(connection, channel, now=now)
    return was_open


def _check(name: str, value: str) -> None:
    """Refuse what cannot be set before anything is written, the audit log included."""
    if name.startswith(QUEUE):
        if name.removeprefix(QUEUE) not in QUEUES:
            raise UsageError(f"There is no queue {name.removeprefix(QUEUE)!r}; there are {', '.join(QUEUES)}.")
        if value != "on":
            raise UsageError("A queue can only be let go on, with `on`: it is paused by a configuration error alone.")
    elif name.startswith(CHANNEL):
        if name.removeprefix(CHANNEL) not in CHANNELS:
            raise UsageError(f"There is no channel {name.removeprefix(CHANNEL)!r}; there are {', '.join(CHANNELS)}.")
        if value != "on":
            raise UsageError("A channel can only be let go on, with `on`: it is left alone when it fails.")
    elif name not in switches.KNOWN:
        raise UsageError(f"No switch is called {name!r}; there are {', '.join(_names())}.")
    elif value not in switches.KNOWN[name].values:
        raise UsageError(f"{name} can be {' or '.join(switches.KNOWN[name].values)}, not {value!r}.")


def _names() -> list[str]:
    return [*switches.KNOWN, *(QUEUE + queue for queue in QUEUES), *(CHANNEL + channel for channel in CHANNELS)]


def _print(settings: list[Setting], resting: Resting, as_json: bool) -> None:
    queues, channels = _states(QUEUE, QUEUES, resting), _states(CHANNEL, CHANNELS, resting)
    if as_json:
        frame.print_json({"switches": settings, "queues": queues, "channels": channels})
        return
    rows = [
        [each.name, each.value, " | ".join(each.values), each.does, f"{shown(each.set_at)} {each.set_by}".strip()]
        for each in settings
    ]
    for state in (*queues, *channels):
        since = f"{state['value']} since {state['since']} until {state['until']}: {state['reason']}"
        rows.append([state["name"], state["value"], "on", since if state["since"] else "", ""])
    frame.table("Switches (times in UTC)", ["name", "is", "can be", "what it does", "set"], rows)


def _states(kind: str, names: Sequence[str], resting: Resting) -> list[dict[str, str]]:
    states: list[dict[str, str]] = []
    for name in (kind + each for each in names):
        rest = resting.get(name)
        states.append(
            {
                "name": name,
                "value": "on" if rest is None else "paused" if kind == QUEUE else "left alone",
                "reason": "" if rest is None else rest.reason,
                "since": "" if rest is None else shown(rest.since),
                "until": "" if rest is None else shown(rest.until),
            }
        )
    return states


def _print_one(name: str, settings: list[Setting], resting: Resting, as_json: bool) -> None:
    states = (*_states(QUEUE, QUEUES, resting), *_states(CHANNEL, CHANNELS, resting))
    values = {each.name: each.value for each in settings} | {each["name"]: each["value"] for each in states}
    if name not in values:
        raise UsageError(f"No switch is called {name!r}; there are {', '.join(values)}.")
    if as_json:
        frame.print_json({"name": name, "value": values[name]})
    else:
        frame.say(values[name])
