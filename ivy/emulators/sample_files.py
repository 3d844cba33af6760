"""Small files that are what they say they are: sound, pictures, paper. May import: the standard library.

Whole as to their containers (signatures, lengths, checksums), empty as to what they show or say.
"""

import struct
import zlib
from random import Random

_REVERSED = bytes(int(f"{code:08b}"[::-1], 2) for code in range(256))
_PACKETS_A_SECOND = 50
_SKIPPED = 312
"""Samples that an Opus encoder puts before the sound."""


def ogg_opus(seconds: int = 3, *, seed: int = 1, packet: int = 40) -> bytes:
    """Return a voice note: Opus in Ogg, mono, `packet` bytes (up to 250) for each 20 ms, one page a second.

    40 bytes are 16 kbit/s, as WhatsApp records. Sources: RFC 3533, RFC 7845.
    """
    chance = Random(seed)
    serial = chance.getrandbits(32)
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, _SKIPPED, 16_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 8) + b"emulated" + struct.pack("<I", 0)
    pages = [_page(serial, 0, 0, 2, [head]), _page(serial, 1, 0, 0, [tags])]
    for second in range(seconds):
        packets = [b"\x08" + chance.randbytes(packet - 1) for _ in range(_PACKETS_A_SECOND)]
        samples = 48_000 * (second + 1) + (_SKIPPED if second == seconds - 1 else 0)
        pages.append(_page(serial, second + 2, samples, 4 if second == seconds - 1 else 0, packets))
    return b"".join(pages)


def _page(serial: int, number: int, samples: int, flags: int, packets: list[bytes]) -> bytes:
    lengths = bytes(map(len, packets))
    body = lengths + b"".join(packets)
    begins = b"OggS" + struct.pack("<BBqII", 0, flags, samples, serial, number)
    checksum = _checksum(begins + bytes(4) + bytes([len(lengths)]) + body)
    return begins + struct.pack("<I", checksum) + bytes([len(lengths)]) + body


def _checksum(data: bytes) -> int:
    """Return Ogg's CRC, which is zlib's with every byte and the result read backwards, and nothing inverted."""
    mirrored = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def png(width: int = 32, height: int = 32, *, seed: int = 1) -> bytes:
    """Return a picture in one colour, which `seed` chooses."""
    pixel = Random(seed).randbytes(3)
    rows = (b"\0" + pixel * width) * height
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg(width: int = 640, height: int = 480, *, seed: int = 1, size: int = 2_000) -> bytes:
    """Return a photo as a phone sends it: a thumbnail of another size inside, about `size` bytes; its scan is noise."""
    noise = Random(seed).randbytes(max(size - 400, 16)).replace(b"\xff", b"\xfe")
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    thumbnail = (
        b"Exif\0\0" + b"\xff\xd8" + _segment(0xC0, struct.pack(">BHHB", 8, 9, 7, 1) + b"\x01\x11\x00") + b"\xff\xd9"
    )
    table = b"\x00" + bytes([0, 1, *[0] * 14]) + b"\x00"
    return b"".join(
        [
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            _segment(0xE1, thumbnail),
            _segment(0xDB, b"\0" + bytes([16]) * 64),
            _segment(0xC0, frame),
            _segment(0xC4, table),
            _segment(0xDA, b"\x01\x01\0\0\x3f\0"),
            noise,
            b"\xff\xd9",
        ]
    )


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def webp(width: int = 512, height: int = 512) -> bytes:
    """Return a sticker of one colour, without loss."""
    bits = (width - 1) | (height - 1) << 14
    data = b"\x2f" + struct.pack("<I", bits) + bytes(8)
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def pdf(text: str = "Ivy") -> bytes:
    """Return a page with a few words of ASCII."""
    shown = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode("ascii", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
    ]
    body, places = b"%PDF-1.4\n", list[int]()
    for number, each in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (count, table, count, len(body))
    )
