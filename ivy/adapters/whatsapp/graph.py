"""One way to ask Meta's Graph API: proof, headers, what its errors mean, and nothing secret in them. May import: ports and below.

Paths are relative to the version: "102290129340398/flows". Sources: Graph API "Handling errors", "Paging", "Securing
requests".
"""

from collections.abc import Mapping
from typing import IO, Any, TypeVar

import httpx2
import msgspec

from ivy.adapters.client import address, failure, retry_after
from ivy.adapters.whatsapp import signature
from ivy.adapters.whatsapp.errors import MEANINGS, VENDOR, error_for
from ivy.errors import ConfigError, OutcomeUnknown, VendorBusy, VendorError, VendorMisconfigured, VendorRefused

T = TypeVar("T")

MOST_PAGES = 50
"""Pages of one list; an account may have 6,000 templates, a page holds up to 250."""
_SHORTEST_SECRET = 4
"""Shorter ones are nobody's secret, and starring them out would blot whole sentences."""


class Graph:
    """Meta's API with one token. The client is the caller's, and so are deadlines.

    Every method returns the body of a 200, unread, for `read`. Raises: VendorBusy, VendorRefused, VendorMisconfigured,
    OutcomeUnknown. `app_secrets` are all that are live; the first is the current one.
    """

    def __init__(
        self, http: httpx2.AsyncClient, *, base_url: str, version: str, token: str, app_secrets: tuple[str, ...]
    ) -> None:
        if not (token.isascii() and token.isprintable()):
            raise ConfigError("the WhatsApp token has characters that no token has: copy it again")
        self._http = http
        self._base = f"{base_url.rstrip('/')}/{version.strip('/')}"
        self._headers = {"Authorization": f"Bearer {token}"}
        current = next(filter(None, app_secrets), "")
        self._proof = {"appsecret_proof": signature.app_secret_proof(token, current)} if current else {}
        hidden = {token, *app_secrets, *self._proof.values()}
        # The longest first: a secret that holds another must not leave its tail behind.
        self._hidden = sorted((each for each in hidden if len(each) >= _SHORTEST_SECRET), key=len, reverse=True)

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """Read an object or a list."""
        return await self._ask("GET", path, params)

    async def get_list(self, path: str, params: Mapping[str, str] | None, of: type[T]) -> list[T]:
        """Read a list to its end, page by page, as values of a type."""
        found: list[T] = []
        asked = dict(params or {})
        for _page in range(MOST_PAGES):
            page = read(await self.get(path, asked), _Page)
            found += [read(bytes(each), of) for each in page.data]
            if not page.paging.next or not page.paging.cursors.after or page.paging.cursors.after == asked.get("after"):
                return found
            asked["after"] = page.paging.cursors.after
        raise OutcomeUnknown(VENDOR, f"the list {path} has more than {MOST_PAGES} pages")

    async def post_json(self, path: str, request: Mapping[str, Any]) -> bytes:
        """Post a JSON object."""
        try:
            content = msgspec.json.encode(request)
        except UnicodeEncodeError as error:
            raise VendorRefused(VENDOR, "the text holds half of a character", code="local") from error
        return await self._ask("POST", path, content=content, headers={"Content-Type": "application/json"})

    async def post_form(self, path: str, fields: Mapping[str, str]) -> bytes:
        """Post fields as a web form does; a list or an object among them is written as JSON first."""
        return await self._ask("POST", path, data=dict(fields))

    async def post_file(
        self, path: str, fields: Mapping[str, str], *, name: str, content: bytes | IO[bytes], mime: str
    ) -> bytes:
        """Post a file under the field `file`, beside other fields, as multipart/form-data."""
        return await self._ask("POST", path, data=dict(fields), files={"file": (name, content, mime)})

    async def delete(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """Delete an object, or what `params` names of it."""
        return await self._ask("DELETE", path, params)

    async def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> bytes:
        try:
            response = await self._http.request(
                method,
                address(f"{self._base}/{path.strip('/')}", {**(params or {}), **self._proof}),
                headers={**self._headers, **(headers or {})},
                **body,
            )
        except UnicodeEncodeError as error:
            raise VendorRefused(VENDOR, "the text holds half of a character", code="local") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise failure(VENDOR, error) from error
        if error := complaint(response.status_code, response.content, response.headers):
            raise self._without_secrets(error)
        return response.content

    def _without_secrets(self, error: VendorError) -> VendorError:
        """Return `error` with secrets starred out, should Meta's own words quote them."""
        for secret in self._hidden:
            error.reason = error.reason.replace(secret, "***")
        error.args = (f"{error.vendor}: {error.reason}",)
        return error


# --- answers -----------------------------------------------------------------------------------------


class _Cursors(msgspec.Struct, frozen=True):
    after: str = ""


class _Paging(msgspec.Struct, frozen=True):
    cursors: _Cursors = _Cursors()
    next: str = ""


class _Page(msgspec.Struct, frozen=True):
    data: list[msgspec.Raw]
    paging: _Paging = _Paging()


class _Done(msgspec.Struct, frozen=True):
    success: bool


def read(content: bytes, as_type: type[T]) -> T:
    """Return an answer as a value; keys that it does not name are passed over. Raises: OutcomeUnknown."""
    try:
        return msgspec.json.decode(content, type=as_type, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise OutcomeUnknown(VENDOR, "the answer cannot be read") from error


def check_done(content: bytes) -> None:
    """Check an answer that only says whether it was done. Raises: OutcomeUnknown."""
    if not read(content, _Done).success:
        raise OutcomeUnknown(VENDOR, "the answer does not say that it was done")


# --- errors ------------------------------------------------------------------------------------------


class _Error(msgspec.Struct, frozen=True):
    code: int
    message: Any = ""
    error_subcode: Any = None
    error_data: Any = None
    error_user_msg: Any = None

    @property
    def true_code(self) -> int:
        # 100 is the code of every bad parameter; what is wrong (no such object, a template's text) only its sub-code tells.
        told = isinstance(self.error_subcode, int) and self.error_subcode in MEANINGS
        return self.error_subcode if self.code == 100 and told else self.code

    @property
    def details(self) -> str:
        match self.error_data, self.error_user_msg, self.message:
            case ({"details": str(details)}, _, _) | (_, str(details), _) | (_, _, str(details)):
                return details
            case _:
                return ""


class _Failed(msgspec.Struct, frozen=True):
    error: _Error


def complaint(status: int, content: bytes, headers: Mapping[str, str]) -> VendorError | None:
    """Return what an answer complains of, or None if it does not.

    Only Meta's own error object is a clean no. Anything else that is not a 200 (a gateway's page, an empty 500) may
    stand between us and something that was done.
    """
    try:
        failed = msgspec.json.decode(content, type=_Failed, strict=False).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        failed = None
    if failed is not None:
        return error_for(status, failed.true_code, failed.details, headers)
    if status == 200:
        return None
    if status == 429:
        return VendorBusy(VENDOR, "too many requests (429)", after=retry_after(headers), throttled=True)
    if 300 <= status <= 399:
        return VendorMisconfigured(VENDOR, f"answered with a redirect ({status}): check the base URL")
    return OutcomeUnknown(VENDOR, f"HTTP {status} without Meta's error object")
