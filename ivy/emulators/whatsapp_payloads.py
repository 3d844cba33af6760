"""Meta's webhooks as Meta writes them: bytes, escapes and signature. May import: the domain and below."""

import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

Json = dict[str, Any]

ERROR_TITLES = {
    131026: "Message undeliverable",
    131042: "Business eligibility payment issue",
    131047: "Re-engagement message",
    131049: "This message was not delivered to maintain healthy ecosystem engagement",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
}


@dataclass
class Person:
    """Somebody on WhatsApp. Without `shows_phone` only the business-scoped id is told, as for users with a username."""

    bsuid: str
    phone: str = ""
    """E.164 with +, or empty."""
    name: str = ""
    username: str = ""
    shows_phone: bool = True
    on_whatsapp: bool = True
    online: bool = True
    """Offline, messages are only `sent`."""
    wrote_at: datetime | None = None

    @property
    def wa_id(self) -> str:
        return self.phone.removeprefix("+") if self.shows_phone else ""


@dataclass(frozen=True)
class Accepted:
    """A message that Meta answered with 200. `text` is what the person reads of it."""

    wamid: str
    person: Person
    our_id: str
    type: str
    text: str
    to: str
    recipient: str
    at: datetime
    request: Json = field(repr=False)


@dataclass(frozen=True)
class Account:
    """The business's side: its account, its number, and the number's id."""

    waba_id: str
    phone_number_id: str
    display_number: str

    def change(self, field: str, value: Json, *, at: datetime | None = None) -> Json:
        """Return a whole delivery with one change; `at` stamps the entry, as account fields have it."""
        entry: Json = {"id": self.waba_id, "changes": [{"value": value, "field": field}]}
        if at is not None:
            entry["time"] = int(at.timestamp())
        return {"object": "whatsapp_business_account", "entry": [entry]}

    def messages(self, person: Person | None, **parts: list[Json]) -> Json:
        """Return a delivery of the field `messages`: lists of messages, statuses or errors."""
        metadata = {"display_phone_number": self.display_number, "phone_number_id": self.phone_number_id}
        contacts = {"contacts": [contact(person)]} if person else {}
        return self.change("messages", {"messaging_product": "whatsapp", "metadata": metadata, **contacts, **parts})


def contact(person: Person) -> Json:
    profile = {key: words for key, words in (("name", person.name), ("username", person.username)) if words}
    return {"profile": profile, **_if("wa_id", person.wa_id), "user_id": person.bsuid}


def message(person: Person, wamid: str, at: datetime, content: Json, *, quoted: str = "") -> Json:
    """Return one element of `messages`; `content` has its `type` and what stands under it."""
    context = {"context": {"id": quoted}} if quoted else {}
    who = {**_if("from", person.wa_id), "from_user_id": person.bsuid}
    return {**context, **who, "id": wamid, "timestamp": _seconds(at), **content}


def status(person: Person, wamid: str, state: str, at: datetime, *, our_id: str = "", **more: Any) -> Json:
    who = {**_if("recipient_id", person.wa_id), "recipient_user_id": person.bsuid}
    ours = _if("biz_opaque_callback_data", our_id)
    return {"id": wamid, "status": state, "timestamp": _seconds(at), **who, **ours, **more}


def failure(code: int, details: str) -> Json:
    """Return one element of a failed status's `errors`."""
    title = ERROR_TITLES.get(code, f"Error {code}")
    return {"code": code, "title": title, "message": title, "error_data": {"details": details or title}}


def service_price(*, free: bool) -> Json:
    kind = "free_customer_service" if free else "regular"
    return {"billable": not free, "pricing_model": "PMP", "type": kind, "category": "service"}


def template_price(category: str) -> Json:
    return {"billable": True, "pricing_model": "PMP", "type": "regular", "category": category.lower()}


def text(body: str) -> Json:
    return {"type": "text", "text": {"body": body}}


def tap(action: str, title: str) -> Json:
    """Return a tap on a reply button."""
    reply = {"type": "button_reply", "button_reply": {"id": action, "title": title}}
    return {"type": "interactive", "interactive": reply}


def list_tap(action: str, title: str) -> Json:
    """Return a tap on a row of a list."""
    reply = {"type": "list_reply", "list_reply": {"id": action, "title": title}}
    return {"type": "interactive", "interactive": reply}


def template_tap(payload: str, title: str) -> Json:
    return {"type": "button", "button": {"payload": payload, "text": title}}


def media(kind: str, media_id: str, mime: str, **more: Any) -> Json:
    url = f"https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid={media_id}"
    digest = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
    return {"type": kind, kind: {"mime_type": mime, "sha256": digest, "id": media_id, "url": url, **more}}


def location(latitude: float, longitude: float, **more: str) -> Json:
    return {"type": "location", "location": {"latitude": latitude, "longitude": longitude, **more}}


def reaction(target: str, emoji: str) -> Json:
    return {"type": "reaction", "reaction": {"message_id": target, **_if("emoji", emoji)}}


def unsupported(kind: str) -> Json:
    error = {"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}
    return {"type": "unsupported", "errors": [error], "unsupported": {"type": kind}}


def as_bytes(payload: Json) -> bytes:
    """Return JSON with Meta's escapes: to parse it and write it again breaks the signature."""
    written = json.dumps(payload, separators=(",", ":"))
    return written.replace("/", "\\/").replace("@", "\\u0040").encode()


def signed(body: bytes, app_secret: str) -> dict[str, str]:
    """Return the headers of a webhook."""
    signature = hmac.new(app_secret.encode(), body, sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def _if(key: str, words: str) -> Json:
    return {key: words} if words else {}
