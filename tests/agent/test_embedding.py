"""Embeddings are paid for like everything else: a row before, its price after, whatever became of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
import trio
from trio.testing import MockClock

from ivy.agent.embedding import PaidEmbedder
from ivy.clock import VirtualClock
from ivy.domain.spend_caps import Sums
from ivy.errors import VendorRefused
from ivy.ports import Embedded, UnitPrices
from ivy.store import spending
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.scope import PersonStore
from tests.models import EMBEDDER

PRICES = UnitPrices(20_000, 0, 20_000, 20_000, source="list")
CAPS = Sums(day=1_000)
TEXTS = ["expense: coffee with John", "fact: she runs"]


@dataclass
class Slow:
    """A small embedder: the vector of a text is its length."""

    vendor: str = "openai"
    name: str = EMBEDDER
    dimensions: int = 1
    seconds: float = 0.5
    tokens: int | None = 9
    refuses: bool = False

    async def embed(self, texts: Sequence[str]) -> Embedded:
        await trio.sleep(self.seconds)
        if self.refuses:
            raise VendorRefused(self.vendor, "too long")
        return Embedded(tuple([float(len(text))] for text in texts), self.tokens)


class Listed:
    def of(self, vendor: str, model: str) -> UnitPrices:
        assert (vendor, model) == ("openai", EMBEDDER)
        return PRICES


def paid(store: Store, clock: VirtualClock, embedder: Slow, caps: Sums = CAPS) -> PaidEmbedder:
    return PaidEmbedder(store, clock, embedder, Listed(), caps=caps, seconds=10.0)


async def ledger(store: Store) -> list[tuple[object, ...]]:
    def read(connection: Connection) -> list[tuple[object, ...]]:
        rows = connection.execute(
            "SELECT kind, provider, l.user_id, amount_micros, state, status, input_tokens, latency_ms, role"
            " FROM cost_ledger l JOIN ai_usage u USING (id) ORDER BY id"
        )
        return [tuple(row) for row in rows]

    return await store.read(read)


async def test_vectors_come_with_a_settled_row(
    person: PersonStore, clock: VirtualClock, autojump_clock: MockClock
) -> None:
    embedder = paid(person.store, clock, Slow())
    found = await embedder.embed(TEXTS, user_id=person.user_id, trace_id="t", call_id="e1")
    assert [list(vector) for vector in found.vectors] == [[25.0], [14.0]]
    assert await ledger(person.store) == [
        ("embedding", "openai", "ana", 1, "settled", "done", 9, 500, "embedder")  # 0.18 micro-dollars, rounded up
    ]


async def test_what_runs_here_costs_nothing_and_has_its_row(
    person: PersonStore, clock: VirtualClock, autojump_clock: MockClock
) -> None:
    embedder = paid(person.store, clock, Slow(vendor="local", name="mini", tokens=None), Sums(day=1))
    await person.store.write(
        spending.set_aside, "x", kind="model", provider="x", user_id=None, micros=1, caps=None, now=clock.now()
    )
    await embedder.embed(TEXTS, user_id=None, trace_id="t", call_id="e1")
    ((kind, *_, amount, _state, status, _in, _ms, _role),) = await ledger(person.store)
    assert (kind, amount, status) == ("embedding", 0, "done")


async def test_a_refusal_costs_nothing_and_silence_its_estimate(
    person: PersonStore, clock: VirtualClock, autojump_clock: MockClock
) -> None:
    with pytest.raises(VendorRefused):
        await paid(person.store, clock, Slow(refuses=True)).embed(TEXTS, user_id="ana", trace_id="t", call_id="e1")
    with pytest.raises(Exception, match="did not answer in time"):
        await paid(person.store, clock, Slow(seconds=60)).embed(TEXTS, user_id="ana", trace_id="t", call_id="e2")
    refused, silent = await ledger(person.store)
    assert (refused[3], refused[5]) == (0, "failed")
    assert (silent[3], silent[5]) == (1, "unknown")


async def test_at_the_cap_nobody_is_asked(person: PersonStore, clock: VirtualClock, autojump_clock: MockClock) -> None:
    await person.store.write(
        spending.set_aside, "x", kind="model", provider="x", user_id=None, micros=1_000, caps=CAPS, now=clock.now()
    )
    with pytest.raises(spending.CapReached, match="daily cap"):
        await paid(person.store, clock, Slow()).embed(TEXTS, user_id="ana", trace_id="t", call_id="e1")
    assert await ledger(person.store) == []
