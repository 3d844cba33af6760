"""Twilio's webhooks in Ivy's words: what people text, and how our messages fare. May import: ports and below.

One webhook is one form about one message. New fields come without notice, and what no event fits is `Unknown`. Source:
Twilio, "Messaging webhooks", "Outbound message status in status callbacks"; reference voice.md 9.1, 9.2, 9.4.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

import msgspec

from ivy.adapters.twilio.errors import VENDOR, meaning
from ivy.adapters.twilio.signature import NoForm, fields_of
from ivy.domain.consent import StopMeaning, stop_meaning
from ivy.domain.inbound import DeliveryError, InboundEvent, Media, Sender, Status, Text, Unknown, Unsupported
from ivy.domain.invisible import strip_invisible
from ivy.domain.phones import from_whatsapp
from ivy.errors import Unreadable

STATES = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
"""Twilio's states by ours. They come in any order; the store moves forward only."""
INCOMING = ("received", "receiving")
CARRIER_STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
"""At each of these Twilio itself blocks the pair, whatever Ivy had asked before: they can mean nothing else here."""
MOST_MEDIA = 10
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}", re.ASCII)
_PHONE = re.compile(r"\+[1-9][0-9]{4,14}", re.ASCII)
_KINDS = frozenset({"image", "video", "audio"})

_Form = Mapping[str, str]


class _Common(TypedDict):
    sender: Sender
    external_id: str
    sent_at: datetime


def parse(body: bytes, *, account_sid: str, now: datetime) -> tuple[InboundEvent, ...]:
    """Return the events of one webhook. Twilio gives no time: `now` stands for when it was sent.

    Raises: Unreadable, only if there is nothing in it.
    """
    if body.lstrip()[:1] in (b"{", b"["):
        return (Unknown(channel=VENDOR, field="json", raw=body.decode("utf-8", "replace")),)
    form = _read(body)
    state = form.get("MessageStatus") or form.get("SmsStatus", "")
    sid = form.get("MessageSid") or form.get("SmsSid", "")
    if not _SID.fullmatch(sid) or form.get("AccountSid") != account_sid:
        return (_unknown(form, form.get("EventType") or "form"),)
    if state in INCOMING or (not state and "Body" in form):
        return _message(form, sid, now)
    return (_status(form, sid, state, now),)


def _read(body: bytes) -> _Form:
    """Return the fields as text, each once. One that came with two values is left out: no form of Twilio's has any."""
    try:
        fields = fields_of(body)
    except NoForm as error:
        raise Unreadable(f"not a form: {error}") from error
    values: dict[str, set[bytes]] = {}
    for name, value in fields:
        values.setdefault(name.decode("utf-8", "replace"), set()).add(value)
    if not values:
        raise Unreadable("an empty webhook")
    return {name: found.pop().decode("utf-8", "replace") for name, found in values.items() if len(found) == 1}


def _unknown(form: _Form, field: str) -> Unknown:
    return Unknown(channel=VENDOR, field=field, raw=_raw(form))


def _raw(form: _Form) -> str:
    return msgspec.json.encode(form).decode()


# --- what people text --------------------------------------------------------------------------------


def _message(form: _Form, sid: str, now: datetime) -> tuple[InboundEvent, ...]:
    phone = _phone(form.get("From", ""))
    if not phone:  # a short code or a name: a machine, which nobody can answer
        return (_unknown(form, "sender"),)
    common = _Common(sender=Sender(channel=VENDOR, phone=phone), external_id=sid, sent_at=now)
    words = _words(form)
    if _whole(form.get("NumMedia", "")):
        return _media(form, words, common)
    return (Text(**common, body=words) if words.strip() else Unsupported(**common, type="empty", raw=_raw(form)),)


def _phone(spelled: str) -> str:
    return from_whatsapp(spelled.removeprefix("+")) if _PHONE.fullmatch(spelled) else ""


def _words(form: _Form) -> str:
    """Return what was written; STOP for what Twilio took as one, where our own words for it are others."""
    body = strip_invisible(form.get("Body", ""))
    told = form.get("OptOutType", "").upper() == "STOP" or body.strip().upper() in CARRIER_STOPS
    return "STOP" if told and stop_meaning(body) is not StopMeaning.STOP else body


def _media(form: _Form, words: str, common: _Common) -> tuple[InboundEvent, ...]:
    """Return one event a file: the first has the message's id and its words, the others ids of their own.

    Where the first file has no address the words are a text, and the file that is not there is told of beside it.
    """
    many = min(_whole(form["NumMedia"]), MOST_MEDIA)
    urls = [(number, form.get(f"MediaUrl{number}", "")) for number in range(many)]
    events = tuple(
        Media(
            sender=common["sender"],
            external_id=f"{common['external_id']}/{number}" if number else common["external_id"],
            sent_at=common["sent_at"],
            type=_kind(form.get(f"MediaContentType{number}", "")),
            media_id=url.rpartition("/")[2],
            mime=_mime(form.get(f"MediaContentType{number}", "")),
            url=url,
            caption="" if number else words,
        )
        for number, url in urls
        if url
    )
    if events and events[0].external_id == common["external_id"]:
        return events
    if not words.strip():
        return (Unsupported(**common, type="media", raw=_raw(form)), *events)
    lost = Unsupported(common["sender"], f"{common['external_id']}/0", common["sent_at"], type="media", raw=_raw(form))
    return (Text(**common, body=words), lost, *events)


def _mime(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _kind(content_type: str) -> str:
    kind = _mime(content_type).partition("/")[0]
    return kind if kind in _KINDS else "document"


def _whole(digits: str) -> int:
    return int(digits) if re.fullmatch(r"[0-9]{1,6}", digits, re.ASCII) else 0


# --- how ours fare -------------------------------------------------------------------------------------


def _status(form: _Form, sid: str, state: str, now: datetime) -> InboundEvent:
    ours = STATES.get(state.lower())
    if ours is None:
        return _unknown(form, "MessageStatus")
    errors: tuple[DeliveryError, ...] = ()
    if ours == "failed":
        code = _whole(form.get("ErrorCode", ""))
        errors = (DeliveryError(code, meaning(code).text if code else state, form.get("ErrorMessage", "")),)
    return Status(
        channel=VENDOR, external_id=sid, state=ours, at=now, recipient=_phone(form.get("To", "")), errors=errors
    )
