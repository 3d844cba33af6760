"""Which models may be asked now, and what became of asking them: their breakers. May import: the store and below."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ivy import log
from ivy.clock import Clock
from ivy.domain import providers
from ivy.domain.breaker import CLOSED, BreakerPolicy, waits_until
from ivy.errors import VendorError
from ivy.ports import Model
from ivy.store import breakers, switches
from ivy.store.binding import Connection
from ivy.store.database import Store

logger = log.get(__name__)
TRIAL_MARGIN = timedelta(seconds=5)
"""A trial is over this much after its call's limit at the latest: its process may have died."""


def name_of(model: Model) -> str:
    """Return how a model is called among the dependencies."""
    return f"{model.vendor}/{model.name}"


@dataclass(frozen=True)
class Candidate:
    """A model that has its turn: `until` is when it may be asked, None for now; `is_trial`: this call decides about it."""

    role: str
    model: Model
    until: datetime | None
    is_trial: bool


class Providers:
    """The models by role, and their breakers. `setups` has a digest of each one's key and address, by its name."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        models: dict[str, Model],
        *,
        policy: BreakerPolicy | None = None,
        setups: dict[str, str] | None = None,
    ) -> None:
        self.by_role = models
        self._store = store
        self._clock = clock
        self._policy = policy or BreakerPolicy()
        self._setups = setups or {}

    async def candidates(self, first: str) -> list[Candidate]:
        """Return whom to ask, in order; those whose rest is not over too. `first`: the role that goes before the others."""
        return await self._store.read(self._candidates, first)

    def _candidates(self, connection: Connection, first: str) -> list[Candidate]:
        now = self._clock.now()
        choice = switches.value(connection, providers.SWITCH)
        found: list[Candidate] = []
        for role in providers.order(choice, first):
            if (model := self.by_role.get(role)) is not None:
                breaker = breakers.standing(connection, name_of(model), now)
                found.append(Candidate(role, model, waits_until(breaker, now), breaker.until is not None))
        return found

    async def may_ask(self, candidate: Candidate, seconds: float) -> datetime | None:
        """Take a model's one trial, if it is open; return until when to wait instead, if another call has it."""
        if candidate.until is not None or not candidate.is_trial:
            return candidate.until
        limit = timedelta(seconds=seconds) + TRIAL_MARGIN
        return await self._store.write(breakers.begin, name_of(candidate.model), self._clock.now(), limit)

    async def answered(self, model: Model) -> None:
        """Take an answer: the failures before it were not three in a row."""
        name = name_of(model)
        if await self._store.read(breakers.load, name) != CLOSED:
            await self._store.write(breakers.succeeded, name, self._clock.now())

    async def failed(self, model: Model, error: VendorError, began: datetime) -> None:
        """Take a call that left at `began` and came to nothing."""
        name = name_of(model)
        until = await self._store.write(
            breakers.failed, name, error, self._policy,
            now=self._clock.now(), began=began, setup=self._setups.get(name, ""),
        )  # fmt: skip
        if until is not None:
            logger.error("%s is left alone until %s: %s", name, until, error.reason)
