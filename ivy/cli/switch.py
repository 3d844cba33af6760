"""`ivy switch`: what is turned on and off while the daemon runs, and what rests after a failure.

May import: the store, frame, dependencies_view.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from ivy.cli import dependencies_view, frame
from ivy.cli.dependencies_view import BREAKER
from ivy.cli.moments import shown
from ivy.clock import SystemClock
from ivy.config import Config
from ivy.domain import providers
from ivy.errors import UsageError
from ivy.store import breakers, dependencies, jobs, overview, switches
from ivy.store.binding import Connection
from ivy.store.breakers import CHANNELS
from ivy.store.dependencies import Dependency
from ivy.store.overview import QUEUES, OpenBreaker, Pause
from ivy.store.switches import Setting

QUEUE = "queue."
CHANNEL = "channel."
UNSAID = "cli"
"""The reason of who gave none."""
Resting = dict[str, Pause | OpenBreaker]
"""By its name among the switches: a queue that is paused, a channel that is left alone."""


def command(
    name: Annotated[str | None, typer.Argument(help="A switch, queue.NAME, channel.NAME, or breaker:NAME.")] = None,
    value: Annotated[str | None, typer.Argument(help="What to set it to.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = UNSAID,
    as_json: frame.Json = False,
) -> None:
    """List the switches, show one, or set one: `ivy switch spend block`.

    `ivy switch queue.agent on` lets a queue go on that was paused by a configuration error; `ivy switch channel.whatsapp on`
    tries a channel at once that is left alone because it failed. `ivy switch breaker:primary open` keeps a model, a channel
    or the transcriber from being asked, `closed` has it asked however it fails, `auto` leaves that to what it has seen; with
    neither, what became of it lately is shown too.
    """
    if name is not None and value is not None:
        document = frame.run(_set, name, value, reason)
        if as_json:
            frame.print_json(document)
        else:
            frame.say(f"{name} is {document['value']}; it was {document['before']}.")
        return
    settings, resting, found = frame.run(_list, name)
    if name is None:
        _print(settings, resting, found, as_json)
    else:
        _print_one(name, settings, resting, found, as_json)


async def _list(name: str | None) -> tuple[list[Setting], Resting, tuple[Dependency, ...]]:
    setup = frame.setup()
    async with frame.operator(setup, action="switch") as operator:
        now = SystemClock().now()
        names = [*dependencies_view.names(setup.config), *_named(name, setup.config)]
        found = await operator.read(dependencies.dependencies, names, now=now)
        settings = await operator.read(switches.all_values)
        resting: Resting = {QUEUE + pause.queue: pause for pause in await operator.read(overview.pauses, now=now)}
        resting |= {CHANNEL + each.name: each for each in await operator.read(overview.open_breakers)}
        return settings, resting, found


async def _set(name: str, value: str, reason: str) -> dict[str, Any]:
    setup = frame.setup()
    _check(name, value, setup.config)
    subject = f"{name}={value}"
    async with frame.operator(setup, action="switch", reason=reason, subject=subject) as operator:
        now = SystemClock().now()
        if name.startswith(QUEUE):
            before = "paused" if await operator.write(jobs.unpause, name.removeprefix(QUEUE)) else "on"
        elif name.startswith(CHANNEL):
            before = "left alone" if await operator.write(_close, name.removeprefix(CHANNEL), now) else "on"
        elif name.startswith(BREAKER):
            of = dependencies_view.resolve(name, setup.config, _known(setup.config))
            before = await operator.write(
                _hold, of, value, frame.system_user(), now, "" if reason == UNSAID else reason
            )
        else:
            before = await operator.write(_throw, name, value, operator.actor, now)
    return {"name": name, "value": value, "before": before}


def _throw(connection: Connection, name: str, value: str, by: str, now: datetime) -> str:
    before = switches.set_value(connection, name, value, by=by, now=now)
    if name == providers.SWITCH:  # a turn that waits for one model may be answered by another now
        dependencies.look_again(connection, (), now=now)
    return before


def _hold(connection: Connection, name: str, state: str, by: str, now: datetime, reason: str = "") -> str:
    """Hold a breaker, or let it go, and have what waits for it decided anew; return what it was set to."""
    before = breakers.hold(connection, name, state, by=by, now=now, reason=reason)
    dependencies.look_again(connection, (name,), now=now)
    return before


def _close(connection: Connection, channel: str, now: datetime) -> bool:
    """Let a channel be tried again, and what it holds be decided anew; return True if it was left alone."""
    was_open = breakers.standing(connection, channel, now).opened_at is not None
    _hold(connection, channel, "auto", frame.system_user(), now)
    return was_open


def _known(config: Config) -> list[str]:
    """Return every breaker that can be set: those in use, and the channels, which may be switched on again."""
    return [*dict.fromkeys([*dependencies_view.names(config), *CHANNELS, "transcription", "embedder"])]


def _named(name: str | None, config: Config) -> list[str]:
    """Return the dependency that `breaker:NAME` means, which may be in no use; none for what is no breaker's name."""
    if name is None or not name.startswith(BREAKER):
        return []
    try:
        return [dependencies_view.resolve(name, config, _known(config))]
    except UsageError:
        return []


def _check(name: str, value: str, config: Config) -> None:
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
    elif name.startswith(BREAKER):
        dependencies_view.resolve(name, config, _known(config))
        dependencies_view.check(name, value)
    elif name not in switches.KNOWN:
        raise UsageError(f"No switch is called {name!r}; there are {', '.join(_names())}.")
    elif value not in switches.KNOWN[name].values:
        raise UsageError(f"{name} can be {' or '.join(switches.KNOWN[name].values)}, not {value!r}.")


def _names() -> list[str]:
    return [*switches.KNOWN, *(QUEUE + queue for queue in QUEUES), *(CHANNEL + channel for channel in CHANNELS)]


def _print(settings: list[Setting], resting: Resting, found: Sequence[Dependency], as_json: bool) -> None:
    queues, channels = _states(QUEUE, QUEUES, resting), _states(CHANNEL, CHANNELS, resting)
    if as_json:
        frame.print_json({"switches": settings, "queues": queues, "channels": channels, "breakers": found})
        return
    rows = [
        [each.name, each.value, " | ".join(each.values), each.does, f"{shown(each.set_at)} {each.set_by}".strip()]
        for each in settings
    ]
    for state in (*queues, *channels):
        since = f"{state['value']} since {state['since']} until {state['until']}: {state['reason']}"
        rows.append([state["name"], state["value"], "on", since if state["since"] else "", ""])
    rows += [
        [BREAKER + each.name, each.state, " | ".join(breakers.STATES), dependencies_view.said(each), each.held_by]
        for each in found
    ]
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


def _print_one(
    name: str, settings: list[Setting], resting: Resting, found: Sequence[Dependency], as_json: bool
) -> None:
    states = (*_states(QUEUE, QUEUES, resting), *_states(CHANNEL, CHANNELS, resting))
    values = {each.name: each.value for each in settings} | {each["name"]: each["value"] for each in states}
    if name.startswith(BREAKER):
        _print_breaker(name, {each.name: each for each in found}, as_json)
        return
    if name not in values:
        raise UsageError(f"No switch is called {name!r}; there are {', '.join(values)}.")
    if as_json:
        frame.print_json({"name": name, "value": values[name]})
    else:
        frame.say(values[name])


def _print_breaker(name: str, found: dict[str, Dependency], as_json: bool) -> None:
    """Show how a breaker stands, and what became of it lately, the newest first."""
    of = name.removeprefix(BREAKER)
    if of not in found:
        config = frame.setup().config
        of = dependencies_view.resolve(name, config, _known(config))
    each = found[of]
    if as_json:
        frame.print_json({"name": BREAKER + of, "value": each.state, "changes": each.changes})
        return
    frame.say(each.state)
    if each.changes:
        frame.table("Lately (times in UTC)", ["when", "from", "to", "why", "by"], dependencies_view.history(each))
