"""The one door to a thread: threads in production, inline where the clock is virtual. May import: trio.

A mock clock takes a wait for a thread for idleness and jumps, so under it nothing may leave the loop.
"""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, Protocol, TypeVar

import trio

P = ParamSpec("P")
T = TypeVar("T")


class Threads(Protocol):
    """Runs a blocking function without stopping the loop."""

    @property
    def inline(self) -> bool: ...

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


class PooledThreads:
    """Trio's worker threads, at most `limit` at once."""

    inline = False

    def __init__(self, limit: int = 4) -> None:
        self._limiter = trio.CapacityLimiter(limit)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await trio.to_thread.run_sync(partial(function, *args, **kwargs), limiter=self._limiter)


class InlineThreads:
    """The caller's own thread, with a checkpoint behind it so that races between tasks stay visible."""

    inline = True

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        await trio.lowlevel.checkpoint_if_cancelled()
        try:
            return function(*args, **kwargs)
        finally:
            await trio.lowlevel.cancel_shielded_checkpoint()
