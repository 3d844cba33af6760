"""One message of a person, of any type, in Ivy's words. May import: ports and below.

Source: Cloud API webhook reference, "Messages", one page per type. A type nobody knows is `Unsupported`.
"""

from collections.abc import Callable
from typing import Any, TypedDict

from ivy.adapters.lenient import (
    NO_TIME,
    NOTHING,
    Malformed,
    Object,
    as_object,
    ident,
    instant,
    instant_or,
    need_ident,
    need_object,
    number,
    objects,
    prose,
    raw,
    read_object,
    whole_number,
    word,
)
from ivy.adapters.whatsapp.errors import VENDOR
from ivy.adapters.whatsapp.people import Book
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
    PersonMessage,
    Reaction,
    Sender,
    Tap,
    Text,
    Unknown,
    Unsupported,
)
from ivy.domain.phones import NotAPhone, e164, from_whatsapp, region_of
from ivy.errors import Unreadable


def read_message(message: Any, value: Object, book: Book) -> list[InboundEvent]:
    """Return the events of one element of `messages`; `value` is what it came in. Raises: Malformed."""
    element = need_object(message, "message")
    kind = word(element, "type") or next((name for name in _READERS if name in element), "")
    if kind == "system":
        return _system(element)
    common = _Common(
        sender=book.sender(element), external_id=need_ident(element, "id"), sent_at=instant(element, "timestamp")
    )
    if "group_id" in element:  # an answer would go to one person, about what was said among many
        return [_unsupported(element, "group", common)]
    reader = _READERS.get(kind)
    if read := reader(element, common) if reader else None:
        return [read]
    return [_unsupported(element, kind, common, value)]


class _Common(TypedDict):
    sender: Sender
    external_id: str
    sent_at: Any


_Reader = Callable[[Object, _Common], PersonMessage | None]


def _unsupported(element: Object, kind: str, common: _Common, value: Object = NOTHING) -> Unsupported:
    # The error stands in the message, or, for an interactive answer with nothing inside, beside it.
    errors = objects(element, "errors") or objects(value, "errors")
    named = word(as_object(element.get("unsupported")), "type")
    code = whole_number(errors[0], "code") if errors else 0
    return Unsupported(**common, type=named or kind, code=code, raw=raw(element))


def _quoted(element: Object) -> str:
    return ident(as_object(element.get("context")), "id")


def _forwarded(element: Object) -> bool:
    context = as_object(element.get("context"))
    return context.get("forwarded") is True or context.get("frequently_forwarded") is True


def _text(element: Object, common: _Common) -> Text:
    text = need_object(element.get("text"), "text")
    if not isinstance(text.get("body"), str):
        raise Malformed("text has no body")
    return Text(**common, body=prose(text, "body"), quoted_id=_quoted(element), forwarded=_forwarded(element))


def _media(kind: str) -> _Reader:
    def read(element: Object, common: _Common) -> Media:
        media = need_object(element.get(kind), kind)
        return Media(
            **common,
            type=kind,
            media_id=need_ident(media, "id"),
            mime=word(media, "mime_type").partition(";")[0].strip().lower(),
            sha256=word(media, "sha256"),
            url=word(media, "url"),
            caption=prose(media, "caption"),
            filename=prose(media, "filename"),
            voice=media.get("voice") is True,
            quoted_id=_quoted(element),
            forwarded=_forwarded(element),
        )

    return read


def _location(element: Object, common: _Common) -> Location:
    place = need_object(element.get("location"), "location")
    latitude, longitude = number(place, "latitude"), number(place, "longitude")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise Malformed("location is not on this planet")
    name, address = prose(place, "name"), prose(place, "address")
    forwarded = _forwarded(element)
    return Location(**common, latitude=latitude, longitude=longitude, name=name, address=address, forwarded=forwarded)


def _contacts(element: Object, common: _Common) -> Contacts:
    cards = objects(element, "contacts")
    if not cards:
        raise Malformed("contacts holds no card")
    region = region_of(common["sender"].phone)
    phones = [_shared_phone(phone, region) for card in cards for phone in objects(card, "phones")]
    own = any(word(holder, "origin") == "contact_request" for holder in (element, *cards))
    return Contacts(**common, phones=tuple(dict.fromkeys(phone for phone in phones if phone)), own=own)


def _shared_phone(phone: Object, region: str) -> str:
    """Return a shared number in E.164, or "": one written without its country is taken to be of the sender's."""
    if known := from_whatsapp(ident(phone, "wa_id")):
        return known
    try:
        return e164(ident(phone, "phone"), region)
    except NotAPhone:
        return ""


def _reaction(element: Object, common: _Common) -> Reaction:
    reaction = need_object(element.get("reaction"), "reaction")
    return Reaction(**common, target_id=need_ident(reaction, "message_id"), emoji=word(reaction, "emoji"))


def _button(element: Object, common: _Common) -> Tap:
    button = need_object(element.get("button"), "button")
    action = ident(button, "payload") or need_ident(button, "text")
    return Tap(**common, action=action, title=prose(button, "text"), quoted_id=_quoted(element))


def _interactive(element: Object, common: _Common) -> PersonMessage | None:
    answer = as_object(element.get("interactive"))
    for kind in ("button_reply", "list_reply"):
        if kind in answer:
            reply = need_object(answer[kind], kind)
            title = prose(reply, "title")
            return Tap(**common, action=need_ident(reply, "id"), title=title, quoted_id=_quoted(element))
    if "nfm_reply" in answer:
        form = need_object(answer["nfm_reply"], "nfm_reply")
        return FormAnswer(**common, answers=_answers(form), quoted_id=_quoted(element))
    if "call_permission_reply" in answer:
        permission = need_object(answer["call_permission_reply"], "call_permission_reply")
        expires_at = instant_or(permission, "expiration_timestamp", NO_TIME)
        accepted = word(permission, "response") == "accept"
        return CallPermission(**common, accepted=accepted, expires_at=None if expires_at == NO_TIME else expires_at)
    return None


def _answers(form: Object) -> dict[str, Any]:
    """Return a form's answers, which Meta sends as JSON in a text."""
    answers: Any = form.get("response_json")
    if isinstance(answers, str):
        try:
            answers = read_object(answers.encode())
        except Unreadable as error:
            raise Malformed("response_json is not an object") from error
    return dict(need_object(answers, "response_json"))


def _edit(element: Object, common: _Common) -> Edited:
    edit = need_object(element.get("edit"), "edit")
    message = as_object(edit.get("message"))
    inside = as_object(message.get(word(message, "type") or "text"))
    body = prose(inside, "body") or prose(inside, "caption")
    return Edited(**common, target_id=need_ident(edit, "original_message_id"), body=body)


def _revoke(element: Object, common: _Common) -> Deleted:
    revoke = need_object(element.get("revoke"), "revoke")
    return Deleted(**common, target_id=need_ident(revoke, "original_message_id"))


_READERS: dict[str, _Reader] = {
    "text": _text,
    **{kind: _media(kind) for kind in ("image", "video", "audio", "document", "sticker")},
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "button": _button,
    "interactive": _interactive,
    "edit": _edit,
    "revoke": _revoke,
}


def _system(element: Object) -> list[InboundEvent]:
    """Return each name that a person changed; each has an id of its own, since each is to be heard once."""
    notice = need_object(element.get("system"), "system")
    external_id, sent_at = need_ident(element, "id"), instant(element, "timestamp")
    reason = word(notice, "type")
    changes = [
        ("phone", from_whatsapp(ident(element, "from")), from_whatsapp(ident(notice, "wa_id"))),
        ("user_id", ident(notice, "previous_user_id"), ident(notice, "user_id")),
        ("parent_user_id", ident(notice, "previous_parent_user_id"), ident(notice, "parent_user_id")),
    ]
    heard = [(name, old, new) for name, old, new in changes if old and new and old != new]
    if not heard:  # a new phone, a new encryption key: kept, and nobody is answered
        return [Unknown(channel=VENDOR, field=f"system:{reason}", raw=raw(element))]
    return [
        IdentityChanged(
            channel=VENDOR,
            external_id=external_id if number == 0 else f"{external_id}#{name}",
            sent_at=sent_at,
            old=old,
            new=new,
            reason=reason,
        )
        for number, (name, old, new) in enumerate(heard)
    ]
