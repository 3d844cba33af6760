"""SMS by Twilio as a `Channel`: the one class that wiring makes. May import: ports and below."""

import re
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

import httpx2
import trio

from ivy.adapters.client import failure
from ivy.adapters.twilio import inbound, messages, signature
from ivy.adapters.twilio.errors import VENDOR, classify
from ivy.clock import Clock
from ivy.domain.inbound import DeliveryError, InboundEvent
from ivy.domain.sms_senders import kind_of
from ivy.errors import ConfigError, OutcomeUnknown, VendorBusy, VendorError
from ivy.ports import Disposition, Outbound

LONGEST_VALIDITY = 36_000
MOST_PAGES = 50
PAGE = 200
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}", re.ASCII)


class Sms:
    """One sender of one Twilio account. The client is the caller's, and so are deadlines.

    `auth_tokens` are all that are live while one is being replaced; the first is the current one. `webhook_url` is our
    public address as Twilio knows it, for texts and statuses alike; empty, nothing is believed and no status asked for.
    A message that could not leave Twilio within `validity_seconds` is dropped: a late reminder is worse than none.
    """

    name = VENDOR
    can_look_up = True

    def __init__(
        self,
        http: httpx2.AsyncClient,
        *,
        base_url: str,
        account_sid: str,
        auth_tokens: tuple[str, ...],
        sender: str,
        webhook_url: str,
        validity_seconds: int,
        clock: Clock,
    ) -> None:
        self._http = http
        self._account_sid = account_sid
        self._tokens = tuple(token for token in auth_tokens if token)
        self._sender = sender
        self._webhook_url = webhook_url
        self._validity_seconds = validity_seconds
        self._clock = clock
        self._check()
        credentials = b64encode(f"{account_sid}:{self._tokens[0]}".encode()).decode()
        self._secrets = (*self._tokens, credentials)
        self._headers = {"Authorization": f"Basic {credentials}", "Accept": "application/json"}
        self._base_url = base_url.rstrip("/")
        self._named: deque[str] = deque(maxlen=1000)
        """Messages whose sending was answered: another one with the same words is not one of these."""
        self._path = f"/2010-04-01/Accounts/{account_sid}/Messages.json"

    def _check(self) -> None:
        """Raise `ConfigError` for what Twilio would refuse at every message."""
        if not _ACCOUNT.fullmatch(self._account_sid):
            raise ConfigError("sms.account_sid is AC and 32 hexadecimal digits: copy it from Twilio's console")
        if not self._tokens:
            raise ConfigError("sms.auth_token is missing: set IVY_SMS__AUTH_TOKEN or sms.auth_token_file")
        if not all(token.isascii() and token.isprintable() and " " not in token for token in self._tokens):
            raise ConfigError("the Twilio Auth Token has characters that no token has: copy it again")
        if kind_of(self._sender) is None:
            raise ConfigError(
                "sms.sender is a number (+15550102030), a short code, a name, or a messaging service (MG…)"
            )
        if not 1 <= self._validity_seconds <= LONGEST_VALIDITY:
            raise ConfigError(f"sms.validity_seconds is from 1 to {LONGEST_VALIDITY}")
        if self._webhook_url and not _is_callable(self._webhook_url):
            raise ConfigError("the address of Twilio's webhooks is not one that Twilio can call: check public_url")

    # --- from Twilio -------------------------------------------------------------------------------

    def handshake(self, query: Mapping[str, str]) -> str | None:  # noqa: ARG002 (Twilio has none)
        return None

    def verify(self, body: bytes, headers: Mapping[str, str], *, repeated: frozenset[str] = frozenset()) -> None:
        signature.verify(body, headers, self._tokens if self._webhook_url else (), self._webhook_url, repeated)

    def parse(self, body: bytes) -> tuple[InboundEvent, ...]:
        return inbound.parse(body, account_sid=self._account_sid, now=self._clock.now())

    def parse_part(self, body: bytes, path: str) -> tuple[InboundEvent, ...]:  # noqa: ARG002
        """Read the webhook again: it has one part only."""
        return self.parse(body)

    def disposition(self, error: DeliveryError) -> Disposition:
        return classify(error.code)

    # --- to Twilio ---------------------------------------------------------------------------------

    async def send(self, message: Outbound) -> str:
        """Send one text of at most 1,600 characters; return its SID. The `Channel` says what is raised."""
        form = messages.form(
            message, sender=self._sender, callback=self._webhook_url, validity_seconds=self._validity_seconds
        )
        try:
            response = await self._ask("POST", self._path, form)
            sid = messages.sent_id(response.content)
        except VendorError as error:
            self._star_out(error, message.to.phone)
            raise
        self._named.append(sid)
        return sid

    async def look_up(self, message: Outbound, since: datetime) -> str | None:
        """Return the SID of a message with these words, to this number, made at or after `since`; None if there is none.

        Raises: VendorBusy, VendorMisconfigured, VendorRefused; asking changes nothing.
        """
        words, to = messages.words_of(message), message.to.phone
        # A message that still waits has no date of sending yet, so it may be missing where that is asked for.
        day = (since - timedelta(days=1)).date().isoformat()
        try:
            for asked, pages in (({"To": to, "DateSent>": day}, MOST_PAGES), ({"To": to}, 1)):
                if found := await self._search(asked, pages, words, to, since):
                    return found
        except VendorError as error:
            self._star_out(error, to)
            if isinstance(error, OutcomeUnknown):
                raise VendorBusy(VENDOR, error.reason) from error
            raise
        return None

    async def _search(self, asked: dict[str, str], pages: int, words: str, to: str, since: datetime) -> str | None:
        at: str | None = f"{self._path}?{urlencode({**asked, 'PageSize': str(PAGE)})}"
        while at is not None and pages:
            response = await self._ask("GET", at)
            page = messages.page_of(response.content)
            theirs = since + messages.clock_ahead(response.headers, self._clock.now())
            others = [each for each in page.messages if each.sid not in self._named]
            if found := messages.same_message(others, words, to=to, sender=self._sender, since=theirs):
                return found
            at, pages = page.next_page_uri, pages - 1
            if at is not None and not at.startswith(f"{self._path}?"):  # the credentials go nowhere else
                raise VendorBusy(VENDOR, "the list of messages leads elsewhere")
        if at is not None and "DateSent>" in asked:
            raise VendorBusy(VENDOR, "too many messages to look through")
        return None

    async def mark_read(self, external_id: str, *, typing: bool = False) -> None:  # noqa: ARG002
        """Do nothing: SMS shows neither."""
        await trio.lowlevel.checkpoint()

    async def _ask(self, method: str, path: str, form: bytes | None = None) -> httpx2.Response:
        headers = self._headers if form is None else {**self._headers, "Content-Type": signature.FORM}
        try:
            response = await self._http.request(method, f"{self._base_url}{path}", content=form, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise failure(VENDOR, error) from error
        if error := messages.error_in(response.status_code, response.content, response.headers):
            raise error
        return response

    def _star_out(self, error: VendorError, phone: str) -> None:
        """Take out of `error` what Twilio's own words may quote: the tokens, and the number of the person."""
        reason = error.reason.replace(phone, "the number")
        for secret in self._secrets:
            reason = reason.replace(secret, "***")
        error.reason = reason
        error.args = (f"{error.vendor}: {reason}",)


def _is_callable(url: str) -> bool:
    """Say whether Twilio would take an address for callbacks: http(s), in ASCII, no underscore in the host."""
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in ("http", "https") and bool(host) and "_" not in host and url.isascii() and port_is_right
