"""The way to an emulator in the same process. May import: the domain and below."""

from typing import Any, cast

import httpx2
import trio
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
from quart_trio import QuartTrio
from quart_trio.asgi import TrioASGIHTTPConnection


class _AtOnce(TrioASGIHTTPConnection):
    """Answers in the caller's task, once all of the body is there: who asks in process stays until the answer."""

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        request = self._create_request_from_scope(send)
        while (message := await receive())["type"] == "http.request":
            request.body.append(message["body"])
            if not message["more_body"]:
                break
        request.body.set_complete()
        response = await self.app.handle_request(request)
        await trio.lowlevel.checkpoint_if_cancelled()
        await self._send_response(send, response)


def in_process(app: QuartTrio) -> httpx2.AsyncBaseTransport:
    """Return a transport that hands requests to `app` without a socket, on trio as it is.

    It knows no timeouts (see `faults.Slow`), and a mistake in `app` is a 500, as on a port.
    """
    app.asgi_http_class = _AtOnce
    return httpx2.ASGITransport(app=cast(Any, app))  # the two describe ASGI in types that do not match
