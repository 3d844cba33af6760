"""Table 6.1's right column: who is asked next after each failure, in a turn and by those whom nobody waits for."""

from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial

import httpx2
import pytest
from trio.testing import MockClock

from ivy.adapters.anthropic import AnthropicModel
from ivy.adapters.client import open_client
from ivy.adapters.embedding import OpenAIEmbedder
from ivy.adapters.openai import OpenAIModel
from ivy.agent.embedding import PaidEmbedder
from ivy.agent.router import AllModelsDown, Caller, Router
from ivy.clock import VirtualClock
from ivy.domain.spend_caps import NO_CAPS
from ivy.errors import Cause, VendorBusy, VendorError, VendorRefused
from ivy.ports import Model, Models, UnitPrices
from ivy.store.binding import Connection
from ivy.store.scope import PersonStore
from ivy.store.sealing import Sealer
from ivy.threads import InlineThreads
from tests.adapters.test_breaker_table import HELLO, ROWS, Row, answered
from tests.models import EMBEDDER

DEAR, CHEAP = UnitPrices(2_000_000, 10_000_000, 0, 0, source="t"), UnitPrices(100_000, 500_000, 0, 0, source="t")
SEAL = "00" * 32
WELL = Row("openai", 200)
ANSWERS: Mapping[str, dict[str, object]] = {
    "anthropic": {
        "id": "m", "type": "message", "role": "assistant", "model": "x", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "hello"}], "usage": {"input_tokens": 5, "output_tokens": 5},
    },
    "openai": {
        "id": "c", "object": "chat.completion", "model": "x", "usage": {"prompt_tokens": 5, "completion_tokens": 5},
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
    },
}  # fmt: skip


class Prices:
    """The primary is dear; who is cheap is asked first by those whom nobody waits for."""

    def of(self, vendor: str, model: str) -> UnitPrices:
        return DEAR if model == "primary" else CHEAP


class Roles:
    """Three models over the real adapters: what comes of each, and how often each was asked."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self.rows = rows
        self.asked = Counter[str]()

    async def open(self, stack: AsyncExitStack, store: PersonStore, clock: VirtualClock) -> Router:
        models: dict[str, Model] = {}
        for role, row in self.rows.items():
            http = await stack.enter_async_context(
                open_client(transport=httpx2.MockTransport(partial(self._answer, role, row)))
            )
            make = AnthropicModel.make if row.vendor == "anthropic" else OpenAIModel.make
            models[role] = await make(InlineThreads(), http, role, api_key="key")
        seconds = dict.fromkeys(models, 20.0)
        return Router(
            store.store, clock, Models(models), Prices(), caps=NO_CAPS, seconds=seconds, sealer=Sealer([SEAL])
        )

    def _answer(self, role: str, row: Row, request: httpx2.Request) -> httpx2.Response:
        self.asked[role] += 1
        return (
            httpx2.Response(200, json=ANSWERS[row.vendor])
            if row.status == 200 and not row.body
            else answered(row, request)
        )


async def forget(store: PersonStore) -> None:
    await store.store.write(lambda connection: connection.execute("DELETE FROM breakers"))


def expected(name: str, row: Row) -> tuple[int, bool]:
    """Return how often the one that fails is asked, and whether another is asked after it."""
    our_own_fault = row.status in (400, 413, 422) and row.cause is not Cause.MONEY
    return (2 if row.status == 409 else 1), not our_own_fault


async def test_who_is_asked_next_in_a_turn(person: PersonStore, clock: VirtualClock, autojump_clock: MockClock) -> None:
    for number, (name, row) in enumerate(ROWS.items()):
        await forget(person)
        roles = Roles({"primary": row, "fallback": WELL, "cheap": Row("anthropic", 200)})
        times, goes_on = expected(name, row)
        async with AsyncExitStack() as stack:
            router = await roles.open(stack, person, clock)
            caller = Caller(person.user_id, f"turn{number}", "t")
            if goes_on:
                answer, role = await router.complete(HELLO, caller, call_id=f"c{number}")
                assert (answer.text, role) == ("hello", "fallback"), name
            else:
                with pytest.raises(VendorRefused):
                    await router.complete(HELLO, caller, call_id=f"c{number}")
        assert roles.asked == Counter({"primary": times, "fallback": int(goes_on)}), name
        assert await booked(person, f"turn{number}") == roles.asked.total(), "every request has its row"


async def test_who_is_asked_next_where_nobody_waits(
    person: PersonStore, clock: VirtualClock, autojump_clock: MockClock
) -> None:
    """What is read or written ahead goes to the cheap model, then to the cheapest that answers: never lost with a key."""
    for number, (name, row) in enumerate(ROWS.items()):
        await forget(person)
        roles = Roles({"primary": Row("anthropic", 200), "fallback": WELL, "cheap": row})
        times, goes_on = expected(name, row)
        async with AsyncExitStack() as stack:
            router = await roles.open(stack, person, clock)
            caller = Caller(person.user_id, f"night{number}", "t")
            if goes_on:
                assert (await router.ask("cheap", HELLO, caller, call_id=f"a{number}")).text == "hello", name
            else:
                with pytest.raises(VendorRefused):
                    await router.ask("cheap", HELLO, caller, call_id=f"a{number}")
        assert roles.asked == Counter({"cheap": times, "fallback": int(goes_on)}), name
        assert await booked(person, f"night{number}") == roles.asked.total(), name


async def test_with_all_of_them_down_it_is_a_wait_and_no_loss(
    person: PersonStore, clock: VirtualClock, autojump_clock: MockClock
) -> None:
    roles = Roles({"primary": ROWS["529"], "fallback": ROWS["503"], "cheap": ROWS["401 of Anthropic"]})
    async with AsyncExitStack() as stack:
        router = await roles.open(stack, person, clock)
        with pytest.raises(AllModelsDown):
            await router.ask("cheap", HELLO, Caller(person.user_id, "n", "t"), call_id="n")
    assert roles.asked == Counter({"primary": 1, "fallback": 1, "cheap": 1})


async def test_an_embedder_is_asked_once_more_only_where_requests_met(
    person: PersonStore, clock: VirtualClock, autojump_clock: MockClock
) -> None:
    for number, (name, row) in enumerate(ROWS.items()):
        if row.vendor != "openai":
            continue
        count = Counter[str]()

        def answer(request: httpx2.Request, row: Row = row, count: Counter[str] = count) -> httpx2.Response:
            count["asked"] += 1
            return answered(row, request)

        async with open_client(transport=httpx2.MockTransport(answer)) as http:
            embedder = OpenAIEmbedder(http, EMBEDDER, 4, api_key="key")
            paid = PaidEmbedder(person.store, clock, embedder, Prices(), caps=NO_CAPS, seconds=10.0)
            with pytest.raises(VendorError) as caught:
                await paid.embed(["tea"], user_id=person.user_id, trace_id="t", call_id=f"e{number}")
        assert count["asked"] == (2 if row.status == 409 else 1), name
        billed = await person.store.read(spent_on, f"e{number}")
        unheard = isinstance(caught.value, VendorBusy) and caught.value.unheard
        assert bool(billed) is unheard, f"{name}: what was surely not answered costs nothing"


def spent_on(connection: Connection, entry: str) -> int:
    return sum(
        row[0] for row in connection.execute("SELECT amount_micros FROM cost_ledger WHERE id LIKE ?", (f"{entry}%",))
    )


async def booked(store: PersonStore, turn_id: str) -> int:
    def read(connection: Connection) -> int:
        return connection.execute("SELECT count(*) FROM ai_usage WHERE turn_id = ?", (turn_id,)).fetchone()[0]

    return await store.store.read(read)
