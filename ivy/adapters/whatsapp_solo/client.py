"""One way to ask WhatsApp's agent platform: the key, the pace, what its errors mean, nothing secret in them.

May import: ports and below. Source: WhatsApp Agent Platform, developer manual v1 of 2026-08-25, as others quote it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import IO, Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from ivy.adapters.client import address, failure
from ivy.adapters.whatsapp_solo.errors import LOCAL, VENDOR, complaint
from ivy.adapters.whatsapp_solo.pace import Pace
from ivy.clock import Clock
from ivy.config import SoloSection
from ivy.errors import ConfigError, VendorBusy, VendorMisconfigured, VendorRefused

LONGEST_POLL = 25
"""Seconds; what is longer the platform cuts."""
STILL_KNOWN = timedelta(minutes=1)
"""A poll is answered at least every half minute; so long after one a key may be taken for valid."""
LOOPBACK = ("127.0.0.1", "localhost", "::1", "emulated")


class Agent:
    """The platform with one agent's key. The HTTP client is the caller's, and so are deadlines.

    Methods return the body of a 200, unread. Raises: VendorBusy (`throttled` where our own pace holds it), OutcomeUnknown,
    VendorRefused, VendorMisconfigured.
    """

    def __init__(self, http: httpx2.AsyncClient, section: SoloSection, clock: Clock) -> None:
        """Raises: ConfigError for what cannot work."""
        self._http = http
        self._base = section.base_url.rstrip("/")
        self.key = section.api_key.reveal()
        self._headers = {"Authorization": f"Bearer {self.key}"}
        self._check(section)
        self._clock = clock
        self._known_at: datetime | None = None
        """When the platform last did what was asked with this key."""
        self.pace = Pace(clock, polls=section.polls_per_minute, others=section.requests_per_minute)

    def _check(self, section: SoloSection) -> None:
        if not 1 <= section.timeout_seconds <= LONGEST_POLL:
            raise ConfigError(f"solo.timeout_seconds is from 1 to {LONGEST_POLL}")
        if min(section.polls_per_minute, section.requests_per_minute) < 1:
            raise ConfigError("solo.polls_per_minute and solo.requests_per_minute are at least 1")
        if not self.key:
            raise ConfigError("solo.api_key_file is missing: in the agent's chat, Chat info > API key")
        if not (self.key.isascii() and self.key.isprintable() and " " not in self.key):
            raise ConfigError("the agent's API key has characters that no key has: copy it again")
        try:
            parts = urlsplit(self._base)
            host = parts.hostname or ""
        except ValueError:
            raise ConfigError("solo.base_url is no web address") from None
        if not (parts.scheme == "https" and host) and not (parts.scheme == "http" and host in LOOPBACK):
            raise ConfigError("solo.base_url must be https: the key goes there")

    async def get(
        self, kind: str, path: str, params: Mapping[str, str] | None = None, *, read_seconds: float | None = None
    ) -> bytes:
        timeout: dict[str, Any] = {} if read_seconds is None else {"timeout": httpx2.Timeout(10, read=read_seconds)}
        return await self._ask("GET", kind, path, params, body=timeout)

    async def post_json(self, kind: str, path: str, request: Mapping[str, Any]) -> bytes:
        try:
            content = msgspec.json.encode(request)
        except UnicodeEncodeError as error:
            raise VendorRefused(VENDOR, "the text holds half of a character", code=LOCAL) from error
        return await self._ask("POST", kind, path, body={"content": content}, more={"Content-Type": "application/json"})

    async def post_file(self, fields: Mapping[str, str], *, name: str, content: bytes | IO[bytes], mime: str) -> bytes:
        body = {"data": dict(fields), "files": {"file": (name, content, mime)}}
        return await self._ask("POST", "upload", "media", body=body)

    async def _ask(
        self,
        method: str,
        kind: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        more: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> bytes:
        if wait := self.pace.wait(kind):
            raise VendorBusy(VENDOR, "as many requests as the platform takes in a minute", after=wait, throttled=True)
        self.pace.count(kind)
        try:
            url = address(f"{self._base}/{path}", params)
            response = await self._http.request(method, url, headers={**self._headers, **(more or {})}, **(body or {}))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise failure(VENDOR, error) from error
        now = self._clock.now()
        is_known = self._known_at is not None and now < self._known_at + STILL_KNOWN
        key_works = path.startswith("media") or (is_known and path != "updates")
        found = complaint(response.status_code, response.content, response.headers, key_works=key_works)
        if found is None:
            self._known_at = now
        else:
            if isinstance(found, VendorMisconfigured):
                self._known_at = None
            found.reason = found.reason.replace(self.key, "***")
            found.args = (f"{found.vendor}: {found.reason}",)
            raise found
        return response.content
