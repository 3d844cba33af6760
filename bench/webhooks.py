"""How fast webhooks are answered durably, beside an empty route of the same server; and how soon while 1,000 turns wait.

The servers run in processes of their own, this one is the load. Ivy's is the real one: its file synced at each commit,
its threads, and for "all running" its daemon too. Vendors are canned answers, so that their CPU is not Ivy's.
May import: everything.
"""

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from random import Random, SystemRandom
from statistics import median

import httpx2
import trio
from _figures import Bench, main, median_ratio, quantile, wait_until
from quart import request
from quart.typing import ResponseReturnValue
from quart_trio import QuartTrio

from ivy import log
from ivy.adapters.client import open_client
from ivy.agent import reception
from ivy.agent.desk import Desk
from ivy.cli.world import APP_SECRET, PNID, emulated
from ivy.clock import SystemClock
from ivy.config import Config, FactsSection
from ivy.daemon import rate_card, web
from ivy.daemon.main import Daemon
from ivy.daemon.outside import Outside
from ivy.daemon.preparing import prepare
from ivy.daemon.server import bind, serve
from ivy.daemon.wiring import build
from ivy.domain.consent import Purpose
from ivy.domain.ids import uuid7
from ivy.domain.inbound import Sender, Text
from ivy.emulators import whatsapp_payloads as payloads
from ivy.emulators.whatsapp_payloads import Account, Person
from ivy.store import consents, people, switches
from ivy.store.binding import Connection
from ivy.store.database import open_store
from ivy.store.people import NewPerson
from ivy.store.scope import within
from ivy.store.settings import open_reader, open_writer
from ivy.threads import PooledThreads

SERVER = "--server"
CONFIG = Config(facts=FactsSection(notice=False))
EMPTY, IDLE, ALL = "empty", "idle", "all"
PATH = "/api/whatsapp/webhook"
PEOPLE = 1000
MODEL_SECONDS = 2.0
WORDS = "I ran five kilometres along the river this morning, in the rain, and I feel well. "
BODY_BYTES = (1000, 2000)


@dataclass(frozen=True)
class Size:
    rounds: int
    seconds: float
    arrivals: int


FULL = Size(rounds=15, seconds=1, arrivals=2000)
SHORT = Size(rounds=1, seconds=0.5, arrivals=50)
CONNECTIONS = 32
A_SECOND = 50
STALE_SECONDS = 2.0
"""Connections that rested longer are not used again: the server closes them after 5 s."""


def run(bench: Bench, folder: Path) -> None:
    size = SHORT if bench.short else FULL
    quiet, waiting = folder / "quiet.db", folder / "waiting.db"
    seed(quiet, turns=False)
    seed(waiting, turns=True)
    with _server(EMPTY, quiet) as empty:
        for kind in (IDLE, ALL):
            path = Path(shutil.copyfile(quiet, folder / f"{kind}.db"))
            with _server(kind, path) as ivy:
                compare(bench, kind, path, empty, ivy, size)
    promptly(bench, waiting, size)


# --- how many ----------------------------------------------------------------------------------------


def compare(bench: Bench, kind: str, path: Path, empty: "Server", ivy: "Server", size: Size) -> None:
    """Load an empty route and Ivy in turns; who is not loaded stands still, and takes nothing from the other."""
    for server in (empty, ivy):  # the first requests of a process pay for what is made once
        _rate(server, size.seconds / 3)
    empty_rates: list[float] = []
    rates: list[float] = []
    for number in range(size.rounds):
        empty_rates.append(_rate(empty, size.seconds))
        rates.append(_rate(ivy, size.seconds))
        bench.note(f"{kind}, round {number + 1} of {size.rounds}: empty {empty_rates[-1]:.0f}, ivy {rates[-1]:.0f}")
    kept, answered = _count(path, "SELECT count(*) FROM webhook_inbox"), sum(rates) * size.seconds
    assert kept >= answered, (kept, answered)
    words = {IDLE: "worker idle", ALL: "all running"}[kind]
    bench.tell(f"empty route, beside {words}", median(empty_rates), "1/s", n=size.rounds, connections=CONNECTIONS)
    bench.tell(f"webhooks kept, {words}", median(rates), "1/s", n=size.rounds, connections=CONNECTIONS, kept=kept)
    ratio = median_ratio(rates, empty_rates)
    spread = sorted(round(a / b, 2) for a, b in zip(rates, empty_rates, strict=True))
    bench.tell(
        f"webhooks kept / empty route, {words}", ratio, "ratio", promise=">= 0.8", met=ratio >= 0.8, n=size.rounds, spread=spread
    )  # fmt: skip


def _rate(server: "Server", seconds: float) -> float:
    with _going(server):
        return len(trio.run(closed_loop, server.port, seconds)) / seconds


async def closed_loop(port: int, seconds: float) -> list[float]:
    """Post as fast as answers come over a few connections; return how long each answer took."""
    took: list[float] = []
    letters = Letters()

    async def post_and_post() -> None:
        line = Line(port)
        while True:
            letter = letters.next()
            began = trio.current_time()
            await line.post(letter)
            took.append(trio.current_time() - began)

    with trio.move_on_after(seconds):
        async with trio.open_nursery() as nursery:
            for _number in range(CONNECTIONS):
                nursery.start_soon(post_and_post)
    return took


# --- how soon ----------------------------------------------------------------------------------------


def promptly(bench: Bench, path: Path, size: Size) -> None:
    """Let posts arrive by the clock, whether or not those before were answered, while turns wait for a slow model."""
    with _server(ALL, path) as ivy, _going(ivy):
        before = _count(path, "SELECT count(*) FROM jobs WHERE kind = 'turn' AND state IN ('ready', 'leased')")
        took = trio.run(open_loop, ivy.port, size.arrivals)
        after = _count(path, "SELECT count(*) FROM jobs WHERE kind = 'turn' AND state IN ('ready', 'leased')")
    p99 = quantile(took, 0.99) * 1000
    bench.tell(
        f"an answer's p99 at {A_SECOND} posts/s while 1,000 turns wait", p99, "ms", promise="< 250 ms", met=p99 < 250,
        n=len(took), p50=round(median(took) * 1000, 2), worst=round(max(took) * 1000, 2), turns_waiting=[before, after],
    )  # fmt: skip


async def open_loop(port: int, arrivals: int) -> list[float]:
    """Post `arrivals` letters, 50 a second; return how long after its time each was answered."""
    took: list[float] = []
    letters, lines = Letters(), [Line(port)]
    start = trio.current_time() + 0.1

    async def post(due: float) -> None:
        line = lines.pop() if lines else Line(port)
        await line.post(letters.next())
        took.append(trio.current_time() - due)
        lines.append(line)

    async with trio.open_nursery() as nursery:
        for number in range(arrivals):
            due = start + number / A_SECOND
            await trio.sleep_until(due)
            nursery.start_soon(post, due)
    return took


# --- the load ----------------------------------------------------------------------------------------


class Letters:
    """Signed webhooks of one text each, 1 to 2 KB, no two alike, from 1,000 people in turn."""

    _numbers = count(1)

    def __init__(self) -> None:
        self._account = Account("102290129340398", PNID, "15550783881")
        self._at = datetime.now(UTC)
        self._chance = Random(1)

    def next(self) -> bytes:
        number = next(Letters._numbers)
        words = (WORDS * 30)[: self._chance.randrange(560, 1400)]
        person = Person(bsuid=f"ZZ.{number % PEOPLE}", phone=phone(number % PEOPLE), name="Ana")
        message = payloads.message(person, f"wamid.HBgM{number:012d}==", self._at, payloads.text(f"{number} {words}"))
        body = payloads.as_bytes(self._account.messages(person, messages=[message]))
        assert BODY_BYTES[0] <= len(body) <= BODY_BYTES[1], len(body)
        headers = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **payloads.signed(body, APP_SECRET)}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {PATH} HTTP/1.1\r\n{head}\r\n".encode() + body


def phone(number: int) -> str:
    return f"+1202555{number:04d}"


@dataclass
class Line:
    """One keep-alive connection; opened again when the server closes it, which it does now and then."""

    port: int
    stream: trio.SocketStream | None = None
    used_at: float = 0.0

    async def post(self, letter: bytes) -> None:
        """Send a request and wait for its 200, whose body is empty."""
        if self.stream is not None and trio.current_time() - self.used_at > STALE_SECONDS:
            await self._close()
        if self.stream is None:
            self.stream = await trio.open_tcp_stream("127.0.0.1", self.port)
        await self.stream.send_all(letter)
        answer = b""
        while b"\r\n\r\n" not in answer:
            received = await self.stream.receive_some(4096)
            assert received, f"the server hung up after {answer!r}"
            answer += received
        head = answer.lower()
        assert head.startswith(b"http/1.1 200") and b"content-length: 0" in head, answer
        self.used_at = trio.current_time()
        if b"connection: close" in head:
            await self._close()

    async def _close(self) -> None:
        if self.stream is not None:
            await self.stream.aclose()
            self.stream = None


# --- the servers -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    process: "subprocess.Popen[bytes]"
    port: int


@contextmanager
def _server(kind: str, path: Path) -> Generator[Server]:
    """Start a server and wait until it listens; it stands still until it is `_going`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, SERVER, kind, str(port), str(path)])
    try:
        wait_until(lambda: process.poll() is None and _listens(port), seconds=60, what=f"the server {kind}")
        process.send_signal(signal.SIGSTOP)
        yield Server(process, port)
    finally:
        process.kill()
        process.wait()


@contextmanager
def _going(server: Server) -> Generator[None]:
    server.process.send_signal(signal.SIGCONT)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGSTOP)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _count(path: Path, sql: str) -> int:
    reader = open_reader(path)
    try:
        return reader.execute(sql).fetchone()[0]
    finally:
        reader.close()


async def be_server(kind: str, port: int, path: Path) -> None:
    """Be one of the servers until killed."""
    log.start("critical", plain=True)
    if kind == EMPTY:
        await serve(empty_app(), bind("127.0.0.1", port), stop=trio.Event(), grace=1)
        return
    threads = PooledThreads()
    async with open_store(path, threads=threads) as store, open_client(transport=Canned()) as http:
        parts = build(
            emulated(CONFIG), path.parent, store, SystemClock(), SystemRandom(), Outside(http), threads=threads
        )
        daemon = Daemon(parts.context)
        await parts.warm()
        async with trio.open_nursery() as nursery:
            if kind == ALL:
                await nursery.start(daemon.work)
            app = web.public_app(parts.context, daemon.health)
            nursery.start_soon(partial(serve, app, bind("127.0.0.1", port), stop=trio.Event(), grace=1))


def empty_app() -> QuartTrio:
    app = QuartTrio("empty")

    @app.post(PATH)
    async def _receive() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        await request.get_data(cache=False, as_text=False, parse_form_data=False)
        return "", 200

    return app


class Canned(httpx2.AsyncBaseTransport):
    """Every vendor: WhatsApp takes all at once, a model thinks for two seconds and then has one sentence."""

    def __init__(self) -> None:
        self._numbers = count(1)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await trio.lowlevel.checkpoint()
        number = next(self._numbers)
        if request.url.path.endswith(f"{PNID}/messages"):
            answer = {"success": True, "messages": [{"id": f"wamid.HBgMOut{number:010d}=="}]}
        else:
            await trio.sleep(MODEL_SECONDS)
            answer = {
                "id": f"msg_{number}", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5",
                "content": [{"type": "text", "text": "Well done."}], "stop_reason": "end_turn", "stop_sequence": None,
                "usage": {"input_tokens": 900, "output_tokens": 8},
            }  # fmt: skip
        return httpx2.Response(200, json=answer)


# --- who writes --------------------------------------------------------------------------------------


def seed(path: Path, *, turns: bool) -> None:
    """Make a database of 1,000 people; with `turns` each has written already, and a turn waits to answer."""
    prepare(path)
    connection = open_writer(path)
    connection.execute("BEGIN IMMEDIATE")
    switches.set_value(connection, "memory", "off", by="a benchmark", now=datetime.now(UTC))  # no embedder is here
    desk = Desk(
        datetime.now(UTC),
        partial(_new_id, Random(1)),
        emulated(CONFIG),
        "whatsapp",
        "seed",
        rate_card.load("", path.parent),
    )
    for number in range(PEOPLE):
        _add(connection, number, desk)
        if turns:
            sender = Sender("whatsapp", external_id=f"ZZ.{number}", phone=phone(number), name="Ana")
            reception.receive(connection, Text(sender, f"wamid.seed{number}", desk.now, WORDS), desk)
    connection.execute("COMMIT")
    connection.close()


def _add(connection: Connection, number: int, desk: Desk) -> None:
    user_id = desk.new_id()
    new = NewPerson(user_id, "Ana", "active", "en-US", "America/New_York", "USD", phone(number))
    people.add(connection, new, now=desk.now)
    consents.record(within(connection, user_id), Purpose.MESSAGES, granted=True, proof="benchmark", now=desk.now)


def _new_id(chance: Random) -> str:
    return uuid7(datetime.now(UTC), chance)


if __name__ == "__main__":
    if sys.argv[1:2] == [SERVER]:
        trio.run(be_server, sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    else:
        main("webhooks", run)
