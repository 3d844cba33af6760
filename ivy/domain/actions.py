"""Action tokens: what a button carries, and what makes it act once, for one person. May import: the standard library.

A token names a question of Ivy's and one of its options. It is signed together with whose question it is, what for and
until when, so that a foreign, forged or relabelled one is known; whether it was used stands in the question's row.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

PREFIX = "ivy1"
LONGEST_OPTION = 64
_SIGNATURE_BYTES = 16
"""128 bits: nobody guesses one, and the whole token stays short of a list row's 200 characters."""


@dataclass(frozen=True)
class Bound:
    """What a token is bound to: the row of a question."""

    user_id: str
    purpose: str
    action_id: str
    expires_at: datetime


@dataclass(frozen=True)
class Named:
    """What a token says before it is believed."""

    action_id: str
    option: str


@lru_cache(maxsize=4)
def secrets_of(seal_keys: str) -> tuple[bytes, ...]:
    """Return what tokens are signed with: derived from each of the store's keys, newest first."""
    return tuple(hmac.digest(key.encode(), b"ivy action tokens", sha256) for key in seal_keys.split())


def token(secret: bytes, bound: Bound, option: str = "") -> str:
    """Return the token of one option of a question. `option` is a short name without dots."""
    if "." in option or len(option) > LONGEST_OPTION:
        raise ValueError(f"{option!r} cannot be an option's name")
    if not bound.action_id or "." in bound.action_id:
        raise ValueError(f"{bound.action_id!r} cannot be a question's id")
    return f"{PREFIX}.{bound.action_id}.{option}.{_signature(secret, bound, option)}"


def named(text: str) -> Named | None:
    """Return which question and option a text names, or None if it is no token of ours."""
    parts = text.split(".")
    if len(parts) != 4 or parts[0] != PREFIX or not parts[1] or not parts[3]:
        return None
    return Named(parts[1], parts[2])


def is_genuine(secrets: Sequence[bytes], bound: Bound, text: str) -> bool:
    """Say whether we signed this token for exactly this question. Several secrets live while one is replaced."""
    what = named(text)
    if what is None or what.action_id != bound.action_id:
        return False
    given = text.rpartition(".")[2].encode(errors="replace")
    matches = [hmac.compare_digest(given, _signature(secret, bound, what.option).encode()) for secret in secrets]
    return any(matches)


def _signature(secret: bytes, bound: Bound, option: str) -> str:
    facts = (PREFIX, bound.user_id, bound.purpose, bound.action_id, bound.expires_at.isoformat(), option)
    # Half a character may come from outside, and must not be an error.
    told = [fact.encode(errors="surrogatepass") for fact in facts]
    # Each fact with its length before it, so that no two lists of facts are the same bytes.
    said = b"".join(b"%d:%s" % (len(fact), fact) for fact in told)
    return urlsafe_b64encode(hmac.digest(secret, said, sha256)[:_SIGNATURE_BYTES]).rstrip(b"=").decode()
