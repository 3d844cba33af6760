"""Whether Twilio signed a webhook. May import: ports and below.

Twilio signs the address it called and the fields of the form, sorted, with the account's Auth Token. A body that is no
form is signed by its hash, which stands in the address. There is no time in it: the same webhook may come for ever, and
only its ids tell. Source: Twilio, "Webhooks security"; reference voice.md 9.3.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha1, sha256
from urllib.parse import parse_qsl, urlsplit

from ivy.errors import BadSignature

HEADER = "x-twilio-signature"
FORM = "application/x-www-form-urlencoded"
LARGEST_FORM = 256 * 1024
"""1,600 emoji in a body are 19 KB; reading a form that is none of Twilio's would cost more than it is worth."""
MOST_FIELDS = 500
_SHAPE = re.compile(r"[A-Za-z0-9+/]{27}=", re.ASCII)
_PORTS = {"https": 443, "http": 80}

Field = tuple[bytes, bytes]


class NoForm(ValueError):
    """The body is not a form of Twilio's."""


def fields_of(body: bytes) -> list[Field]:
    """Return the decoded fields of a form, blank ones too, as the very bytes that were signed. Raises: NoForm."""
    if len(body) > LARGEST_FORM:
        raise NoForm(f"longer than {LARGEST_FORM} bytes")
    words = body.decode("utf-8", "surrogateescape")
    try:
        found = parse_qsl(words, keep_blank_values=True, errors="surrogateescape", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise NoForm(str(error)) from error
    return [(_bytes(name), _bytes(value)) for name, value in found]


def _bytes(words: str) -> bytes:
    return words.encode("utf-8", "surrogateescape")


def verify(
    body: bytes,
    headers: Mapping[str, str],
    tokens: Sequence[str],
    url: str,
    repeated: frozenset[str] = frozenset(),
) -> None:
    """Raise `BadSignature` unless one of the live Auth Tokens signed `body` for our public address `url`.

    Header names are in lower case; `repeated` names those that came more than once. Two tokens live while one is being
    replaced; an empty one never counts, for anybody could sign with it.
    """
    if repeated & {HEADER, "content-type"}:
        raise BadSignature("the signature or the kind of body came more than once")
    given = headers.get(HEADER)
    if given is None:
        raise BadSignature("no signature")
    if not _SHAPE.fullmatch(given):
        raise BadSignature("the signature is malformed")
    kind = headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if kind == FORM:
        try:
            fields, called = fields_of(body), addresses(url)
        except NoForm as error:
            raise BadSignature(f"the form cannot be read: {error}") from error
    else:
        fields, called = [], [_with_hash(address, body) for address in addresses(url)]
    # Every token and address is tried even after a match: time tells nothing about which one it was.
    live = [token for token in tokens if token]
    matches = [hmac.compare_digest(given, sign(address, fields, token)) for token in live for address in called]
    if not any(matches):
        raise BadSignature("the signature is wrong: another account's token, another address, or another sender")


def sign(url: str, fields: Iterable[Field], token: str) -> str:
    """Return the header's value for a request to `url` with these form fields; without fields, for any other request."""
    values: dict[bytes, set[bytes]] = {}
    for name, value in fields:
        values.setdefault(name, set()).add(value)
    signed = b"".join(name + value for name in sorted(values) for value in sorted(values[name]))
    return b64encode(hmac.new(token.encode(), url.encode() + signed, sha1).digest()).decode()


def addresses(url: str) -> list[str]:
    """Return what Twilio may have signed for one address: with its port, without, with the usual one.

    Which of them is not the same from one product of Twilio's to the next, nor whether a fragment (its own
    `#rc=2` asks for retries) is part of it. All of them are ours, so taking any gives nothing away.
    """
    whole, _hash, _fragment = url.partition("#")
    parts = urlsplit(whole)
    bare = parts.netloc if parts.port is None else parts.netloc.rpartition(":")[0]
    usual = f"{bare}:{_PORTS.get(parts.scheme, 0)}"
    spelled = [whole.replace(f"//{parts.netloc}", f"//{netloc}", 1) for netloc in (parts.netloc, bare, usual)]
    return list(dict.fromkeys([*spelled, url]))


def _with_hash(url: str, body: bytes) -> str:
    return f"{url}{'&' if '?' in url else '?'}bodySHA256={sha256(body).hexdigest()}"
