"""How a phone and our endpoint keep a Flow's data from everybody between them, Meta included. May import: the ground.

The phone makes an AES key for each request and locks it with our public RSA key; our answer goes back under the same AES
key with every bit of its nonce turned over. Source: Flows "Implementing your endpoint", 2026-11.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivy.errors import ConfigError, Unreadable

KEY_BITS = 2048
AES_KEY_BYTES = NONCE_BYTES = TAG_BYTES = 16
LARGEST_BODY = 1024 * 1024
"""Forms without files are a few kilobytes."""
_OAEP = padding.OAEP(mgf=padding.MGF1(algorithm=hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
_PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)


class CannotDecrypt(Unreadable):
    """A request that none of our keys opens: the phone is to fetch our public key anew and come again (421)."""


def generate_key() -> tuple[str, str]:
    """Return a new private key and its public half, both PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), _public_pem(key)


class Reply:
    """The way back to the phone that sent one request."""

    def __init__(self, cipher: AESGCM, nonce: bytes) -> None:
        self._cipher = cipher
        self._nonce = bytes(byte ^ 0xFF for byte in nonce)

    def seal(self, answer: dict[str, Any]) -> bytes:
        """Return an answer as the body of a response, which is plain text."""
        return b64encode(self._cipher.encrypt(self._nonce, msgspec.json.encode(answer), None))


class FlowKey:
    """One private key, parsed once: parsing takes longer than a request may."""

    def __init__(self, private_pem: str) -> None:
        """Raises: ConfigError for anything but a plain RSA key of 2048 bits or more."""
        try:
            key = serialization.load_pem_private_key(private_pem.strip().encode(), password=None)
        except TypeError:
            raise ConfigError("whatsapp.flow_key has a passphrase: store it without one, in a 0600 file.") from None
        except ValueError:
            raise ConfigError("whatsapp.flow_key is no private key in PEM form.") from None
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
            raise ConfigError(f"whatsapp.flow_key must be an RSA key of {KEY_BITS} bits or more.")
        self._key = key
        self.public_pem = _public_pem(key)

    def unlock(self, locked: bytes) -> bytes | None:
        """Return the AES key that was locked with our public half, or None if it was not."""
        if len(locked) != self._key.key_size // 8:
            return None
        try:
            opened = self._key.decrypt(locked, _OAEP)
        except ValueError:
            return None
        return opened if len(opened) == AES_KEY_BYTES else None


class FlowKeys:
    """Every key that is live: while one is replaced, phones still hold the public half of the one before."""

    def __init__(self, keys: Sequence[FlowKey]) -> None:
        if not keys:
            raise ConfigError("whatsapp.flow_key names no key; `ivy whatsapp flows key` makes one.")
        self._keys = tuple(keys)

    @classmethod
    def parse(cls, pems: str) -> "FlowKeys":
        """Take one or several private keys in PEM form, the current one first. Raises: ConfigError."""
        return cls([FlowKey(found[0]) for found in _PEM.finditer(pems)])

    @property
    def current(self) -> FlowKey:
        return self._keys[0]

    def open(self, body: bytes) -> tuple[dict[str, Any], Reply]:
        """Return what a phone asks, and the way to answer it. Raises: CannotDecrypt, whatever is wrong with the body."""
        if len(body) > LARGEST_BODY:
            raise CannotDecrypt("the request is too large")
        try:
            sent = msgspec.json.decode(body, type=_Sealed)
            locked, nonce = _bytes(sent.encrypted_aes_key), _bytes(sent.initial_vector)
            data = _bytes(sent.encrypted_flow_data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
            raise CannotDecrypt("the request is not a sealed one") from None
        if len(nonce) != NONCE_BYTES or len(data) <= TAG_BYTES:
            raise CannotDecrypt("the request has parts of the wrong length")
        # Each key is tried, and every failure looks the same: nothing tells a stranger how far they came.
        opened = (key.unlock(locked) for key in self._keys)
        for cipher in (AESGCM(aes_key) for aes_key in opened if aes_key is not None):
            try:
                plain = cipher.decrypt(nonce, data, None)
            except InvalidTag:
                continue
            return _read(plain), Reply(cipher, nonce)
        raise CannotDecrypt("none of our keys opens the request")


class _Sealed(msgspec.Struct, frozen=True):
    encrypted_flow_data: str
    encrypted_aes_key: str
    initial_vector: str


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None


def _read(plain: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(plain, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise CannotDecrypt("the request opens, but holds no JSON object") from None


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
