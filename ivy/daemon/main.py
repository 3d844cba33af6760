"""What the daemon does: every long-running task under its supervisor. May import: everything but the CLI.

Production, simulation and tests share it; what only a real process has is in `process.py`.
"""

import gc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import trio

from ivy import log
from ivy.daemon import heartbeat, polling, scheduler, sweeper
from ivy.daemon.context import Context
from ivy.daemon.handlers import BURIED, HANDLERS
from ivy.daemon.supervisor import supervise
from ivy.daemon.web import Health
from ivy.daemon.worker import Worker
from ivy.domain.jobs import Queue
from ivy.store import jobs, outbox, spending
from ivy.store.binding import Connection
from ivy.store.jobs import Job

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
