"""What Meta takes and what it refuses, with its codes. May import: the domain and below.

Source: Cloud API reference, "Messages" (types and limits), "Error codes"; limits of 2026-11.
"""

import re
from collections.abc import Callable
from typing import Any

from ivy.domain.emoji import is_one_emoji
from ivy.emulators.whatsapp_interactive_rules import check_interactive
from ivy.emulators.whatsapp_shapes import (
    Json,
    Refusal,
    check_flag,
    check_keys,
    check_text,
    object_at,
    objects_at,
)
from ivy.emulators.whatsapp_template_rules import check_template

_PHONE = re.compile(r"\+?[1-9][0-9]{6,14}", re.ASCII)
BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)

__all__ = ["BSUID", "Refusal", "check_message", "check_product", "check_read"]


def check_product(request: Json) -> None:
    if request.get("messaging_product") != "whatsapp":
        raise Refusal(100, "The parameter messaging_product is required and must be whatsapp.")


def check_read(request: Json) -> None:
    """Check the request that marks a message as read."""
    check_keys(request, "request", need=("messaging_product", "status", "message_id"), may=("typing_indicator",))
    if request["status"] != "read":
        raise Refusal(100, "status must be read.")
    if "typing_indicator" in request and request["typing_indicator"] != {"type": "text"}:
        raise Refusal(131009, "typing_indicator must be of type text.")


def check_message(request: Json) -> str:
    """Check a message as strictly as Meta or a little stricter; return its type."""
    kind = request.get("type", "text")
    if not isinstance(kind, str) or kind not in (*_TYPES, "contacts"):
        raise Refusal(131051, f"Message type {kind!r} is not supported.")
    may = ("recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data", "messaging_product")
    check_keys(request, "request", need=(kind,), may=(*may, "recipient_identity_key_hash"))
    _check_address(request)
    if request.get("recipient_type", "individual") != "individual":
        raise Refusal(131009, "recipient_type must be individual.")
    if "context" in request:
        check_keys(object_at(request, "context"), "context", need=("message_id",))
        check_text(object_at(request, "context"), "message_id", 512)
        if kind == "reaction":
            raise Refusal(131009, "A reaction cannot have a context.")
    check_text(request, "biz_opaque_callback_data", 512, needed=False)
    check_text(request, "recipient_identity_key_hash", 512, needed=False)
    if kind == "contacts":  # the only one that is a list
        _check_contacts(request)
    else:
        _TYPES[kind](object_at(request, kind))
    return kind


def _check_address(request: Json) -> None:
    to, recipient = request.get("to"), request.get("recipient")
    if to is None and recipient is None:
        raise Refusal(100, "The parameter to is required.")
    if to is not None and not (isinstance(to, str) and _PHONE.fullmatch(to)):
        raise Refusal(131009, "to is not a valid phone number.")
    if recipient is not None and not (isinstance(recipient, str) and BSUID.fullmatch(recipient)):
        raise Refusal(131009, "recipient is not a valid user id.")


# --- types -------------------------------------------------------------------------------------------


def _text(text: Json) -> None:
    check_keys(text, "text", need=("body",), may=("preview_url",))
    check_text(text, "body", 4096)
    check_flag(text, "preview_url")


def _reaction(reaction: Json) -> None:
    check_keys(reaction, "reaction", need=("message_id", "emoji"))
    check_text(reaction, "message_id", 512)
    emoji: Any = reaction["emoji"]
    if not isinstance(emoji, str) or not (is_one_emoji(emoji) or emoji == ""):
        raise Refusal(131009, "emoji must be one emoji, or empty.")


def _media(*may: str) -> Callable[[Json], None]:
    def check(media: Json) -> None:
        check_keys(media, "media", may=("id", "link", *may))
        if ("id" in media) == ("link" in media):
            raise Refusal(131008, "Exactly one of id and link is required.")
        if "link" in media:
            check_text(media, "link", 2000)
            if not media["link"].startswith(("https://", "http://")):
                raise Refusal(131009, "link must be a http or https URL.")
        else:
            check_text(media, "id", 512)
        check_text(media, "caption", 1024, needed=False)
        check_text(media, "filename", 240, needed=False)
        check_flag(media, "voice")

    return check


def _location(location: Json) -> None:
    check_keys(location, "location", need=("latitude", "longitude"), may=("name", "address"))
    for key, most in (("latitude", 90), ("longitude", 180)):
        value: Any = location[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > most:
            raise Refusal(131009, f"{key} must be a number between -{most} and {most}.")


def _check_contacts(request: Json) -> None:
    may = ("addresses", "birthday", "emails", "org", "phones", "urls")
    for contact in objects_at(request, "contacts", most=257):
        check_keys(contact, "contact", need=("name",), may=may)
        name = object_at(contact, "name")
        check_text(name, "formatted_name", 1024)
        if len(name) < 2:
            raise Refusal(131008, "A name needs one part beside formatted_name.")


_TYPES: dict[str, Callable[[Json], None]] = {
    "text": _text,
    "reaction": _reaction,
    "image": _media("caption"),
    "video": _media("caption"),
    "document": _media("caption", "filename"),
    "audio": _media("voice"),
    "sticker": _media(),
    "location": _location,
    "interactive": check_interactive,
    "template": check_template,
}
