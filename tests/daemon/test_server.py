"""The public listener on a real socket: hostile bytes, too large bodies, and a stop in the midst of it all."""

import resource
import socket
import struct
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

import pytest
import trio
from quart_trio import QuartTrio

from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.channel import WhatsApp
from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.signature import sign
from ivy.daemon import server, web, webhooks
from ivy.daemon.context import Context
from ivy.daemon.web import Health
from ivy.errors import ConfigError
from ivy.store.binding import Connection
from ivy.store.database import Store

SECRET = "app-secret"
HOST = b"Host: ivy\r\n"
POST = b"POST /api/whatsapp/webhook HTTP/1.1\r\n" + HOST
UPGRADE = (
    b"GET / HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"

HOSTILE: dict[str, bytes] = {
    "nothing at all": b"",
    "one byte": b"G",
    "a request line without an end": b"GET / HTTP/1.1",
    "headers without an end": b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n",
    "a body that never comes": POST + b"Content-Length: 1000\r\n\r\n",
    "half a body": POST + b"Content-Length: 1000\r\n\r\n" + b"x" * 500,
    "more body than said": POST + b"Content-Length: 3\r\n\r\nabcdefghij",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length that is no number": POST + b"Content-Length: many\r\n\r\nabc",
    "a length of forty digits": POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\nabc",
    "two lengths": POST + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    "a length and chunks": POST
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    "a chunk of no size": POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n",
    "a chunk that lies": POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "an unknown coding": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "an upgrade with a byte too many": UPGRADE + b"X",
    "an upgrade with a broken frame": UPGRADE + b"\xff\xff\xff\xff\xff\xff",
    "an upgrade of unknown kind": GET.replace(
        HOST, HOST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: !!\r\n"
    ),
    "the start of HTTP/2": PREFACE,
    "HTTP/2 and garbage": PREFACE + b"\x00\x00\xff\xff\xff\xff\xff\xff\xff" * 50,
    "HTTP/2 with a frame of 16 MB": PREFACE + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + b"x" * 1000,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    "zero bytes": bytes(4096),
    "a null in the path": b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a null in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
    "a huge header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 500_000 + b"\r\n\r\n",
    "ten thousand headers": b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 10_000 + b"\r\n",
    "a path of 100 KB": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST * 2 + b"\r\n",
    "an old protocol": b"GET /\r\n\r\n",
    "a protocol of tomorrow": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: ivy\n\n",
    "a path that is no UTF-8": b"GET /\xff\xfe?\xc3\x28 HTTP/1.1\r\n" + HOST + b"\r\n",
    "an escape that is none": b"GET /%zz%00%ff HTTP/1.1\r\n" + HOST + b"\r\n",
    "an absolute address": b"GET http://else.where/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT else.where:443 HTTP/1.1\r\nHost: else.where:443\r\n\r\n",
    "a method of its own": b"\xf0\x9f\x92\xa5 / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a promise to wait": POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    "thousands of requests at once": GET * 4000,
    "a request behind a broken one": b"nonsense\r\n\r\n" + GET,
}


@dataclass
class Listening:
    """A server that runs, and how it is told to stop."""

    port: int
    stop: trio.Event
    stopped: trio.Event
    app: QuartTrio
    store: Store

    async def connect(self) -> trio.SocketStream:
        return await trio.open_tcp_stream("127.0.0.1", self.port)

    async def ask(self, request: bytes) -> bytes:
        """Return the whole answer to a request that asks for the connection to be closed."""
        with trio.fail_after(10):
            async with await self.connect() as stream:
                await stream.send_all(request)
                return b"".join([chunk async for chunk in stream])

    async def is_well(self) -> bool:
        answer = await self.ask(GET.replace(HOST, HOST + b"Connection: close\r\n"))
        return answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"Ivy is here.\n")

    async def kept(self) -> int:
        def count(connection: Connection) -> int:
            return connection.execute("SELECT count(*) FROM webhook_inbox").fetchone()[0]

        return await self.store.read(count)


@asynccontextmanager
async def listening(context: Context, *, grace: float = 5, limit: int = 100) -> AsyncGenerator[Listening]:
    """Serve the real public app with a real channel on a port of the loopback."""
    listener = server.bind("127.0.0.1", 0)
    stop, stopped = trio.Event(), trio.Event()
    async with open_client() as http, trio.open_nursery() as nursery:
        graph = Graph(http, base_url="http://127.0.0.1:9", version="v26.0", token="token", app_secrets=(SECRET,))
        channel = WhatsApp(graph, phone_number_id="1", app_secrets=(SECRET,), verify_token="verify")
        app = web.public_app(replace(context, channels={channel.name: channel}), Health())
        made = Listening(listener.getsockname()[1], stop, stopped, app, context.store)

        async def serve() -> None:
            await server.serve(app, listener, stop=stop, grace=grace, limit=limit)
            stopped.set()

        nursery.start_soon(serve)
        yield made
        stop.set()
        with trio.fail_after(grace + 10):
            await stopped.wait()


def webhook(body: bytes, *, length: int | None = None, signature: str | None = None) -> bytes:
    signed = sign(body, SECRET) if signature is None else signature
    size = len(body) if length is None else length
    head = f"Content-Length: {size}\r\nX-Hub-Signature-256: {signed}\r\nConnection: close\r\n\r\n"
    return POST + head.encode() + body


def reset_on_close(stream: trio.SocketStream) -> None:
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def attack(listening: Listening, raw: bytes, *, rst: bool, seconds: float) -> None:
    with suppress(OSError, trio.BrokenResourceError):
        async with await listening.connect() as stream:
            if rst:
                reset_on_close(stream)
            with trio.move_on_after(seconds):
                await stream.send_all(raw)
                while await stream.receive_some():
                    pass


@pytest.fixture
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level("CRITICAL"):
        yield


async def test_after_hostile_bytes_of_every_kind_the_server_still_answers(real_context: Context, _quiet: None) -> None:
    async with listening(real_context, limit=500) as it:
        for rst in (False, True):
            async with trio.open_nursery() as nursery:
                for raw in HOSTILE.values():
                    nursery.start_soon(partial(attack, it, raw, rst=rst, seconds=0.3))
                assert await it.is_well()  # and while they are at it
            assert await it.is_well()
        async with trio.open_nursery() as nursery:  # byte by byte, and gone in the midst of the answer
            for raw in HOSTILE.values():
                nursery.start_soon(dribble, it, raw[:120])
        assert await it.is_well()
        assert await it.kept() == 0
        assert (await it.ask(webhook(b"{}"))).startswith(b"HTTP/1.1 200")
        assert await it.kept() == 1


async def dribble(listening: Listening, raw: bytes) -> None:
    with suppress(OSError, trio.BrokenResourceError):
        async with await listening.connect() as stream:
            reset_on_close(stream)
            for n in range(len(raw)):
                await stream.send_all(raw[n : n + 1])


@pytest.mark.parametrize("name", HOSTILE)
async def test_one_hostile_connection_harms_only_itself_and_gives_its_place_back(
    real_context: Context, name: str, _quiet: None
) -> None:
    """There is one place: a connection that kept it would be noticed at once."""
    async with listening(real_context, limit=1) as it:
        for rst in (True, False):
            await attack(it, HOSTILE[name], rst=rst, seconds=0.02)
            assert await it.is_well()


async def test_more_connections_than_places_wait_their_turn(real_context: Context) -> None:
    async with listening(real_context, limit=3) as it:
        holders = [await it.connect() for _n in range(3)]
        answers: list[bool] = []

        async def ask() -> None:
            answers.append(await it.is_well())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await trio.sleep(0.1)
            assert answers == []
            for stream in holders:
                await stream.aclose()
        assert answers == [True]


# --- bodies ------------------------------------------------------------------------------------------


async def test_a_body_that_is_said_to_be_too_large_is_refused_before_it_is_sent(real_context: Context) -> None:
    async with listening(real_context) as it:
        answer = await it.ask(webhook(b"", length=webhooks.LARGEST_BODY + 1))
        assert answer.startswith(b"HTTP/1.1 413")
        assert await it.is_well()


async def test_a_body_that_never_ends_is_cut_off_in_bounded_memory(real_context: Context, _quiet: None) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    async with listening(real_context) as it:
        assert await it.is_well()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sent = 0
        answer = b""
        async with await it.connect() as stream:

            async def listen() -> None:
                nonlocal answer
                with suppress(trio.BrokenResourceError):
                    answer = await stream.receive_some()
                nursery.cancel_scope.cancel()

            with trio.fail_after(20):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(listen)
                    await stream.send_all(POST + b"Transfer-Encoding: chunked\r\nX-Hub-Signature-256: x\r\n\r\n")
                    with suppress(trio.BrokenResourceError):
                        while sent < 256 * 2**20:
                            await stream.send_all(chunk)
                            sent += len(chunk)
        assert answer.startswith(b"HTTP/1.1 413")
        assert await it.is_well()
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown_kb < 64 * 1024, (grown_kb, sent)
        assert await it.kept() == 0


async def test_a_body_that_dribbles_is_given_up_on(real_context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "BODY_SECONDS", 0.2)
    async with listening(real_context) as it:
        assert (await it.ask(webhook(b"half", length=1000))).startswith(b"HTTP/1.1 408")
        assert await it.kept() == 0


@pytest.mark.parametrize("signature", ["", "sha256=" + "0" * 64, "sha256=é"])
async def test_what_is_not_signed_is_refused_and_not_kept(real_context: Context, signature: str) -> None:
    async with listening(real_context) as it:
        assert (await it.ask(webhook(b"{}", signature=signature))).startswith(b"HTTP/1.1 40")
        assert await it.kept() == 0


async def test_what_cannot_be_kept_is_not_acknowledged(real_context: Context, _quiet: None) -> None:
    async with listening(real_context) as it:
        await it.store.write(lambda connection: connection.execute("DROP TABLE webhook_inbox"))
        answer = (await it.ask(webhook(b"{}"))).lower()
        assert answer.startswith(b"http/1.1 503") and b"retry-after: 30\r\n" in answer


async def test_fifty_deliveries_of_one_webhook_at_once_are_all_answered_and_kept_once(real_context: Context) -> None:
    async with listening(real_context) as it:
        answers: list[bytes] = []

        async def post() -> None:
            answers.append(await it.ask(webhook(b'{"object": 1}')))

        async with trio.open_nursery() as nursery:
            for _n in range(50):
                nursery.start_soon(post)
        assert len(answers) == 50 and all(each.startswith(b"HTTP/1.1 200") for each in answers)
        assert await it.kept() == 1


# --- stopping ----------------------------------------------------------------------------------------


def slow_route(app: QuartTrio) -> tuple[trio.Event, trio.Event]:
    """Add a route that says when it was reached and waits for leave to answer."""
    reached, leave = trio.Event(), trio.Event()

    @app.get("/slow")
    async def _slow() -> str:  # pyright: ignore[reportUnusedFunction]
        reached.set()
        await leave.wait()
        return "done"

    return reached, leave


SLOW = GET.replace(b"GET /", b"GET /slow").replace(HOST, HOST + b"Connection: close\r\n")


async def test_a_request_under_way_is_finished_when_the_server_stops_and_new_ones_are_refused_at_once(
    real_context: Context,
) -> None:
    answers: list[bytes] = []
    async with listening(real_context) as it:
        reached, leave = slow_route(it.app)

        async def ask() -> None:
            answers.append(await it.ask(SLOW))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await reached.wait()
            it.stop.set()
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(OSError, match="connect"):
                await it.connect()
            assert not it.stopped.is_set()
            leave.set()
        with trio.fail_after(2):
            await it.stopped.wait()
    assert answers[0].startswith(b"HTTP/1.1 200") and answers[0].endswith(b"done")


async def test_a_request_that_takes_longer_than_the_grace_is_cut_off(real_context: Context, _quiet: None) -> None:
    async with listening(real_context, grace=0.2) as it:
        reached, _leave = slow_route(it.app)
        async with await it.connect() as stream:
            await stream.send_all(SLOW)
            await reached.wait()
            it.stop.set()
            with trio.fail_after(3):
                await it.stopped.wait()


async def test_idle_connections_do_not_hold_up_a_stop(real_context: Context) -> None:
    async with listening(real_context, grace=30) as it, await it.connect() as idle, await it.connect():
        await idle.send_all(GET)
        assert (await idle.receive_some()).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        it.stop.set()
        with trio.fail_after(20):
            await it.stopped.wait()
        assert time.monotonic() - began < 3


def large_route(app: QuartTrio) -> None:
    """Add a route whose answer no socket's buffer takes whole."""

    @app.get("/large")
    async def _large() -> bytes:  # pyright: ignore[reportUnusedFunction]
        return bytes(32 * 2**20)


LARGE = GET.replace(b"GET /", b"GET /large")


async def test_clients_that_never_read_lose_their_place_and_it_is_free_at_once(
    real_context: Context, monkeypatch: pytest.MonkeyPatch, _quiet: None
) -> None:
    monkeypatch.setattr(server, "SEND_SECONDS", 0.1)
    async with listening(real_context, limit=1) as it:
        large_route(it.app)
        for _n in range(5):  # in which order its tasks end is up to chance
            async with await it.connect() as deaf:
                await deaf.send_all(LARGE)
                await deaf.receive_some(1)
                with trio.fail_after(3):
                    assert await it.is_well()


async def test_a_client_that_never_reads_does_not_hold_up_a_stop(real_context: Context, _quiet: None) -> None:
    async with listening(real_context, grace=0.2) as it:
        large_route(it.app)
        async with await it.connect() as deaf:
            await deaf.send_all(LARGE)
            await deaf.receive_some(1)
            it.stop.set()
            with trio.fail_after(5):
                await it.stopped.wait()


def test_a_port_that_is_taken_is_said_so() -> None:
    taken = server.bind("127.0.0.1", 0)
    try:
        with pytest.raises(ConfigError, match=str(taken.getsockname()[1])):
            server.bind("127.0.0.1", taken.getsockname()[1])
    finally:
        taken.close()
