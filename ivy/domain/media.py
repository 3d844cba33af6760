"""Files that people send and that Ivy sends: how large, of which kind, how long kept, why refused.

May import: domain.file_kinds, the standard library. Caps and types are WhatsApp's, the strictest of our channels.
Source: Cloud API reference, "Media", 2026-11.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ivy.domain import file_kinds as kinds

MEGABYTE = 1024 * 1024


class Type(StrEnum):
    """What a message of this sort is called on the wire."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"


CAPS: Mapping[Type, int] = {
    Type.IMAGE: 5 * MEGABYTE,
    Type.VIDEO: 16 * MEGABYTE,
    Type.AUDIO: 16 * MEGABYTE,
    Type.DOCUMENT: 100 * MEGABYTE,
    Type.STICKER: 500 * 1024,
}
"""The most bytes of each; a sticker that does not move has 100 KB only, which our own must keep to."""

_SOUNDS = frozenset({kinds.AAC, kinds.AMR, kinds.MPEG, kinds.M4A, kinds.OGG})
_FILMS = frozenset({kinds.MP4, kinds.MOBILE})
_PICTURES = frozenset({kinds.JPEG, kinds.PNG})
_PAPERS = frozenset(
    {kinds.PDF, kinds.TEXT, kinds.CSV, kinds.DOC, kinds.DOCX, kinds.XLS, kinds.XLSX, kinds.PPT, kinds.PPTX}
)
TAKEN: Mapping[Type, frozenset[str]] = {
    Type.IMAGE: _PICTURES | {kinds.WEBP},
    Type.VIDEO: _FILMS,
    Type.AUDIO: _SOUNDS,
    Type.DOCUMENT: _PAPERS | _PICTURES | _SOUNDS | _FILMS | {kinds.WEBP, kinds.GIF},
    Type.STICKER: frozenset({kinds.WEBP}),
}
"""What may stand under each. People send photos as documents too, to keep them sharp."""
SENT: Mapping[Type, frozenset[str]] = {
    **TAKEN,
    Type.IMAGE: _PICTURES,
    Type.DOCUMENT: _PAPERS - {kinds.CSV},
}
"""What WhatsApp takes from us."""

SEEN = frozenset({kinds.JPEG, kinds.PNG, kinds.GIF, kinds.WEBP})
"""What models can look at."""
LONGEST_SEEN = 3_900_000
"""Bytes of a picture that a model is shown: 5 MB is Anthropic's cap, and base64 adds a third."""
LONGEST_EDGE = 8_000
"""Pixels beyond which Anthropic refuses a picture. Source: "Vision", 2026-11."""


class Reason(StrEnum):
    """Why a file was not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNKNOWN = "unknown_kind"
    LYING = "not_what_it_says"
    NOT_TAKEN = "kind_not_taken"
    DAMAGED = "damaged"
    """Its digest is not the one that was announced."""
    GONE = "gone"
    """Its vendor has it no more."""
    UNSAFE = "unsafe_address"
    """It leads to where none of its vendor's files are."""
    UNREACHABLE = "unreachable"
    """It could not be fetched in all the time there was."""
    TOO_LONG = "too_long"
    """A recording longer than Ivy listens to."""
    UNHEARD = "unheard"
    """A recording in which nothing was understood."""
    UNHEARABLE = "unhearable"
    """Nobody could listen: no transcriber, or it is down, or there is no money left today."""

    @property
    def sentence(self) -> str:
        """Return the name of the one plain sentence that a person is told."""
        match self:
            case Reason.TOO_LARGE:
                return "media_too_large"
            case Reason.EMPTY | Reason.UNKNOWN | Reason.LYING | Reason.NOT_TAKEN:
                return "media_kind"
            case Reason.DAMAGED | Reason.GONE | Reason.UNSAFE | Reason.UNREACHABLE:
                return "media_not_fetched"
            case Reason.TOO_LONG:
                return "voice_too_long"
            case Reason.UNHEARD:
                return "voice_not_heard"
            case Reason.UNHEARABLE:
                return "voice_later"


@dataclass(frozen=True)
class Kind:
    """What a file proved to be; 0 by 0 for what has no size in pixels, or does not tell it."""

    type: Type
    mime: str
    width: int = 0
    height: int = 0

    @property
    def can_be_seen(self) -> bool:
        """Whether a model may be shown it; not whether the person agreed."""
        return self.mime in SEEN and max(self.width, self.height) <= LONGEST_EDGE


@dataclass(frozen=True)
class Refused:
    """Why a file is not kept; `words` are for our own records."""

    reason: Reason
    words: str


def judge(type_: Type, declared: str, head: bytes, size: int) -> Kind | Refused:
    """Say what a file of `size` bytes is by its first bytes (`file_kinds.HEAD`), or why it is refused.

    `declared` is the type its vendor or its sender gave; one that its bytes belie is refused, as the file may be bait.
    """
    if size == 0:
        return Refused(Reason.EMPTY, "the file is empty")
    if size > CAPS[type_]:
        return Refused(Reason.TOO_LARGE, f"{size} bytes, more than {CAPS[type_]} for {type_.value}")
    found, said = kinds.kinds_of(head), kinds.named(declared)
    if not found:
        return Refused(Reason.UNKNOWN, "nobody knows what this file is")
    taken = [each for each in found if each in TAKEN[type_]]
    if said and said not in found:
        return Refused(Reason.LYING, f"declared as {said[:80]}, and is {found[0]}")
    if not taken or (said and said not in taken):
        return Refused(Reason.NOT_TAKEN, f"{said[:80] or found[0]} is not taken as {type_.value}")
    width, height = kinds.size_of(head) or (0, 0)
    return Kind(type_, said or taken[0], width, height)


# --- digests -----------------------------------------------------------------------------------------

_HEX = re.compile(r"[0-9a-fA-F]{64}")


def digest_of(claimed: str) -> str:
    """Return a SHA-256 in hex from how a vendor writes it, hex or base64; "" if it is neither, and proves nothing."""
    text = claimed.strip()
    if _HEX.fullmatch(text):
        return text.lower()
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return raw.hex() if len(raw) == 32 else ""


def is_digest(text: str) -> bool:
    """Say whether a text is a digest as our own records write it: nothing else ever becomes part of a path."""
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


# --- how long kept -----------------------------------------------------------------------------------


def keep_until(received_at: datetime, keep_days: float) -> datetime:
    """Return when a file is forgotten. What was heard in it stays, as the words of its message."""
    return received_at + timedelta(days=keep_days)
