"""One phone call at the emulated Retell: who speaks with whom, and what was said. May import: the domain and below."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

import msgspec
import trio

from ivy.emulators.retell_reasons import ENDS
from ivy.emulators.retell_rules import Json
from ivy.emulators.retell_shelf import Engine

WORDS_A_SECOND = 2.5
_VARIABLE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """Put values in place of `{{names}}`, once; what has no value stays as it is, braces and all, and is spoken so."""
    return _VARIABLE.sub(lambda found: variables.get(found[1], found[0]), text)


def seconds_to_say(text: str) -> float:
    return len(text.split()) / WORDS_A_SECOND


@dataclass(frozen=True)
class Turn:
    """Something said: `role` is agent or user, times are seconds of the call."""

    role: str
    content: str
    start: float
    end: float

    @cached_property
    def raw(self) -> msgspec.Raw:
        """The turn with its words' times, as JSON."""
        spoken = self.content.split()
        step = (self.end - self.start) / max(1, len(spoken))
        words = [
            {
                "word": f"{word} ",
                "start": round(self.start + step * at, 3),
                "end": round(self.start + step * (at + 1), 3),
            }
            for at, word in enumerate(spoken)
        ]
        return msgspec.Raw(msgspec.json.encode({"role": self.role, "content": self.content, "words": words}))

    def cut(self, words: int) -> Turn:
        """Return what was heard of it before somebody cut in."""
        kept = self.content.split()[:words]
        end = self.start + (self.end - self.start) * len(kept) / max(1, len(self.content.split()))
        return Turn(self.role, " ".join(kept), self.start, end)


@dataclass(frozen=True)
class FunctionCall:
    """A function that the agent called; `status` 0 is no answer in time."""

    name: str
    arguments: Mapping[str, Any]
    status: int
    content: str

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status <= 299


@dataclass(eq=False)
class Call:
    """A call from being asked for to its analysis. `variables` are the agent's own with the call's on top.

    `given` and `metadata` are what came with the request, None if nothing did. `steps` belongs to whoever talks: how
    often each talker was asked. `chance` is the call's own.
    """

    call_id: str
    engine: Engine
    from_number: str
    to_number: str
    direction: str
    given: dict[str, str] | None
    metadata: Json | None
    at: datetime
    chance: Random
    sip_headers: dict[str, str] = field(default_factory=dict[str, str])
    imported: bool = False
    """The number is the account's own carrier's, who bills by himself."""
    status: str = "registered"
    reason: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    in_voicemail: bool = False
    entries: list[Turn | Json] = field(default_factory=list["Turn | Json"])
    functions: list[FunctionCall] = field(default_factory=list[FunctionCall])
    latencies: list[int] = field(default_factory=list[int])
    analysis: Json | None = None
    stored: str = "everything"
    steps: Counter[int] = field(default_factory=Counter[int])
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    stop_reason: str = ""
    """Why it is to end at once."""
    over: trio.Event = field(default_factory=trio.Event)

    @cached_property
    def variables(self) -> dict[str, str]:
        return {**(self.engine.llm.get("default_dynamic_variables") or {}), **(self.given or {})}

    @property
    def phone(self) -> str:
        """The person's number."""
        return self.to_number if self.direction == "outbound" else self.from_number

    @property
    def turns(self) -> list[Turn]:
        return [entry for entry in self.entries if isinstance(entry, Turn)]

    @property
    def transcript(self) -> str:
        names = {"agent": "Agent", "user": "User"}
        return "".join(f"{names[turn.role]}: {turn.content}\n" for turn in self.turns)

    @property
    def seconds(self) -> float:
        return self.second(self.ended_at) if self.ended_at else 0.0

    def second(self, now: datetime) -> float:
        """Return how far into its audio the call is."""
        return (now - self.started_at) / timedelta(seconds=1) if self.started_at else 0.0

    def step(self, talker: object) -> int:
        """Return how often a talker was asked before in this call, and count this time."""
        self.steps[id(talker)] += 1
        return self.steps[id(talker)] - 1

    def stop(self, reason: str) -> None:
        """End the call wherever it is."""
        self.stop_reason = reason
        self.scope.cancel()

    def end(self, reason: str, at: datetime) -> None:
        """Write down that the call is over. A reason for calls that never connect leaves no times."""
        known = ENDS[reason]
        self.reason = reason
        self.status = known.status if self.started_at or not known.connected else "not_connected"
        self.ended_at = at
        self.over.set()
