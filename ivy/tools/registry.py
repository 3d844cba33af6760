"""What a tool is, declared once for text and voice, and the list of them all. May import: the store and below.

One declaration serves the models' schema, the executor, the emulated brain, the documents and a journey test.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

import msgspec

from ivy.config import GivingSection
from ivy.domain.examples import Example
from ivy.errors import ConfigError
from ivy.ports import ToolSpec
from ivy.store.people import Person
from ivy.store.scope import Scope


class Effect(StrEnum):
    """What a tool does to the world; the executor treats each class differently."""

    READ = "read"
    LOCAL = "local"
    OUTSIDE = "outside"
    COSTS = "costs"


NO_GIVING = GivingSection()


@dataclass(frozen=True)
class TurnContext:
    """What a tool knows of the moment: who asks, when, and how. The person is the channel's, never an argument."""

    person: Person
    now: datetime
    new_id: Callable[[], str]
    trace_id: str
    source: str = "text"
    """text or call."""
    turn_id: str = ""
    giving: GivingSection = NO_GIVING
    """What the operator lets people give."""


ScopedRead = Callable[[Scope], str]
ScopedWrite = Callable[[Scope], str]
A = TypeVar("A", bound=msgspec.Struct)
Run = Callable[[A, TurnContext], Callable[[Scope], str]]


@dataclass(frozen=True)
class Tool:
    """A tool and all that later work asks of it. `run` returns a function of a scope; only the executor calls that."""

    name: str
    description: str
    arguments: type[msgspec.Struct]
    effect: Effect
    run: Callable[[Any, TurnContext], Callable[[Scope], str]]
    examples: Mapping[str, Mapping[str, Any]]
    undo: str = ""
    text: bool = True
    voice: bool = True
    reads_untrusted: bool = False

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(self.name, self.description, schema_of(self.arguments))


def tool(
    *,
    effect: Effect,
    examples: Mapping[str, Mapping[str, Any]],
    undo: str = "",
    text: bool = True,
    voice: bool = True,
    reads_untrusted: bool = False,
) -> Callable[[Run[A]], Tool]:
    """Declare a tool: the function's name and docstring are what the model reads, its first argument is the schema."""

    def declare(run: Run[A]) -> Tool:
        arguments = get_type_hints(run)["args"]
        description = " ".join((run.__doc__ or "").split())
        name = getattr(run, "__name__", "")
        return Tool(name, description, arguments, effect, run, examples, undo, text, voice, reads_untrusted)

    return declare


def schema_of(arguments: type[msgspec.Struct]) -> dict[str, Any]:
    """Return a plain JSON Schema object that Anthropic, OpenAI and Retell all accept: no references, unions or bounds.

    What the schema cannot say (lengths, formats) the description says and msgspec checks.
    """
    (schema,), components = msgspec.json.schema_components([arguments], ref_template="{name}")
    plain = _plain(schema, components)
    plain.setdefault("properties", {})
    plain.setdefault("required", [])
    return {**plain, "additionalProperties": False}


_KEPT = ("type", "description", "enum", "items", "properties", "required")


def _plain(schema: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        extra = {"description": schema["description"]} if "description" in schema else {}
        return {**_plain(components[schema["$ref"]], components), **extra}
    kept = {key: schema[key] for key in _KEPT if key in schema}
    if "enum" in kept:
        kept.setdefault("type", "string")
    if "properties" in kept:
        kept["properties"] = {name: _plain(inner, components) for name, inner in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = _plain(kept["items"], components)
    return kept


class Registry:
    """The tools that are on, by name."""

    def __init__(self, tools: Iterable[Tool], *, disabled: Iterable[str] = ()) -> None:
        every = {each.name: each for each in tools}
        if unknown := sorted(set(disabled) - every.keys()):
            raise ConfigError(
                f"tools.disabled names {', '.join(unknown)}, which no tool is called; see `ivy tools list`."
            )
        self.disabled = frozenset(disabled)
        self.tools = {name: each for name, each in every.items() if name not in self.disabled}

    def specs(self, *, voice: bool = False) -> tuple[ToolSpec, ...]:
        """Return what the models are told, in an order that never changes."""
        return tuple(each.spec for each in self.tools.values() if (each.voice if voice else each.text))

    def examples(self) -> tuple[Example, ...]:
        """Return every example of every tool that is on."""
        return tuple(
            Example(each.name, phrase, dict(arguments))
            for each in self.tools.values()
            for phrase, arguments in each.examples.items()
        )


def families() -> tuple[Tool, ...]:
    """Return all tools of Ivy, family by family. A new family is one line here."""
    from ivy.tools import (
        asking,
        calendar,
        calling,
        coaching,
        expenses,
        exports,
        giving,
        privacy,
        progress,
        reminders,
        schedule,
        workouts,
    )

    return (
        *calendar.TOOLS,
        *reminders.TOOLS,
        *expenses.TOOLS,
        *workouts.TOOLS,
        *coaching.TOOLS,
        *giving.TOOLS,
        *progress.TOOLS,
        *calling.TOOLS,
        *exports.TOOLS,
        *privacy.TOOLS,
        *schedule.TOOLS,
        *asking.TOOLS,
    )
