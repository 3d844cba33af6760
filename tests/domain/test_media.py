"""What is taken, what is refused and why; digests in any spelling; what a picture costs."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.media import (
    CAPS,
    MEGABYTE,
    SENT,
    TAKEN,
    Kind,
    Reason,
    Refused,
    Type,
    digest_of,
    is_digest,
    judge,
    keep_until,
)
from ivy.emulators import sample_files

VOICE = sample_files.ogg_opus()
PHOTO = sample_files.jpeg(640, 480)


def reason_of(verdict: Kind | Refused) -> Reason:
    assert isinstance(verdict, Refused)
    return verdict.reason


def test_what_is_what_it_says_is_taken() -> None:
    assert judge(Type.AUDIO, "audio/ogg; codecs=opus", VOICE, len(VOICE)) == Kind(Type.AUDIO, "audio/ogg")
    assert judge(Type.IMAGE, "image/jpeg", PHOTO, len(PHOTO)) == Kind(Type.IMAGE, "image/jpeg", 640, 480)
    assert judge(Type.DOCUMENT, "image/jpeg", PHOTO, len(PHOTO)) == Kind(Type.DOCUMENT, "image/jpeg", 640, 480)
    assert judge(Type.DOCUMENT, "text/csv", b"a,b\n1,2\n", 8) == Kind(Type.DOCUMENT, "text/csv")


def test_what_says_nothing_of_itself_is_taken_for_what_it_is() -> None:
    for silent in ("", "application/octet-stream"):
        assert judge(Type.IMAGE, silent, PHOTO, len(PHOTO)) == Kind(Type.IMAGE, "image/jpeg", 640, 480)


@pytest.mark.parametrize(
    ("type_", "declared", "content", "reason"),
    [
        (Type.IMAGE, "image/jpeg", b"", Reason.EMPTY),
        (Type.IMAGE, "image/png", PHOTO, Reason.LYING),
        (Type.IMAGE, "image/jpeg", b"<html>not found</html>", Reason.LYING),
        (Type.AUDIO, "audio/ogg", b"MZ\x90\0\0\0", Reason.UNKNOWN),
        (Type.IMAGE, "application/pdf", sample_files.pdf(), Reason.NOT_TAKEN),
        (Type.AUDIO, "", PHOTO, Reason.NOT_TAKEN),
        (Type.DOCUMENT, "text/html", b"<html></html>", Reason.NOT_TAKEN),
        (Type.DOCUMENT, "application/zip", b"PK\x03\x04" + bytes(40), Reason.NOT_TAKEN),
    ],
)
def test_bait_is_refused(type_: Type, declared: str, content: bytes, reason: Reason) -> None:
    assert reason_of(judge(type_, declared, content, len(content))) is reason


@pytest.mark.parametrize("type_", Type)
def test_the_cap_is_the_last_byte_that_is_taken(type_: Type) -> None:
    head = {Type.AUDIO: VOICE, Type.STICKER: sample_files.webp(), Type.VIDEO: b"\0\0\0\x18ftypisom"}.get(type_, PHOTO)
    assert isinstance(judge(type_, "", head, CAPS[type_]), Kind)
    assert reason_of(judge(type_, "", head, CAPS[type_] + 1)) is Reason.TOO_LARGE


def test_a_voice_note_of_16_megabytes_is_the_largest() -> None:
    assert CAPS[Type.AUDIO] == 16 * MEGABYTE


def test_whatever_is_sent_would_be_taken() -> None:
    assert all(SENT[type_] <= TAKEN[type_] for type_ in Type)


def test_every_reason_has_a_sentence() -> None:
    sentences = {reason.sentence for reason in Reason}
    assert sentences == {
        "media_too_large", "media_kind", "media_not_fetched", "voice_too_long", "voice_not_heard", "voice_later",
    }  # fmt: skip


@given(
    st.sampled_from(Type),
    st.sampled_from(["", "image/jpeg", "audio/ogg", "x" * 300, "application/pdf"]),
    st.binary(max_size=80),
)
@settings(max_examples=100, deadline=None)
def test_what_is_kept_is_always_of_a_kind_that_is_taken(type_: Type, declared: str, content: bytes) -> None:
    verdict = judge(type_, declared, content, len(content))
    assert isinstance(verdict, Refused) or verdict.mime in TAKEN[type_]


@given(st.binary(max_size=64))
@settings(max_examples=60)
def test_a_digest_is_the_same_in_every_spelling(content: bytes) -> None:
    digest = hashlib.sha256(content)
    spellings = [digest.hexdigest(), digest.hexdigest().upper()]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        spellings += [encode(digest.digest()).decode(), encode(digest.digest()).decode().rstrip("=")]
    assert {digest_of(spelling) for spelling in spellings} == {digest.hexdigest()}
    assert is_digest(digest.hexdigest())


@given(st.one_of(st.text(max_size=80), st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode())))
@settings(max_examples=100)
def test_what_is_no_digest_proves_nothing(text: str) -> None:
    digest = digest_of(text)
    assert digest == "" or is_digest(digest)


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 63 + "\n", "٣" * 64])
def test_nothing_else_becomes_a_path(text: str) -> None:
    assert not is_digest(text)


def test_a_file_is_kept_for_its_days() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert keep_until(at, 30) - at == timedelta(days=30)


def test_models_are_shown_pictures_only() -> None:
    assert Kind(Type.IMAGE, "image/jpeg", 640, 480).can_be_seen
    assert not Kind(Type.DOCUMENT, "application/pdf").can_be_seen
    assert not Kind(Type.IMAGE, "image/jpeg", 9000, 100).can_be_seen
