"""The one HTTP client of every adapter, and what its failures mean. May import: httpx2, the ground."""

import os
import re
import ssl
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property, lru_cache

import httpx2

from ivy.errors import OutcomeUnknown, VendorBusy, VendorError, VendorMisconfigured

# Without limits of its own httpx2 opens connections without end and drops idle ones after 5 s: an assistant that
# speaks once a minute would pay for TLS every time.
_LIMITS = httpx2.Limits(max_connections=100, max_keepalive_connections=50, keepalive_expiry=60)
# A guard behind the caller's own deadline (trio.fail_after), which covers the whole exchange; this covers one read.
_TIMEOUT = httpx2.Timeout(connect=5, read=120, write=30, pool=30)
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


class LateTransport(httpx2.AsyncBaseTransport):
    """The network, opened by the first request or by `open`: to read whom to trust takes a tenth of a second of CPU.

    SSL_CERT_FILE and SSL_CERT_DIR say whom to trust, as they do wherever else Ivy opens TLS.
    """

    @cached_property
    def _opened(self) -> httpx2.AsyncHTTPTransport:
        # httpx2 would read them with the proxies only.
        own_trust = any(map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR")))
        return httpx2.AsyncHTTPTransport(
            verify=ssl.create_default_context() if own_trust else True, limits=_LIMITS, trust_env=False
        )

    def open(self) -> None:
        """Do now what the first request would wait for."""
        _ = self._opened

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._opened.handle_async_request(request)

    async def aclose(self) -> None:
        if "_opened" in self.__dict__:
            await self._opened.aclose()


def open_client(
    *, transport: httpx2.AsyncBaseTransport | None = None, on_date: Callable[[str, str], None] | None = None
) -> httpx2.AsyncClient:
    """Return the client that all adapters share; the caller closes it. `transport` leads to an emulator in process.

    `on_date` hears the host and the `Date` of every answer.

    Proxy variables are ignored, loopback must stay loopback; redirects are not followed, a token goes to its vendor only.
    """

    async def hear(answer: httpx2.Response) -> None:
        if on_date is not None and (date := answer.headers.get("date")):
            on_date(answer.request.url.host, date)

    return httpx2.AsyncClient(
        transport=transport or LateTransport(),
        timeout=_TIMEOUT,
        trust_env=False,
        follow_redirects=False,
        event_hooks={"response": [hear]} if on_date is not None else None,
    )


def address(url: str, params: Mapping[str, str] | None = None) -> httpx2.URL:
    """Return an address, read once and kept: the same few are asked over and over. Raises: httpx2.InvalidURL."""
    return _address(url, tuple((params or {}).items()))


@lru_cache(maxsize=64)
def _address(url: str, params: tuple[tuple[str, str], ...]) -> httpx2.URL:
    return httpx2.URL(url, params=dict(params)) if params else httpx2.URL(url)


def failure(vendor: str, error: httpx2.HTTPError | httpx2.InvalidURL) -> VendorError:
    """Return what a failed exchange means: surely not done (busy), our own fault, or nobody knows."""
    reason = type(error).__name__
    match error:
        case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.ProxyError():
            return VendorBusy(vendor, f"no connection ({reason})")
        case httpx2.PoolTimeout():  # our own queue was full; the vendor never heard of it
            return VendorBusy(vendor, f"no free connection ({reason})", throttled=True)
        case httpx2.UnsupportedProtocol() | httpx2.LocalProtocolError() | httpx2.InvalidURL():
            return VendorMisconfigured(vendor, f"the request cannot be sent as configured ({reason})")
        case _:
            return OutcomeUnknown(vendor, f"the exchange broke off ({reason})")


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return the vendor's own advice when to come again, from `Retry-After` in seconds or as a date, or None."""
    advice = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(advice):
        return timedelta(seconds=int(advice))
    try:
        # Measured by the vendor's own clock: ours may differ.
        wait = parsedate_to_datetime(advice) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(wait, timedelta(0))
