"""What deciding about a message needs, beside the file: less than sending it does. May import: the agent and below."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivy.agent.desk import Desk
from ivy.clock import Clock
from ivy.config import Config
from ivy.domain.rates import Rates
from ivy.domain.tariffs import Tariffs
from ivy.ports import TemplatePack


class Named(Protocol):
    """A vendor, as far as its breaker is concerned."""

    @property
    def name(self) -> str: ...


class Deciding(Protocol):
    """A handler's context, or what an operator's command has of it."""

    @property
    def clock(self) -> Clock: ...
    @property
    def config(self) -> Config: ...
    @property
    def channels(self) -> Container[str]:
        """The names of the channels in use."""
        ...

    @property
    def rates(self) -> Rates: ...
    @property
    def pack(self) -> TemplatePack: ...
    @property
    def tariffs(self) -> Tariffs: ...
    @property
    def voice(self) -> Named | None: ...

    def desk_at(self, channel: str, trace_id: str) -> Desk: ...


@dataclass(frozen=True)
class At:
    """A clock that stands still: what would be decided at that moment."""

    instant: datetime
    virtual = False

    def now(self) -> datetime:
        return self.instant


@dataclass(frozen=True)
class Beforehand:
    """Decides about messages that nobody sends now: for a plan."""

    clock: Clock
    config: Config
    channels: Container[str]
    rates: Rates
    pack: TemplatePack
    tariffs: Tariffs
    voice: Named | None = None

    def desk_at(self, channel: str, trace_id: str) -> Desk:
        return Desk(self.clock.now(), _no_id, self.config, channel, trace_id, self.rates, self.tariffs)


def beforehand(context: Deciding, instant: datetime) -> Beforehand:
    """Return what decides as it would at an instant."""
    return Beforehand(
        At(instant), context.config, context.channels, context.rates, context.pack, context.tariffs, context.voice
    )


def _no_id() -> str:
    raise AssertionError("a plan makes no rows")
