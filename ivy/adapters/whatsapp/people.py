"""Who wrote: Meta's several names for one person. May import: ports and below.

The stable id is the business-scoped one; the phone may be missing or an empty text. Source: Cloud API,
"Business-scoped user IDs".
"""

from ivy.adapters.lenient import NOTHING, Malformed, Object, as_object, ident, objects, prose
from ivy.adapters.whatsapp.errors import VENDOR
from ivy.domain.inbound import Sender
from ivy.domain.phones import from_whatsapp


class Book:
    """The contacts beside a batch of messages, found by id and never by position."""

    def __init__(self, value: Object) -> None:
        self._contacts = objects(value, "contacts")
        self._by_id = {ident(contact, "user_id"): contact for contact in self._contacts}
        self._by_phone = {from_whatsapp(ident(contact, "wa_id")): contact for contact in self._contacts}

    def sender(self, message: Object) -> Sender:
        """Return who sent `message`. Raises: Malformed when nobody can be named."""
        own_id, phone = ident(message, "from_user_id"), from_whatsapp(ident(message, "from"))
        contact = self._find(own_id, phone)
        sender = Sender(
            channel=VENDOR,
            external_id=own_id or ident(contact, "user_id"),
            parent_id=ident(message, "from_parent_user_id") or ident(contact, "parent_user_id"),
            phone=phone or from_whatsapp(ident(contact, "wa_id")),
            name=_name(contact),
        )
        if not (sender.external_id or sender.phone):
            raise Malformed("no sender")
        return sender

    def named(self, external_id: str, phone: str) -> Sender:
        """Return the person known by an id, a phone or both. Raises: Malformed when both are empty."""
        return self.sender({"from_user_id": external_id, "from": phone})

    def _find(self, external_id: str, phone: str) -> Object:
        if external_id or phone:
            by_id = self._by_id.get(external_id) if external_id else None
            return by_id or (self._by_phone.get(phone) if phone else None) or NOTHING
        return self._contacts[0] if len(self._contacts) == 1 else NOTHING


def _name(contact: Object) -> str:
    profile = as_object(contact.get("profile"))
    return prose(profile, "name").strip() or prose(profile, "username").strip()
