"""What a poll brings, in Ivy's words: messages of the agent's maker, and how ours fare. May import: ports and below.

The envelope and the messages are those of Meta's Cloud API; people have no phone here, only an id such as "user:1".
Source: WhatsApp Agent Platform, developer manual v1 of 2026-08-25, "Updates", as others quote it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

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
from ivy.adapters.whatsapp.inbound import read_message
from ivy.adapters.whatsapp.people import Book
from ivy.adapters.whatsapp_solo.errors import VENDOR
from ivy.domain.inbound import Broken, InboundEvent, Sender, Status, Unknown
from ivy.errors import Unreadable
from ivy.ports import Polled

OBJECT = "whatsapp_agent_platform"
LARGEST_OFFSET = 2**63 - 1
_Found = tuple[str, InboundEvent]


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
    if not digits.isascii() or not digits.isdigit() or int(digits) > LARGEST_OFFSET:
        raise Unreadable("it does not say where the next poll begins")
    times = [
        instant_or(message, "timestamp", NO_TIME)
        for entry in objects(root, "entry")
        for change in objects(entry, "changes")
        for message in objects(as_object(change.get("value")), "messages")
    ]
    return Polled(body, int(digits), max(times, default=None))


def parse(body: bytes) -> tuple[InboundEvent, ...]:
    """Return every event of a poll, in its order. Raises: Unreadable, only if the body is no JSON object."""
    return tuple(event for _path, event in _walk(read_object(body)))


def parse_part(body: bytes, path: str) -> tuple[InboundEvent, ...]:
    """Return the events of the part at `path`, which a `Broken` event named. Raises: Unreadable."""
    return tuple(event for at, event in _walk(read_object(body)) if at == path or at.startswith(f"{path}["))


def _walk(root: Object) -> Iterator[_Found]:
    if word(root, "object") not in ("", OBJECT) or "entry" not in root:
        yield "", Unknown(channel=VENDOR, field="object", raw=raw(root))
        return
    for at, entry in enumerate(objects(root, "entry")):
        for number, change in enumerate(objects(entry, "changes")):
            yield from _change(change, f"entry[{at}].changes[{number}]")


def _change(change: Object, path: str) -> Iterator[_Found]:
    value = as_object(change.get("value"))
    if word(change, "field") not in ("", "messages") or not value.keys() & {"messages", "statuses"}:
        yield path, Unknown(channel=VENDOR, field=word(change, "field"), raw=raw(change))
        return
    people = _Participants(value)
    yield from _each(value, "messages", path, lambda part: read_message(part, value, people))
    yield from _each(value, "statuses", path, lambda part: [_status(part)])


def _each(value: Object, key: str, path: str, read: Callable[[Any], Iterable[InboundEvent]]) -> Iterator[_Found]:
    elements: Any = value.get(key)
    where = f"{path}.value.{key}"
    if elements is None:
        return
    if not isinstance(elements, list):
        yield where, Broken(channel=VENDOR, path=where, error=f"{key} is not a list")
        return
    for number, element in enumerate(cast(list[Any], elements)):
        at = f"{where}[{number}]"
        try:
            found = list(read(element))
        except Exception as error:  # a mistake of ours too: it costs this part, which waits as a dead letter
            reason = str(error) if isinstance(error, Malformed) else repr(error)
            yield at, Broken(channel=VENDOR, path=at, error=reason)
        else:
            yield from ((at, event) for event in found)


def _status(element: Any) -> Status:
    status = need_object(element, "status")
    return Status(
        channel=VENDOR,
        external_id=need_ident(status, "id"),
        state=need_ident(status, "status").lower(),
        at=instant_or(status, "timestamp", NO_TIME),
        recipient=ident(status, "recipient_id"),
    )
