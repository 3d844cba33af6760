"""Texts into vectors, each request reserved before and settled after. May import: the store and below."""

from collections.abc import Sequence
from datetime import datetime

import trio

from ivy.agent import paid
from ivy.clock import Clock
from ivy.domain.pricing import cost_micros, estimate_micros
from ivy.domain.spend_caps import Sums
from ivy.domain.tokens import estimate, with_margin
from ivy.errors import VendorBusy, VendorError
from ivy.ports import Embedded, Embedder, Prices, UnitPrices, Usage
from ivy.store import spending
from ivy.store.database import Store
from ivy.store.spending import Reservation

LOCAL = "local"
FREE = UnitPrices(0, 0, 0, 0, source="it runs here")
ROLE = "embedder"


class PaidEmbedder:
    """An embedder whose every request has its rows in `ai_usage` and `cost_ledger`."""

    def __init__(
        self, store: Store, clock: Clock, embedder: Embedder, prices: Prices, *, caps: Sums, seconds: float
    ) -> None:
        self._store = store
        self._clock = clock
        self.embedder = embedder
        self._prices = prices
        self._caps = caps
        self._seconds = seconds

    async def embed(self, texts: Sequence[str], *, user_id: str | None, trace_id: str, call_id: str) -> Embedded:
        """Return the vectors of some texts. `call_id`: a new id for each request.

        Raises: spending.CapReached, VendorBusy, VendorMisconfigured, VendorRefused.
        """
        try:
            return await self._embed(texts, user_id, trace_id, call_id)
        except VendorBusy as error:
            if not error.conflict:
                raise
        return await self._embed(texts, user_id, trace_id, f"{call_id}.again")  # our own requests met each other

    async def _embed(self, texts: Sequence[str], user_id: str | None, trace_id: str, call_id: str) -> Embedded:
        embedder = self.embedder
        prices = FREE if embedder.vendor == LOCAL else self._prices.of(embedder.vendor, embedder.name)
        likely = Usage(input=with_margin(sum(map(estimate, texts))))
        most = estimate_micros(likely.input, 0, prices)
        reservation = Reservation(call_id, user_id, None, ROLE, embedder.vendor, embedder.name, prices, most, trace_id)
        reserved = await self._store.write(
            spending.reserve, reservation, caps=self._caps, now=self._clock.now(), kind="embedding"
        )
        began = self._clock.now()
        try:
            with trio.fail_after(self._seconds):
                found = await paid.embed(embedder, texts, reserved)
        except (VendorError, trio.TooSlowError) as error:
            late = isinstance(error, trio.TooSlowError)
            ended = VendorBusy(embedder.vendor, "it did not answer in time", unheard=True) if late else error
            billed = isinstance(ended, VendorBusy) and ended.unheard
            await self._store.write(spending.fail, call_id, str(ended), billed=billed, latency_ms=self._since(began))
            raise ended from None
        usage = likely if found.tokens is None else Usage(input=found.tokens)
        await self._store.write(
            spending.settle,
            call_id,
            usage,
            micros=cost_micros(usage, prices),
            latency_ms=self._since(began),
            request_id="",
        )
        return found

    def _since(self, began: datetime) -> int:
        return round((self._clock.now() - began).total_seconds() * 1000)
