"""A start without work: all that the daemon opens and serves, on throwaway ports. May import: everything but the CLI.

No job runs, no schedule is looked at, and every request to a vendor fails before it leaves the process.
"""

from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import NoReturn

import httpx2
import trio

from ivy.adapters.client import open_client
from ivy.clock import SystemClock
from ivy.config import Config
from ivy.daemon import lock, server, web
from ivy.daemon.main import Daemon
from ivy.daemon.outside import Outside
from ivy.daemon.wiring import build
from ivy.domain.envelopes import Envelope
from ivy.errors import StoreError
from ivy.store import migrate
from ivy.store.database import open_store
from ivy.store.settings import open_reader
from ivy.threads import PooledThreads

PROBES = ("/readyz", "/livez")
"""In this order: asking whether it is ready commits, which is the pulse that the other looks at."""
PATIENCE = 30.0
ANY_PORT = 0


class Nowhere(httpx2.AsyncBaseTransport):
    """A network on which nobody can be reached."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("a rehearsal reaches nobody", request=request)


async def rehearse(config: Config, folder: Path) -> list[str]:
    """Start on a database of this program's version, or newer by what older programs can go on with, and ask the probes.

    Return what is wrong, in plain words. Raises: ConfigError, StoreError.
    """
    path = config.database(folder)
    check_readable(path)
    threads = PooledThreads()
    outside = Outside(open_client(transport=Nowhere()), deliver_mail=_deliver_nothing)
    with (
        lock.hold(path),
        server.bind(config.server.host, ANY_PORT) as public,
        server.bind(config.server.ops_host, ANY_PORT) as ops,
    ):
        async with open_store(path, threads=threads) as store, outside.http:
            parts = build(config, folder, store, SystemClock(), SystemRandom(), outside, threads=threads)
            daemon = Daemon(parts.context)
            async with trio.open_nursery() as nursery:
                for app, listener in (
                    (web.public_app(daemon.context, daemon.health), public),
                    (web.ops_app(daemon.context, daemon.health), ops),
                ):
                    nursery.start_soon(partial(server.serve, app, listener, stop=daemon.stop, grace=1.0))
                await daemon.begin()
                await parts.warm()
                wrong = await _ask(config.server.ops_host, ops.getsockname()[1])
                daemon.stop.set()
    return wrong


def check_readable(path: Path) -> None:
    """Raise StoreError unless this program can work on the database as it is."""
    if not path.exists():
        raise StoreError(f"There is no database at {path}.")
    connection = open_reader(path)
    try:
        shipped = migrate.shipped()
        migrate.check(connection, shipped)
        if todo := migrate.pending(connection, shipped):
            raise StoreError(f"The database lacks {todo[0].name}; run `ivy migrate`.")
    finally:
        connection.close()


async def _ask(host: str, port: int) -> list[str]:
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    wrong: list[str] = []
    async with open_client() as http:
        for probe in PROBES:
            with trio.fail_after(PATIENCE):
                answer = await http.get(address + probe)
            overworked = probe == "/readyz" and answer.status_code == 503  # of the machine: the running one is so, too
            if answer.status_code != 200 and not overworked:
                wrong += [f"{probe}: {line}" for line in answer.text.splitlines() or [str(answer.status_code)]]
    return wrong


def _deliver_nothing(_mail: Envelope) -> NoReturn:
    raise OSError("a rehearsal sends nothing")
