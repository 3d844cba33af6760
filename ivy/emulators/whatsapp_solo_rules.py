"""What Meta's agent platform refuses, and with which code. May import: the domain and below.

Source: WhatsApp Agent Platform, developer manual v1 of 2026-08-25, as others quote it.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

Json = dict[str, Any]
LONGEST_TEXT, LONGEST_CAPTION = 4096, 1024
A_MINUTE = timedelta(seconds=60)
LIMITS: Mapping[str, int] = {"updates": 15, "messages": 12, "statuses": 12, "upload": 12, "look up": 12, "delete": 12}
"""Requests of each kind in any 60 seconds, by agent."""
SENT_TYPES = ("text", "image", "audio", "video", "document", "sticker")
WITH_CAPTION = ("image", "video", "document")
MB = 1024 * 1024
KINDS: Mapping[str, tuple[str, int]] = {
    **dict.fromkeys(("image/jpeg", "image/png"), ("image", 5 * MB)),
    "image/webp": ("sticker", 500 * 1024),
    **dict.fromkeys(("video/mp4", "video/3gpp"), ("video", 16 * MB)),
    **dict.fromkeys(("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg", "audio/opus"), ("audio", 16 * MB)),
    **dict.fromkeys(("application/pdf", "text/plain", "application/msword", "application/octet-stream"), ("document", 16 * MB)),
}  # fmt: skip
"""Types of files that may be uploaded: what they are sent as, and how large they may be."""
_PARTICIPANT = re.compile(r"user:[0-9A-Za-z_-]+", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,19}", re.ASCII)


class Refusal(Exception):
    """An answer of the platform's other than yes."""

    def __init__(self, status: int, code: int, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = dict(headers or {})

    def answer(self) -> Json:
        return {
            "error": {
                "message": self.message,
                "type": "OAuthException",
                "code": self.code,
                "error_data": {"messaging_product": "whatsapp", "details": self.message},
                "fbtrace_id": "AEmulated",
            }
        }


@dataclass
class Meter:
    """Counts requests in a rolling minute, each kind by itself; what was refused for its number counts no more."""

    now: Callable[[], datetime]
    limits: dict[str, int] = field(default_factory=lambda: dict(LIMITS))
    asked: dict[str, deque[datetime]] = field(default_factory=dict[str, "deque[datetime]"])

    def count(self, kind: str) -> None:
        """Raises: Refusal for one too many."""
        now, lately = self.now(), self.asked.setdefault(kind, deque())
        while lately and lately[0] <= now - A_MINUTE:
            lately.popleft()
        if len(lately) >= self.limits[kind]:
            raise Refusal(429, 130429, "Rate limit hit")
        lately.append(now)


def whole(text: str | None, *, usual: int, least: int, most: int) -> int:
    """Return a parameter as the platform clamps it. Raises: Refusal for what is no whole number."""
    if text is None:
        return usual
    if not _WHOLE.fullmatch(text):
        raise Refusal(400, 100, "Invalid parameter")
    return max(least, min(int(text), most))


def check_message(asked: Any) -> tuple[str, str, Json, str]:
    """Return (to, type, its object, id of the quoted message). Raises: Refusal."""
    request = _object(asked, "body")
    if request.get("messaging_product") != "whatsapp":
        raise Refusal(400, 131009, "messaging_product")
    to, kind = request.get("to"), request.get("type")
    if not isinstance(to, str) or not _PARTICIPANT.fullmatch(to):
        raise Refusal(400, 131009, "to is not a user id")
    if kind not in SENT_TYPES:
        raise Refusal(400, 131009, f"type {kind!r} cannot be sent")
    content = _object(request.get(kind), kind)
    quoted = _object(request["context"], "context").get("message_id", "") if "context" in request else ""
    if kind == "text":
        _check_text(content)
    elif not isinstance(content.get("id"), str):
        raise Refusal(400, 131009, f"{kind}.id")
    elif "caption" in content and (kind not in WITH_CAPTION or len(str(content["caption"])) > LONGEST_CAPTION):
        raise Refusal(400, 100, f"{kind}.caption")
    return to, kind, content, str(quoted)


def _check_text(content: Json) -> None:
    body = content.get("body")
    if not isinstance(body, str) or not body.strip():
        raise Refusal(400, 131009, "text.body")
    if len(body.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        raise Refusal(400, 100, "text.body")


def check_status(asked: Any) -> tuple[str, bool]:
    """Return (id of the message, whether typing is shown). Raises: Refusal."""
    request = _object(asked, "body")
    if request.get("messaging_product") != "whatsapp" or request.get("status") != "read":
        raise Refusal(400, 131009, "status")
    if not isinstance(request.get("message_id"), str):
        raise Refusal(400, 131009, "message_id")
    typing = request.get("typing_indicator")
    if typing is not None and _object(typing, "typing_indicator").get("type") != "text":
        raise Refusal(400, 131009, "typing_indicator.type")
    return request["message_id"], typing is not None


def check_file(mime: str, size: int) -> None:
    """Raises: Refusal for a file that may not be uploaded."""
    kind = KINDS.get(mime)
    if kind is None:
        raise Refusal(400, 131053, f"{mime or 'no type'} is not supported")
    if size > kind[1]:
        raise Refusal(400, 131053, f"{size} bytes, more than {kind[1]}")


def _object(value: Any, name: str) -> Json:
    if not isinstance(value, dict):
        raise Refusal(400, 131009, f"{name} is not an object")
    return cast(Json, value)
