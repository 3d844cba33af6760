"""A vendor's emulator on a port, behind the server that the daemon itself uses."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import trio

from ivy.daemon.server import bind, serve


@asynccontextmanager
async def on_loopback(app: Any) -> AsyncGenerator[str]:
    """Serve an ASGI app on a free port until the block ends; yield its address."""
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(serve, app, listener, stop=stop, grace=1))
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            stop.set()
