"""Serves an ASGI app on a socket; whatever one connection does harms only itself. May import: the ground, hypercorn.

Hypercorn's own trio server dies with the first connection that raises (one WebSocket upgrade with a byte too many is
enough in 0.18), waits for ever for a client that does not read, and leaves a connection open that was to be closed, so
each connection runs inside `Contained`.
"""

import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config as HypercornConfig
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from ivy import log
from ivy.errors import ConfigError

logger = log.get(__name__)
BACKLOG = 512
MOST_CONNECTIONS = 1000
SEND_SECONDS = 15
"""How long a client may take none of what it is sent."""


class Contained(TCPServer):
    """One connection: its errors are logged and end with it.

    Quart cancels whoever sends the end of a response as soon as it has ended, so what must follow (the last bytes, the
    closing, the timer of an idle connection) is shielded, and none of it may take long.
    """

    async def run(self) -> None:
        self._reading = trio.CancelScope()
        self._gone = False
        try:
            await super().run()
        except Exception as error:  # hostile bytes must not stop the server
            logger.info("a connection ended badly: %s", type(error).__name__)
            await trio.aclose_forcefully(self.stream)

    async def _read_data(self) -> None:
        # Between two requests sent at once Hypercorn waits for the first to end, and would not see that all is over.
        with self._reading:
            await super()._read_data()
        if self._reading.cancelled_caught:
            await self.protocol.handle(Closed())
        self._gone = True
        with trio.CancelScope(shield=True):
            await self.idle_task.stop()  # its timer would keep the place for seconds, and nobody is there any more

    async def protocol_send(self, event: Event) -> None:
        match event:
            case RawData(data):
                await self._send(data)
            case Updated() if self._gone:
                pass
            case Updated():
                with trio.CancelScope(shield=True):
                    await super().protocol_send(event)
            case _:
                try:
                    await super().protocol_send(event)
                finally:
                    self._reading.cancel()

    async def _send(self, data: bytes) -> None:
        async with self.send_lock:
            try:
                with trio.fail_after(SEND_SECONDS, shield=True):
                    await self.stream.send_all(data)
            except (trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError):
                self._reading.cancel()
                await self._close()

    async def _close(self) -> None:
        with trio.CancelScope(shield=True):
            await super()._close()


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises: ConfigError if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(f"The address {host}:{port} cannot be used: {error.strerror}.") from None
    listener.setblocking(False)
    listener.listen(BACKLOG)
    return listener


async def serve(
    app: Any, listener: socket.socket, *, stop: trio.Event, grace: float, limit: int = MOST_CONNECTIONS
) -> None:
    """Serve until `stop`; then refuse new connections at once and let requests finish for `grace` seconds."""
    config = HypercornConfig()
    config.read_timeout = 15
    config.keep_alive_timeout = 5
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = None
    context = WorkerContext(None)
    slots = trio.Semaphore(limit)
    make = partial(Contained, ASGIWrapper(app), config, context, ConnectionState({}))
    async with trio.open_nursery() as connections:
        async with trio.open_nursery() as accepting:
            accepting.start_soon(_accept, listener, make, slots, connections)
            await stop.wait()
            accepting.cancel_scope.cancel()
        await context.terminated.set()
        connections.cancel_scope.deadline = trio.current_time() + grace


async def _accept(
    listener: socket.socket, make: Callable[..., TCPServer], slots: trio.Semaphore, connections: trio.Nursery
) -> None:
    """Hand each connection to a task of its own; with every slot taken, new ones wait in the kernel's queue."""
    with trio.socket.from_stdlib_socket(listener) as accepting:
        while True:
            await slots.acquire()
            try:
                client, _address = await accepting.accept()
            except OSError as error:  # too many open files, or a client that left while it waited
                slots.release()
                logger.warning("a connection could not be taken: %s", error)
                await trio.sleep(0.1)
                continue
            connections.start_soon(_serve_one, make, trio.SocketStream(client), slots)


async def _serve_one(make: Callable[..., TCPServer], stream: trio.SocketStream, slots: trio.Semaphore) -> None:
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_hang_up_at_the_end, stream)
            await make(stream).run()
            nursery.cancel_scope.cancel()
    finally:
        slots.release()


async def _hang_up_at_the_end(stream: trio.SocketStream) -> None:
    """Close the socket even under a shielded send, when the grace of a stop is over."""
    try:
        await trio.sleep_forever()
    finally:
        stream.socket.close()
