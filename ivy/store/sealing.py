"""Seals what must not lie in the file in plain: raw webhooks, vendors' tokens. May import: the ground.

AES-256-GCM with a random nonce; the key's id stands in front, so that keys can be changed one by one, and the place
(table, row, column) is authenticated, so that a sealed value cannot be moved to another row.
"""

import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivy.errors import ConfigError, StoreError

KEY_BYTES = 32
_ID_BYTES = 4
_NONCE_BYTES = 12


def new_key() -> str:
    """Return a fresh key as 64 hex digits, the form its file has."""
    return secrets.token_hex(KEY_BYTES)


class Sealer:
    """Seals with the first key, opens with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take keys as 64 hex digits each, the newest first."""
        self._keys: dict[bytes, AESGCM] = {}
        for text in keys:
            try:
                key = bytes.fromhex(text)
            except ValueError:
                key = b""
            if len(key) != KEY_BYTES:
                raise ConfigError("store.seal_key must be 64 hexadecimal digits; `ivy init` writes one.")
            self._keys[hashlib.sha256(key).digest()[:_ID_BYTES]] = AESGCM(key)
        if not self._keys:
            raise ConfigError("store.seal_key_file names no key; `ivy init` writes one.")

    def seal(self, plain: bytes, place: str) -> bytes:
        """Return `plain` sealed for a place such as `webhook_inbox/<id>/body`."""
        key_id, cipher = next(iter(self._keys.items()))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return key_id + nonce + cipher.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Return what was sealed for this place; raise StoreError if the key is gone or the bytes were changed."""
        key_id, nonce = sealed[:_ID_BYTES], sealed[_ID_BYTES : _ID_BYTES + _NONCE_BYTES]
        cipher = self._keys.get(key_id)
        if cipher is None:
            raise StoreError(f"{place} was sealed with a key that is not configured any more.")
        try:
            return cipher.decrypt(nonce, sealed[_ID_BYTES + _NONCE_BYTES :], place.encode())
        except InvalidTag:
            raise StoreError(f"{place} does not open: it was changed or moved.") from None
