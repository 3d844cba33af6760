"""One way to ask Retell: the key, the deadline, what its errors mean, and nothing secret in them. May import: ports and below.

Source: Retell, "API references"; reference voice.md 1.
"""

from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec
import trio

from ivy.adapters.client import address, failure, retry_after
from ivy.adapters.lenient import NOTHING, Object, objects, read_object, word
from ivy.adapters.retell.reports import VENDOR
from ivy.errors import (
    ConfigError,
    OutcomeUnknown,
    Unreadable,
    VendorBusy,
    VendorError,
    VendorMisconfigured,
    VendorRefused,
)

MOST_PAGES = 50
PAGE = 100
AGAIN = 2.0
"""Seconds after which a request that came too soon is sent again, where Retell does not say when."""
UNKNOWN_ID = frozenset({"404", "422"})
"""Codes of a refusal of an id that is malformed, foreign, or nobody's."""
_MENDS = {
    401: "the API key is missing or wrong",
    402: "there is no payment method, or the trial has ended",
    403: "the API key may not do this",
}


class Api:
    """Retell with one key. The client is the caller's; an exchange ends after `timeout_seconds`.

    `patience`: for so many seconds a request that Retell refuses as one too many is sent again, by whoever has no queue.

    Every method returns the object that Retell answers with. Raises: VendorBusy, VendorRefused (its `code` is the
    status), VendorMisconfigured; and, where something may have been done, OutcomeUnknown.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        *,
        base_url: str,
        api_key: str,
        timeout_seconds: float,
        patience: float = 0,
    ) -> None:
        if not api_key:
            raise ConfigError("voice.api_key is missing: set IVY_VOICE__API_KEY or voice.api_key_file")
        if not (api_key.isascii() and api_key.isprintable() and " " not in api_key):
            raise ConfigError("the Retell API key has characters that no key has: copy it again")
        self._http = http
        self._base = base_url.rstrip("/")
        self._key = api_key
        self._seconds = timeout_seconds
        self._patience = patience

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Object:
        """Read an object; nothing is unknown after it, for it changes nothing."""
        return await self._reading("GET", path, params=params)

    async def search(self, path: str, body: Mapping[str, Any]) -> Object:
        """Read what is asked for by POST."""
        return await self._reading("POST", path, body=body)

    async def list(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> list[Object]:
        """Read a list to its end, page by page."""
        found: list[Object] = []
        asked = {"limit": str(PAGE)}
        for _page in range(MOST_PAGES):
            page = await self._reading(method, path, body=body, params=asked)
            if not isinstance(page.get("items"), list):  # taken for empty, it would have things made a second time
                raise VendorBusy(VENDOR, f"the list {path} cannot be read")
            found += objects(page, "items")
            key = word(page, "pagination_key")
            if page.get("has_more") is not True or not key or key == asked.get("pagination_key"):
                return found
            asked["pagination_key"] = key
        raise VendorBusy(VENDOR, f"the list {path} has more than {MOST_PAGES} pages")

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Object:
        """Make something, or have something done."""
        return await self._ask("POST", path, body=body)

    async def patch(self, path: str, body: Mapping[str, Any], params: Mapping[str, str] | None = None) -> Object:
        """Change something."""
        return await self._ask("PATCH", path, body=body, params=params)

    async def _reading(self, method: str, path: str, **how: Any) -> Object:
        try:
            return await self._ask(method, path, **how)
        except OutcomeUnknown as error:
            raise VendorBusy(VENDOR, error.reason) from error

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Object:
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            try:
                content = msgspec.json.encode(body)
            except UnicodeEncodeError as error:
                raise VendorRefused(VENDOR, "the text holds half of a character", code="local") from error
        until = trio.current_time() + self._patience
        while True:
            response = await self._exchange(method, path, content, headers, params)
            error = complaint(response.status_code, response.content, response.headers)
            if error is None:
                return _object(response.content)
            pause = _pause(error)
            if pause is None or trio.current_time() + pause > until:
                raise self._without_key(error)
            await trio.sleep(pause)

    async def _exchange(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str], params: Mapping[str, str] | None
    ) -> httpx2.Response:
        try:
            with trio.fail_after(self._seconds):
                url = address(f"{self._base}{path}", params)
                return await self._http.request(method, url, content=content, headers=headers)
        except trio.TooSlowError as error:
            raise OutcomeUnknown(VENDOR, f"no answer in {self._seconds:g} s") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise failure(VENDOR, error) from error

    def _without_key(self, error: VendorError) -> VendorError:
        return without(error, self._key, "***")


def _pause(error: VendorError) -> float | None:
    """Return in how many seconds the same request may be sent again; None for what repeating does not mend."""
    if not isinstance(error, VendorBusy) or not error.throttled:
        return None
    return AGAIN if error.after is None else error.after.total_seconds()


def without(error: VendorError, quoted: str, instead: str) -> VendorError:
    """Return `error` with what Retell's own words may quote (a key, somebody's number) taken out."""
    if quoted:
        error.reason = error.reason.replace(quoted, instead)
        error.args = (f"{error.vendor}: {error.reason}",)
    return error


def complaint(status: int, content: bytes, headers: Mapping[str, str]) -> VendorError | None:
    """Return what an answer complains of, or None if it does not.

    Below 500, Retell's own error object is a clean no. Anything else that is no 2xx (a gateway's page, its own failure)
    may stand between us and a call that was placed.
    """
    if 200 <= status <= 299:
        return None
    told = _message(content)
    if status == 429:
        return VendorBusy(VENDOR, told or "too many requests (429)", after=retry_after(headers), throttled=True)
    if status in _MENDS:
        return VendorMisconfigured(VENDOR, f"{_MENDS[status]} ({status}){f': {told}' if told else ''}")
    if 300 <= status <= 399:
        return VendorMisconfigured(VENDOR, f"answered with a redirect ({status}): check the base URL")
    if status >= 500 or status in (408, 409) or not told:
        return OutcomeUnknown(VENDOR, f"HTTP {status}{f': {told}' if told else ''}")
    return VendorRefused(VENDOR, f"{told} ({status})", code=str(status))


def _object(content: bytes) -> Object:
    """Return what an answer says; nothing where it is empty, as to what is only done. Raises: OutcomeUnknown."""
    if content.strip() in (b"", b"null"):
        return NOTHING
    try:
        return read_object(content)
    except Unreadable as error:
        raise OutcomeUnknown(VENDOR, "the answer cannot be read") from error


def _message(content: bytes) -> str:
    try:
        told = read_object(content)
    except Unreadable:
        return ""
    message = word(told, "message").strip()
    return message or ("no reason given" if word(told, "status") == "error" else "")
