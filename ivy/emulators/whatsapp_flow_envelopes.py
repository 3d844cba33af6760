"""What travels between a phone and an endpoint, sealed by the phone and opened again. May import: the domain and below.

Written apart from the adapter's own sealing, so that the two check each other. Source: Flows "Implementing your endpoint".
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any, cast

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ivy.emulators.whatsapp_payloads import Json, signed

PostBack = Callable[[bytes, dict[str, str]], Awaitable[tuple[int, bytes]]]
"""Posts a body with its headers to Ivy's endpoint; returns the status and the body of the answer."""
_TAG = 16


class BadAnswer(Exception):
    """An answer that no phone can read."""


@dataclass(frozen=True)
class Answered:
    """An endpoint's answer; `said` is empty where there was nothing to open."""

    status: int
    said: Json


@dataclass(frozen=True)
class Envelope:
    """One request, sealed, with what opens its answer."""

    body: bytes
    key: bytes
    nonce: bytes

    def open(self, answer: bytes) -> Json:
        """Return the answer to it. Raises: BadAnswer."""
        try:
            sealed = b64decode(answer, validate=True)
            turned = (int.from_bytes(self.nonce) ^ ((1 << 8 * len(self.nonce)) - 1)).to_bytes(len(self.nonce))
            opening = Cipher(algorithms.AES(self.key), modes.GCM(turned, sealed[-_TAG:])).decryptor()
            said: Any = json.loads(opening.update(sealed[:-_TAG]) + opening.finalize())
        except Exception as error:  # whatever is wrong with it, a phone shows the same
            raise BadAnswer(f"the answer does not open: {type(error).__name__}") from error
        if not isinstance(said, dict):
            raise BadAnswer("the answer is not an object")
        return cast(Json, said)


def seal(public_pem: str, asked: Json, chance: Random) -> Envelope:
    """Lock a request as a phone does, with a new key for it alone."""
    public = serialization.load_pem_public_key(public_pem.encode())
    if not isinstance(public, rsa.RSAPublicKey):
        raise BadAnswer("the public key is none of RSA")
    key, nonce = chance.randbytes(16), chance.randbytes(16)
    sealing = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
    data = sealing.update(json.dumps(asked).encode()) + sealing.finalize() + sealing.tag
    oaep = padding.OAEP(mgf=padding.MGF1(algorithm=hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    parts = {
        "encrypted_flow_data": data,
        "encrypted_aes_key": public.encrypt(key, oaep),
        "initial_vector": nonce,
    }
    body = json.dumps({name: b64encode(part).decode() for name, part in parts.items()}).replace("/", "\\/").encode()
    return Envelope(body, key, nonce)


async def exchange(post: PostBack, public_pem: str, app_secret: str, asked: Json, chance: Random) -> Answered:
    """Ask an endpoint once. Raises: BadAnswer for a 200 or a 427 that does not open."""
    envelope = seal(public_pem, asked, chance)
    status, answer = await post(envelope.body, signed(envelope.body, app_secret))
    return Answered(status, envelope.open(answer) if status in (200, 427) else {})
