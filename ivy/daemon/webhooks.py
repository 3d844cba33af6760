"""The edge: check the signature, keep the bytes, answer. Nothing is read before the answer. May import: the store and below.

A webhook is taken before the web framework sees it: making the framework's request objects costs more than all that is
done here, and bursts come here.
"""

from collections import Counter
from collections.abc import Mapping

import trio
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from quart import Blueprint, Response, request
from quart.typing import ResponseReturnValue

from ivy import log
from ivy.daemon.context import Context
from ivy.domain.public_paths import WHATSAPP
from ivy.domain.turned_away import HANDSHAKE, UNSIGNED, signature_of
from ivy.errors import BadSignature, StoreBusy
from ivy.ports import Channel, Voice
from ivy.store import inbox
from ivy.store.binding import Error as DatabaseError

logger = log.get(__name__)
LARGEST_BODY = 4 * 1024 * 1024
"""Meta sends up to 3 MB."""
BODY_SECONDS = 10
RETRY_AFTER = "30"
GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Headers of every answer."""
_EMPTY = [(name.lower().encode(), value.encode()) for name, value in {**GUARDS, "Content-Length": "0"}.items()]


def whatsapp_routes(channel: Channel, refused: Counter[str]) -> Blueprint:
    """Return the route that Meta calls once, to see that the address is ours; `refused` counts who knew no token."""
    routes = Blueprint("whatsapp", __name__)

    @routes.get(WHATSAPP)
    async def handshake() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        challenge = channel.handshake(request.args)
        if challenge is None:
            refused[HANDSHAKE] += 1
            return "", 403
        return Response(challenge, mimetype="text/plain")

    return routes


class Edge:
    """An ASGI app that takes signed webhooks at their paths; everything else is `inner`'s.

    `refused` counts what was turned away, by reason.
    """

    def __init__(
        self,
        inner: ASGIFramework,
        context: Context,
        channels: Mapping[str, Channel | Voice],
        refused: Counter[str],
        *,
        kept: Mapping[str, int] | None = None,
    ) -> None:
        self._inner = inner
        self._context = context
        self._channels = channels
        """By path."""
        self._kept = kept or {}
        """The status that says "kept" where it is not 200: Twilio takes an empty 200 for a mistake."""
        self._refused = refused

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in self._channels:
            await self._inner(scope, receive, send)
            return
        try:
            status = await self._take(scope, receive, self._channels[scope["path"]])
        except Gone:
            return
        except Exception:  # closed on error: nothing was kept, its vendor comes again
            logger.exception("a webhook could not be taken")
            status = 500
        headers = [*_EMPTY, (b"retry-after", RETRY_AFTER.encode())] if status == 503 else _EMPTY
        await send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _take(self, scope: HTTPScope, receive: ASGIReceiveCallable, channel: Channel | Voice) -> int:
        """Return the status that answers this request."""
        headers, repeated = headers_of(scope)
        try:
            with trio.fail_after(BODY_SECONDS):
                body = await _read(receive, headers.get("content-length", ""))
        except TooLarge:
            self._refused["too large"] += 1
            return 413
        except trio.TooSlowError:
            self._refused["too slow"] += 1
            return 408
        try:
            channel.verify(body, headers, repeated=repeated)
        except BadSignature as error:
            is_signed = any("signature" in name for name in headers)
            self._refused[signature_of(channel.name) if is_signed else UNSIGNED] += 1
            logger.warning("a webhook was refused: %s", error)
            return 401
        status = await keep(self._context, channel.name, body)
        return self._kept.get(scope["path"], status) if status == 200 else status


class Gone(Exception):
    """The caller hung up in the middle of its body."""


class TooLarge(Exception):
    """The body is longer than any webhook."""


async def _read(receive: ASGIReceiveCallable, announced: str) -> bytes:
    """Return the whole body. Raises: TooLarge, as soon as it is known; Gone."""
    if announced.isdecimal() and int(announced) > LARGEST_BODY:
        raise TooLarge
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise Gone
        parts.append(event["body"])
        size += len(event["body"])
        if size > LARGEST_BODY:
            raise TooLarge
        if not event["more_body"]:
            return b"".join(parts)


def headers_of(scope: HTTPScope) -> tuple[dict[str, str], frozenset[str]]:
    """Return the headers by their names in lower case, the last of each counts, and the names that came twice."""
    headers: dict[str, str] = {}
    repeated: set[str] = set()
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        if name in headers:
            repeated.add(name)
        headers[name] = value.decode("latin-1")
    return headers, frozenset(repeated)


async def keep(context: Context, source: str, body: bytes) -> int:
    """Keep a verified webhook; return 200 only when it is on the disk: anything else makes its vendor come again."""
    try:
        await context.store.write(inbox.keep, context.arrival(source, body))
    except (StoreBusy, DatabaseError) as error:
        logger.error("a webhook could not be kept: %s", error)
        return 503
    return 200
