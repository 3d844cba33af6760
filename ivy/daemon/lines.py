"""How many calls the provider carries at once, as it said last. May import: ports, the clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ivy import log
from ivy.clock import Clock
from ivy.errors import VendorError
from ivy.ports import Lines, Voice

logger = log.get(__name__)
LAST = timedelta(minutes=5)


@dataclass
class SeenLines:
    """`limit` is None until the provider has said."""

    limit: int | None = None
    asked_at: datetime | None = None

    async def look(self, voice: Voice, clock: Clock) -> None:
        """Ask, if it was not asked lately; a provider that does not say leaves what is known."""
        if self.asked_at is not None and clock.now() < self.asked_at + LAST:
            return
        self.asked_at = clock.now()
        try:
            told: Lines = await voice.lines()
        except VendorError as error:
            logger.info("the provider does not say how many lines there are: %s", error)
            return
        self.limit = told.limit
