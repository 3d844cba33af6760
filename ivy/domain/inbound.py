"""What a person's channel tells Ivy, in Ivy's words. May import: msgspec.

Vendors' payloads become these events; what no event fits is `Unknown` and is kept, never raised.
"""

from datetime import datetime
from typing import Any

import msgspec


class Sender(msgspec.Struct, frozen=True):
    """Who wrote, by every name the vendor gave: stable id first; the phone (E.164) may be absent."""

    channel: str
    external_id: str = ""
    """The vendor's stable id (WhatsApp: business-scoped user id), or empty."""
    parent_id: str = ""
    phone: str = ""
    """E.164 with +, or empty."""
    name: str = ""


class Message(msgspec.Struct, frozen=True, tag_field="kind"):
    """What all messages of people have."""

    sender: Sender
    external_id: str
    sent_at: datetime
    """By the vendor's clock, which also opens the conversation window."""


class Text(Message, frozen=True, tag="text"):
    body: str
    quoted_id: str = ""
    forwarded: bool = False


class Tap(Message, frozen=True, tag="tap"):
    """A button, a list row or a template's quick reply: `action` is the id we gave it."""

    action: str
    title: str = ""
    quoted_id: str = ""


class FormAnswer(Message, frozen=True, tag="form"):
    """A finished WhatsApp Flow: its answers as sent, the token among them when there is one."""

    answers: dict[str, Any]
    quoted_id: str = ""


class Media(Message, frozen=True, tag="media"):
    """An image, video, voice note, audio, document or sticker, not yet fetched."""

    type: str
    media_id: str
    mime: str
    sha256: str = ""
    url: str = ""
    caption: str = ""
    filename: str = ""
    """The sender's words: never a path."""
    voice: bool = False
    quoted_id: str = ""
    forwarded: bool = False


class Location(Message, frozen=True, tag="location"):
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""
    forwarded: bool = False


class Contacts(Message, frozen=True, tag="contacts"):
    """Shared contact cards; `own` when the person answered our request for their number."""

    phones: tuple[str, ...]
    own: bool = False


class Reaction(Message, frozen=True, tag="reaction"):
    """An emoji on a message; empty when it was taken back."""

    target_id: str
    emoji: str = ""


class CallPermission(Message, frozen=True, tag="call_permission"):
    accepted: bool
    expires_at: datetime | None = None


class Edited(Message, frozen=True, tag="edited"):
    target_id: str
    body: str = ""


class Deleted(Message, frozen=True, tag="deleted"):
    target_id: str


class Unsupported(Message, frozen=True, tag="unsupported"):
    """A message its vendor or Ivy has no words for: polls, view-once, orders, types of next year."""

    type: str
    code: int = 0
    raw: str = ""
    """The element as JSON."""


class IdentityChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="identity"):
    """The same person under a new name: a new number, or a new business-scoped id."""

    channel: str
    external_id: str
    sent_at: datetime
    old: str
    """The alias known so far: an id, or a phone in E.164."""
    new: str
    reason: str = ""


class DeliveryError(msgspec.Struct, frozen=True):
    code: int
    title: str = ""
    details: str = ""


class Status(msgspec.Struct, frozen=True, tag_field="kind", tag="status"):
    """How a message of ours fares: `state` is the vendor's word (sent, delivered, read, played, failed)."""

    channel: str
    external_id: str
    state: str
    at: datetime
    our_id: str = ""
    """What we sent along as callback data."""
    recipient: str = ""
    errors: tuple[DeliveryError, ...] = ()
    price_type: str = ""
    price_category: str = ""


class AccountNotice(msgspec.Struct, frozen=True, tag_field="kind", tag="account"):
    """Health of the account, number, template or security: `field` is the vendor's name for it."""

    channel: str
    field: str
    event: str
    at: datetime
    details: dict[str, Any]


class Preference(msgspec.Struct, frozen=True, tag_field="kind", tag="preference"):
    """A wish about marketing made in the vendor's own settings: stop, resume or signup."""

    sender: Sender
    category: str
    value: str
    at: datetime


class Unknown(msgspec.Struct, frozen=True, tag_field="kind", tag="unknown"):
    """Well-formed but without a meaning to us: kept and counted."""

    channel: str
    field: str
    raw: str


class Broken(msgspec.Struct, frozen=True, tag_field="kind", tag="broken"):
    """A part that could not be read: `path` finds it in the body, `error` says why. It becomes a dead letter."""

    channel: str
    path: str
    error: str


PersonMessage = (
    Text | Tap | FormAnswer | Media | Location | Contacts | Reaction | CallPermission | Edited | Deleted | Unsupported
)
InboundEvent = PersonMessage | IdentityChanged | Status | AccountNotice | Preference | Unknown | Broken
