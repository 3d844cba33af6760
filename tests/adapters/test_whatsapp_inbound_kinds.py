"""Every kind of message and system notice that Meta delivers, and the event that Ivy makes of it: one table.

The payloads themselves, with every field of their events, are in whatsapp_payloads.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from ivy.adapters.whatsapp.webhook import parse
from ivy.domain.inbound import (
    CallPermission,
    Contacts,
    Deleted,
    Edited,
    FormAnswer,
    IdentityChanged,
    InboundEvent,
    Location,
    Media,
    Reaction,
    Tap,
    Text,
    Unknown,
    Unsupported,
)

OURS = "106540352242922"
PAYLOADS = Path(__file__).parent / "whatsapp_payloads"

TABLE: list[tuple[str, str, type[InboundEvent]]] = [
    # Meta's type, the payload that shows it, the event
    ("text", "text", Text),
    ("text, a reply", "text_reply", Text),
    ("text, forwarded", "text_forwarded", Text),
    ("text, from an ad", "text_from_an_ad", Text),
    ("text, in a group", "group_message", Unsupported),
    ("image", "image", Media),
    ("video", "video", Media),
    ("audio, a voice note", "voice_note", Media),
    ("audio, a file", "audio_file", Media),
    ("document", "document", Media),
    ("sticker", "sticker", Media),
    ("location, a pin", "location_pin", Location),
    ("location, a place", "location_place", Location),
    ("contacts", "contacts_shared", Contacts),
    ("contacts, asked for", "contacts_requested", Contacts),
    ("reaction", "reaction", Reaction),
    ("reaction, taken back", "reaction_removed", Reaction),
    ("reaction, taken back with an empty emoji", "reaction_removed_empty", Reaction),
    ("button", "template_button", Tap),
    ("interactive, button_reply", "reply_button", Tap),
    ("interactive, list_reply", "list_row", Tap),
    ("interactive, nfm_reply", "flow_answer", FormAnswer),
    ("interactive, nfm_reply without its token", "flow_answer_without_token", FormAnswer),
    ("interactive, call_permission_reply", "call_allowed", CallPermission),
    ("interactive, nothing inside", "interactive_empty", Unsupported),
    ("order", "order", Unsupported),
    ("system, user_changed_number", "number_changed", IdentityChanged),
    ("system, customer_changed_number", "number_changed_old", IdentityChanged),
    ("system, user_changed_user_id", "user_id_changed", IdentityChanged),
    ("system, customer_identity_changed", "identity_key_changed", Unknown),
    ("unsupported", "unsupported", Unsupported),
    ("unknown, as it was called once", "unsupported_old", Unsupported),
    ("edit", "edit", Edited),
    ("revoke", "revoke", Deleted),
    ("a type of next year", "type_of_next_year", Unsupported),
]


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())["payload"]


def messages_in(document: Any) -> list[Any]:
    values = [change.get("value", {}) for entry in document.get("entry", []) for change in entry.get("changes", [])]
    return [message for value in values for message in value.get("messages", [])]


@pytest.mark.parametrize(("kind", "name", "event"), TABLE, ids=[row[0] for row in TABLE])
def test_each_kind_becomes_its_event(kind: str, name: str, event: type[InboundEvent]) -> None:
    first, *_rest = parse(json.dumps(payload(name)).encode(), phone_number_id=OURS)
    assert isinstance(first, event)


@pytest.mark.parametrize(("kind", "name", "event"), TABLE, ids=[row[0] for row in TABLE])
def test_each_payload_is_of_the_kind_it_stands_for(kind: str, name: str, event: type[InboundEvent]) -> None:
    meta, _, more = kind.partition(", ")
    [message, *_] = messages_in(payload(name))
    if " " not in meta:
        assert message["type"] == meta
    if meta == "interactive" and "_" in more:
        assert message["interactive"]["type"] == more.split()[0]
    if meta == "system":
        assert message["system"]["type"] == more


def test_the_table_names_every_type_of_the_reference() -> None:
    types = {kind.partition(", ")[0] for kind, _name, _event in TABLE}
    assert types >= {
        *("text", "image", "video", "audio", "document", "sticker", "location", "contacts", "reaction", "button"),
        *("interactive", "order", "system", "unsupported", "edit", "revoke"),
    }
