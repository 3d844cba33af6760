"""Stands before one dependency: lets a call pass or not, and takes what became of it. May import: the store and below."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import trio

from ivy import log
from ivy.clock import Clock
from ivy.domain.breaker import CLOSED, BreakerPolicy
from ivy.errors import VendorBusy, VendorError, VendorMisconfigured
from ivy.store import breakers
from ivy.store.database import Store

logger = log.get(__name__)
LOCAL = "local"
"""The code of what was refused before anybody was asked."""
MARGIN = timedelta(seconds=5)


class Guard:
    """The breaker of one dependency, `name`; one for as many calls as you like."""

    def __init__(self, store: Store, clock: Clock, name: str, policy: BreakerPolicy) -> None:
        self.name = name
        self._store = store
        self._clock = clock
        self._policy = policy

    @asynccontextmanager
    async def call(self, seconds: float) -> AsyncGenerator[None]:
        """Make one call of at most `seconds` inside; its deadline belongs inside too.

        Raises: VendorBusy or VendorMisconfigured, as the call that opened it did, while it is left alone.
        """
        await self.enter(seconds)
        async with self.watching():
            yield

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        """Make a call inside that was let pass by `enter`."""
        began = self._clock.now()
        try:
            yield
        except VendorError as error:
            if getattr(error, "code", "") != LOCAL:
                await self._failed(error, began)
            raise
        except trio.TooSlowError:
            await self._failed(VendorBusy(self.name, "it did not answer in time"), began)
            raise
        if await self._store.read(breakers.load, self.name) != CLOSED:
            await self._store.write(breakers.succeeded, self.name, self._clock.now())

    async def enter(self, seconds: float) -> None:
        """Take the one trial, if it is open. Raises: VendorBusy, VendorMisconfigured while it is left alone."""
        now = self._clock.now()
        if (found := await self._store.read(breakers.standing, self.name, now)) == CLOSED:
            return
        until = await self._store.write(breakers.begin, self.name, now, timedelta(seconds=seconds) + MARGIN)
        if until is None:
            return
        reason = f"it is left alone: {found.reason}" if found.reason else "it asked for a pause"
        if found.cause is not None:
            raise VendorMisconfigured(self.name, reason, cause=found.cause)
        raise VendorBusy(self.name, reason, after=until - now, throttled=True)

    async def _failed(self, error: VendorError, began: datetime) -> None:
        until = await self._store.write(
            breakers.failed, self.name, error, self._policy, now=self._clock.now(), began=began
        )
        if until is not None:
            logger.error("%s is left alone until %s: %s", self.name, until, error.reason)
