"""The daemon: one process, one file, every long-running task under its supervisor. May import: everything but the CLI.

`Daemon.work` is what production, simulation and tests share; `run` adds what only a real process has: the lock, the
migration, sockets and signals.
"""

import gc
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import SystemRandom

import trio

from ivy import __version__, log
from ivy.adapters.client import open_client
from ivy.clock import SystemClock
from ivy.config import Config
from ivy.daemon import beat_file, heartbeat, lock, notify, polling, scheduler, server, sweeper, web
from ivy.daemon.context import Context
from ivy.daemon.handlers import BURIED, HANDLERS
from ivy.daemon.outside import Outside
from ivy.daemon.preparing import prepare
from ivy.daemon.supervisor import supervise
from ivy.daemon.web import Health
from ivy.daemon.wiring import build, check
from ivy.daemon.worker import Worker
from ivy.domain.clock_skew import Skew
from ivy.domain.jobs import Queue
from ivy.store import jobs, outbox, spending
from ivy.store.binding import LIBRARY, Connection
from ivy.store.database import open_store
from ivy.store.jobs import Job
from ivy.threads import PooledThreads

logger = log.get(__name__)
GARBAGE = (20_000, 20, 50)
"""How many new objects Python waits for before it looks for cycles, and how often it looks at older ones: by default it
walks over all that the libraries brought again and again, 3 % of the CPU and pauses of a tenth of a second."""


@dataclass
class Daemon:
    """The tasks that work on one store, and how they are told to stop."""

    context: Context
    health: Health = field(default_factory=Health)
    workers: list[Worker] = field(default_factory=list[Worker])
    stop: trio.Event = field(default_factory=trio.Event)

    def __post_init__(self) -> None:
        slots = self.context.config.workers
        for queue in Queue:
            self.workers.append(Worker(queue, getattr(slots, queue.value), HANDLERS, BURIED, self.context))

    async def begin(self) -> None:
        """Free what a dead process held."""
        now = self.context.clock.now()
        freed, buried = await self.context.store.write(jobs.free_leases, now=now, on_buried=self._buried)
        spent = await self.context.store.write(spending.expire_reservations)
        await self.context.store.write(outbox.wait_anew, now=now)
        if freed or buried or spent:
            logger.warning(
                "after a crash: %s jobs go on, %s were given up, %s calls count as spent", freed, buried, spent
            )

    async def work(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Free what a dead process held, then work until `drain`."""
        gc.set_threshold(*GARBAGE)
        await self.begin()
        background: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("scheduler", partial(scheduler.run, self.context)),
            ("sweeper", partial(sweeper.sweep, self.context)),
        ]
        if self.context.polling is not None:
            background.append(("polling", partial(polling.run, self.context)))
        if not self.context.clock.virtual:
            background.append(("watcher", partial(sweeper.watch_others, self.context)))
            background.append(("heartbeat", partial(heartbeat.run, self.context)))
        async with trio.open_nursery() as nursery:
            for name, task in background:
                nursery.start_soon(self._supervised, name, task)
            task_status.started()
            async with trio.open_nursery() as workers:
                for worker in self.workers:
                    workers.start_soon(self._supervised, f"worker {worker.queue.value}", worker.run)
                await self.stop.wait()
                self.health.draining = True
                for worker in self.workers:
                    worker.drain()
                workers.cancel_scope.deadline = trio.current_time() + self.context.config.server.drain_seconds
            nursery.cancel_scope.cancel()

    def _buried(self, connection: Connection, job: Job, reason: str) -> None:
        if job.kind in BURIED:
            BURIED[job.kind](connection, job, reason, self.context.desk(job))

    async def _supervised(self, name: str, task: Callable[[], Awaitable[None]]) -> None:
        parts = self.context
        await supervise(name, task, store=parts.store, clock=parts.clock, chance=parts.chance)


async def run(
    config: Config, folder: Path, *, say: Callable[[str], None] = lambda line: print(line, file=sys.stderr)
) -> None:
    """Run for real until SIGTERM or SIGINT. Raises: ConfigError, StoreError before anything is started."""
    check(config)
    path = config.database(folder)
    threads, systemd = PooledThreads(), notify.systemd_of(os.environ)
    public = server.bind(config.server.host, config.server.port)
    ops = server.bind(config.server.ops_host, config.server.ops_port)
    with lock.hold(path):
        prepare(path)
        skew = Skew(SystemClock().now)
        async with (
            open_store(path, threads=threads, replica=config.backup.replica) as store,
            open_client(on_date=skew.hear) as http,
        ):
            outside = Outside(http, skew=skew)
            parts = build(config, folder, store, SystemClock(), SystemRandom(), outside, threads=threads)
            daemon = Daemon(parts.context)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_on_signal, daemon.stop, systemd)
                nursery.start_soon(partial(_serve, daemon, public, ops))
                await nursery.start(daemon_work, daemon, nursery.cancel_scope)
                logger.info("ivy %s, %s, %s", __version__, LIBRARY, path)
                say(
                    f"Ivy listens on http://{config.server.host}:{config.server.port}, probes on port {config.server.ops_port}."
                )
                await systemd.tell(notify.READY)
                nursery.start_soon(systemd.keep_alive, store)
                nursery.start_soon(_warm, parts.warm)
        beat_file.forget(path)


async def daemon_work(
    daemon: Daemon, scope: trio.CancelScope, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    await daemon.work(task_status=task_status)
    scope.cancel()


async def _warm(warm: Callable[[], Awaitable[None]]) -> None:
    try:
        await warm()
    except Exception:  # the first turn will meet the same fault, and say so where it counts
        logger.exception("a model's library could not be loaded")


async def _serve(daemon: Daemon, public: socket.socket, ops: socket.socket) -> None:
    grace = daemon.context.config.server.drain_seconds
    async with trio.open_nursery() as nursery:
        for app, listener in (
            (web.public_app(daemon.context, daemon.health), public),
            (web.ops_app(daemon.context, daemon.health), ops),
        ):
            nursery.start_soon(partial(server.serve, app, listener, stop=daemon.stop, grace=grace))


async def _on_signal(stop: trio.Event, systemd: notify.Systemd) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as received:
        async for number in received:
            logger.info("%s: finishing what runs", signal.Signals(number).name)
            stop.set()
            await systemd.tell(notify.STOPPING)
