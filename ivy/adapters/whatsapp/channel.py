"""WhatsApp as a `Channel`: the one class that wiring makes. May import: ports and below."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ivy.adapters.whatsapp import messages, signature, webhook
from ivy.adapters.whatsapp.errors import VENDOR, classify
from ivy.adapters.whatsapp.graph import Graph, check_done
from ivy.domain.inbound import DeliveryError, InboundEvent
from ivy.errors import VendorRefused
from ivy.ports import Disposition, Outbound


class WhatsApp:
    """One business number of the Cloud API; deadlines are the caller's.

    `app_secrets` are all that are live while one is being replaced; the first is the current one.
    """

    name = VENDOR
    can_look_up = False

    def __init__(self, graph: Graph, *, phone_number_id: str, app_secrets: tuple[str, ...], verify_token: str) -> None:
        self._graph = graph
        self._phone_number_id = phone_number_id
        self._app_secrets = tuple(secret for secret in app_secrets if secret)
        self._verify_token = verify_token

    # --- from Meta ---------------------------------------------------------------------------------

    def handshake(self, query: Mapping[str, str]) -> str | None:
        """Return the challenge if Meta asks with our own verify token. This request carries no signature."""
        given = query.get("hub.verify_token", "").encode(errors="replace")
        known = bool(self._verify_token) and hmac.compare_digest(given, self._verify_token.encode())
        if not known or query.get("hub.mode") != "subscribe":
            return None
        return query.get("hub.challenge")

    def verify(self, body: bytes, headers: Mapping[str, str], *, repeated: frozenset[str] = frozenset()) -> None:
        signature.verify(body, headers, self._app_secrets, repeated)

    def parse(self, body: bytes) -> tuple[InboundEvent, ...]:
        return webhook.parse(body, phone_number_id=self._phone_number_id)

    def parse_part(self, body: bytes, path: str) -> tuple[InboundEvent, ...]:
        return webhook.parse_part(body, path, phone_number_id=self._phone_number_id)

    def disposition(self, error: DeliveryError) -> Disposition:
        return classify(error.code)

    # --- to Meta -----------------------------------------------------------------------------------

    async def send(self, message: Outbound) -> str:
        """Send one message; return its wamid. The `Channel` says what is raised."""
        request = messages.body_of(message, flow_id=message.vendor_id, media_id=message.vendor_id)
        return messages.sent_id(await self._post(request))

    async def look_up(self, message: Outbound, since: datetime) -> str | None:
        """Meta tells what became of a message by statuses only."""
        raise VendorRefused(VENDOR, f"{message.our_id} of {since} cannot be looked up", code="local")

    async def mark_read(self, external_id: str, *, typing: bool = False) -> None:
        """Turn the ticks blue (of earlier messages too) and, with `typing`, show it for up to 25 s."""
        check_done(await self._post(messages.read_body(external_id, typing=typing)))

    async def _post(self, request: Mapping[str, Any]) -> bytes:
        return await self._graph.post_json(f"{self._phone_number_id}/messages", request)
