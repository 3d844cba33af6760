from hashlib import sha256
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.adapters.twilio.signature import HEADER, LARGEST_FORM, MOST_FIELDS, NoForm, addresses, fields_of, sign, verify
from ivy.errors import BadSignature

TOKEN = "ivy_made_up_auth_token_000000000"
URL = "https://ivy.example.test/hooks/twilio/sms"
ACCOUNT, SID = "AC" + "a" * 32, "SM" + "b" * 32
TEXTED = {
    "AccountSid": ACCOUNT,
    "ApiVersion": "2010-04-01",
    "Body": "Café at 5? £5 🌿 & more=x",
    "EmptyOne": "",
    "From": "+447700900123",
    "MessageSid": SID,
    "NumMedia": "0",
    "NumSegments": "1",
    "SmsStatus": "received",
    "To": "+447700900456",
}
FAILED = {
    "AccountSid": ACCOUNT,
    "ErrorCode": "30003",
    "From": "+447700900456",
    "MessageSid": SID,
    "MessageStatus": "undelivered",
    "SmsStatus": "undelivered",
    "To": "+447700900123",
}
DIALLED = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
FORM = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FORMS = st.dictionaries(WORDS.filter(bool), WORDS, min_size=1, max_size=8)


def refused(
    body: bytes,
    headers: dict[str, str],
    *,
    url: str = URL,
    tokens: tuple[str, ...] = (TOKEN,),
    repeated: frozenset[str] = frozenset(),
) -> bool:
    try:
        verify(body, headers, tokens, url, repeated)
    except BadSignature:
        return True
    return False


def headers_for(body: bytes, url: str = URL, token: str = TOKEN) -> dict[str, str]:
    return {**FORM, HEADER: sign(url, fields_of(body), token)}


# The first is Twilio's own; the others were computed with Twilio's validator.
@pytest.mark.parametrize(
    ("token", "url", "form", "signature"),
    [
        ("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", DIALLED, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (TOKEN, URL, TEXTED, "DZOfkANvkvTCjs37UYJSvmhboB4="),
        (TOKEN, "https://ivy.example.test:443/hooks/twilio/sms", TEXTED, "jCi0V4AmgP0DGw/HbohU7LBKKHI="),
        (TOKEN, "https://ivy.example.test/hooks/twilio/status?m=42", FAILED, "wha8xmq6neid0XOpVQw4yfe9qbo="),
    ],
)
def test_known_signatures_are_believed(token: str, url: str, form: dict[str, str], signature: str) -> None:
    body = urlencode(form).encode()
    assert sign(url, fields_of(body), token) == signature
    assert not refused(body, {**FORM, HEADER: signature}, url=url, tokens=(token,))


def test_with_and_without_the_port_is_the_same_address() -> None:
    body = urlencode(TEXTED).encode()
    plain, with_port = (
        {**FORM, HEADER: "DZOfkANvkvTCjs37UYJSvmhboB4="},
        {**FORM, HEADER: "jCi0V4AmgP0DGw/HbohU7LBKKHI="},
    )
    for headers in (plain, with_port):
        assert not refused(body, headers)
        assert not refused(body, headers, url=URL.replace("test/", "test:443/"))
        assert refused(body, headers, url=URL.replace("https", "http"))
        assert refused(body, headers, url=f"{URL}/")


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("https://h/x", ["https://h/x", "https://h:443/x"]),
        ("http://h:80/x?a=b", ["http://h:80/x?a=b", "http://h/x?a=b"]),
        ("https://h:8443/x", ["https://h:8443/x", "https://h/x", "https://h:443/x"]),
        ("https://u:p@h/x", ["https://u:p@h/x", "https://u:p@h:443/x"]),
        ("https://[::1]:8443/x", ["https://[::1]:8443/x", "https://[::1]/x", "https://[::1]:443/x"]),
        ("https://h/x#rc=2", ["https://h/x", "https://h:443/x", "https://h/x#rc=2"]),
    ],
)
def test_an_address_has_few_spellings(url: str, spelled: list[str]) -> None:
    assert addresses(url) == spelled


@settings(max_examples=60)
@given(FORMS)
def test_what_twilio_signed_is_never_refused_in_whatever_order_and_spelling(form: dict[str, str]) -> None:
    body = urlencode(form).encode()
    headers = headers_for(body)
    backwards = "&".join(f"{quote_plus(name)}={quote_plus(form[name])}" for name in reversed(form)).encode()
    spelled_out = "&".join(
        "=".join("".join(f"%{byte:02x}" for byte in words.encode()) for words in pair) for pair in form.items()
    ).encode()
    for same in (body, backwards, spelled_out, body + b"&" + body):
        assert not refused(same, headers)


@settings(max_examples=150)
@given(FORMS, st.data())
def test_a_flipped_bit_is_refused_unless_it_changes_no_value(form: dict[str, str], data: st.DataObject) -> None:
    body = urlencode(form).encode()
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    flipped = bytearray(body)
    flipped[bit // 8] ^= 1 << (bit % 8)
    changed = bytes(flipped)
    # Names and values are signed one after the other without a mark between: only what they make together counts.
    same = [b"".join(name + value for name, value in sorted(set(fields_of(each)))) for each in (body, changed)]
    assert refused(changed, headers_for(body)) is (same[0] != same[1])


def test_a_changed_added_or_missing_field_is_refused() -> None:
    headers = headers_for(urlencode(TEXTED).encode())
    without_blank = {name: value for name, value in TEXTED.items() if value}
    for other in (
        {**TEXTED, "Body": "STOP"},
        {**TEXTED, "From": "+447700900999"},
        {**TEXTED, "OptOutType": "STOP"},
        {name.lower(): value for name, value in TEXTED.items()},
        without_blank,
    ):
        assert refused(urlencode(other).encode(), headers)


def test_a_repeated_field_is_signed_once_a_value() -> None:
    # Twilio's validator makes a set of the values of each name, and sorts it.
    body = b"B=2&A=1&B=1&B=2"
    assert sign(URL, fields_of(body), TOKEN) == sign(URL, [(b"A", b"1"), (b"B", b"1"), (b"B", b"2")], TOKEN)
    assert not refused(body, headers_for(b"A=1&B=1&B=2"))
    assert refused(b"A=1&B=2", headers_for(body))


def test_names_are_sorted_by_their_bytes() -> None:
    assert sign(URL, [(b"a", b"1"), (b"B", b"2")], TOKEN) == sign(URL, [(b"B2a", b"1")], TOKEN)


def test_letters_that_are_no_utf8_are_signed_as_they_are() -> None:
    body = b"Body=%ff%fe&From=\xff"
    assert fields_of(body) == [(b"Body", b"\xff\xfe"), (b"From", b"\xff")]
    assert not refused(body, headers_for(body))


@pytest.mark.parametrize("url", [URL, f"{URL}?m=42", "https://ivy.example.test:443/x"])
def test_a_body_that_is_no_form_is_signed_by_its_hash(url: str) -> None:
    body = b'{"a": 1}'
    mark = "&" if "?" in url else "?"
    signed = sign(f"{url}{mark}bodySHA256={sha256(body).hexdigest()}", [], TOKEN)
    headers = {"content-type": "application/json", HEADER: signed}
    assert not refused(body, headers, url=url)
    assert refused(body + b" ", headers, url=url)
    assert refused(body, {**headers, **FORM}, url=url)
    assert refused(body, {**headers, HEADER: sign(url, [], TOKEN)}, url=url)


@given(st.text(max_size=40))
@settings(max_examples=50)
def test_a_missing_malformed_or_repeated_header_is_refused(junk: str) -> None:
    body = urlencode(TEXTED).encode()
    headers = headers_for(body)
    right = headers[HEADER]
    assert refused(body, FORM)
    assert refused(body, {**FORM, HEADER: junk})
    assert refused(body, headers, repeated=frozenset({HEADER}))
    assert refused(body, headers, repeated=frozenset({"content-type"}))
    for wrong in ("", right[:-1], right + "=", f" {right}", f"{right}\n", f"{right},{right}", right.swapcase()):
        assert refused(body, {**FORM, HEADER: wrong})


def test_any_live_token_is_believed_and_no_other() -> None:
    body = urlencode(TEXTED).encode()
    old = headers_for(body, token="old")
    assert not refused(body, old, tokens=(TOKEN, "old"))
    assert not refused(body, old, tokens=("old", TOKEN))
    assert refused(body, old)
    for tokens in ((), ("",)):
        assert refused(body, headers_for(body, token=""), tokens=tokens)


def test_a_form_beyond_all_measure_is_not_even_read() -> None:
    for body in (b"a=" + b"x" * LARGEST_FORM, b"a&" * (MOST_FIELDS + 1) + b"b"):
        with pytest.raises(NoForm):
            fields_of(body)
        assert refused(body, {**FORM, HEADER: "A" * 27 + "="})


def test_a_replay_is_signed_as_well_as_the_first_time() -> None:
    # There is no time in the signature: what was seen before is known by its ids, further in.
    body = urlencode(TEXTED).encode()
    headers = headers_for(body)
    assert [refused(body, headers) for _time in range(3)] == [False] * 3
