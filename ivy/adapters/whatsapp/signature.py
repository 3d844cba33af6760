"""Whether Meta signed a webhook, and our own proof towards Meta. May import: ports and below.

Meta signs the bytes of the body with the app secret. It escapes what it writes (\\u00e4, \\/), so a body that was
parsed and written again has another signature: only the raw bytes count.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

from ivy.errors import BadSignature

HEADER = "x-hub-signature-256"
_SHAPE = re.compile(r"sha256=[0-9a-f]{64}", re.ASCII)


def verify(
    body: bytes, headers: Mapping[str, str], secrets: Sequence[str], repeated: frozenset[str] = frozenset()
) -> None:
    """Raise `BadSignature` unless one of the live app secrets signed `body`.

    Header names are in lower case; `repeated` names those that came more than once. Two secrets live while one is
    being replaced; an empty one never counts, for anybody could sign with it.
    """
    if HEADER in repeated:
        raise BadSignature("the signature came more than once")
    given = headers.get(HEADER)
    if given is None:
        raise BadSignature("no signature")
    if not _SHAPE.fullmatch(given):
        raise BadSignature("the signature is malformed")
    # Every secret is tried even after a match: time tells nothing about which one it was.
    matches = [hmac.compare_digest(given, sign(body, secret)) for secret in secrets if secret]
    if not any(matches):
        raise BadSignature("the signature is wrong: another app's secret, or another sender")


def sign(body: bytes, secret: str) -> str:
    """Return the header's value that Meta sends with `body`."""
    return f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"


def app_secret_proof(token: str, secret: str) -> str:
    """Return `appsecret_proof`, which shows Meta that the token is used by the app it belongs to."""
    return hmac.new(secret.encode(), token.encode(), sha256).hexdigest()
