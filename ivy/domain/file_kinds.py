"""What a file is, by its own bytes and never by its name; how large a picture is. May import: the standard library.

Sources: the formats' own specifications, for the signatures that stand at the beginning of each.
"""

import struct

HEAD = 64 * 1024
"""Bytes of a file's beginning that are looked at. A picture whose size stands later is one of unknown size."""

JPEG, PNG, WEBP, GIF = "image/jpeg", "image/png", "image/webp", "image/gif"
OGG, MPEG, AAC, AMR, M4A = "audio/ogg", "audio/mpeg", "audio/aac", "audio/amr", "audio/mp4"
MP4, MOBILE = "video/mp4", "video/3gpp"
PDF, TEXT, CSV, HTML = "application/pdf", "text/plain", "text/csv", "text/html"
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = f"{_OFFICE}wordprocessingml.document"
XLSX = f"{_OFFICE}spreadsheetml.sheet"
PPTX = f"{_OFFICE}presentationml.presentation"
DOC, XLS, PPT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"

_ALIASES = {
    "image/jpg": JPEG,
    "image/pjpeg": JPEG,
    "audio/mp3": MPEG,
    "audio/opus": OGG,
    "audio/x-m4a": M4A,
    "audio/m4a": M4A,
    "audio/aacp": AAC,
    "audio/x-aac": AAC,
    "audio/amr-wb": AMR,
    "audio/3gpp": AMR,
    "application/x-pdf": PDF,
}
_SIGNATURES: tuple[tuple[bytes, tuple[str, ...]], ...] = (
    (b"\xff\xd8\xff", (JPEG,)),
    (b"\x89PNG\r\n\x1a\n", (PNG,)),
    (b"GIF87a", (GIF,)),
    (b"GIF89a", (GIF,)),
    (b"%PDF-", (PDF,)),
    (b"#!AMR", (AMR,)),
    (b"ID3", (MPEG,)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", (DOC, XLS, PPT)),
    (b"\xff\xfe", (TEXT, CSV)),
    (b"\xfe\xff", (TEXT, CSV)),
)
_PARTS = ((b"word/", DOCX), (b"xl/", XLSX), (b"ppt/", PPTX))
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<script", b"<?php")
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r\f") + b"\x7f"
_SIZED = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))
"""JPEG markers that say how large the picture is."""


def named(mime: str) -> str:
    """Return a declared type in its usual name, without parameters; "" if it says nothing."""
    plain = mime.partition(";")[0].strip().lower()
    return "" if plain in ("application/octet-stream", "binary/octet-stream") else _ALIASES.get(plain, plain)


def kinds_of(head: bytes) -> tuple[str, ...]:
    """Return all that a file beginning with `head` may be, the likeliest first; nothing for what nobody here knows."""
    for signature, kinds in _SIGNATURES:
        if head.startswith(signature):
            return kinds
    if head.startswith(b"OggS"):  # WhatsApp takes no other sound in Ogg than Opus
        return (OGG,) if b"OpusHead" in head[:512] else ("application/ogg",)
    if head.startswith(b"RIFF"):
        return {b"WEBP": (WEBP,), b"WAVE": ("audio/wav",)}.get(head[8:12], ())
    if head[4:8] == b"ftyp":
        return _of_brand(head[8:12])
    if head.startswith(b"PK\x03\x04"):
        return _of_archive(head)
    return _of_frame(head) or _of_text(head)


def size_of(head: bytes) -> tuple[int, int] | None:
    """Return a picture's width and height in pixels, None if its beginning does not tell."""
    try:
        match kinds_of(head):
            case ("image/png",):
                width, height = struct.unpack_from(">II", head, 16)
            case ("image/gif",):
                width, height = struct.unpack_from("<HH", head, 6)
            case ("image/webp",):
                width, height = _size_of_webp(head)
            case ("image/jpeg",):
                width, height = _size_of_jpeg(head)
            case _:
                return None
    except (struct.error, IndexError):
        return None
    return (width, height) if width and height else None


def _of_brand(brand: bytes) -> tuple[str, ...]:
    """Tell the family of MP4 apart by its first brand; many recorders use one brand for sound and for films."""
    match brand[:3]:
        case b"M4A" | b"M4B":
            return (M4A,)
        case b"3gp" | b"3g2":
            return (MOBILE, AMR)
        case b"hei" | b"mif" | b"avi" | b"msf":
            return ("image/heif",)
        case b"qt ":
            return ("video/quicktime",)
        case _:
            return (MP4, M4A)


def _of_archive(head: bytes) -> tuple[str, ...]:
    """Office files are archives of parts with known names; another archive is none of them."""
    found = tuple(mime for name, mime in _PARTS if name in head)
    if len(found) == 1:
        return found
    return (DOCX, XLSX, PPTX) if b"[Content_Types].xml" in head[:256] else ("application/zip",)


def _of_frame(head: bytes) -> tuple[str, ...]:
    """Tell MP3 and AAC, which have no signature, by the bits of their first frame."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ()
    if head[1] & 0xF6 == 0xF0:
        return (AAC,)
    is_third_layer, is_known_version = head[1] & 0x06 == 0x02, head[1] & 0x18 != 0x08
    return (MPEG,) if is_third_layer and is_known_version and head[2] & 0xF0 not in (0x00, 0xF0) else ()


def _of_text(head: bytes) -> tuple[str, ...]:
    if not head or head.translate(None, _CONTROLS) != head:
        return ()
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:32].lower()
    return (HTML,) if begins.startswith(_PAGES) else (TEXT, CSV)


def _size_of_webp(head: bytes) -> tuple[int, int]:
    match head[12:16]:
        case b"VP8X":
            return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            width, height = struct.unpack_from("<HH", head, 26)
            return width & 0x3FFF, height & 0x3FFF


def _size_of_jpeg(head: bytes) -> tuple[int, int]:
    """Walk from segment to segment; a thumbnail inside one of them has sizes of its own, which must not count."""
    place = 2
    while head[place] == 0xFF:
        marker = head[place + 1]
        if marker in _SIZED:
            height, width = struct.unpack_from(">HH", head, place + 5)
            return width, height
        alone = marker == 0x01 or 0xD0 <= marker <= 0xD8
        place += 2 if alone else 1 if marker == 0xFF else 2 + max(struct.unpack_from(">H", head, place + 2)[0], 2)
    return 0, 0
