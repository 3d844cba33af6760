"""The operator's own servers: one that alerts are posted to, one that hears that Ivy is well. May import: ports and below."""

import hmac
from hashlib import sha256

import httpx2

from ivy.adapters.client import failure, retry_after
from ivy.clock import Clock
from ivy.errors import VendorBusy, VendorRefused

WEBHOOK, HEARTBEAT = "webhook", "heartbeat"
TIME, SIGNATURE, ID = "ivy-timestamp", "ivy-signature", "ivy-id"
VERSION = "v1"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a body that is posted at a time (epoch seconds): HMAC-SHA256 over "time.body", in hex."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


class AlertWebhook:
    """One address that alerts are posted to, signed with a secret; deadlines are the caller's."""

    def __init__(self, http: httpx2.AsyncClient, clock: Clock, *, url: str, secret: str) -> None:
        self._http = http
        self._clock = clock
        self._url = url
        self._secret = secret

    async def post(self, our_id: str, body: bytes) -> None:
        """Post a document; any 2xx says that it is kept. A redirect is not followed: it could lead anywhere."""
        timestamp = str(int(self._clock.now().timestamp()))
        headers = {
            "content-type": "application/json",
            ID: our_id,
            TIME: timestamp,
            SIGNATURE: f"{VERSION}={sign(self._secret, timestamp, body)}",
        }
        try:
            answer = await self._http.post(self._url, content=body, headers=headers, follow_redirects=False)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise failure(WEBHOOK, error) from None  # its text may have the address, which may be a secret
        _check(WEBHOOK, answer)


class Heartbeat:
    """One address that is asked while all is well; that it is not asked any more is what it waits for."""

    def __init__(self, http: httpx2.AsyncClient, *, url: str) -> None:
        self._http = http
        self._url = url

    async def beat(self) -> None:
        """Raises: VendorBusy, OutcomeUnknown, VendorRefused."""
        try:
            answer = await self._http.get(self._url, follow_redirects=False)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise failure(HEARTBEAT, error) from None
        _check(HEARTBEAT, answer)


def _check(vendor: str, answer: httpx2.Response) -> None:
    if answer.is_success:
        return
    if answer.is_redirect:
        raise VendorRefused(vendor, f"it answers with a redirect ({answer.status_code}), which is not followed")
    if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
        raise VendorBusy(vendor, f"it answers {answer.status_code}", after=retry_after(answer.headers))
    raise VendorRefused(vendor, f"it answers {answer.status_code}", code=str(answer.status_code))
