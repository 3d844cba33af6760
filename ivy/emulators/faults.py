"""What goes wrong between Ivy and a vendor, in an order that a test writes down. May import: the domain and below."""

from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import httpx2
import trio

T = TypeVar("T")


class Script(Generic[T]):
    """An ordered queue of faults, each used up once; one with a path waits for a request whose path contains it."""

    def __init__(self) -> None:
        self._lines: deque[tuple[str, T]] = deque()

    def add(self, fault: T, *, path: str = "", times: int = 1) -> None:
        self._lines.extend([(path, fault)] * times)

    def take(self, path: str = "") -> T | None:
        """Return the first fault meant for `path` and cross it out, or None."""
        for line in self._lines:
            if line[0] in path:
                self._lines.remove(line)
                return line[1]
        return None

    def __len__(self) -> int:
        return len(self._lines)


# --- on the way to the vendor ------------------------------------------------------------------------


@dataclass(frozen=True)
class Refuse:
    """The connection is refused: the vendor never hears of it."""


@dataclass(frozen=True)
class Unresolved:
    """The vendor's name leads nowhere: nobody hears of it."""


@dataclass(frozen=True)
class Crowded:
    """All connections of our own client are taken, for longer than it waits for one: nobody hears of it."""


@dataclass(frozen=True)
class ResetBefore:
    """The connection breaks after the request was written and before the vendor did anything."""


@dataclass(frozen=True)
class ResetAfter:
    """The vendor does it, and the connection breaks before the answer arrives."""


@dataclass(frozen=True)
class Slow:
    """The answer takes `seconds`. Past the client's read timeout, the vendor has still done it."""

    seconds: float


@dataclass(frozen=True)
class Answer:
    """Somebody answers in the vendor's place; with `done` the vendor did it all the same."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    done: bool = False


@dataclass(frozen=True)
class Truncated:
    """The vendor does it, and only the first half of its answer arrives."""


@dataclass(frozen=True)
class Stalled:
    """The vendor does it, the first half of its answer arrives, and then nothing, without an end."""


Fault = Refuse | Unresolved | Crowded | ResetBefore | ResetAfter | Slow | Answer | Truncated | Stalled


def too_many(after: int | None = None) -> Answer:
    """Return a 429 without a body, with or without `Retry-After`."""
    return Answer(429, headers={} if after is None else {"Retry-After": str(after)})


def gateway_page(status: int = 200, *, done: bool = True) -> Answer:
    """Return a proxy's HTML page; whether the vendor did it cannot be seen from outside."""
    return Answer(status, b"<html><body>Bad gateway</body></html>", {"Content-Type": "text/html"}, done=done)


class _Stalling(httpx2.AsyncByteStream):
    """A body that begins and never ends."""

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._beginning
        await trio.sleep_forever()


class FaultyTransport(httpx2.AsyncBaseTransport):
    """A transport that follows a script, in front of the one that reaches the vendor (in process or by socket)."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, script: Script[Fault]) -> None:
        self._inner = inner
        self._script = script

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await trio.lowlevel.checkpoint()
        match self._script.take(request.url.path):
            case None:
                return await self._inner.handle_async_request(request)
            case Refuse():
                raise httpx2.ConnectError("connection refused", request=request)
            case Unresolved():
                raise httpx2.ConnectError("name or service not known", request=request)
            case Crowded():
                raise httpx2.PoolTimeout("no free connection", request=request)
            case ResetBefore():
                raise httpx2.ReadError("connection reset", request=request)
            case ResetAfter():
                await self._done(request)
                raise httpx2.ReadError("connection reset", request=request)
            case Slow(seconds=seconds):
                return await self._slow(request, seconds)
            case Answer() as answer:
                if answer.done:
                    await self._done(request)
                return httpx2.Response(answer.status, headers=dict(answer.headers), content=answer.body)
            case Truncated():
                response = await self._done(request)
                half = response.content[: len(response.content) // 2]
                return httpx2.Response(response.status_code, content=half)
            case Stalled():
                response = await self._done(request)
                half = response.content[: len(response.content) // 2]
                return httpx2.Response(response.status_code, stream=_Stalling(half))

    async def _done(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        return response

    async def _slow(self, request: httpx2.Request, seconds: float) -> httpx2.Response:
        # An app in process knows no timeouts of the client's; a slow vendor must run into them all the same.
        response = await self._done(request)
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and patience < seconds:
            await trio.sleep(patience)
            raise httpx2.ReadTimeout("no answer in time", request=request)
        await trio.sleep(seconds)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


# --- on the way from the vendor ----------------------------------------------------------------------


@dataclass(frozen=True)
class Drop:
    """The webhook is lost for good."""


@dataclass(frozen=True)
class Duplicate:
    """The webhook comes `times` times in all."""

    times: int = 2


@dataclass(frozen=True)
class Delay:
    """The webhook sets out `seconds` later: what follows overtakes it."""

    seconds: float


@dataclass(frozen=True)
class Swap:
    """The webhook changes places with the next one, or sets out alone after a second."""


WebhookFault = Drop | Duplicate | Delay | Swap
