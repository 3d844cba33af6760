"""A vendor's webhooks on their way to Ivy, tried again with growing gaps. May import: the domain and below."""

import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

import httpx2
import trio

from ivy.emulators.faults import Delay, Drop, Duplicate, Script, Swap, WebhookFault

Post = Callable[[bytes, dict[str, str]], Awaitable[int]]
"""Delivers a body with its headers; returns the status of the answer."""

SWAP_AT_MOST = 1.0


def poster(http: httpx2.AsyncClient, url: httpx2.URL | str) -> Post:
    """Return a `Post` to an address of Ivy's, in process or on a port."""

    address = httpx2.URL(url)  # read once: there are many webhooks

    async def post(body: bytes, headers: dict[str, str]) -> int:
        return (await http.post(address, content=body, headers=headers)).status_code

    return post


@dataclass(order=True)
class Delivery:
    due: float
    number: int
    body: bytes = field(compare=False)
    headers: dict[str, str] = field(compare=False)
    first_tried: float | None = field(default=None, compare=False)
    answers: list[int] = field(default_factory=list[int], compare=False)
    """The status of each try; 0 where there was none."""


class Deliveries:
    """Webhooks that wait, are tried, and are tried again until Ivy answers 200 or the vendor gives up.

    `gaps` are seconds between tries, the last one repeated; `lanes` is how many are under way at once: one keeps the
    order (and a simulation the same), more are closer to the vendor. At most `limit` wait.
    """

    def __init__(
        self,
        post: Post,
        *,
        gaps: Sequence[float] = (0, 2, 10, 60, 300, 1800, 3600),
        give_up_after: float = 7 * 86400,
        patience: float = 20,
        lanes: int = 1,
        limit: int = 10_000,
    ) -> None:
        self.faults: Script[WebhookFault] = Script()
        self.delivered: deque[Delivery] = deque(maxlen=1000)  # the last ones: a simulated year has many
        self.lost: list[Delivery] = []
        self._post = post
        self._gaps = tuple(gaps)
        self._give_up_after = give_up_after
        self._patience = patience
        self._lanes = lanes
        self._limit = limit
        self._numbers = count()
        self._waiting: list[Delivery] = []
        self._swapped: list[Delivery] = []
        self._under_way = 0
        self._changed = trio.Event()

    def add(self, body: bytes, headers: dict[str, str], *, after: float = 0.0) -> None:
        """Send a webhook on its way, `after` seconds from now, and whatever the next fault makes of it."""
        due = trio.current_time() + after
        match self.faults.take():
            case Drop():
                return
            case Duplicate(times=times):
                self._put(*(self._make(due, body, headers) for _copy in range(times)))
            case Delay(seconds=seconds):
                self._put(self._make(due + seconds, body, headers))
            case Swap():
                late = self._make(due + SWAP_AT_MOST, body, headers)
                self._put(late)
                self._swapped.append(late)
            case None:
                self._put(self._make(due, body, headers), *self._overtaken(due))

    async def run(self) -> None:
        """Deliver for ever."""
        async with trio.open_nursery() as nursery:
            for _lane in range(self._lanes):
                nursery.start_soon(self._lane)

    async def settled(self) -> None:
        """Wait until nothing waits and nothing is under way; later tries count as waiting."""
        while self._waiting or self._under_way:
            await self._changed.wait()

    def waiting(self) -> list[Delivery]:
        """Return what has not been delivered yet, in its order."""
        return sorted(self._waiting)

    def _make(self, due: float, body: bytes, headers: dict[str, str]) -> Delivery:
        return Delivery(due, next(self._numbers), body, headers)

    def _overtaken(self, due: float) -> list[Delivery]:
        swapped = [late for late in self._swapped if late in self._waiting]
        self._swapped.clear()
        for late in swapped:
            self._waiting.remove(late)
            late.due, late.number = due, next(self._numbers)
        heapq.heapify(self._waiting)
        return swapped

    def _put(self, *deliveries: Delivery) -> None:
        if len(self._waiting) + len(deliveries) > self._limit:
            raise RuntimeError(f"more than {self._limit} webhooks wait: is run() running?")
        for delivery in deliveries:
            heapq.heappush(self._waiting, delivery)
        self._stir()

    def _stir(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    async def _lane(self) -> None:
        while True:
            delivery = await self._next()
            self._under_way += 1
            try:
                await self._try(delivery)
            finally:
                self._under_way -= 1
                self._stir()

    async def _next(self) -> Delivery:
        while True:
            due = self._waiting[0].due if self._waiting else float("inf")
            if due <= trio.current_time():
                return heapq.heappop(self._waiting)
            with trio.move_on_at(due):
                await self._changed.wait()

    async def _try(self, delivery: Delivery) -> None:
        now = trio.current_time()
        delivery.first_tried = now if delivery.first_tried is None else delivery.first_tried
        delivery.answers.append(await self._status(delivery))
        if delivery.answers[-1] == 200:
            self.delivered.append(delivery)
        elif trio.current_time() - delivery.first_tried >= self._give_up_after:
            self.lost.append(delivery)
        else:
            tries = len(delivery.answers)
            delivery.due = trio.current_time() + self._gaps[min(tries, len(self._gaps)) - 1]
            self._put(delivery)

    async def _status(self, delivery: Delivery) -> int:
        with trio.move_on_after(self._patience):
            try:
                return await self._post(delivery.body, dict(delivery.headers))
            except (httpx2.HTTPError, OSError):
                return 0
        return 0
