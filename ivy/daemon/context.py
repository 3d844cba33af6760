"""What every handler is given, and what it may return. May import: the agent and below."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from random import Random
from typing import TYPE_CHECKING

from ivy.agent import price_cards
from ivy.agent.desk import Desk
from ivy.agent.recalling import Recaller
from ivy.clock import Clock
from ivy.config import Config
from ivy.daemon import hours
from ivy.daemon.lines import SeenLines, Turns
from ivy.domain.calling_hours import CallingHours
from ivy.domain.clock_skew import Skew
from ivy.domain.ids import uuid7
from ivy.domain.rates import Rates
from ivy.domain.tariffs import Tariffs
from ivy.ports import AlertPost, Channel, Fetcher, FormKeys, Polling, Pulse, TemplatePack, Transcriber, Voice
from ivy.store import inbox
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.files import Files
from ivy.store.inbox import Arrival
from ivy.store.jobs import Job
from ivy.store.memory_vectors import Meaning
from ivy.store.scope import PersonStore
from ivy.store.sealing import Sealer

if TYPE_CHECKING:
    from ivy.agent.turn import Agent
    from ivy.agent.weekly_prose import Ask
    from ivy.daemon.backup_room import BackupRoom

Write = Callable[[Connection], object]


def nothing(_connection: Connection) -> None:
    """The write of a handler that has nothing to write."""


@dataclass(frozen=True)
class Later:
    """Not yet: run the job again at `until`, which is no failure. `write` is committed with that."""

    until: datetime
    write: Write = nothing


@dataclass(frozen=True)
class Dropped:
    """No longer wanted, for a reason that is kept. `write` is committed with that."""

    reason: str
    write: Write = nothing


Outcome = Write | Later | Dropped


@dataclass(frozen=True)
class Context:
    """The daemon's parts as a handler sees them. `chance` is the one source of randomness."""

    store: Store
    clock: Clock
    chance: Random
    config: Config
    channels: Mapping[str, Channel]
    sealer: Sealer
    agent_of: "Callable[[], Agent]"
    rates: Rates
    pack: TemplatePack
    files: Files
    fetchers: Mapping[str, Fetcher]
    """By channel: how files come and go."""
    transcriber: Transcriber | None = None
    form_keys: FormKeys | None = None
    """Opens what phones ask while somebody fills in a form; None where no form asks."""
    voice: Voice | None = None
    """Who carries phone calls; None where nobody is phoned."""
    calling_hours: CallingHours = field(default_factory=hours.shipped)
    """When people of each country may be phoned unasked."""
    cheap: "Ask | None" = None
    """Asks the cheap model; None: fixed words are taken instead."""
    lines: SeenLines = field(default_factory=SeenLines)
    turns: Turns = field(default_factory=Turns)
    tariffs: Tariffs = field(default_factory=price_cards.shipped)
    """What texts and calls cost."""

    memory: Recaller | None = None
    """Asks the embedder; None: memory goes by words."""

    alert_post: AlertPost | None = None
    """Where alerts are posted to; None where no address is configured."""
    pulse: Pulse | None = None
    """What waits for a sign of life; None where no address is configured."""
    skew: Skew | None = None
    """What the vendors' clocks say; None where nobody listens to them."""
    backups: "BackupRoom | None" = None
    """Where the daemon's own backups go; None where it makes none."""
    site_texts: Mapping[str, str] = field(default_factory=dict[str, str])
    """The operator's own words for the pages of [site], by a page's name."""
    polling: Polling | None = None
    """The channel that is asked for what came; None where all others bring it."""

    @cached_property
    def agent(self) -> "Agent":
        """Who answers turns: made at its first use, since the daemon listens before all of its tools are imported."""
        return self.agent_of()

    @property
    def chat(self) -> str:
        """The channel of what is said on none in particular."""
        return self.config.chat

    def new_id(self) -> str:
        return uuid7(self.clock.now(), self.chance)

    def arrival(self, source: str, body: bytes) -> Arrival:
        """Return what came from a vendor at this moment, sealed, as the inbox keeps it."""
        arrival_id = self.new_id()
        return Arrival(
            id=arrival_id,
            job_id=self.new_id(),
            source=source,
            body_sha256=inbox.digest(body),
            sealed=self.sealer.seal(body, inbox.place(arrival_id)),
            received_at=self.clock.now(),
        )

    def desk(self, job: Job) -> Desk:
        """Return the moment of one job, for what is decided without a model."""
        return self.desk_at(str(job.payload.get("channel", self.chat)), job.trace_id)

    def desk_at(self, channel: str, trace_id: str) -> Desk:
        return Desk(self.clock.now(), self.new_id, self.config, channel, trace_id, self.rates, self.tariffs)

    def recall(self, person: PersonStore, trace_id: str) -> Callable[[str], Awaitable[Meaning | None]] | None:
        """Return what finds out the meaning of a text for a person's tools."""
        memory = self.memory
        return None if memory is None else partial(memory.meaning, person, trace_id=trace_id)


Buried = Callable[[Connection, Job, str, Desk], None]
"""What else is true when a job of a kind is given up on: runs in the commit that buries it."""

Handler = Callable[[Job, Context], Awaitable[Outcome]]
