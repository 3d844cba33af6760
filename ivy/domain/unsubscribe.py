"""The token in the link that ends a person's mails: whose, on which channel, for what. May import: the standard library.

It never runs out by itself, because people use the link of a mail they got months ago; it ends with the key that signed
it. It lets whoever holds it stop something, never start or read anything.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

PREFIX = "u1"
EVERYTHING = "everything"
LONGEST_TOKEN = 512
_PURPOSE_OF_KEY = b"ivy unsubscribe 1\0"
"""So that a signature made with the same key for something else is none here."""
_SIGNATURE_BYTES = 16


@dataclass(frozen=True)
class Subscription:
    """What a token ends: everything that a person gets on a channel, or one purpose of it."""

    user_id: str
    channel: str
    purpose: str = EVERYTHING


def token(secret: bytes, what: Subscription) -> str:
    """Return the token for a link: letters, digits, "-", "_" and dots only."""
    facts = "\0".join((what.user_id, what.channel, what.purpose))
    if not what.user_id or facts.count("\0") != 2:
        raise ValueError(f"{what} cannot be put into a token")
    said = f"{PREFIX}.{_letters(facts.encode())}"
    found = f"{said}.{_signature(secret, said)}"
    if len(found) > LONGEST_TOKEN:
        raise ValueError(f"{what} is too long for a token")
    return found


def read(secrets: Sequence[bytes], text: str) -> Subscription | None:
    """Return what a token ends, or None unless we signed it. Several secrets live while one is replaced."""
    said, dot, given = text.rpartition(".")
    if not dot or not text.isascii() or len(text) > LONGEST_TOKEN:
        return None
    # All of them, so that the time tells nothing; and nothing in it is read before it is believed.
    matches = [hmac.compare_digest(given.encode(), _signature(secret, said).encode()) for secret in secrets]
    if not any(matches) or not said.startswith(f"{PREFIX}."):
        return None
    facts = said.removeprefix(f"{PREFIX}.")
    user_id, channel, purpose = urlsafe_b64decode(facts + "=" * (-len(facts) % 4)).decode().split("\0")
    return Subscription(user_id, channel, purpose)


def _signature(secret: bytes, said: str) -> str:
    return _letters(hmac.digest(secret, _PURPOSE_OF_KEY + said.encode(), sha256)[:_SIGNATURE_BYTES])


def _letters(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
