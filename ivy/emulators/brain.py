"""The small mind behind the emulated models: it knows the tools' examples and nothing else. May import: domain, phrases.

The same words always get the same answer. It is enough to use every tool with no keys, and is never wired to real people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ivy.domain.examples import Example
from ivy.domain.facts_said import read as facts_in
from ivy.domain.taint import is_framed
from ivy.emulators import noticing
from ivy.emulators.phrase_grammar import GREETINGS, THANKS, compose, fold, language_of, words_in
from ivy.emulators.phrases import Phrasebook

MARKER = "The person writes:"
_QUOTED = re.compile(r'^\(quoting: ".*?"\) ', re.MULTILINE | re.DOTALL)
"""The line after which a user turn's words are the person's; without it all of them are."""
ANY_TOOL = "*"

_SHOWN = 3
_SAYINGS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "greeting": "Hello! What can I do for you?",
        "thanks": "You're welcome!",
        "noted": "Good to know.",
        "help": "I did not get that. You can say, for example: {examples}",
        "helpless": "I did not get that, sorry.",
        "sorry": "Sorry, that did not work: {reason}",
        "done": "Done.",
    },
    "es": {
        "greeting": "¡Hola! ¿En qué ayudo?",
        "thanks": "¡De nada!",
        "noted": "Es bueno saberlo.",
        "help": "Eso no lo entendí. Por ejemplo: {examples}",
        "helpless": "Eso no lo entendí, lo siento.",
        "sorry": "Lo siento, no ha funcionado: {reason}",
        "done": "Hecho.",
    },
}


@dataclass(frozen=True)
class BrainCall:
    """A tool to call; `arguments` is text where they are to be malformed."""

    tool: str
    arguments: Mapping[str, Any] | str


@dataclass(frozen=True)
class BrainResult:
    content: str
    failed: bool = False


@dataclass(frozen=True)
class BrainTurn:
    """One turn as any wire tells it; `role` is user or assistant."""

    role: str
    texts: tuple[str, ...] = ()
    calls: tuple[BrainCall, ...] = ()
    results: tuple[BrainResult, ...] = ()
    pictures: int = 0


@dataclass(frozen=True)
class BrainInput:
    """What a model is given: `tools` by name with their schemas; `forced` names one that must be called, or any (`*`)."""

    turns: tuple[BrainTurn, ...]
    tools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    system: str = ""
    may_call: bool = True
    forced: str = ""
    model: str = ""

    @property
    def words(self) -> str:
        """What the person wrote in the last turn, without what Ivy put before it."""
        last = self.turns[-1] if self.turns else BrainTurn("user")
        return "\n".join(map(_words_of, last.texts)) if last.role == "user" else ""

    @property
    def pictures(self) -> int:
        """How many pictures it is shown."""
        return sum(turn.pictures for turn in self.turns)

    @property
    def results(self) -> tuple[BrainResult, ...]:
        """What the tools of the running loop have answered, the oldest first."""
        found: list[BrainResult] = []
        for turn in reversed(self.turns):
            if turn.role == "assistant" and not turn.calls:
                break
            found[:0] = turn.results
        return tuple(found)


@dataclass(frozen=True)
class BrainOutput:
    """What a model answers; `stop` is end, length or refusal where it is not plain from the rest."""

    text: str = ""
    calls: tuple[BrainCall, ...] = ()
    stop: str = ""


Script = Callable[[BrainInput], BrainOutput | None]
"""Answers in the brain's place, or leaves it to the brain with None: for tests of models that misbehave."""


class Brain:
    """Finds what the person wants among the examples, calls those tools, and passes on what they answer."""

    def __init__(self, examples: Sequence[Example] = (), *, scripted: Script | None = None) -> None:
        self._examples = tuple(examples)
        self._book = Phrasebook(self._examples)
        self._scripted = scripted

    def answer(self, given: BrainInput) -> BrainOutput:
        """Return the same answer for the same input, always."""
        scripted = self._scripted(given) if self._scripted is not None else None
        if scripted is not None:
            return scripted
        if noticing.is_asked(given.system):
            return BrainOutput(noticing.answer(given.words))
        calls = self._calls(given)
        return BrainOutput(calls=calls) if calls else BrainOutput(self._reply(given))

    def _calls(self, given: BrainInput) -> tuple[BrainCall, ...]:
        if not given.may_call:
            return ()
        wanted = given.tools if given.forced in ("", ANY_TOOL) else {given.forced: given.tools.get(given.forced, {})}
        found = tuple(BrainCall(one.tool, one.arguments) for one in self._book.read(given.words, wanted))
        return found or (self._forced(wanted) if given.forced else ())

    def _forced(self, wanted: Mapping[str, Any]) -> tuple[BrainCall, ...]:
        example = next((one for one in self._examples if one.tool in wanted), None)
        if example is not None:
            return (BrainCall(example.tool, example.arguments),)
        return tuple(BrainCall(tool, {}) for tool in sorted(wanted)[:1])

    def _reply(self, given: BrainInput) -> str:
        persons = (text for turn in given.turns[::-1] if turn.role == "user" for text in turn.texts)
        spoken = given.words or next(map(_words_of, persons), "")
        language = language_of(spoken)
        says = _SAYINGS[language]
        if given.results:
            return "\n".join(_told(result, says) for result in given.results)
        known = set(words_in(fold(compose(spoken))))
        if known and known <= THANKS:
            return says["thanks"]
        if known and known <= GREETINGS:
            return says["greeting"]
        if facts_in(spoken):
            return says["noted"]
        phrases: dict[str, str] = {}
        offered = [one for one in self._examples if one.tool in given.tools]
        for example in sorted(offered, key=lambda one: language_of(one.phrase) != language):
            phrases.setdefault(example.tool, f"“{example.phrase}”")
        shown = list(phrases.values())[:_SHOWN]
        return says["help"].format(examples=", ".join(shown)) if shown else says["helpless"]


def _told(result: BrainResult, says: Mapping[str, str]) -> str:
    if result.failed:
        return says["sorry"].format(reason=" ".join(result.content.split()))
    return result.content.strip() or says["done"]


def _words_of(text: str) -> str:
    """Return what follows the marker's line; a second one is part of no one's words, nor is what others wrote."""
    lines = text.split("\n")
    marked = [place for place, line in enumerate(lines) if line.strip() == MARKER]
    if not marked:
        return text
    after = lines[marked[0] + 1 :]
    written = "\n".join(line for line in after if line.strip() != MARKER and not is_framed(line))
    return _QUOTED.sub("", written).strip()  # what they answer to is not what they say
