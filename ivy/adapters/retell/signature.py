"""Whether Retell signed a webhook. May import: ports and below.

Retell signs the bytes of the body followed by a time, nothing between them, with an API key: the one that bears the
webhook badge. Digits could be moved from the one to the other without changing the signature; that the time must be near
ours, and that no number begins with 0, stops that. Source: Retell, "Secure the webhook"; reference voice.md 3.3.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from ivy.clock import stamp
from ivy.errors import BadSignature

HEADER = "x-retell-signature"
FARTHEST_MS = 300_000
"""How far their clock may be from ours, either way."""
_SHAPE = re.compile(r"v=(?P<at>[1-9][0-9]{0,15}),d=(?P<digest>[0-9a-f]{64})", re.ASCII)


def verify(
    body: bytes,
    headers: Mapping[str, str],
    keys: Sequence[str],
    *,
    now: datetime,
    repeated: frozenset[str] = frozenset(),
) -> None:
    """Raise `BadSignature` unless one of the live keys signed `body` within five minutes of `now`.

    Header names are in lower case; `repeated` names those that came more than once. Two keys live while the badge moves
    from one to the other; an empty one never counts, for anybody could sign with it.
    """
    if HEADER in repeated:
        raise BadSignature("the signature came more than once")
    given = headers.get(HEADER)
    if given is None:
        raise BadSignature("no signature")
    found = _SHAPE.fullmatch(given)
    if not found:
        raise BadSignature("the signature is malformed")
    if abs(stamp(now) - int(found["at"])) > FARTHEST_MS:
        raise BadSignature("the signature is of another time: an old webhook, or a clock that is wrong")
    # Every key is tried even after a match: time tells nothing about which one it was.
    matches = [hmac.compare_digest(found["digest"], _digest(body, found["at"], key)) for key in keys if key]
    if not any(matches):
        raise BadSignature("the signature is wrong: another key bears the webhook badge, or another sender")


def sign(body: bytes, key: str, *, at: datetime) -> str:
    """Return the header's value that Retell sends with `body`."""
    written = str(stamp(at))
    return f"v={written},d={_digest(body, written, key)}"


def _digest(body: bytes, at: str, key: str) -> str:
    return hmac.new(key.encode(), body + at.encode(), sha256).hexdigest()
