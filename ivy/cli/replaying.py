"""Sends dead letters back to work at a measured pace, and watches what becomes of them. May import: the store and below.

The first goes alone; the rest follow only while nothing new goes wrong. Without a daemon they are queued at that pace.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import trio

from ivy.clock import Clock
from ivy.store import dead_letters
from ivy.store.dead_letters import Plan, Replayed
from ivy.store.scope import OperatorStore

LOOK_EVERY = 0.25
FIRST_SECONDS = 20.0
"""How long the first letter may take before the others follow all the same."""
LAST_SECONDS = 30.0
"""How long to stay for the outcome of the last."""
LARGEST_BATCH = 100


@dataclass(frozen=True)
class Outcome:
    """What a replay did: `skipped` were not dead any more; `stopped` is the new cause that ended it early."""

    replayed: int = 0
    skipped: int = 0
    left: int = 0
    done: int = 0
    waiting: int = 0
    dead_again: int = 0
    cancelled: int = 0
    stopped: str = ""
    watched: bool = False


class Replay:
    """One run of a plan."""

    def __init__(self, operator: OperatorStore, clock: Clock, plan: Plan, *, rate: float, reason: str) -> None:
        self._operator = operator
        self._clock = clock
        self._ids = plan.running
        self._causes = {letter.cause for letter in plan.letters}
        self._rate = rate
        self._reason = reason
        self._sent = 0
        self._revived: list[str] = []

    async def run(self, *, watched: bool, say: Callable[[str], None] = lambda _line: None) -> Outcome:
        """Send the letters back to work; `watched` says that a daemon works on them."""
        stopped = await (self._watched(say) if watched else self._queued())
        became = await self._became()
        states = [each.state for each in became]
        return Outcome(
            replayed=len(self._revived),
            skipped=self._sent - len(self._revived),
            left=len(self._ids) - self._sent,
            done=states.count("done"),
            waiting=states.count("ready") + states.count("leased"),
            dead_again=states.count("dead"),
            cancelled=states.count("cancelled"),
            stopped=stopped,
            watched=watched,
        )

    async def _queued(self) -> str:
        """Give each letter its time at once: whenever the daemon starts, it meets no more than it is used to."""
        for start in range(0, len(self._ids), LARGEST_BATCH):
            await self._send(self._ids[start : start + LARGEST_BATCH], every=1 / self._rate, after=start / self._rate)
        return ""

    async def _watched(self, say: Callable[[str], None]) -> str:
        await self._send(self._ids[:1])
        await self._settled(FIRST_SECONDS)
        size = max(1, round(self._rate))
        while self._sent < len(self._ids):
            if stopped := await self._new_cause():
                return stopped
            await self._send(self._ids[self._sent : self._sent + size])
            say(f"{self._sent} of {len(self._ids)} sent back to work")
            await trio.sleep(size / self._rate)
        await self._settled(LAST_SECONDS)
        return await self._new_cause()

    async def _send(self, ids: Sequence[str], *, every: float = 0.0, after: float = 0.0) -> None:
        now = self._clock.now()
        due = [(job_id, now + timedelta(seconds=after + place * every)) for place, job_id in enumerate(ids)]
        operator = self._operator
        self._revived += await operator.write(
            dead_letters.replay, due, actor=operator.actor, reason=self._reason, now=now
        )
        self._sent += len(ids)

    async def _settled(self, seconds: float) -> None:
        with trio.move_on_after(seconds):
            while any(each.state in ("ready", "leased") for each in await self._became()):
                await trio.sleep(LOOK_EVERY)

    async def _new_cause(self) -> str:
        """Return why a letter died again, if that is nothing the plan has shown."""
        died = (each.cause for each in await self._became() if each.state == "dead")
        return next((cause for cause in died if cause not in self._causes), "")

    async def _became(self) -> list[Replayed]:
        return await self._operator.read(dead_letters.became, self._revived)
