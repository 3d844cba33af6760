"""Retell's webhooks and functions on their way to Ivy, signed when they leave. May import: the domain and below.

Unlike Meta's, a webhook that is not answered in time comes three times more and is then lost, and never waits for another.
"""

import hmac
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from random import Random

import httpx2
import trio

from ivy.clock import stamp
from ivy.emulators.faults import Delay, Drop, Duplicate, Script, Swap, WebhookFault

Deliver = Callable[[str, bytes, dict[str, str]], Awaitable[tuple[int, bytes]]]
"""Posts a body with its headers to an address; returns the status and the body of the answer."""

RETRIES = 3
FIRST_GAP = 1.0
"""Seconds before the first of them; each later one takes twice as long."""
SWAP_AT_MOST = 900.0
"""Seconds that a swapped webhook waits for the next one: two of one call may be minutes apart."""
USUAL_PATIENCE = 10.0


def signature(key: str, body: bytes, at: datetime) -> str:
    """Return the header that Retell signs a body with. Source: "Secure webhook"."""
    milliseconds = str(stamp(at))
    digest = hmac.new(key.encode(), body + milliseconds.encode(), sha256).hexdigest()
    return f"v={milliseconds},d={digest}"


@dataclass(eq=False)
class Webhook:
    """One webhook; `answers` has the status of each try, 0 where there was none."""

    url: str
    event: str
    call_id: str
    body: bytes
    patience: float
    answers: list[int] = field(default_factory=list[int])


class Outgoing:
    """All that leaves for Ivy. `faults` script what happens on the way; a fault's path is looked for in "event call_id".

    `jitter` is how many seconds at most a webhook may take on its way: with some, those of different calls overtake.
    """

    def __init__(self, deliver: Deliver, *, key: str, now: Callable[[], datetime], chance: Random) -> None:
        self.key = key
        self.faults: Script[WebhookFault] = Script()
        self.jitter = 0.0
        self.delivered: deque[tuple[str, str]] = deque(maxlen=1000)
        """The last that arrived, as (event, call id)."""
        self.lost: list[Webhook] = []
        self.under_way = 0
        self.changed = trio.Event()
        self._deliver = deliver
        self._now = now
        self._chance = chance
        self._overtaken: list[trio.Event] = []

    def add(self, nursery: trio.Nursery, webhook: Webhook) -> None:
        """Send a webhook on its way, and whatever the next fault makes of it."""
        delay = self._chance.uniform(0, self.jitter) if self.jitter else 0.0
        fault = self.faults.take(f"{webhook.event} {webhook.call_id}")
        if isinstance(fault, Drop):
            return
        if isinstance(fault, Swap):
            self._overtaken.append(trio.Event())
            self._start(nursery, webhook, delay, waits=self._overtaken[-1])
            return
        delay += fault.seconds if isinstance(fault, Delay) else 0.0
        frees, self._overtaken = self._overtaken, []
        for copy in range(fault.times if isinstance(fault, Duplicate) else 1):
            self._start(nursery, webhook if copy == 0 else replace(webhook, answers=[]), delay, frees=frees)

    def _start(
        self,
        nursery: trio.Nursery,
        webhook: Webhook,
        delay: float,
        *,
        waits: trio.Event | None = None,
        frees: Sequence[trio.Event] = (),
    ) -> None:
        self.under_way += 1
        nursery.start_soon(self._carry, webhook, delay, waits, frees)

    async def _carry(
        self, webhook: Webhook, delay: float, waits: trio.Event | None, frees: Sequence[trio.Event]
    ) -> None:
        if waits is not None:
            with trio.move_on_after(SWAP_AT_MOST):
                await waits.wait()
        await trio.sleep(delay)
        for gap in (*(FIRST_GAP * 2**number for number in range(RETRIES)), None):
            status, _answer = await self.post(webhook.url, webhook.body, patience=webhook.patience)
            webhook.answers.append(status)
            for event in frees:
                event.set()
            if 200 <= status <= 299:
                self.delivered.append((webhook.event, webhook.call_id))
                break
            if gap is None:
                self.lost.append(webhook)
                break
            await trio.sleep(gap)
        self.under_way -= 1
        self.stir()

    async def post(
        self, url: str, body: bytes, *, patience: float, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Post a body, signed now; return the status and the answer, or 0 and nothing."""
        signed = {
            **(headers or {}),
            "Content-Type": "application/json",
            "X-Retell-Signature": signature(self.key, body, self._now()),
            "User-Agent": "axios/1.7",
        }
        with trio.move_on_after(patience):
            try:
                return await self._deliver(url, body, signed)
            except (httpx2.HTTPError, OSError):
                return 0, b""
        return 0, b""

    def stir(self) -> None:
        """Tell those who wait until nothing is under way to look again."""
        self.changed.set()
        self.changed = trio.Event()
