"""What a poll brings, in Ivy's words: messages of the agent's maker, and how ours fare. May import: ports and below.

The envelope and the messages are those of Meta's Cloud API; people have no phone here, only an id such as "user:1".
Source: WhatsApp Agent Platform, developer manual v1 of 2026-08-25, "Updates", as others quote it.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from ivy.adapters.lenient import (
    NO_TIME,
    Malformed,
    Object,
    as_object,
    ident,
    instant_or,
    need_ident,
    need_object,
    objects,
    prose,
    raw,
    read_object,
    word,
)
from ivy.adapters.parts import Found, at_and_below, each
from ivy.adapters.whatsapp.inbound import read_message
from ivy.adapters.whatsapp.people import Book
from ivy.adapters.whatsapp_solo.errors import VENDOR
from ivy.domain.inbound import InboundEvent, Sender, Status, Unknown
from ivy.errors import Unreadable
from ivy.ports import Polled

OBJECT = "whatsapp_agent_platform"
LARGEST_OFFSET = 2**63 - 1
_OFFSET = re.compile(r"[0-9]{1,19}")
_each = partial(each, VENDOR)


class _Participants(Book):
    """Who writes, by the one name they have here. Raises: Malformed when nobody can be named."""

    def __init__(self, value: Object) -> None:
        super().__init__(value)
        self._names = {
            ident(each, "wa_id"): prose(as_object(each.get("profile")), "name").strip()
            for each in objects(value, "contacts")
        }

    def sender(self, message: Object) -> Sender:
        name = need_ident(message, "from")
        if not name.startswith("user:"):
            raise Malformed("its sender is nobody who can be answered")
        return Sender(channel=VENDOR, external_id=name, name=self._names.get(name, ""))


def read_polled(body: bytes) -> Polled:
    """Return what a poll brought, unread but for where the next begins. Raises: Unreadable."""
    root = read_object(body)
    digits = ident(root, "next_offset")
    if not _OFFSET.fullmatch(digits) or int(digits) > LARGEST_OFFSET:
        raise Unreadable("it does not say where the next poll begins")
    return Polled(body, int(digits))


def parse(body: bytes) -> tuple[InboundEvent, ...]:
    """Return every event of a poll, in its order. Raises: Unreadable, only if the body is no JSON object."""
    return tuple(event for _path, event in _walk(read_object(body)))


def parse_part(body: bytes, path: str) -> tuple[InboundEvent, ...]:
    """Return the events of the part at `path`, which a `Broken` event named. Raises: Unreadable."""
    return at_and_below(_walk(read_object(body)), path)


def _walk(root: Object) -> Iterator[Found]:
    if word(root, "object") not in ("", OBJECT) or "entry" not in root:
        yield "", Unknown(channel=VENDOR, field="object", raw=raw(root))
    else:
        yield from _each(root, "entry", "", _entry)


def _entry(element: Any, path: str) -> Iterator[Found]:
    return _each(need_object(element, "entry"), "changes", path, _change)


def _change(element: Any, path: str) -> Iterator[Found]:
    change = need_object(element, "change")
    field, value = word(change, "field"), need_object(change.get("value"), "value")
    within, people = f"{path}.value", _Participants(value)
    if field not in ("", "messages") or not value.keys() & {"messages", "statuses"}:
        yield path, Unknown(channel=VENDOR, field=field, raw=raw(change))
    else:
        yield from _each(
            value, "messages", within, lambda part, at: ((at, e) for e in read_message(part, value, people))
        )
        yield from _each(value, "statuses", within, lambda part, at: [(at, _status(part))])


def _status(element: Any) -> Status:
    status = need_object(element, "status")
    return Status(
        channel=VENDOR,
        external_id=need_ident(status, "id"),
        state=need_ident(status, "status").lower(),
        at=instant_or(status, "timestamp", NO_TIME),
        recipient=ident(status, "recipient_id"),
    )
