"""Claims jobs of one queue, runs their handlers side by side, and ends each in one commit. May import: the agent and below.

A handler returns what to write; the worker commits it together with the job's end, so that a crash leaves both or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import trio

from ivy import log
from ivy.clock import Clock, stamp
from ivy.daemon.context import Buried, Context, Dropped, Handler, Later, Outcome
from ivy.domain.jobs import KINDS, Queue
from ivy.domain.late import Lateness, lateness
from ivy.domain.retry import RetryPolicy
from ivy.domain.verdict import GiveUp, PauseQueue, TookTooLong, TryAgain, judge
from ivy.errors import LostLease
from ivy.store import jobs
from ivy.store.binding import Connection
from ivy.store.jobs import Job

logger = log.get(__name__)
LONGEST_WAIT = 30.0
"""Seconds between looks at the table when nothing is known to be due: a changed clock is noticed."""
RELEASE_SECONDS = 2.0
NEVER_MS = 2**62
UNKNOWN_WAITS = timedelta(minutes=10)
"""How long a job of a kind that this program does not know is left before the next look."""


@dataclass(frozen=True)
class Found:
    """What a look at the table gave: jobs, now this worker's, and when the next may run, if fewer than it could take."""

    claimed: Sequence[Job]
    due: datetime | None
    is_full: bool


class Worker:
    """One queue's worker: `slots` jobs at once."""

    def __init__(
        self, queue: Queue, slots: int, handlers: Mapping[str, Handler], buried: Mapping[str, Buried], context: Context
    ) -> None:
        self.queue = queue
        self.running: dict[str, Job] = {}
        self._slots = slots
        self._handlers = handlers
        self._buried = buried
        self._context = context
        self._store = context.store
        self._clock = context.clock
        self._draining = False
        self._freed = trio.Event()
        retry = context.config.retry
        self._policy = RetryPolicy(timedelta(seconds=retry.first_seconds), timedelta(seconds=retry.ceiling_seconds))
        self._pause = timedelta(seconds=retry.pause_seconds)

    async def run(self) -> None:
        """Work until drained or cancelled."""
        async with trio.open_nursery() as nursery:
            while not self._draining:
                self._freed = trio.Event()
                free = self._slots - len(self.running)
                if free:
                    woken = self._store.wake_of(self.queue)
                    found = None
                    with trio.CancelScope(shield=True):  # jobs that were claimed, but not heard of, would stay leased
                        found = await self._store.write(claim, self.queue, free, self._clock)
                        self._start(nursery, found.claimed)
                    while found is not None and not found.is_full and not self._draining:
                        found, woken = await self._stand_by(nursery, woken, found.due)
                else:
                    await self._freed.wait()

    def _start(self, nursery: trio.Nursery, claimed: Sequence[Job]) -> None:
        for job in claimed:
            self.running[job.id] = job
            nursery.start_soon(self._work, job)

    def drain(self) -> None:
        """Claim nothing more; `run` returns when what runs has ended."""
        self._draining = True
        self._freed.set()
        self._store.wake({self.queue})

    async def _stand_by(
        self, nursery: trio.Nursery, woken: trio.Event, due: datetime | None
    ) -> tuple[Found | None, trio.Event]:
        """Wait until `due`, or until a commit gives work, which is claimed in that very commit.

        Return what was found, None if it has to be looked for, and the event of the next waiting.
        """
        longest = float("inf") if self._clock.virtual else LONGEST_WAIT
        seconds = longest if due is None else max(0.0, (due - self._clock.now()).total_seconds())
        take = partial(claim, queue=self.queue, free=self._slots - len(self.running), clock=self._clock)
        standby = self._store.stand_by(self.queue, NEVER_MS if due is None else stamp(due), take)
        found = None
        try:
            with trio.move_on_after(min(seconds, longest)):
                await woken.wait()
        finally:
            if found := await self._store.stand_down(standby):
                self._start(nursery, found.claimed)
        return found, standby.woken

    async def _work(self, job: Job) -> None:
        try:
            with log.trace(job.trace_id, job=job.id, kind=job.kind):
                outcome = await self._attempt(job)
                self._free_slot(job)
                await trio.lowlevel.cancel_shielded_checkpoint()  # lets `run` claim: its claim shares the commit below
                await self._end(job, outcome)
        except LostLease as error:
            logger.warning("%s Its result is dropped.", error)
        except Exception:  # the database refused to settle: the lease runs out and the sweeper frees the job
            logger.exception("job %s (%s) could not be settled", job.id, job.kind)
        except BaseException:  # cancelled: one `Cancelled`, or a group of them from a handler's own nursery
            await self._give_back(job)
            raise
        finally:
            self._free_slot(job)

    def _free_slot(self, job: Job) -> None:
        if self.running.get(job.id) is job:
            del self.running[job.id]
            self._freed.set()

    async def _attempt(self, job: Job) -> Outcome | Exception:
        """Run one job; return what to write now that it is done, or what went wrong."""
        kind, now = KINDS.get(job.kind), self._clock.now()
        if kind is None:  # left by a newer program, before Ivy went back to this one
            logger.warning("job %s waits for a program that knows %s", job.id, job.kind)
            return Later(now + UNKNOWN_WAITS)
        if lateness(kind.late, job.due_at, now) is Lateness.TOO_LATE:
            reason = "It was too late to be of use."
            return Dropped(reason, lambda connection: self._given_up(connection, job, reason))
        with trio.move_on_after(job.limit.total_seconds()):
            try:
                return await self._handlers[job.kind](job, self._context)
            except Exception as error:  # a bug costs its job, not the daemon
                return error
        return TookTooLong(f"It took longer than {job.limit.total_seconds():.0f} s.")

    async def _end(self, job: Job, outcome: Outcome | Exception) -> None:
        if isinstance(outcome, Exception):
            await self._store.write(self._fail, job, outcome)
        else:
            try:
                await self._store.write(end, job, outcome, self._clock)
            except LostLease:
                raise
            except Exception as error:  # what it returned could not be written: that is the job's failure too
                await self._store.write(self._fail, job, error)

    def _fail(self, connection: Connection, job: Job, error: Exception) -> None:
        now = self._clock.now()
        verdict = judge(
            error,
            kind=KINDS[job.kind],
            policy=self._policy,
            failures=job.attempts + 1,
            earlier=[entry["error"] for entry in job.errors],
            now=now,
            deadline=job.deadline,
            jitter=self._context.chance.random(),
        )
        match verdict:
            case TryAgain(at, reason, name):
                logger.info("job %s (%s) is tried again at %s: %s", job.id, job.kind, at, reason)
                jobs.retry(connection, job, at=at, reason=reason, error=name, now=now)
            case GiveUp(reason, name):
                logger.error("job %s (%s) is a dead letter: %s", job.id, job.kind, reason, exc_info=error)
                jobs.bury(connection, job, reason=reason, error=name, now=now)
                self._given_up(connection, job, reason)
            case PauseQueue(reason):
                logger.error("queue %s is paused: %s", job.queue, reason)
                until = now + self._pause
                jobs.pause(connection, job.queue, until=until, reason=reason, now=now)
                jobs.release(connection, job, now=now)

    def _given_up(self, connection: Connection, job: Job, reason: str) -> None:
        if job.kind in self._buried:
            self._buried[job.kind](connection, job, reason, self._context.desk(job))

    async def _give_back(self, job: Job) -> None:
        """The daemon stops: the job is as it was. If its end was committed after all, so much the better."""
        with trio.move_on_after(RELEASE_SECONDS, shield=True):
            try:
                await self._store.write(jobs.release, job, now=self._clock.now())
            except LostLease as error:
                logger.info("%s It had ended already.", error)


def claim(connection: Connection, queue: Queue, free: int, clock: Clock) -> Found:
    """Claim up to `free` jobs; if there were fewer, look in the same go when the next is due."""
    claimed = jobs.claim(connection, queue, free, now=clock.now())
    is_full = len(claimed) == free
    return Found(claimed, None if is_full else jobs.next_due(connection, queue), is_full)


def end(connection: Connection, job: Job, outcome: Outcome, clock: Clock) -> None:
    """Commit an outcome and the job's end together."""
    now = clock.now()
    match outcome:
        case Later(until, write):
            write(connection)
            jobs.snooze(connection, job, until=until)
        case Dropped(reason, write):
            write(connection)
            jobs.cancel(connection, job, reason, now=now)
        case write:
            write(connection)
            jobs.finish(connection, job, now=now)
