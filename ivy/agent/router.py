"""Asks the models in the order of their roles, until one answers. May import: the store and below.

Every call is reserved in the ledger before it is made and settled after, whatever became of it; `providers.py` knows whom
to leave alone. All calls of a turn share its one deadline.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import trio

from ivy import log
from ivy.agent import exchanges, paid
from ivy.agent.exchanges import ExchangeKeeper
from ivy.agent.providers import Candidate, Providers
from ivy.agent.token_counting import TokenCounter
from ivy.clock import Clock
from ivy.domain.breaker import BreakerPolicy
from ivy.domain.pricing import cost_micros, estimate_micros
from ivy.domain.providers import ROLES
from ivy.domain.spend_caps import Sums, order, stage
from ivy.domain.tokens import with_margin
from ivy.errors import VendorBusy, VendorError, VendorMisconfigured
from ivy.ports import (
    Model,
    ModelAnswer,
    ModelRequest,
    Models,
    Prices,
    Usage,
)
from ivy.store import spending
from ivy.store.database import Store
from ivy.store.sealing import Sealer
from ivy.store.spending import Reservation

logger = log.get(__name__)
LOOK_AGAIN = timedelta(minutes=10)
"""A turn that waits for a model is tried again at least so often: an operator may mend it sooner than it says."""
SHORTEST_CALL = 3.0
"""Seconds: with less than this left of a turn no further model is asked."""
TO_END = 2.0
"""Seconds of a turn that are left for writing down how it ended."""
LONGEST_ASK = 85.0
"""Seconds for words that nobody waits for, whoever is asked: less than the limit of any job that asks."""


USUAL_TURN = Usage(input=4000, output=250)
"""By which models are compared in price."""


class AllModelsDown(VendorBusy):
    """No model can answer now; the turn waits for one."""


@dataclass(frozen=True)
class Caller:
    """On whose account a call is made."""

    user_id: str
    turn_id: str
    trace_id: str
    until: float = float("inf")
    """When the turn must be over, by trio's clock."""


class Router:
    """Tries the models in order of their roles. One that fails, throttles or is misconfigured is left alone for its time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        models: Models,
        prices: Prices,
        *,
        caps: Sums,
        seconds: dict[str, float],
        sealer: Sealer,
        policy: BreakerPolicy | None = None,
        setups: dict[str, str] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._models = models.by_role
        self._providers = Providers(store, clock, dict(models.by_role), policy=policy, setups=setups)
        self._prices = prices
        self._caps = caps
        self._seconds = seconds
        self._keeper = ExchangeKeeper(sealer)
        self.counter = TokenCounter(store, clock)

    @property
    def names(self) -> tuple[str, ...]:
        """The models that may answer a turn, the first first."""
        return tuple(dict.fromkeys(self._models[role].name for role in ROLES if role in self._models))

    def vendor(self, role: str) -> str:
        """Return whose model has a role."""
        return self._models[role].vendor

    async def complete(
        self, request: ModelRequest, caller: Caller, *, call_id: str, first: str = ROLES[0]
    ) -> tuple[ModelAnswer, str]:
        """Return an answer and the role that gave it; `first` is the role this turn has stuck to.

        Raises: AllModelsDown, VendorRefused (our request is at fault), spending.CapReached.
        """
        candidates = await self._by_money(await self._providers.candidates(first), caller)
        return await self._first_answer(candidates, request, caller, call_id)

    async def ask(self, role: str, request: ModelRequest, caller: Caller, *, call_id: str) -> ModelAnswer:
        """Return an answer for words that nobody waits for: of the model of a role, else of the cheapest that answers.

        Raises: AllModelsDown, VendorRefused, spending.CapReached.
        """
        caller = replace(caller, until=min(caller.until, trio.current_time() + LONGEST_ASK))
        found = await self._providers.candidates(role)
        usual = [*found[:1], *sorted(found[1:], key=lambda each: self._usual_cost(each.model))]
        answer, _role = await self._first_answer(await self._by_money(usual, caller), request, caller, call_id)
        return answer

    async def _first_answer(
        self, candidates: Sequence[Candidate], request: ModelRequest, caller: Caller, call_id: str
    ) -> tuple[ModelAnswer, str]:
        reasons: list[str] = []
        waits: list[timedelta | None] = []
        for number, candidate in enumerate(candidates):
            if self._left(caller) < SHORTEST_CALL:
                reasons.append("no time is left")
                break
            if (until := await self._providers.may_ask(candidate, self._seconds[candidate.role])) is not None:
                waits.append(until - self._clock.now())
                continue
            try:
                return await self._answer(candidate, request, caller, f"{call_id}.{number}"), candidate.role
            except (VendorMisconfigured, VendorBusy) as error:
                logger.warning("the %s model cannot answer: %s", candidate.role, error)
                waits.append(error.after if isinstance(error, VendorBusy) else LOOK_AGAIN)
                reasons.append(str(error))
        raise AllModelsDown("models", "; ".join(reasons) or "none is ready", after=_shortest(waits))

    async def _by_money(self, usual: list[Candidate], caller: Caller) -> list[Candidate]:
        """Return whom to ask as far as money goes: the cheap one first when much is spent, and alone when little is left."""
        spent = await self._store.read(spending.spent, caller.user_id, now=self._clock.now())
        by_role = {each.role: each for each in usual}
        dear = {role: self._usual_cost(each.model) for role, each in by_role.items()}
        allowed = [by_role[role] for role in order(by_role, dear, stage(self._caps, spent))]
        return allowed or usual  # where nothing may be spent the ledger refuses, and says until when

    def _usual_cost(self, model: Model) -> int:
        return estimate_micros(USUAL_TURN.input, USUAL_TURN.output, self._prices.of(model.vendor, model.name))

    async def _answer(self, candidate: Candidate, request: ModelRequest, caller: Caller, call_id: str) -> ModelAnswer:
        """Ask one model; our own requests that met each other are no reason to ask another one."""
        try:
            return await self._call(candidate.model, candidate.role, request, caller, call_id)
        except VendorBusy as error:
            if not error.conflict:
                raise
        return await self._call(candidate.model, candidate.role, request, caller, f"{call_id}.again")

    def _left(self, caller: Caller) -> float:
        return caller.until - trio.current_time() - TO_END

    async def _call(self, model: Model, role: str, request: ModelRequest, caller: Caller, call_id: str) -> ModelAnswer:
        prices = self._prices.of(model.vendor, model.name)
        likely = Usage(input=with_margin(await self.counter.tokens(request, model.name)), output=request.max_tokens)
        most = estimate_micros(likely.input, likely.output, prices)
        reservation = Reservation(
            call_id, caller.user_id, caller.turn_id, role, model.vendor, model.name, prices, most, caller.trace_id
        )
        reserved = await self._store.write(spending.reserve, reservation, caps=self._caps, now=self._clock.now())
        began = self._clock.now()
        try:
            with trio.fail_after(max(0.0, min(self._seconds[role], self._left(caller)))):
                answer = await paid.complete(model, request, reserved)
        except (VendorError, trio.TooSlowError) as error:
            late = isinstance(error, trio.TooSlowError)
            ended = VendorBusy(model.vendor, "it did not answer in time", unheard=True) if late else error
            billed = isinstance(ended, VendorBusy) and ended.unheard
            await self._store.write(spending.fail, call_id, str(ended), billed=billed, latency_ms=self._since(began))
            await self._providers.failed(model, ended, began)
            raise ended from None
        usage = answer.usage or likely
        await self._store.write(
            exchanges.settle,
            call_id,
            usage,
            answer.exchange and self._keeper.seal(call_id, request, answer.exchange),
            micros=cost_micros(usage, prices),
            latency_ms=self._since(began),
            request_id=answer.request_id,
            now=self._clock.now(),
        )
        await self._providers.answered(model)
        if answer.usage is not None:
            await self.counter.learn(request, model.name, answer.usage)
        return replace(answer, call_id=call_id, exchange=None)

    def _since(self, began: datetime) -> int:
        return round((self._clock.now() - began).total_seconds() * 1000)


def _shortest(waits: Sequence[timedelta | None]) -> timedelta | None:
    """Return when the first model may be back; None if one of them named no time, and may be back any moment."""
    known = [wait for wait in waits if wait is not None]
    return min(*known, LOOK_AGAIN) if known and len(known) == len(waits) else None
