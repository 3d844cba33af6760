"""The emulated files are whole: their lengths, places and checksums are right."""

import re
import struct
import zlib

from ivy.emulators import sample_files


def ogg_checksum(page: bytes) -> int:
    """Bit by bit, as RFC 3533 has it."""
    register = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ 0x04C11DB7 if register & 0x80000000 else register << 1) & 0xFFFFFFFF
    return register


def test_every_page_of_a_voice_note_is_whole() -> None:
    note, place, pages = sample_files.ogg_opus(2, packet=60), 0, 0
    while place < len(note):
        lengths = note[place + 27 : place + 27 + note[place + 26]]
        page = note[place : place + 27 + len(lengths) + sum(lengths)]
        assert page.startswith(b"OggS")
        assert struct.unpack_from("<I", page, 22)[0] == ogg_checksum(page)
        assert struct.unpack_from("<I", page, 18)[0] == pages
        place, pages = place + len(page), pages + 1
    assert pages == 4


def test_every_chunk_of_a_picture_is_whole() -> None:
    picture, place, names = sample_files.png(20, 10), 8, list[bytes]()
    while place < len(picture):
        (length,) = struct.unpack_from(">I", picture, place)
        body = picture[place + 4 : place + 8 + length]
        assert struct.unpack_from(">I", picture, place + 8 + length)[0] == zlib.crc32(body)
        names.append(body[:4])
        place += 12 + length
    assert names == [b"IHDR", b"IDAT", b"IEND"]


def test_the_places_in_a_paper_are_right() -> None:
    paper = sample_files.pdf("Week 47")
    table = int(re.findall(rb"startxref\n(\d+)", paper)[0])
    assert paper[table:].startswith(b"xref")
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", paper), start=1):
        assert paper[int(place) :].startswith(b"%d 0 obj" % number)


def test_chance_makes_files_differ_and_repeat() -> None:
    assert sample_files.ogg_opus(1, seed=1) == sample_files.ogg_opus(1, seed=1) != sample_files.ogg_opus(1, seed=2)
    assert sample_files.jpeg(seed=1) != sample_files.jpeg(seed=2)
    assert abs(len(sample_files.jpeg(size=50_000)) - 50_000) < 1_000
