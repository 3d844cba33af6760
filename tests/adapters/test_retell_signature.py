"""Only what Retell signed, just now, with a live key, is believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.adapters.retell.signature import FARTHEST_MS, HEADER, sign, verify
from ivy.errors import BadSignature

KEY, OTHER = "key_0123456789abcdef", "key_fedcba9876543210"
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
BODY = b'{"event":"call_ended","call":{"call_id":"call_1","metadata":{"n":17}}}'
FIVE = timedelta(milliseconds=FARTHEST_MS)


def believed(
    body: bytes, given: str | None, *keys: str, now: datetime = NOW, repeated: frozenset[str] = frozenset()
) -> bool:
    headers = {} if given is None else {HEADER: given}
    try:
        verify(body, headers, keys or (KEY,), now=now, repeated=repeated)
    except BadSignature as refused:
        assert not any(key in str(refused) for key in (KEY, OTHER))
        return False
    return True


def test_a_known_vector() -> None:
    # Computed with `retell.lib.webhook_auth` of retell-sdk 6.2.13 on made-up data.
    at = datetime.fromtimestamp(1_795_305_600.123, UTC)
    body = '{"event":"call_started","call":{"call_id":"Jabr9TXYYJHfvl6Syypi88rdAHYHmcq6","name":"Zoë 🌿"}}'.encode()
    signed = sign(body, "key_test_0123456789", at=at)
    assert signed == "v=1795305600123,d=01eebdda2d00ad54dd022eedecb3473a8b165b9bb5c5126a76c6098a12ef7698"
    assert believed(body, signed, "key_test_0123456789", now=at)


@given(st.binary(max_size=200), st.integers(-FARTHEST_MS, FARTHEST_MS))
def test_what_was_signed_within_five_minutes_is_believed(body: bytes, off: int) -> None:
    at = NOW + timedelta(milliseconds=off)
    assert believed(body, sign(body, KEY, at=at))


@pytest.mark.parametrize("away", [FIVE, -FIVE])
def test_five_minutes_is_the_end(away: timedelta) -> None:
    signed = sign(BODY, KEY, at=NOW + away)
    assert believed(BODY, signed)
    further = away + timedelta(milliseconds=1 if away > timedelta(0) else -1)
    assert not believed(BODY, sign(BODY, KEY, at=NOW + further))


@given(st.binary(min_size=1, max_size=100), st.data())
def test_one_flipped_bit_anywhere_is_refused(body: bytes, data: st.DataObject) -> None:
    signed = sign(body, KEY, at=NOW)
    at, bit = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 7))
    changed = bytes([*body[:at], body[at] ^ (1 << bit), *body[at + 1 :]])
    assert not believed(changed, signed)
    letters = list(signed)
    place = data.draw(st.integers(0, len(letters) - 1))
    letters[place] = chr(ord(letters[place]) ^ (1 << data.draw(st.integers(0, 6))))
    assert not believed(body, "".join(letters))


@given(st.binary(max_size=60), st.text("0123456789", max_size=8))
def test_digits_moved_between_the_body_and_the_time_are_refused(body: bytes, tail: str) -> None:
    """The two are signed without anything between them: all ways of cutting them apart have the same digest."""
    signed = sign(body + tail.encode(), KEY, at=NOW)
    written, digest = signed.split(",d=")
    run = tail + written.removeprefix("v=")
    for cut in range(len(run) + 1):
        moved = f"v={run[cut:]},d={digest}"
        if cut != len(tail):
            assert not believed(body + run[:cut].encode(), moved)


@pytest.mark.parametrize("zeros", [1, 3])
def test_a_zero_taken_from_the_body_does_not_lead_the_time(zeros: int) -> None:
    signed = sign(b"5" + b"0" * zeros, KEY, at=NOW)
    assert not believed(b"5", signed.replace("v=", "v=" + "0" * zeros))


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "v=,d=",
        "v=1795305600123",
        "sha256=" + "0" * 64,
        "d={d},v={v}",
        "v={v}, d={d}",
        " v={v},d={d}",
        "v={v},d={d} ",
        "v={v},d={d}\n",
        "v={v},d={D}",
        "v={v},d={d},d={d}",
        "v={v},d={d}, v={v},d={d}",
        "v={v}.0,d={d}",
        "v=+{v},d={d}",
        "v=-{v},d={d}",
        "v=٣{v},d={d}",
        "v=" + "9" * 5000 + ",d={d}",
    ],
)
def test_a_header_of_another_shape_is_refused(given: str | None) -> None:
    version, digest = sign(BODY, KEY, at=NOW).removeprefix("v=").split(",d=")
    assert max(digest) >= "a", "the case of the letters is tested"
    filled = given and given.replace("{v}", version).replace("{d}", digest).replace("{D}", digest.upper())
    assert not believed(BODY, filled)


@given(st.text(max_size=120))
def test_no_other_header_is_believed_nor_breaks_anything(given: str) -> None:
    assert not believed(BODY, given)


def test_two_headers_are_refused_even_if_one_is_right() -> None:
    signed = sign(BODY, KEY, at=NOW)
    assert believed(BODY, signed, repeated=frozenset({"accept"}))
    assert not believed(BODY, signed, repeated=frozenset({HEADER}))


def test_while_the_badge_moves_both_keys_count_and_an_empty_one_never() -> None:
    assert believed(BODY, sign(BODY, OTHER, at=NOW), KEY, OTHER)
    assert believed(BODY, sign(BODY, KEY, at=NOW), OTHER, KEY)
    assert not believed(BODY, sign(BODY, OTHER, at=NOW), KEY)
    assert not believed(BODY, sign(BODY, "", at=NOW), "")
    with pytest.raises(BadSignature):
        verify(BODY, {HEADER: sign(BODY, KEY, at=NOW)}, (), now=NOW)
