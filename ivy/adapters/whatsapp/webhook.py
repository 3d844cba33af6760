"""A delivery of Meta's, walked to its last element: each part becomes events, or a `Broken` one. May import: ports and below.

One delivery holds up to 1,000 updates of messages, statuses and the account, in any mixture and order. What cannot be
read costs itself only. Source: Cloud API, "Webhooks".
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from ivy.adapters.lenient import (
    NO_TIME,
    Object,
    as_object,
    ident,
    instant_or,
    need_object,
    raw,
    read_object,
    word,
)
from ivy.adapters.parts import Found, at_and_below, each
from ivy.adapters.whatsapp.errors import VENDOR
from ivy.adapters.whatsapp.inbound import read_message
from ivy.adapters.whatsapp.notices import read_error, read_notice, read_preference, read_status
from ivy.adapters.whatsapp.people import Book
from ivy.domain.inbound import InboundEvent, Unknown

OBJECT = "whatsapp_business_account"

_each = partial(each, VENDOR)


def parse(body: bytes, *, phone_number_id: str = "") -> tuple[InboundEvent, ...]:
    """Return every event of a delivery, in its order. What is for another number than ours becomes `Unknown`.

    Raises: Unreadable, only if the body is no JSON object.
    """
    return tuple(event for _path, event in _walk(read_object(body), phone_number_id))


def parse_part(body: bytes, path: str, *, phone_number_id: str = "") -> tuple[InboundEvent, ...]:
    """Return the events at and below the `path` of a `Broken` part: a replay acts on that part alone.

    Raises: Unreadable.
    """
    return at_and_below(_walk(read_object(body), phone_number_id), path)


def _walk(root: Object, phone_number_id: str) -> Iterator[Found]:
    if word(root, "object") not in ("", OBJECT) or "entry" not in root:
        yield "", Unknown(channel=VENDOR, field="object", raw=raw(root))
    else:
        yield from _each(root, "entry", "", partial(_entry, phone_number_id=phone_number_id))


def _entry(element: Any, path: str, *, phone_number_id: str) -> Iterator[Found]:
    entry = need_object(element, "entry")
    change = partial(_change, time=instant_or(entry, "time", NO_TIME), phone_number_id=phone_number_id)
    return _each(entry, "changes", path, change)


def _change(element: Any, path: str, *, time: datetime, phone_number_id: str) -> Iterator[Found]:
    change = need_object(element, "change")
    field, value = word(change, "field"), need_object(change.get("value"), "value")
    within = f"{path}.value"
    if field == "user_preferences":
        book = Book(value)
        yield from _each(value, field, within, lambda part, at: [(at, read_preference(part, book, time))])
    elif field not in ("", "messages") or not value.keys() & {"messages", "statuses", "errors"}:
        yield path, read_notice(field, value, time)
    elif _is_for_another(value, phone_number_id):
        yield path, Unknown(channel=VENDOR, field=field, raw=raw(value))
    else:
        yield from _messages(value, within, time)


def _is_for_another(value: Object, phone_number_id: str) -> bool:
    theirs = ident(as_object(value.get("metadata")), "phone_number_id")
    return bool(theirs and phone_number_id) and theirs != phone_number_id


def _messages(value: Object, path: str, time: datetime) -> Iterator[Found]:
    book = Book(value)
    yield from _each(value, "messages", path, lambda part, at: ((at, e) for e in read_message(part, value, book)))
    yield from _each(value, "statuses", path, lambda part, at: [(at, read_status(part, time))])
    yield from _each(value, "errors", path, lambda part, at: [(at, read_error(part, time))])
