"""Seals a stream of any length as one file, frame by frame, and opens it again. May import: the ground.

    "IVYBACK1" · length of the header (4 bytes) · header (JSON) · frames
    frame:  4 bytes, big-endian: bit 31 is set in the last frame, the rest is the length of what follows · AES-256-GCM

The file's own key is HKDF-SHA256 (salt of 32 random bytes) of a key of 32 bytes, or of what scrypt makes of a passphrase. A
frame's nonce is its number (8 bytes), three zeros, and 1 for the last frame; all that stands before the frames is
authenticated with each. So a changed byte, a frame left out, moved or repeated, and an end that is cut off are all found.
"""

import hashlib
import secrets
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ivy.errors import StoreError, UsageError

MAGIC = b"IVYBACK1"
FRAME = 1 << 20
"""Bytes of content in a frame."""
LONGEST_FRAME = 16 << 20
LONGEST_HEADER = 64 << 10
COST, LEAST_COST, HIGHEST_COST = 17, 10, 20
"""Of scrypt, as a power of two: 17 takes 128 MB of memory and some tenths of a second for each guess."""
SHORTEST_PASSPHRASE = 12
_LAST = 1 << 31
_TAG = 16
_SALT = 32


class Sink(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> object: ...


class Source(Protocol):
    """What bytes are read from."""

    def read(self, length: int, /) -> bytes: ...


class Damaged(StoreError):
    """It is no backup, or not as it was written."""


class WrongKey(StoreError):
    """It was sealed with another key or passphrase."""


@dataclass(frozen=True)
class Lock:
    """What seals a backup, and opens it: a passphrase, or one of several keys of 64 hex digits, the newest first."""

    passphrase: str = ""
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.passphrase and not self.keys:
            raise UsageError("A backup is sealed with a key or a passphrase, and none was given.")
        for key in self.keys:
            _key_bytes(key)

    def __repr__(self) -> str:
        return "Lock(***)"


class Header(msgspec.Struct, frozen=True):
    """What stands in front, for everybody to read. `taken_at_ms`: all that was committed before is inside."""

    way: str
    """passphrase or key."""
    key_id: str
    salt: str
    check: str
    """Tells a wrong key from a damaged file."""
    taken_at_ms: int
    program: str
    schema: int
    cost: int = 0


def key_id(key: str) -> str:
    """Return how a key is called where it is spoken of."""
    return hashlib.sha256(_key_bytes(key)).hexdigest()[:8]


def _key_bytes(key: str) -> bytes:
    try:
        found = bytes.fromhex(key)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise UsageError("A backup's key is 64 hexadecimal digits; `openssl rand -hex 32` makes one.")
    return found


def _secret_of(lock: Lock, way: str, named: str, salt: bytes, cost: int) -> bytes:
    if way == "key":
        key = next((key for key in lock.keys if key_id(key) == named), None)
        if key is None:
            raise WrongKey(f"It was sealed with the key {named}, which is not here." if lock.keys else _WANTS_KEY)
        return _key_bytes(key)
    if not lock.passphrase:
        raise WrongKey("It was sealed with a passphrase; give it with --passphrase or --passphrase-file.")
    words = unicodedata.normalize("NFC", lock.passphrase).encode()
    return Scrypt(salt=salt, length=32, n=1 << cost, r=8, p=1).derive(words)


_WANTS_KEY = "It was sealed with a key; name its file with --key-file, or in backup.key_file."


def _derive(secret: bytes, salt: bytes, what: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, b"ivy backup 1: " + what).derive(secret)


# --- writing -----------------------------------------------------------------------------------------


class Sealing:
    """Takes bytes and writes frames. `finish` writes the last one: without it nothing can be read."""

    def __init__(
        self,
        sink: Sink,
        lock: Lock,
        *,
        taken_at_ms: int,
        program: str,
        schema: int,
        frame: int = FRAME,
        cost: int = COST,
    ) -> None:
        salt = secrets.token_bytes(_SALT)
        way = "passphrase" if lock.passphrase else "key"
        named = "" if lock.passphrase else key_id(lock.keys[0])
        cost = cost if lock.passphrase else 0
        secret = _secret_of(lock, way, named, salt, cost)
        check = _derive(secret, salt, b"check", 8).hex()
        header = msgspec.json.encode(Header(way, named, salt.hex(), check, taken_at_ms, program, schema, cost))
        front = MAGIC + struct.pack(">I", len(header)) + header
        sink.write(front)
        self._sink = sink
        self._cipher = AESGCM(_derive(secret, salt, b"frames", 32))
        self._front = hashlib.sha256(front).digest()
        self._frame = frame
        self._number = 0
        self._waiting = bytearray()

    def write(self, data: bytes, /) -> int:
        self._waiting += data
        while len(self._waiting) > self._frame:  # what may be the last frame waits for `finish`
            self._put(bytes(self._waiting[: self._frame]), last=False)
            del self._waiting[: self._frame]
        return len(data)

    def finish(self) -> None:
        """Write what waits as the last frame."""
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, plain: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), plain, self._front)
        self._sink.write(struct.pack(">I", len(sealed) | (_LAST if last else 0)) + sealed)
        self._number += 1


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">Q3xB", number, last)


# --- reading -----------------------------------------------------------------------------------------


def read_header(source: Source) -> tuple[Header, bytes]:
    """Return what stands in front, and its bytes. Raises: Damaged for what is no backup of Ivy's."""
    start = source.read(len(MAGIC) + 4)
    if start[: len(MAGIC)] != MAGIC or len(start) < len(MAGIC) + 4:
        raise Damaged("This is no backup of Ivy's.")
    length = struct.unpack(">I", start[len(MAGIC) :])[0]
    body = source.read(length) if length <= LONGEST_HEADER else b""
    try:
        header = msgspec.json.decode(body, type=Header)
        salt = bytes.fromhex(header.salt)
    except (msgspec.DecodeError, ValueError):
        raise Damaged("The backup's beginning is damaged.") from None
    costs = {0} if header.way == "key" else set(range(LEAST_COST, HIGHEST_COST + 1))
    if header.way not in ("key", "passphrase") or len(salt) != _SALT or header.cost not in costs:
        raise Damaged("The backup's beginning is damaged.")
    return header, start + body


class Opened:
    """The content of a sealed file, to be read from its beginning to its end; nothing is given out unproved."""

    def __init__(self, source: Source, lock: Lock) -> None:
        self.header, front = read_header(source)
        salt = bytes.fromhex(self.header.salt)
        secret = _secret_of(lock, self.header.way, self.header.key_id, salt, self.header.cost)
        if not secrets.compare_digest(_derive(secret, salt, b"check", 8).hex(), self.header.check):
            raise WrongKey(f"The {self.header.way} is not the one that it was sealed with.")
        self._source = source
        self._cipher = AESGCM(_derive(secret, salt, b"frames", 32))
        self._front = hashlib.sha256(front).digest()
        self._number = 0
        self._left: bytes = b""
        self._at_end = False

    def read(self, length: int = -1, /) -> bytes:
        """Return the next bytes, fewer only at the end. Raises: Damaged."""
        pieces: list[bytes] = []
        wanted = length if length >= 0 else 1 << 62
        while wanted > 0:
            if not self._left and not self._next():
                break
            piece, self._left = self._left[:wanted], self._left[wanted:]
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def finish(self) -> None:
        """Read what is left, and see that the end is the end. Raises: Damaged."""
        while self._left or self._next():
            self._left = b""

    def _next(self) -> bool:
        """Open frames up to one with something in it; return False after the last."""
        while not self._at_end and not self._left:
            self._left = self._open_frame()
        return bool(self._left)

    def _open_frame(self) -> bytes:
        start = self._source.read(4)
        if len(start) < 4:
            raise Damaged(f"The backup is cut off after frame {self._number}.")
        number = struct.unpack(">I", start)[0]
        last, length = bool(number & _LAST), number & ~_LAST
        if not _TAG <= length <= LONGEST_FRAME:
            raise Damaged(f"Frame {self._number + 1} of the backup is damaged.")
        sealed = self._source.read(length)
        if len(sealed) < length:
            raise Damaged(f"The backup is cut off in frame {self._number + 1}.")
        try:
            plain: bytes = self._cipher.decrypt(_nonce(self._number, last=last), sealed, self._front)
        except InvalidTag:
            raise Damaged(f"Frame {self._number + 1} of the backup is damaged.") from None
        if last and self._source.read(1):
            raise Damaged("Something stands behind the backup's end.")
        self._number += 1
        self._at_end = last
        return plain


def keys_of(text: str) -> tuple[str, ...]:
    """Return the keys that a key file holds."""
    return tuple(text.split())


def check_passphrase(words: str) -> None:
    """Raise UsageError for a passphrase that is guessed too soon."""
    if len(words) < SHORTEST_PASSPHRASE:
        raise UsageError(f"A passphrase of a backup has {SHORTEST_PASSPHRASE} letters or more: some words at random.")


def seal_key_ids(keys: Sequence[str]) -> list[str]:
    """Return how the keys of [store] are called, which no backup holds; what is no key is left out."""
    return [key_id(key) for key in keys if len(key) == 64 and all(each in "0123456789abcdefABCDEF" for each in key)]
