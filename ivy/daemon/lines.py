"""How many calls the provider carries at once, as it said last, and whose turn it is to dial. May import: ports, the clock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ivy import log
from ivy.clock import Clock
from ivy.errors import VendorError
from ivy.ports import Lines, Voice

logger = log.get(__name__)
LAST = timedelta(minutes=15)


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


@dataclass
class Turns:
    """Calls that are due at once are dialled one after the other: each is told once when its moment is.

    Only so that none prepares what another leaves no room for: that no two are placed too soon after each other is seen to
    where a call is marked as leaving.
    """

    next_at: datetime | None = None
    waiting: dict[str, datetime] = field(default_factory=dict)
    seen: datetime | None = None
    """When it was asked last."""

    def of(self, call_id: str, now: datetime, per_second: float, *, earliest: datetime) -> datetime:
        """Return when it is this call's turn: `now`, or a moment to come, which is kept for it. `earliest`: not before that."""
        if (
            self.seen is not None and now < self.seen
        ):  # the clock was set back: the pace is kept by what was dialled, too
            self.next_at, self.waiting = None, {}
        self.seen = now
        at = self.waiting.pop(call_id, None)
        if at is None:
            at = earliest if self.next_at is None else max(earliest, self.next_at)
            self.next_at = at + timedelta(seconds=1 / per_second)
        at = max(at, earliest)
        if at > now:
            self._forget(now)
            self.waiting[call_id] = at
        return at

    def keep(self, call_id: str, at: datetime) -> None:
        """Let a call that could not leave at its moment after all have its place at another."""
        self.waiting.setdefault(call_id, at)

    def _forget(self, now: datetime) -> None:
        """A call whose moment is long past was not made after all."""
        for call_id in [call_id for call_id, at in self.waiting.items() if at < now - LAST]:
            del self.waiting[call_id]
