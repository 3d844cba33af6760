"""A sealed stream: read as it was written, or not at all."""

import io
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.errors import UsageError
from ivy.store.archives import MAGIC, Damaged, Lock, Opened, Sealing, WrongKey, key_id, read_header, seal_key_ids

KEY, OTHER = "ab" * 32, "cd" * 32
LOCK = Lock(keys=(KEY,))
FRAME = 64


def sealed(content: bytes, lock: Lock = LOCK, *, frame: int = FRAME) -> bytes:
    paper = io.BytesIO()
    seal = Sealing(paper, lock, taken_at_ms=1_795_000_000_000, program="1.2.3", schema=7, frame=frame, cost=10)
    for at in range(0, len(content), 50):
        seal.write(content[at : at + 50])
    seal.finish()
    return paper.getvalue()


def opened(data: bytes, lock: Lock = LOCK) -> bytes:
    stream = Opened(io.BytesIO(data), lock)
    content = stream.read()
    stream.finish()
    return content


def front_of(data: bytes) -> int:
    return len(read_header(io.BytesIO(data))[1])


@given(st.binary(max_size=400), st.integers(1, 100))
def test_what_is_sealed_is_opened(content: bytes, frame: int) -> None:
    assert opened(sealed(content, frame=frame)) == content


@given(st.binary(max_size=300), st.lists(st.integers(1, 70), max_size=20))
def test_it_may_be_read_in_any_pieces(content: bytes, lengths: list[int]) -> None:
    stream = Opened(io.BytesIO(sealed(content)), LOCK)
    found = b"".join(stream.read(length) for length in lengths)
    assert found + stream.read() == content
    stream.finish()


def test_what_stands_in_front_is_for_everybody() -> None:
    header = Opened(io.BytesIO(sealed(b"x")), LOCK).header
    assert (header.way, header.key_id, header.schema) == ("key", key_id(KEY), 7)
    assert b"x" * 40 not in sealed(b"x" * 40)


def test_the_same_content_is_never_sealed_the_same_way() -> None:
    assert sealed(b"x") != sealed(b"x")


def test_any_changed_byte_is_found() -> None:
    data = sealed(Random(1).randbytes(300))
    chance = Random(2)
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << chance.randrange(8)
        with pytest.raises((Damaged, WrongKey)):
            opened(bytes(changed))


def test_any_cut_is_found() -> None:
    data = sealed(Random(1).randbytes(300))
    for length in range(len(data)):
        with pytest.raises(Damaged):
            opened(data[:length])
    with pytest.raises(Damaged, match="behind the backup's end"):
        opened(data + b"x")


@given(st.integers(0, 3), st.integers(0, 3), st.sampled_from(["leave out", "swap", "repeat", "of another file"]))
def test_frames_stay_where_they_were(one: int, other: int, way: str) -> None:
    content = Random(1).randbytes(4 * FRAME)
    data = sealed(content)
    frames = list(split(data))
    assert len(frames) == 4
    changed = list(frames)
    match way:
        case "leave out":
            del changed[one]
        case "swap":
            changed[one], changed[other] = changed[other], changed[one]
        case "repeat":
            changed.insert(other, frames[one])
        case _:
            changed[one] = list(split(sealed(content)))[one]
    rejoined = data[: front_of(data)] + b"".join(changed)
    if rejoined == data:
        assert opened(rejoined) == content
    else:
        with pytest.raises(Damaged):
            opened(rejoined)


def split(data: bytes) -> list[bytes]:
    found: list[bytes] = []
    at = front_of(data)
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big") & 0x7FFFFFFF
        found.append(data[at : at + 4 + length])
        at += 4 + length
    return found


def test_another_key_is_told_from_a_damaged_file() -> None:
    with pytest.raises(WrongKey, match=key_id(KEY)):
        opened(sealed(b"x"), Lock(keys=(OTHER,)))
    with pytest.raises(WrongKey, match="sealed with a key"):
        opened(sealed(b"x"), Lock(passphrase="correct horse battery"))


def test_an_older_key_still_opens_what_it_sealed() -> None:
    old = sealed(b"x")
    both = Lock(keys=(OTHER, KEY))
    assert opened(old, both) == b"x"
    assert read_header(io.BytesIO(sealed(b"x", both)))[0].key_id == key_id(OTHER)


def test_a_passphrase_opens_whatever_keyboard_composed_it_and_no_other_does() -> None:
    data = sealed(b"x", Lock(passphrase="contraseña larga"))
    assert opened(data, Lock(passphrase="contrasen\u0303a larga")) == b"x"
    with pytest.raises(WrongKey, match="passphrase is not the one"):
        opened(data, Lock(passphrase="contrasena larga"))
    with pytest.raises(WrongKey, match="--passphrase-file"):
        opened(data)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00", MAGIC, MAGIC + b"\x00\x00\x00\x02{}", b"x" * 90])
def test_what_is_no_backup_is_refused(content: bytes) -> None:
    with pytest.raises(Damaged):
        Opened(io.BytesIO(content), LOCK)


def test_a_header_cannot_ask_for_endless_work() -> None:
    header = (
        b'{"way":"passphrase","key_id":"","salt":"%s","check":"","taken_at_ms":0,"program":"","schema":0,"cost":60}'
    )
    body = header % (b"00" * 32)
    with pytest.raises(Damaged):
        Opened(io.BytesIO(MAGIC + len(body).to_bytes(4, "big") + body), Lock(passphrase="correct horse battery"))


def test_a_key_is_64_digits_and_prints_as_stars() -> None:
    for wrong in ("", "ab", "x" * 64, KEY + "0"):
        with pytest.raises(UsageError):
            Lock(keys=(wrong,))
    with pytest.raises(UsageError):
        Lock()
    assert KEY not in repr(LOCK)
    assert seal_key_ids([KEY, "no key"]) == [key_id(KEY)]
