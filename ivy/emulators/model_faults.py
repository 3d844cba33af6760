"""What an emulated model vendor does wrong when told to, and what it was asked. May import: trio.

Failures that a vendor answers with; failures of the line itself are the transport's.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import trio

PAGE = "<!doctype html><html><head><title>Sign in to the network</title></head><body>Welcome</body></html>"
NOTHING_IN_IT = (
    '{"id":"1","type":"message","role":"assistant","content":null,"stop_reason":"end_turn",'
    '"choices":[{"message":null,"finish_reason":"stop"}],"usage":null}'
)
OVERLOADED = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'


@dataclass(frozen=True)
class ModelFault:
    """One bad answer: an error in the vendor's envelope, another body altogether, or the usual answer late or in part.

    `delay` is seconds of trio's clock; `kind` and `code` are the vendor's own words, chosen by status if left out.
    """

    status: int = 200
    kind: str = ""
    code: str = ""
    message: str = "an emulated failure"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    body: str | None = None
    truncated: bool = False

    @property
    def is_error(self) -> bool:
        return self.status != 200 and self.body is None


def slow(seconds: float) -> ModelFault:
    """The usual answer, late."""
    return ModelFault(delay=seconds)


def cut_off() -> ModelFault:
    """The first half of the usual answer, as if it were whole."""
    return ModelFault(truncated=True)


def web_page(status: int = 200) -> ModelFault:
    """A portal's or a gateway's page in the vendor's place."""
    return ModelFault(status=status, body=PAGE, headers={"content-type": "text/html; charset=utf-8"})


def misshapen() -> ModelFault:
    """Whole JSON with status 200 in which an answer of either vendor has nothing where its content belongs."""
    return ModelFault(body=NOTHING_IN_IT)


def overloaded_inside() -> ModelFault:
    """An error of the vendor's inside an answer that began well, with status 200."""
    return ModelFault(body=OVERLOADED)


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; header names are in lower case, `body` is decoded JSON or, for uploads, the form."""

    path: str
    headers: Mapping[str, str]
    body: Any


class FaultScript:
    """Faults for the coming requests in order; after the last, all is well again."""

    def __init__(self) -> None:
        self._coming: deque[ModelFault] = deque()

    def add(self, *faults: ModelFault, times: int = 1) -> None:
        """Let the coming requests fail with these, `times` over."""
        self._coming.extend(faults * times)

    async def next(self) -> ModelFault | None:
        """Take the next fault, once its delay is over."""
        fault = self._coming.popleft() if self._coming else None
        if fault is not None and fault.delay:
            await trio.sleep(fault.delay)
        return fault
