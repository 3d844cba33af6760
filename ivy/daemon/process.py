"""The daemon as a process: the lock, the migration, sockets and signals. May import: everything but the CLI.

It listens before it works: what comes in is kept from then on, while the greater part of Ivy, all that `main` brings, is
still being imported beside it.
"""

import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import trio

from ivy import __version__, log
from ivy.adapters.client import LateTransport, open_client
from ivy.clock import SystemClock
from ivy.config import Config
from ivy.daemon import beat_file, lock, notify, server, web
from ivy.daemon.context import Context
from ivy.daemon.outside import Outside
from ivy.daemon.preparing import prepare
from ivy.daemon.web import Health
from ivy.daemon.wiring import build, check
from ivy.domain.clock_skew import Skew
from ivy.domain.patterns import compile_all
from ivy.store.binding import LIBRARY
from ivy.store.database import open_store
from ivy.threads import PooledThreads

if TYPE_CHECKING:
    from ivy.daemon.main import Daemon

logger = log.get(__name__)


async def run(
    config: Config, folder: Path, *, say: Callable[[str], None] = lambda line: print(line, file=sys.stderr)
) -> None:
    """Run for real until SIGTERM or SIGINT. Raises: ConfigError, StoreError before anything is started."""
    check(config)
    path = config.database(folder)
    threads, systemd, health, stop = PooledThreads(), notify.systemd_of(os.environ), Health(working=False), trio.Event()
    public = server.bind(config.server.host, config.server.port)
    ops = server.bind(config.server.ops_host, config.server.ops_port)
    with lock.hold(path):
        prepare(path)
        skew, network = Skew(SystemClock().now), LateTransport()
        async with (
            open_store(path, threads=threads, replica=config.backup.replica) as store,
            open_client(transport=network, on_date=skew.hear) as http,
        ):
            outside = Outside(http, skew=skew)
            parts = build(config, folder, store, SystemClock(), SystemRandom(), outside, threads=threads)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_on_signal, stop, systemd)
                nursery.start_soon(partial(_serve, parts.context, health, public, ops, stop=stop))
                make = await threads.run(_bring_the_rest, parts.context)
                await nursery.start(_work, make(parts.context, health, stop=stop), nursery.cancel_scope)
                health.working = True
                logger.info("ivy %s, %s, %s", __version__, LIBRARY, path)
                say(
                    f"Ivy listens on http://{config.server.host}:{config.server.port}, probes on port {config.server.ops_port}."
                )
                await systemd.tell(notify.READY)
                nursery.start_soon(systemd.keep_alive, store)
                nursery.start_soon(_warm, parts.warm, network, threads)
        beat_file.forget(path)


def _bring_the_rest(context: Context) -> "type[Daemon]":
    """Import what works. Raises: ConfigError, for the agent may not be made as it is configured."""
    from ivy.daemon.main import Daemon

    _ = context.agent
    return Daemon


async def _work(
    daemon: "Daemon", scope: trio.CancelScope, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    await daemon.work(task_status=task_status)
    scope.cancel()


async def _warm(warm: Callable[[], Awaitable[None]], network: LateTransport, threads: PooledThreads) -> None:
    try:
        await threads.run(compile_all)
        await threads.run(network.open)
        await warm()
    except Exception:  # the first turn will meet the same fault, and say so where it counts
        logger.exception("a model's library could not be loaded")


async def _serve(
    context: Context, health: Health, public: socket.socket, ops: socket.socket, *, stop: trio.Event
) -> None:
    grace = context.config.server.drain_seconds
    async with trio.open_nursery() as nursery:
        for app, listener in ((web.public_app(context, health), public), (web.ops_app(context, health), ops)):
            nursery.start_soon(partial(server.serve, app, listener, stop=stop, grace=grace))


async def _on_signal(stop: trio.Event, systemd: notify.Systemd) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as received:
        async for number in received:
            logger.info("%s: finishing what runs", signal.Signals(number).name)
            stop.set()
            await systemd.tell(notify.STOPPING)
