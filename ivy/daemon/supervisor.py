"""Starts crashed tasks again and says so; gives up loudly when it is no use. May import: the store and below."""

from collections.abc import Awaitable, Callable
from random import Random

import trio

from ivy import log
from ivy.clock import Clock, stamp
from ivy.store import upkeep
from ivy.store.database import Store

logger = log.get(__name__)
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
CRASHES_ALLOWED = 10
WITHIN = 300.0


class GaveUp(Exception):
    """A task crashed too often: better a fresh process than a half-dead one."""


async def supervise(
    name: str, task: Callable[[], Awaitable[None]], *, store: Store, clock: Clock, chance: Random
) -> None:
    """Run a task until it returns. A crash is recorded and the task started again after a growing wait.

    Raises: GaveUp after ten crashes within five minutes.
    """
    crashes: list[float] = []
    while True:
        try:
            await task()
        except Exception as error:  # a bug costs its task a moment, not the daemon
            now = trio.current_time()
            crashes = [at for at in crashes if now - at < WITHIN] + [now]
            logger.exception("task %s crashed (%s in five minutes)", name, len(crashes))
            await _record(store, name, error, clock)
            if len(crashes) >= CRASHES_ALLOWED:
                raise GaveUp(f"Task {name} crashed {len(crashes)} times in five minutes.") from error
            await trio.sleep(min(FIRST_WAIT * 2 ** (len(crashes) - 1), LONGEST_WAIT) * (0.5 + chance.random() / 2))
        else:
            return


async def _record(store: Store, name: str, error: Exception, clock: Clock) -> None:
    try:
        await store.write(upkeep.keep_crash, name, f"{type(error).__name__}: {error}"[:500], stamp(clock.now()))
    except Exception:  # the database may be the very thing that fails
        logger.exception("the crash of %s could not be recorded", name)
