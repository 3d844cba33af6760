"""WhatsApp's agent platform as a `Channel`: the one class that wiring makes. May import: ports and below."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ivy import log
from ivy.adapters.whatsapp.bodies import content_body
from ivy.adapters.whatsapp.messages import read_body, sent_id
from ivy.adapters.whatsapp_solo import updates
from ivy.adapters.whatsapp_solo.client import Agent
from ivy.adapters.whatsapp_solo.errors import LOCAL, VENDOR, classify
from ivy.domain.contents import LONGEST_TEXT, Emoji, File
from ivy.domain.inbound import DeliveryError, InboundEvent
from ivy.domain.sms import utf16_units
from ivy.errors import BadSignature, OutcomeUnknown, Unreadable, VendorBusy, VendorRefused
from ivy.ports import Disposition, Outbound, Polled

logger = log.get(__name__)
MOST_AT_ONCE = 50
BEYOND_THE_POLL = 10.0
"""Seconds that an answer may take longer than the poll was to last."""


class Solo:
    """An agent that somebody made in their own app, and who talks with nobody else.

    Nothing comes by webhook: `poll` asks for it. It has no buttons, no templates and no conversation window.
    """

    name = VENDOR
    can_look_up = False

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._shows_typing = True

    # --- from the platform ---------------------------------------------------------------------------

    def handshake(self, query: Mapping[str, str]) -> str | None:  # noqa: ARG002 (it has no webhooks)
        return None

    def verify(
        self,
        body: bytes,  # noqa: ARG002
        headers: Mapping[str, str],  # noqa: ARG002
        *,
        repeated: frozenset[str] = frozenset(),  # noqa: ARG002
    ) -> None:
        raise BadSignature("WhatsApp's agent platform sends no webhooks")

    def parse(self, body: bytes) -> tuple[InboundEvent, ...]:
        return updates.parse(body)

    def parse_part(self, body: bytes, path: str) -> tuple[InboundEvent, ...]:
        return updates.parse_part(body, path)

    def disposition(self, error: DeliveryError) -> Disposition:
        return classify(error.code)

    @property
    def key_digest(self) -> str:
        return hashlib.sha256(self._agent.key.encode()).hexdigest()[:32]

    def poll_wait(self) -> timedelta:
        return self._agent.pace.wait("updates")

    async def poll(self, offset: int, seconds: int) -> Polled | None:
        """Wait for what comes at `offset` and behind it; return None if nothing did. Asking changes nothing.

        Raises: VendorBusy (`conflict`: another program polls with this key), VendorMisconfigured, VendorRefused.
        """
        asked = {"offset": str(offset), "limit": str(MOST_AT_ONCE), "timeout": str(seconds)}
        try:
            body = await self._agent.get("updates", "updates", asked, read_seconds=seconds + BEYOND_THE_POLL)
            return updates.read_polled(body) if body.strip() else None
        except OutcomeUnknown as error:
            raise VendorBusy(VENDOR, error.reason) from error
        except Unreadable as error:
            raise VendorBusy(VENDOR, f"the answer to a poll cannot be read: {error}") from error

    # --- to the platform -----------------------------------------------------------------------------

    async def send(self, message: Outbound) -> str:
        """Send one message; return its wamid. The `Channel` says what is raised."""
        if reason := _unfit(message):
            raise VendorRefused(VENDOR, reason, code=LOCAL)
        kind, content = _body(message)
        request: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "to": message.to.external_id,
            "type": kind,
            kind: content,
        }
        if message.quoted_id:
            request["context"] = {"message_id": message.quoted_id}
        return sent_id(await self._agent.post_json("messages", "messages", request), VENDOR)

    async def look_up(self, message: Outbound, since: datetime) -> str | None:
        """The platform lists nothing that was sent."""
        raise VendorRefused(VENDOR, f"{message.our_id} of {since} cannot be looked up", code=LOCAL)

    async def mark_read(self, external_id: str, *, typing: bool = False) -> None:
        """Turn the ticks blue and, with `typing`, show it for up to 25 s, where the platform takes that."""
        try:
            await self._agent.post_json("statuses", "statuses", self._tick(external_id, typing=typing))
        except VendorRefused:
            if not typing or not self._shows_typing:
                raise
            logger.info("WhatsApp's agent platform shows no typing: it is left out from now on")
            self._shows_typing = False
            await self._agent.post_json("statuses", "statuses", self._tick(external_id, typing=False))

    def _tick(self, external_id: str, *, typing: bool) -> dict[str, Any]:
        return read_body(external_id, typing=typing and self._shows_typing)


def _body(message: Outbound) -> tuple[str, dict[str, Any]]:
    if isinstance(message.content, File) and message.vendor_id:
        return content_body(message.content, flow_id="", media_id=message.vendor_id)
    return "text", {"body": message.content.in_words(), "preview_url": False}


def _unfit(message: Outbound) -> str:
    """Say why the platform would refuse a message, or nothing."""
    if not message.to.external_id.startswith("user:"):
        return "they have not written to the agent: nobody else can be answered"
    if isinstance(message.content, Emoji):
        return "the platform sends no reactions"
    words = message.content.in_words()
    if not words.strip() and not (isinstance(message.content, File) and message.vendor_id):
        return "the text is empty"
    if utf16_units(words) > LONGEST_TEXT:
        return f"the text has {utf16_units(words)} characters, more than {LONGEST_TEXT}: split it first"
    return ""
