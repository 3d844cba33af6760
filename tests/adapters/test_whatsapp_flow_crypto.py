"""Sealing: what a phone locks we open, what we seal the phone opens, and anything else is one refusal."""

import json
from base64 import b64decode, b64encode
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from ivy.adapters.whatsapp.flow_crypto import LARGEST_BODY, CannotDecrypt, FlowKey, FlowKeys, generate_key
from ivy.emulators.whatsapp_flow_envelopes import BadAnswer, Envelope, seal
from ivy.errors import ConfigError

PRIVATE, PUBLIC = generate_key()
OTHER_PRIVATE, OTHER_PUBLIC = generate_key()
KEYS = FlowKeys.parse(PRIVATE)
ASKED = {"version": "3.0", "action": "INIT", "flow_token": "ivy1.a.b.c", "data": {"name": "Peña 🌿 /"}}
PARTS = ("encrypted_flow_data", "encrypted_aes_key", "initial_vector")


NOT_OBJECTS: list[Any] = [[1, 2], "text", None]


def sealed(asked: Any = ASKED, public: str = PUBLIC) -> Envelope:
    return seal(public, asked, Random(7))


def changed(envelope: Envelope, **parts: Any) -> bytes:
    return json.dumps({**json.loads(envelope.body), **parts}).encode()


def test_what_a_phone_asks_is_opened_and_it_opens_the_answer() -> None:
    envelope = sealed()
    asked, reply = KEYS.open(envelope.body)
    assert asked == ASKED
    assert envelope.open(reply.seal({"screen": "DAY", "data": {"títle": "ñ"}})) == {
        "screen": "DAY",
        "data": {"títle": "ñ"},
    }


def test_an_answer_opens_only_with_the_nonce_turned_over() -> None:
    envelope = sealed()
    _, reply = KEYS.open(envelope.body)
    straight = Envelope(envelope.body, envelope.key, bytes(byte ^ 0xFF for byte in envelope.nonce))
    with pytest.raises(BadAnswer):
        straight.open(reply.seal({"a": 1}))


def test_while_a_key_is_replaced_both_are_live() -> None:
    both = FlowKeys.parse(f"{PRIVATE}\n{OTHER_PRIVATE}")
    assert both.current.public_pem == PUBLIC
    assert both.open(sealed().body)[0] == both.open(sealed(public=OTHER_PUBLIC).body)[0] == ASKED
    with pytest.raises(CannotDecrypt):
        KEYS.open(sealed(public=OTHER_PUBLIC).body)


def test_a_key_is_parsed_back_to_its_public_half() -> None:
    assert FlowKey(PRIVATE).public_pem == PUBLIC
    assert FlowKey(f"\n  {PRIVATE}\n\n".replace("\n", "\r\n")).public_pem == PUBLIC


def pem(key: Any, password: bytes = b"") -> str:
    sealing = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing of the kind",
        PUBLIC,
        PRIVATE.replace("M", "N", 3),
        PRIVATE[:-40],
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - weak on purpose
        pem(rsa.generate_private_key(65537, 2048), b"password"),
    ],
    ids=["empty", "words", "public", "damaged", "cut", "elliptic", "short", "passphrase"],
)
def test_what_is_no_plain_rsa_key_stops_the_start_and_is_not_quoted(text: str) -> None:
    with pytest.raises(ConfigError, match=r"whatsapp\.flow_key") as refused:
        FlowKeys.parse(text)
    assert not text or text[:30] not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"encrypted_flow_data": "\\ud800", "encrypted_aes_key": "", "initial_vector": ""}',
        b"[" * 100_000,
        b"x" * (LARGEST_BODY + 1),
        changed(sealed(), initial_vector=None),
        changed(sealed(), initial_vector=b64encode(b"x" * 12).decode()),
        changed(sealed(), initial_vector=b64encode(b"x" * 4096).decode()),
        changed(sealed(), initial_vector="not base64!"),
        changed(sealed(), initial_vector="ＡＡＡＡ"),
        changed(sealed(), encrypted_aes_key=b64encode(b"").decode()),
        changed(sealed(), encrypted_aes_key=b64encode(b"\xff" * 256).decode()),
        changed(sealed(), encrypted_aes_key=b64encode(b"\x00" * 256).decode()),
        changed(sealed(), encrypted_aes_key=b64encode(b"x" * 255).decode()),
        changed(sealed(), encrypted_flow_data=b64encode(b"").decode()),
        changed(sealed(), encrypted_flow_data=b64encode(b"x" * 16).decode()),
        changed(sealed(), encrypted_flow_data={"a": 1}),
        *(seal(PUBLIC, each, Random(1)).body for each in NOT_OBJECTS),
    ],
)
def test_a_hostile_body_is_one_refusal(body: bytes) -> None:
    with pytest.raises(CannotDecrypt):
        KEYS.open(body)


@given(st.sampled_from(PARTS), st.integers(0), st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_refused(part: str, place: int, bit: int) -> None:
    envelope = sealed()
    raw = bytearray(b64decode(json.loads(envelope.body)[part]))
    raw[place % len(raw)] ^= 1 << bit
    with pytest.raises(CannotDecrypt):
        KEYS.open(changed(envelope, **{part: b64encode(raw).decode()}))


@given(st.binary(max_size=600) | st.text(max_size=200).map(str.encode))
def test_random_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(CannotDecrypt):
        KEYS.open(body)


ANSWERS = st.dictionaries(
    st.text(max_size=8), st.text(max_size=40) | st.integers(-(2**53), 2**53) | st.none(), max_size=4
)


@given(ANSWERS, ANSWERS, st.integers(0, 2**32))
def test_every_question_and_answer_survives_the_way(asked: dict[str, Any], said: dict[str, Any], chance: int) -> None:
    envelope = seal(PUBLIC, asked, Random(chance))
    opened, reply = KEYS.open(envelope.body)
    assert opened == asked and envelope.open(reply.seal(said)) == said


@given(st.integers(0), st.integers(0, 7))
def test_an_answer_with_one_flipped_bit_is_not_shown(place: int, bit: int) -> None:
    envelope = sealed()
    raw = bytearray(b64decode(KEYS.open(envelope.body)[1].seal({"a": "b"})))
    raw[place % len(raw)] ^= 1 << bit
    with pytest.raises(BadAnswer):
        envelope.open(b64encode(raw))
