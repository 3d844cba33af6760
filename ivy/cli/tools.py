"""`ivy tools`: what the model may do, and a way to try it on a throwaway file. May import: everything below."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Annotated, Any

import msgspec
import typer

from ivy.cli import frame
from ivy.clock import SystemClock
from ivy.config import Config
from ivy.domain import own_currency
from ivy.domain.consent import StopMeaning, stop_meaning
from ivy.domain.ids import uuid7
from ivy.domain.quick_replies import quick_reply
from ivy.emulators.brain import Brain, BrainCall, BrainInput, BrainResult, BrainTurn
from ivy.ports import ToolCall
from ivy.store import people
from ivy.store.database import open_store
from ivy.store.migrate import migrate
from ivy.store.people import NewPerson
from ivy.store.scope import PersonStore, for_user
from ivy.threads import InlineThreads
from ivy.tools.executor import Place, execute
from ivy.tools.registry import Registry, Tool, TurnContext, families

command = typer.Typer(no_args_is_help=True, help="What the model may do.")
SOMEBODY = "somebody"


@dataclass(frozen=True)
class Described:
    """A tool as operators read it."""

    name: str
    effect: str
    undo: str
    text: bool
    voice: bool
    on: bool
    description: str
    examples: list[str]


@command.command("list")
def list_tools(as_json: frame.Json = False) -> None:
    """List the tools: their effect, what undoes them, where they work, and whether they are on."""
    disabled = frame.setup().config.tools.disabled
    registry = Registry(families(), disabled=disabled)
    found = [_described(each, on=each.name in registry.tools) for each in families()]
    if as_json:
        frame.print_json(found)
        return
    rows = [
        [each.name, each.effect, each.undo, _where(each), "on" if each.on else "off", each.description]
        for each in found
    ]
    frame.table(f"{len(found)} tools", ["name", "effect", "undone by", "in", "is", "what it does"], rows)


def _described(tool: Tool, *, on: bool) -> Described:
    return Described(
        tool.name, tool.effect.value, tool.undo, tool.text, tool.voice, on, tool.description, list(tool.examples)
    )


def _where(tool: Described) -> str:
    return " ".join(name for name, there in (("text", tool.text), ("voice", tool.voice)) if there)


# --- trying one ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tried:
    """One call the emulated model made, and what the tool answered."""

    tool: str
    arguments: Any
    failed: bool
    result: str


@command.command("try")
def try_tool(
    text: Annotated[str, typer.Argument(help="What a person might write.")],
    locale: Annotated[str | None, typer.Option(help="Language and country, such as es-CO.")] = None,
    zone: Annotated[str | None, typer.Option(help="IANA time zone, such as America/Bogota.")] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217, such as COP; of their zone if not given.")] = None,
    as_json: frame.Json = False,
) -> None:
    """Show which tool the emulated model would call with these words, and what it would answer.

    On a throwaway file with one new person in it: nobody's rows are touched, and no model is paid.
    """
    config = frame.setup().config
    somebody = NewPerson(
        SOMEBODY,
        "Somebody",
        "active",
        locale or config.people.locale,
        zone or config.people.zone,
        currency or own_currency.assumed(config.people.currency, zone=zone or config.people.zone),
    )
    tried, reply = frame.run(_try, text, somebody, config)
    if as_json:
        frame.print_json({"text": text, "calls": tried, "reply": reply})
        return
    for each in tried:
        frame.say(f"{each.tool} {msgspec.json.encode(each.arguments).decode()}")
        frame.say(f"  {'✗' if each.failed else '→'} {each.result}")
    frame.say(f"Ivy: {reply}")
    if earlier := decided_earlier(text):
        frame.note(earlier)
    frame.note("(the emulated model, on a throwaway file)")


def decided_earlier(text: str) -> str:
    """Say what else these words mean before any model sees them; empty for most words."""
    if stop_meaning(text) is not StopMeaning.NONE:
        return "Before any model sees them, these words are about stopping or starting all contact."
    if quick_reply(text) is not None:
        return "With a workout or a question open, these words are a quick reply, and no model is called."
    return ""


async def _try(text: str, somebody: NewPerson, config: Config) -> tuple[list[Tried], str]:
    registry = Registry(families(), disabled=config.tools.disabled)
    now = SystemClock().now()
    with tempfile.TemporaryDirectory(prefix="ivy-try-") as folder:
        async with open_store(Path(folder) / "ivy.db", threads=InlineThreads(), throwaway=True) as store:
            await store.write(migrate)
            await store.write(people.add, somebody, now=now)
            return await _converse(text, for_user(store, SOMEBODY), registry, now)


async def _converse(text: str, person: PersonStore, registry: Registry, now: datetime) -> tuple[list[Tried], str]:
    chance = Random(1)
    turn = TurnContext(await person.read(people.load), now, lambda: uuid7(now, chance), trace_id="try")
    brain = Brain(registry.examples())
    tools = {spec.name: spec.parameters for spec in registry.specs()}
    words = BrainTurn("user", (text,))
    output = brain.answer(BrainInput((words,), tools))
    tried = [await _call(person, registry, call, place, turn) for place, call in enumerate(output.calls)]
    if not tried:
        return [], output.text
    results = tuple(BrainResult(each.result, each.failed) for each in tried)
    after = (words, BrainTurn("assistant", calls=output.calls), BrainTurn("user", results=results))
    return tried, brain.answer(BrainInput(after, tools, may_call=False)).text


async def _call(person: PersonStore, registry: Registry, call: BrainCall, place: int, turn: TurnContext) -> Tried:
    arguments = call.arguments if isinstance(call.arguments, str) else msgspec.json.encode(call.arguments).decode()
    result = await execute(person, registry, ToolCall(str(place), call.tool, arguments), Place("try", 0, place), turn)
    return Tried(call.tool, call.arguments, result.failed, result.content)
