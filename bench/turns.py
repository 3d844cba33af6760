"""What Ivy itself spends on a turn with one tool call: CPU from the text's webhook to the reply's last status.

Everything runs in this process: the real daemon, its threads, a synced file, and emulated vendors. Each turn's requests are
then played again to twins of the vendors, and each webhook to an app that only says 200; what that takes is not Ivy's.
May import: everything.
"""

import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from statistics import median
from typing import Any, cast

import httpx2
import msgspec
import trio
from _figures import Bench, main, quantile
from quart_trio import QuartTrio

from ivy import log
from ivy.adapters.client import open_client
from ivy.cli.world import APP_SECRET, PNID, TOKEN, VERIFY, WEBHOOK, add_person, emulated, make_brain
from ivy.clock import SystemClock
from ivy.config import Config, FactsSection, TurnsSection
from ivy.daemon import web
from ivy.daemon.main import Daemon
from ivy.daemon.outside import Outside
from ivy.daemon.preparing import prepare
from ivy.daemon.wiring import build
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.deliveries import Post, poster
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp import WhatsAppEmulator
from ivy.store import switches
from ivy.store.binding import Connection
from ivy.store.database import Store, open_store
from ivy.threads import PooledThreads

PEOPLE = 20
"""Several: to one person messages are paced."""
WEBHOOKS = 3
"""That a turn hears: the text, and two statuses of the reply."""
PROMISE_MS = 25.0
QUIET_SECONDS = 0.05
ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Size:
    turns: int
    first: int


FULL = Size(turns=100, first=10)
SHORT = Size(turns=5, first=2)


@dataclass
class Cost:
    """CPU milliseconds of one turn."""

    all: float
    others: float
    writer: float

    @property
    def own(self) -> float:
        return self.all - self.others


def run(bench: Bench, folder: Path) -> None:
    log.start("critical", plain=True)
    size = SHORT if bench.short else FULL
    costs = trio.run(measure, folder, size)[size.first :]
    own = median(cost.own for cost in costs)
    bench.tell("emulators and transport in a turn, CPU", median(cost.others for cost in costs), "ms", n=len(costs))
    bench.tell(
        "Ivy's own share of a turn with one tool call, CPU", own, "ms", promise=f"<= {PROMISE_MS:.0f} ms",
        met=own <= PROMISE_MS, n=len(costs), p90=round(quantile([cost.own for cost in costs], 0.9), 2),
        with_emulators=round(median(cost.all for cost in costs), 2),
        writer=round(median(cost.writer for cost in costs), 2), yardstick_ms=round(yardstick(), 2),
    )  # fmt: skip


async def measure(folder: Path, size: Size) -> list[Cost]:
    """Hold the turns one after the other, the first few to warm up."""
    config = emulated(
        Config(
            turns=TurnsSection(quiet_seconds=QUIET_SECONDS, messages_per_minute=10_000),
            facts=FactsSection(notice=False),  # noticing comes half a minute after a turn, and is none of it
        )
    )
    path, clock, tape, threads = config.database(folder), SystemClock(), Tape(), PooledThreads()
    prepare(path)
    async with open_store(path, threads=threads) as store, trio.open_nursery() as nursery:
        whatsapp, anthropic = (
            make_whatsapp(tape.post),
            AnthropicEmulator(make_brain()),
        )
        clients = {
            "whatsapp": open_client(transport=Taped(whatsapp.app, tape.requests)),
            "anthropic": open_client(transport=Taped(anthropic.app, tape.requests)),
        }
        parts = build(
            config, folder, store, clock, SystemRandom(), Outside(clients["anthropic"], clients), threads=threads
        )
        daemon = Daemon(parts.context)
        public = in_process(web.public_app(parts.context, daemon.health))
        tape.deliver = poster(open_client(transport=public), WEBHOOK)
        for number in range(PEOPLE):
            await add_person(store, parts.context.new_id(), phone(number), now=clock.now())
        await store.write(switches.set_value, "memory", "off", by="a benchmark", now=clock.now())  # no embedder is here
        await parts.warm()
        await nursery.start(daemon.work)
        nursery.start_soon(whatsapp.run)
        twins = Twins()
        costs = [await one_turn(number, whatsapp, store, tape, twins) for number in range(size.turns + size.first)]
        await store.read(_check, len(costs))
        nursery.cancel_scope.cancel()
    return costs


async def one_turn(number: int, whatsapp: WhatsAppEmulator, store: Store, tape: "Tape", twins: "Twins") -> Cost:
    """Let somebody log an expense; return what the turn cost until nothing is left to do."""
    tape.rewind()
    who = phone(number % PEOPLE)
    began, wrote = time.process_time(), _writer_cpu()
    with trio.fail_after(ANSWER_SECONDS):
        await whatsapp.person_says(who, f"I spent ${number + 1} on lunch")
        await whatsapp.wait_for_reply(who, number // PEOPLE + 1)
        await tape.heard.wait()  # the text, and two statuses of the reply
        await trio.sleep(0.1)  # nothing runs by now but what the last status set off
    spent, writing = time.process_time() - began, _writer_cpu() - wrote
    with trio.fail_after(ANSWER_SECONDS):
        while await store.read(_is_busy):
            await trio.sleep(0.01)
    began = time.process_time()
    await twins.play(tape)
    return Cost(spent * 1000, (time.process_time() - began) * 1000, writing * 1000)


def _writer_cpu() -> float:
    """Return the CPU seconds of the store's writer so far: SQL, and the kernel's part of each sync."""
    writer = next(thread for thread in threading.enumerate() if thread.name == "ivy-writer")
    return (
        time.clock_gettime(time.pthread_getcpuclockid(writer.ident or 0))
        if hasattr(time, "pthread_getcpuclockid")
        else 0.0
    )


def yardstick() -> float:
    """Return how many milliseconds this machine takes for a fixed piece of Python: what a millisecond is worth here."""
    took: list[float] = []
    for _number in range(15):
        began = time.process_time()
        words = {f"word {number}": number for number in range(20_000)}
        sum(number for number in words.values() if number % 3)
        took.append(time.process_time() - began)
    return median(took) * 1000


def phone(number: int) -> str:
    return f"+1202555{number:04d}"


def _is_busy(connection: Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM jobs WHERE state IN ('ready', 'leased')").fetchone())


def _check(connection: Connection, turns: int) -> None:
    """Check that each turn ran one tool, asked a model twice and was answered."""
    for sql, each in (
        ("SELECT count(*) FROM tool_executions WHERE status = 'done'", 1),
        ("SELECT count(*) FROM ai_usage", 2),
        ("SELECT count(*) FROM messages_v2 WHERE direction = 'out' AND state = 'delivered'", 1),
    ):
        found = connection.execute(sql).fetchone()[0]
        assert found == turns * each, (sql, found, turns)


# --- what went over the wire, and the same once more ---------------------------------------------------


@dataclass
class Tape:
    """One turn's requests to vendors, and the webhooks it heard."""

    requests: list[httpx2.Request] = field(default_factory=list[httpx2.Request])
    webhooks: list[tuple[bytes, dict[str, str]]] = field(default_factory=list[tuple[bytes, dict[str, str]]])
    heard: trio.Event = field(default_factory=trio.Event)
    deliver: Post | None = None

    def rewind(self) -> None:
        self.requests.clear()
        self.webhooks.clear()
        self.heard = trio.Event()

    async def post(self, body: bytes, headers: dict[str, str]) -> int:
        """Deliver a webhook to Ivy, and remember it."""
        assert self.deliver is not None
        status = await self.deliver(body, headers)
        self.webhooks.append((body, headers))
        if len(self.webhooks) == WEBHOOKS:
            self.heard.set()
        return status


class Taped(httpx2.AsyncBaseTransport):
    """The way to an emulator in process, that remembers what was asked."""

    def __init__(self, app: QuartTrio, requests: list[httpx2.Request]) -> None:
        self._inner = in_process(app)
        self._requests = requests

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._requests.append(request)  # its body stays readable: it was given whole
        return await self._inner.handle_async_request(request)


def make_whatsapp(deliver: Post) -> WhatsAppEmulator:
    made = WhatsAppEmulator(
        app_secret=APP_SECRET,
        token=TOKEN,
        phone_number_id=PNID,
        verify_token=VERIFY,
        deliver=deliver,
        now=SystemClock().now,
    )
    made.manners.pair_rate = False
    return made


class Twins:
    """Vendors like those of the turn, whom nobody else talks to; they answer to the same requests."""

    def __init__(self) -> None:
        whatsapp = make_whatsapp(_nowhere)
        whatsapp.manners.window = "off"
        self._whatsapp = in_process(whatsapp.app)
        self._anthropic = in_process(AnthropicEmulator(make_brain()).app)
        self._deaf = poster(open_client(transport=httpx2.ASGITransport(app=cast(Any, _says_200))), WEBHOOK)

    async def play(self, tape: Tape) -> None:
        """Send the same requests and webhooks once more. Ivy's own client is left out: it is part of Ivy's share."""
        for asked in tape.requests:
            twin = self._whatsapp if PNID in asked.url.path else self._anthropic
            answer = await twin.handle_async_request(asked)
            await answer.aread()
            # A twin does not know the ids of the texts, so that it refuses a read receipt: at the same cost.
            assert answer.status_code == 200 or b"read" in asked.content, (
                answer.status_code,
                msgspec.json.decode(answer.content),
            )
        for body, headers in tape.webhooks:
            await self._deaf(body, headers)


async def _nowhere(_body: bytes, _headers: dict[str, str]) -> int:
    return 200


async def _says_200(_scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    main("turns", run)
