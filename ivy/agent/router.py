"""Which model answers next: the primary, or the fallback when it cannot. May import: the store and below.

Every call is reserved in the ledger before it is made and settled after, whatever became of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import trio

from ivy import log
from ivy.clock import Clock
from ivy.domain.media import image_tokens
from ivy.domain.pricing import cost_micros, estimate_micros
from ivy.domain.tokens import MESSAGE_OVERHEAD, estimate, family_factor, with_margin
from ivy.errors import VendorBusy, VendorError, VendorMisconfigured
from ivy.ports import (
    AssistantWords,
    ChatMessage,
    Model,
    ModelAnswer,
    ModelRequest,
    Models,
    Prices,
    ToolResults,
    Usage,
    UserWords,
)
from ivy.store import spending
from ivy.store.database import Store
from ivy.store.spending import Reservation

logger = log.get(__name__)
ORDER = ("primary", "fallback")
KEY_PAUSE = timedelta(hours=1)
"""A model whose key, money or name is wrong is not asked again sooner."""


class AllModelsDown(VendorBusy):
    """No model can answer now; the turn waits for one."""


@dataclass(frozen=True)
class Caller:
    """On whose account a call is made."""

    user_id: str
    turn_id: str
    trace_id: str


class Router:
    """Tries the models in order of their roles. A throttled or misconfigured one is left alone for its time."""

    def __init__(
        self, store: Store, clock: Clock, models: Models, prices: Prices, *, cap_micros: int, seconds: dict[str, float]
    ) -> None:
        self._store = store
        self._clock = clock
        self._models = models.by_role
        self._prices = prices
        self._cap_micros = cap_micros
        self._seconds = seconds
        self._not_before: dict[str, datetime] = {}
        self._prefixes: dict[str, tuple[ModelRequest, int]] = {}
        """By model: the last prefix, and its tokens."""

    def vendor(self, role: str) -> str:
        """Return whose model has a role."""
        return self._models[role].vendor

    async def complete(
        self, request: ModelRequest, caller: Caller, *, call_id: str, first: str = ORDER[0]
    ) -> tuple[ModelAnswer, str]:
        """Return an answer and the role that gave it; `first` is the role this turn has stuck to.

        Raises: AllModelsDown, VendorRefused (our request is at fault), spending.CapReached.
        """
        reasons: list[str] = []
        waits: list[timedelta | None] = []
        for number, role in enumerate(ORDER[ORDER.index(first) :]):
            model = self._models.get(role)
            if model is None:
                continue
            if (wait := self._not_before.get(role, self._clock.now()) - self._clock.now()) > timedelta(0):
                waits.append(wait)
                continue
            try:
                return await self._call(model, role, request, caller, f"{call_id}.{number}"), role
            except VendorMisconfigured as error:
                logger.error("the %s model is misconfigured: %s", role, error)
                self._not_before[role] = self._clock.now() + KEY_PAUSE
                waits.append(KEY_PAUSE)
                reasons.append(str(error))
            except VendorBusy as error:
                logger.warning("the %s model cannot answer: %s", role, error)
                if error.throttled and error.after is not None:
                    self._not_before[role] = self._clock.now() + error.after
                waits.append(error.after)
                reasons.append(str(error))
        raise AllModelsDown("models", "; ".join(reasons) or "none is ready", after=_shortest(waits))

    async def ask(self, role: str, request: ModelRequest, caller: Caller, *, call_id: str) -> ModelAnswer:
        """Return the answer of one model alone, for words that nobody waits for.

        Raises: AllModelsDown, VendorRefused, VendorMisconfigured, spending.CapReached.
        """
        model = self._models.get(role)
        if model is None or self._not_before.get(role, self._clock.now()) > self._clock.now():
            raise AllModelsDown("models", f"the {role} model is not ready")
        return await self._call(model, role, request, caller, call_id)

    async def _call(self, model: Model, role: str, request: ModelRequest, caller: Caller, call_id: str) -> ModelAnswer:
        prices = self._prices.of(model.vendor, model.name)
        likely = Usage(input=with_margin(self._tokens(request, model.name)), output=request.max_tokens)
        most = estimate_micros(likely.input, likely.output, prices)
        reservation = Reservation(
            call_id, caller.user_id, caller.turn_id, role, model.vendor, model.name, prices, most, caller.trace_id
        )
        await self._store.write(spending.reserve, reservation, cap_micros=self._cap_micros, now=self._clock.now())
        began = self._clock.now()
        try:
            with trio.fail_after(self._seconds[role]):
                answer = await model.complete(request)
        except (VendorError, trio.TooSlowError) as error:
            late = isinstance(error, trio.TooSlowError)
            busy = VendorBusy(model.vendor, "it did not answer in time") if late else error
            await self._store.write(spending.fail, call_id, str(busy), billed=late, latency_ms=self._since(began))
            raise busy from None
        usage = answer.usage or likely
        await self._store.write(
            spending.settle,
            call_id,
            usage,
            micros=cost_micros(usage, prices),
            latency_ms=self._since(began),
            request_id=answer.request_id,
        )
        return answer

    def _tokens(self, request: ModelRequest, model: str) -> int:
        """Estimate a request; its prefix is long and stays the same from call to call, so it is counted once."""
        known = self._prefixes.get(model)
        if known is None or known[0].system is not request.system or known[0].tools is not request.tools:
            prefix = ModelRequest(request.system, (), request.tools)
            known = self._prefixes[model] = (prefix, request_tokens(prefix, model))
        return known[1] + text_tokens(map(message_text, request.messages), model)

    def _since(self, began: datetime) -> int:
        return round((self._clock.now() - began).total_seconds() * 1000)


def _shortest(waits: Sequence[timedelta | None]) -> timedelta | None:
    """Return when the first model may be back; None if one of them named no time, and may be back any moment."""
    known = [wait for wait in waits if wait is not None]
    return min(known) if known and len(known) == len(waits) else None


def request_tokens(request: ModelRequest, model: str) -> int:
    """Estimate the tokens of a whole request for a model's family."""
    tools = [f"{tool.name} {tool.description} {tool.parameters}" for tool in request.tools]
    words = text_tokens([request.system, *tools, *map(message_text, request.messages)], model)
    shown = [image for message in request.messages if isinstance(message, UserWords) for image in message.images]
    return words + sum(image_tokens(image.width, image.height) for image in shown)


def text_tokens(texts: Iterable[str], model: str) -> int:
    """Estimate the tokens of messages for a model's family."""
    factor = family_factor(model)
    return sum(estimate(text, factor) + MESSAGE_OVERHEAD for text in texts)


def message_text(message: ChatMessage) -> str:
    """Return all that a message costs tokens for."""
    match message:
        case UserWords(text):
            return text
        case AssistantWords(text, calls):
            return "\n".join([text, *(f"{call.tool} {call.arguments}" for call in calls)])
        case ToolResults(results):
            return "\n".join(result.content for result in results)
