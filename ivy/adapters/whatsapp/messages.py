"""What is posted to Meta's messages endpoint, and what its answers mean. May import: ports and below.

Source: Cloud API reference, "Messages". A 200 means accepted, not delivered; there is no idempotency key.
"""

from typing import Any

import msgspec

from ivy.adapters.whatsapp.bodies import content_body
from ivy.adapters.whatsapp.errors import VENDOR
from ivy.errors import OutcomeUnknown, VendorRefused
from ivy.ports import Outbound

LONGEST_OUR_ID = 512


def body_of(message: Outbound, *, flow_id: str = "", media_id: str = "") -> dict[str, Any]:
    """Return the request for one message; a form needs the vendor's `flow_id`, a file its `media_id`.

    Given both, Meta follows the phone (`to`), not the id (`recipient`).

    Raises: VendorRefused, here and at once, for what Meta would refuse.
    """
    if reason := _unfit(message):
        raise VendorRefused(VENDOR, reason, code="local")
    kind, content = content_body(message.content, flow_id=flow_id, media_id=media_id)
    request: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "type": kind,
        kind: content,
        "biz_opaque_callback_data": message.our_id,
    }
    if message.to.phone:
        request["to"] = message.to.phone
    if message.to.external_id:
        request["recipient"] = message.to.external_id
    if message.quoted_id and kind != "reaction":  # a reaction names its message itself; Meta refuses both
        request["context"] = {"message_id": message.quoted_id}
    return request


def _unfit(message: Outbound) -> str:
    if not message.our_id or len(message.our_id) > LONGEST_OUR_ID:
        return f"our id must have 1 to {LONGEST_OUR_ID} characters"
    if not (message.to.phone or message.to.external_id):
        return "there is nobody to send it to"
    if message.to.phone and not message.to.phone.startswith("+"):
        return "the phone lacks its +: Meta would put its own country code before it"
    return ""


def read_body(external_id: str, *, typing: bool) -> dict[str, Any]:
    """Return the request that marks a message as read. Typing lasts 25 s, or until our next message."""
    request: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": external_id}
    return {**request, "typing_indicator": {"type": "text"}} if typing else request


class _SentMessage(msgspec.Struct, frozen=True):
    id: str


class _Sent(msgspec.Struct, frozen=True):
    messages: list[_SentMessage]


def sent_id(content: bytes, vendor: str = VENDOR) -> str:
    """Return Meta's id from the answer to an accepted message. Raises: OutcomeUnknown."""
    try:
        answer = msgspec.json.decode(content, type=_Sent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise OutcomeUnknown(vendor, "the answer cannot be read; the message may have been sent") from error
    if not answer.messages or not answer.messages[0].id:
        raise OutcomeUnknown(vendor, "the answer names no message; it may have been sent")
    return answer.messages[0].id
