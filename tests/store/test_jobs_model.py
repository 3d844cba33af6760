"""The jobs table against a model of a page: whatever is done in whatever order, nothing is lost and the lanes tell the truth."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ivy.clock import stamp, unstamp
from ivy.domain.jobs import LEASE_MARGIN, REMINDER, SEND, Kind
from ivy.errors import LostLease
from ivy.store import jobs
from ivy.store.binding import Connection, connect
from ivy.store.jobs import Job, NewJob
from ivy.store.migrate import migrate
from ivy.store.settings import open_writer

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
KIND_OF_LANE = {"": REMINDER, "r": REMINDER, "send:a": SEND, "send:b": SEND}
QUEUES = sorted({kind.queue.value for kind in KIND_OF_LANE.values()})
KEYS = [f"k{n}" for n in range(10)]


@cache
def template() -> Connection:
    """Return a migrated database in memory, to be copied for each example."""
    with TemporaryDirectory() as folder:
        made = open_writer(Path(folder) / "ivy.db", throwaway=True)
        migrate(made)
        kept = connect(":memory:")
        made.backup(kept)
        made.close()
    return kept


@dataclass
class Known:
    """What must be true of one job."""

    order: int
    kind: Kind
    lane: str
    user_id: str
    run_at: datetime
    state: str = "ready"
    claim_no: int = 0
    attempts: int = 0
    crashes: int = 0
    replays: int = 0
    errors: int = 0
    leased_until: datetime | None = None

    @property
    def queue(self) -> str:
        return self.kind.queue.value


delays = st.integers(-60, 60).map(lambda seconds: timedelta(seconds=seconds, milliseconds=seconds))
keys = st.sampled_from(KEYS)
lanes = st.sampled_from(list(KIND_OF_LANE))
queues = st.sampled_from(QUEUES)
users = st.sampled_from("ab")


class Jobs(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.connection = connect(":memory:")
        template().backup(self.connection)
        self.now = START
        self.known: dict[str, Known] = {}
        self.claims: list[Job] = []
        self.paused: dict[str, datetime] = {}
        self.orders = 0

    def teardown(self) -> None:
        self.connection.close()

    # --- what the model says -------------------------------------------------------------------

    def of_lane(self, lane: str, state: str) -> list[Known]:
        found = [job for job in self.known.values() if lane and job.lane == lane and job.state == state]
        return sorted(found, key=lambda job: (job.run_at, job.order))

    def claimable(self, queue: str) -> list[Known]:
        """Return what may be claimed one day: free jobs, and the head of each lane that is not busy."""
        ready = [job for job in self.known.values() if job.state == "ready" and job.queue == queue]
        free = [job for job in ready if not job.lane]
        lanes = {job.lane for job in ready if job.lane and not self.of_lane(job.lane, "leased")}
        return sorted([*free, *(self.of_lane(lane, "ready")[0] for lane in lanes)], key=lambda job: job.run_at)

    def next_due(self, queue: str) -> datetime | None:
        heads = self.claimable(queue)
        paused_until = self.paused.get(queue)
        at = heads[0].run_at if heads else None
        return at if at is None or paused_until is None else max(at, paused_until)

    def do(self, operation: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run one operation as a write does, and check that whoever could work sooner because of it is woken."""
        before = {queue: jobs.next_due(self.connection, queue) for queue in QUEUES}
        self.connection.touched = {}
        self.connection.execute("SAVEPOINT one")
        try:
            return operation(self.connection, *args, **kwargs)
        except LostLease:
            self.connection.execute("ROLLBACK TO one")
            raise
        finally:
            self.connection.execute("RELEASE one")
            for queue in QUEUES:
                after = jobs.next_due(self.connection, queue)
                earlier = before[queue]
                sooner = earlier is None or (after is not None and after < earlier)
                if after and sooner and operation is not jobs.free_leases:  # nobody works yet when that runs
                    woken = self.connection.touched.get(queue)
                    assert woken is not None and woken <= stamp(after), f"{operation.__name__} did not wake {queue}"

    # --- what is drawn: work comes, is claimed and ends more often than anything else happens ------------

    @rule(
        new=st.lists(st.tuples(keys, lanes, delays, users), min_size=1, max_size=4),
    )
    def work_comes(self, new: list[tuple[str, str, timedelta, str]]) -> None:
        for each in new:
            self.enqueue(*each)

    @rule(queue=queues, limit=st.integers(1, 4))
    def work_is_claimed(self, queue: str, limit: int) -> None:
        self.claim(queue, limit)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def work_ends(self, data: st.DataObject) -> None:
        steps = (self.finish, self.cancel, self.retry, self.snooze, self.release, self.bury, self.check_held)
        data.draw(st.sampled_from(steps))(data)

    @rule(data=st.data(), key=keys, lane=lanes, delay=delays)
    def something_is_changed(self, data: st.DataObject, key: str, lane: str, delay: timedelta) -> None:
        change = data.draw(st.sampled_from(["move", "wake_lane", "cancel_key", "cancel_waiting"]))
        match change:
            case "move":
                self.move(key, delay)
            case "wake_lane":
                self.wake_lane(lane)
            case "cancel_key":
                self.cancel_key(key)
            case _:
                self.cancel_waiting(data.draw(users), data.draw(st.sampled_from([["send"], ["reminder"], []])))

    @rule(data=st.data(), key=keys, lane=lanes, delay=delays)
    def the_ended_are_looked_at(self, data: st.DataObject, key: str, lane: str, delay: timedelta) -> None:
        ended = [key for key, job in self.known.items() if job.state in ("dead", "done")] or [key]
        key = data.draw(st.sampled_from([*ended, key]))
        change = data.draw(st.sampled_from(["revive", "discard", "bury_done", "again", "bury_at_once"]))
        match change:
            case "revive":
                self.revive(key)
            case "discard":
                self.discard(key)
            case "bury_done":
                self.bury_done(key)
            case "again":
                self.again(key, delay)
            case _:
                self.bury_at_once(key, lane)

    @rule(seconds=st.sampled_from([1, 7, 30, 61]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(data=st.data(), queue=queues, delay=delays)
    def an_operator_or_the_sweeper_acts(self, data: st.DataObject, queue: str, delay: timedelta) -> None:
        act = data.draw(st.sampled_from(["rescue", "free_leases", "free_leases", "pause", "unpause"]))
        match act:
            case "rescue":
                self.rescue()
            case "free_leases":
                self.free_leases()
            case "pause":
                self.pause(queue, delay)
            case _:
                self.unpause(queue)

    # --- putting in and claiming -----------------------------------------------------------------

    def enqueue(self, key: str, lane: str, delay: timedelta, user: str) -> None:
        new = self.new_job(key, lane, self.now + delay, user)
        added = self.do(jobs.enqueue, new, now=self.now)
        assert added == (key not in self.known)
        if added:
            self.learn(new, user)

    def new_job(self, key: str, lane: str, due_at: datetime, user: str) -> NewJob:
        self.orders += 1
        return NewJob(f"{self.orders:06}", KIND_OF_LANE[lane], key, due_at, {"key": key}, lane, user)

    def learn(self, new: NewJob, user: str) -> Known:
        self.known[new.key] = Known(self.orders, new.kind, new.lane, user, new.due_at)
        return self.known[new.key]

    def claim(self, queue: str, limit: int) -> None:
        could = [job for job in self.claimable(queue) if job.run_at <= self.now]
        if self.now < self.paused.get(queue, self.now):
            could = []
        claimed: list[Job] = self.do(jobs.claim, queue, limit, now=self.now)
        mine = [self.known[job.key] for job in claimed]
        assert all(job in could for job in mine)
        assert sorted(job.run_at for job in mine) == [job.run_at for job in could[:limit]]
        for job, known in zip(claimed, mine, strict=True):
            known.state, known.claim_no = "leased", known.claim_no + 1
            known.leased_until = self.now + known.kind.limit + LEASE_MARGIN
            assert (job.claim_no, job.lane, job.payload) == (known.claim_no, known.lane, {"key": job.key})
        self.claims += claimed

    # --- settling --------------------------------------------------------------------------------

    def settle(self, data: st.DataObject, operation: Callable[..., Any], **kwargs: Any) -> Known | None:
        """Settle any claim ever made; return the job if the claim was the newest."""
        job = data.draw(st.sampled_from(self.claims))
        known = self.known.get(job.key)
        held = known is not None and known.state == "leased" and known.claim_no == job.claim_no
        try:
            self.do(operation, job, **kwargs)
        except LostLease:
            assert not held
            return None
        assert held and known is not None
        known.leased_until = None
        return known

    def finish(self, data: st.DataObject) -> None:
        if known := self.settle(data, jobs.finish, now=self.now):
            known.state = "done"

    def cancel(self, data: st.DataObject) -> None:
        if known := self.settle(data, jobs.cancel, reason="unwanted", now=self.now):
            known.state, known.errors = "cancelled", known.errors + 1

    def retry(self, data: st.DataObject) -> None:
        at = self.now + data.draw(delays)
        if known := self.settle(data, jobs.retry, at=at, reason="busy", error="Busy", now=self.now):
            known.state, known.run_at, known.crashes = "ready", at, 0
            known.attempts, known.errors = known.attempts + 1, known.errors + 1

    def snooze(self, data: st.DataObject) -> None:
        until = self.now + data.draw(delays)
        if known := self.settle(data, jobs.snooze, until=until):
            known.state, known.run_at, known.crashes = "ready", until + timedelta(milliseconds=1), 0

    def release(self, data: st.DataObject) -> None:
        if known := self.settle(data, jobs.release, now=self.now):
            known.state, known.run_at = "ready", min(known.run_at, self.now)

    def bury(self, data: st.DataObject) -> None:
        if known := self.settle(data, jobs.bury, reason="hopeless", error="Error", now=self.now):
            known.state, known.attempts, known.errors = "dead", known.attempts + 1, known.errors + 1

    def check_held(self, data: st.DataObject) -> None:
        before = [tuple(row) for row in self.connection.execute("SELECT * FROM jobs")]
        known = self.settle_nothing(data)
        assert [tuple(row) for row in self.connection.execute("SELECT * FROM jobs")] == before, known

    def settle_nothing(self, data: st.DataObject) -> Known | None:
        job = data.draw(st.sampled_from(self.claims))
        known = self.known[job.key]
        try:
            jobs.check_held(self.connection, job)
        except LostLease:
            assert not (known.state == "leased" and known.claim_no == job.claim_no)
            return None
        assert known.state == "leased" and known.claim_no == job.claim_no
        return known

    # --- changing what nobody holds --------------------------------------------------------------

    def move(self, key: str, delay: timedelta) -> None:
        known = self.known.get(key)
        waits = known is not None and known.state == "ready"
        assert self.do(jobs.move, key, run_at=self.now + delay) == waits
        if known and waits:
            known.run_at = self.now + delay

    def wake_lane(self, lane: str) -> None:
        self.do(jobs.wake_lane, lane, now=self.now)
        for known in self.of_lane(lane, "ready"):
            known.run_at = min(known.run_at, self.now)

    def cancel_key(self, key: str) -> None:
        known = self.known.get(key)
        waits = known is not None and known.state == "ready"
        assert self.do(jobs.cancel_key, key, now=self.now) == waits
        if known and waits:
            known.state = "cancelled"

    def cancel_waiting(self, user: str, kinds: list[str]) -> None:
        mine = [j for j in self.known.values() if j.user_id == user and j.kind.name in kinds and j.state == "ready"]
        assert self.do(jobs.cancel_waiting, user, kinds, now=self.now) == len(mine)
        for known in mine:
            known.state = "cancelled"

    # --- the dead and the done -------------------------------------------------------------------

    def revive(self, key: str) -> None:
        known = self.known.get(key)
        dead = known is not None and known.state == "dead"
        assert self.do(jobs.revive, self.id_of(key), now=self.now) == dead
        if known and dead:
            known.state, known.run_at, known.replays = "ready", self.now, known.replays + 1
            known.attempts = known.crashes = 0

    def discard(self, key: str) -> None:
        known = self.known.get(key)
        dead = known is not None and known.state == "dead"
        assert self.do(jobs.discard, self.id_of(key), "not needed", now=self.now) == dead
        if known and dead:
            known.state, known.errors = "cancelled", known.errors + 1

    def bury_done(self, key: str) -> None:
        known = self.known.get(key)
        done = known is not None and known.state == "done"
        assert self.do(jobs.bury_done, key, reason="it bounced", error="Bounced", now=self.now) == done
        if known and done:
            known.state, known.errors = "dead", known.errors + 1

    def again(self, key: str, delay: timedelta) -> None:
        known = self.known.get(key)
        done = known is not None and known.state == "done"
        assert self.do(jobs.again, key, run_at=self.now + delay) == done
        if known and done:
            known.state, known.run_at = "ready", self.now + delay

    def bury_at_once(self, key: str, lane: str) -> None:
        new = self.new_job(key, lane, self.now, "a")
        self.do(jobs.bury_at_once, new, reason="unreadable", error="Unreadable", now=self.now)
        if key not in self.known:
            known = self.learn(new, "a")
            known.state, known.errors = "dead", 1

    def id_of(self, key: str) -> str:
        return f"{self.known[key].order:06}" if key in self.known else "nobody"

    # --- leases that nobody holds ------------------------------------------------------------------

    def rescue(self) -> None:
        lost = [job for job in self.known.values() if job.leased_until and job.leased_until <= self.now]
        assert self.do(jobs.rescue, now=self.now) == len(lost)
        for known in lost:
            known.state, known.leased_until = "ready", None

    def free_leases(self) -> None:
        held = [job for job in self.known.values() if job.state == "leased"]
        for known in held:
            known.crashes, known.leased_until, known.state = known.crashes + 1, None, "ready"
            if known.crashes == 3:
                known.state, known.attempts, known.errors = "dead", known.attempts + 1, known.errors + 1
        buried = sum(known.state == "dead" for known in held)
        assert self.do(jobs.free_leases, now=self.now) == (len(held) - buried, buried)

    # --- pauses ------------------------------------------------------------------------------------

    def pause(self, queue: str, delay: timedelta) -> None:
        self.do(jobs.pause, queue, until=self.now + delay, reason="no token", now=self.now)
        self.paused[queue] = self.now + delay

    def unpause(self, queue: str) -> None:
        assert self.do(jobs.unpause, queue) == (queue in self.paused)
        self.paused.pop(queue, None)

    # --- what is always true -------------------------------------------------------------------------

    @invariant()
    def the_table_is_the_model(self) -> None:
        columns = "state, run_at_ms, claim_no, attempts, crashes, replays, json_array_length(errors) AS errors, leased_until_ms"
        rows = {row["key"]: tuple(row)[1:] for row in self.connection.execute(f"SELECT key, {columns} FROM jobs")}
        assert rows == {
            key: (j.state, stamp(j.run_at), j.claim_no, j.attempts, j.crashes, j.replays, j.errors,
                  j.leased_until and stamp(j.leased_until))
            for key, j in self.known.items()
        }  # fmt: skip

    @invariant()
    def lanes_tell_the_truth(self) -> None:
        truth: dict[str, tuple[str, int, int | None]] = {}
        for lane, kind in KIND_OF_LANE.items():
            ready, leased = self.of_lane(lane, "ready"), self.of_lane(lane, "leased")
            assert len(leased) <= 1
            if ready or leased:
                truth[lane] = (kind.queue.value, len(leased), stamp(ready[0].run_at) if ready else None)
        rows = self.connection.execute("SELECT lane, queue, busy, next_at_ms FROM lanes")
        assert {row["lane"]: tuple(row)[1:] for row in rows} == truth

    @invariant()
    def the_worker_is_told_when_to_look(self) -> None:
        for queue in QUEUES:
            due = self.next_due(queue)
            assert jobs.next_due(self.connection, queue) == (due and unstamp(stamp(due)))

    @invariant()
    def the_head_of_a_lane_is_its_oldest(self) -> None:
        for lane in KIND_OF_LANE:
            found = jobs.open_in_lane(self.connection, lane)
            assert (found is not None) == bool(self.of_lane(lane, "ready") or self.of_lane(lane, "leased"))


Jobs.TestCase.settings = settings(
    max_examples=400 if os.environ.get("IVY_FULL") else 45, stateful_step_count=50, deadline=None
)
TestJobs = Jobs.TestCase
