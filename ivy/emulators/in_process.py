"""The way to an emulator in the same process. May import: the domain and below."""

from typing import Any, cast

import httpx2
from quart_trio import QuartTrio


def in_process(app: QuartTrio) -> httpx2.AsyncBaseTransport:
    """Return a transport that hands requests to `app` without a socket, on trio as it is.

    It knows no timeouts (see `faults.Slow`), and a mistake in `app` is a 500, as on a port.
    """
    return httpx2.ASGITransport(app=cast(Any, app))  # the two describe ASGI in types that do not match
