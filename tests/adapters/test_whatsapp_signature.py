import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ivy.adapters.whatsapp.signature import HEADER, app_secret_proof, sign, verify
from ivy.errors import BadSignature

SECRET = "a1b2c3d4e5f6"
WORDS = st.one_of(st.text(), st.sampled_from(["🌿", "ñandú", "a/b", "a@b.example", "\u2028", "<b>", "\x7f", "日本"]))
PAYLOADS = st.dictionaries(WORDS, st.one_of(WORDS, st.integers(), st.lists(WORDS)), min_size=1)


def as_meta_writes(payload: Any) -> bytes:
    """Escaped as Meta escapes: other letters, slashes and the at sign."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").replace("@", "\\u0040").encode()


def refused(body: bytes, headers: dict[str, str], repeated: frozenset[str] = frozenset()) -> bool:
    try:
        verify(body, headers, [SECRET], repeated)
    except BadSignature:
        return True
    return False


def test_a_known_signature_is_the_one_computed_elsewhere() -> None:
    # By `printf 'Hello, World!' | openssl dgst -sha256 -hmac "It's a Secret to Everybody"`.
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert sign(b"Hello, World!", "It's a Secret to Everybody") == expected


@given(st.one_of(st.binary(), PAYLOADS.map(as_meta_writes)))
def test_what_meta_signed_is_never_refused(body: bytes) -> None:
    assert not refused(body, {HEADER: sign(body, SECRET), "content-type": "application/json"})


@given(st.binary(min_size=1), st.data())
def test_one_flipped_bit_of_the_body_is_refused(body: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << (bit % 8)
    assert refused(bytes(changed), {HEADER: sign(body, SECRET)})


@given(st.binary(), st.data())
def test_one_changed_letter_of_the_signature_is_refused(body: bytes, data: st.DataObject) -> None:
    given_signature = sign(body, SECRET)
    at = data.draw(st.integers(0, len(given_signature) - 1))
    letter = data.draw(st.characters())
    assume(letter != given_signature[at])
    assert refused(body, {HEADER: given_signature[:at] + letter + given_signature[at + 1 :]})


@given(st.binary())
def test_the_wrong_case_is_refused(body: bytes) -> None:
    right = sign(body, SECRET)
    digits = right.removeprefix("sha256=")
    for wrong in (right.upper(), f"SHA256={digits}", f"Sha256={digits}", f"sha256={digits.upper()}"):
        assume(wrong != right)
        assert refused(body, {HEADER: wrong})


@given(st.binary(), st.text())
def test_a_missing_malformed_or_repeated_header_is_refused(body: bytes, junk: str) -> None:
    right = sign(body, SECRET)
    assert refused(body, {})
    assert refused(body, {"x-hub-signature": right})
    assert refused(body, {HEADER: junk})
    assert refused(body, {HEADER: right}, repeated=frozenset({HEADER}))
    for wrong in ("", right[:-1], right + "0", f" {right}", f"{right}\n", f"{right},{right}", right[7:]):
        assert refused(body, {HEADER: wrong})


@given(PAYLOADS)
def test_json_that_was_read_and_written_again_is_refused(payload: dict[str, Any]) -> None:
    body = as_meta_writes(payload)
    headers = {HEADER: sign(body, SECRET)}
    for again in (json.dumps(payload).encode(), json.dumps(payload, ensure_ascii=False, separators=(",", ":"))):
        rewritten = again if isinstance(again, bytes) else again.encode(errors="replace")
        if rewritten != body:
            assert refused(rewritten, headers)


@pytest.mark.parametrize("text", ["Ñandú", "ok 👍", "a/b", "me@x.example", "\u2028"])
def test_escaped_letters_and_emoji_are_accepted_as_sent_and_refused_as_read(text: str) -> None:
    body = as_meta_writes({"body": text})
    headers = {HEADER: sign(body, SECRET)}
    assert not refused(body, headers)
    assert refused(json.dumps({"body": text}, ensure_ascii=False, separators=(",", ":")).encode(), headers)


@given(st.binary(), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_another_secret_is_refused_and_any_live_one_is_accepted(body: bytes, other: str) -> None:
    assume(other != SECRET)
    headers = {HEADER: sign(body, other)}
    assert refused(body, headers)
    verify(body, headers, [SECRET, other])
    verify(body, headers, [other, SECRET])


@given(st.binary())
def test_without_a_secret_nobody_is_believed(body: bytes) -> None:
    for secrets in ([], [""], ["", ""]):
        with pytest.raises(BadSignature):
            verify(body, {HEADER: sign(body, "")}, secrets)


def test_the_proof_is_the_token_signed_by_the_app() -> None:
    assert app_secret_proof("token", SECRET) == sign(b"token", SECRET).removeprefix("sha256=")
