"""What a tool is, declared once for text and voice, and the list of them all. May import: the store and below.

One declaration serves the models' schema, the executor, the emulated brain, the documents and a journey test.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar, get_type_hints

import msgspec

from ivy.config import GivingSection
from ivy.domain.examples import Example
from ivy.domain.experiments import NONE, Experiments
from ivy.domain.spend_caps import NO_CAPS, Sums
from ivy.domain.taint import Read, Touch
from ivy.errors import ConfigError, ToolFailed
from ivy.ports import ToolSpec
from ivy.store.memory_vectors import Meaning
from ivy.store.people import Person
from ivy.store.scope import Scope


class Effect(StrEnum):
    """What a tool does to the world; the executor treats each class differently."""

    READ = "read"
    LOCAL = "local"
    OUTSIDE = "outside"
    """It sends or reveals something to somebody else."""
    COSTS = "costs"
    CALLS = "calls"
    """It phones somebody, which costs minutes too."""
    FINAL = "final"
    """It cannot be undone."""

    @property
    def is_grave(self) -> bool:
        """Whether it waits for the person's yes, unless they asked for just this."""
        return self not in (Effect.READ, Effect.LOCAL)


class AskAgain(ToolFailed):
    """The very same was done a moment ago: it is done once more only with the person's yes."""


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
    experiments: Experiments = field(default_factory=NONE)
    """What differs from person to person."""
    read: Read | None = None
    """What the model that asks has read; None where none decides: a tap, a form, what was certain in a call."""
    again: bool = False
    """They said yes to having the same once more."""
    caps: Sums = NO_CAPS
    """What may be spent on them and on all."""
    minutes_of_calls: int = 0
    """Minutes a month that there are for calls with one person; 0: nobody says."""
    minutes_a_day: int = 0
    """Minutes that there are for everybody's calls of one day; 0: nobody says."""
    phones: bool = True
    """Ivy has a voice to phone people with; without one, what would be a call is a text."""
    hides_number: bool = False
    """Their chat shows no number and has no button that shares it, or a place: only the operator can say it."""
    gets_to: Callable[[str], bool] | None = None
    """Says whether our number can phone theirs; None: nobody knows."""
    recall: Callable[[str], Awaitable[Meaning | None]] | None = None
    """Finds out what a text means, for tools that look for meaning; None: they look for words."""
    meaning: Meaning | None = None
    """What a tool is to look for, once `recall` has found out."""
    scope: str = ""
    """What Ivy is for, as the operator puts it; empty: as Ivy puts it."""
    unlocked: bool = False
    """What they ask for has waited for its day: their lock holds it no more."""

    @property
    def asks_again(self) -> bool:
        """Whether what was done a moment ago is asked about before it is done twice."""
        return self.read is not None and not self.again


ScopedRead = Callable[[Scope], str]
ScopedWrite = Callable[[Scope], str]
A = TypeVar("A", bound=msgspec.Struct)
Run = Callable[[A, TurnContext], Callable[[Scope], str]]


@dataclass(frozen=True)
class Asked:
    """How a call is asked about and held: a line that says what it would do, and arguments that mean the same."""

    line: str
    arguments: str


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
    touch: Touch = Touch.NOTHING
    asked_by: tuple[str, ...] = ()
    """Beginnings of plain words with which somebody asks for just this, in both languages."""
    looks_for: Callable[[Any], str] | None = None
    """Of its arguments: the text whose meaning it looks for."""
    asks_as: Callable[[Any, TurnContext], Callable[[Scope], Asked | None]] | None = None
    """How it is asked about, where what it says does not tell what is done; None of a call that only asks, itself."""

    @cached_property
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
    touch: Touch | None = None,
    asked_by: tuple[str, ...] = (),
    looks_for: Callable[[Any], str] | None = None,
    asks_as: Callable[[Any, TurnContext], Callable[[Scope], Asked | None]] | None = None,
) -> Callable[[Run[A]], Tool]:
    """Declare a tool: the function's name and docstring are what the model reads, its first argument is the schema.

    `touch`: what of the person's it reaches, which decides what is asked about after text by others; what only reads
    touches nothing, all else is a change of plans unless it says otherwise.
    """
    reaches = touch or (Touch.NOTHING if effect is Effect.READ else Touch.PLANS)

    def declare(run: Run[A]) -> Tool:
        arguments = get_type_hints(run)["args"]
        description = " ".join((run.__doc__ or "").split())
        name = getattr(run, "__name__", "")
        return Tool(
            name,
            description,
            arguments,
            effect,
            run,
            examples,
            undo,
            text,
            voice,
            reads_untrusted,
            reaches,
            asked_by,
            looks_for,
            asks_as,
        )

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
        self.untrusted = frozenset(name for name, each in self.tools.items() if each.reads_untrusted)

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
        aims,
        asking,
        calendar,
        calling,
        calls_today,
        coaching,
        commitment,
        counting,
        expenses,
        exports,
        giving,
        knowing,
        manners,
        memory,
        privacy,
        progress,
        remembering,
        reminders,
        reserve,
        schedule,
        scope,
        styles,
        topics,
        usage,
        workouts,
    )

    return (
        *calendar.TOOLS,
        *reminders.TOOLS,
        *expenses.TOOLS,
        *workouts.TOOLS,
        *reserve.TOOLS,
        *coaching.TOOLS,
        *commitment.TOOLS,
        *aims.TOOLS,
        *giving.TOOLS,
        *progress.TOOLS,
        *calling.TOOLS,
        *calls_today.TOOLS,
        *exports.TOOLS,
        *privacy.TOOLS,
        *manners.TOOLS,
        *schedule.TOOLS,
        *counting.TOOLS,
        *scope.TOOLS,
        *usage.TOOLS,
        *asking.TOOLS,
        *memory.TOOLS,
        *remembering.TOOLS,
        *knowing.TOOLS,
        *styles.TOOLS,
        *topics.TOOLS,
    )
