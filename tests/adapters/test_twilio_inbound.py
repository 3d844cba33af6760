from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.adapters.twilio.inbound import CARRIER_STOPS, STATES, parse
from ivy.domain.consent import StopMeaning, stop_meaning
from ivy.domain.inbound import DeliveryError, InboundEvent, Media, Sender, Status, Text, Unknown, Unsupported
from ivy.errors import Unreadable

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ACCOUNT, SID = "AC" + "a" * 32, "SM" + "b" * 32
ANA = "+573001112233"
TEXTED = {
    "ToCountry": "US",
    "SmsMessageSid": SID,
    "NumMedia": "0",
    "FromCity": "",
    "SmsSid": SID,
    "SmsStatus": "received",
    "Body": "Hola 🌿",
    "To": "+15005550006",
    "NumSegments": "1",
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": ANA,
    "ApiVersion": "2010-04-01",
}
FARED = {
    "SmsSid": SID,
    "SmsStatus": "sent",
    "MessageStatus": "sent",
    "To": ANA,
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": "+15005550006",
    "ApiVersion": "2010-04-01",
}


def read(form: dict[str, Any] | bytes) -> tuple[InboundEvent, ...]:
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    return parse(body, account_sid=ACCOUNT, now=NOW)


def test_a_text_is_a_text() -> None:
    [event] = read(TEXTED)
    assert event == Text(Sender("sms", phone=ANA), SID, NOW, body="Hola 🌿")


def test_an_old_spelling_of_a_number_is_the_same_person_as_on_whatsapp() -> None:
    [event] = read({**TEXTED, "From": "+5215512345678"})
    assert isinstance(event, Text)
    assert event.sender.phone == "+525512345678"


@pytest.mark.parametrize(
    "sender", ["", "12345", "AMAZON", "whatsapp:+573001112233", "+0123456", "573001112233", "+57300x"]
)
def test_a_machine_is_kept_and_never_answered(sender: str) -> None:
    [event] = read({**TEXTED, "From": sender})
    assert isinstance(event, Unknown)
    assert event.field == "sender"
    assert "Hola" in event.raw


@pytest.mark.parametrize("word", sorted(CARRIER_STOPS))
def test_each_stop_word_of_the_carrier_stops_ivy_too(word: str) -> None:
    for spelled in (word, word.lower(), f" {word}\n"):
        [event] = read({**TEXTED, "Body": spelled})
        assert isinstance(event, Text)
        assert stop_meaning(event.body) is StopMeaning.STOP


def test_twilio_says_what_it_took_for_a_stop_in_any_language() -> None:
    [event] = read({**TEXTED, "Body": "desisto", "OptOutType": "STOP"})
    assert isinstance(event, Text)
    assert event.body == "STOP"
    [kept] = read({**TEXTED, "Body": "Baja", "OptOutType": "STOP"})
    assert isinstance(kept, Text)
    assert kept.body == "Baja"


@pytest.mark.parametrize(("words", "kind"), [("YES", "START"), ("start", "START"), ("HELP", "HELP"), ("cancel it", "")])
def test_other_words_stay_as_they_are(words: str, kind: str) -> None:
    [event] = read({**TEXTED, "Body": words, "OptOutType": kind})
    assert isinstance(event, Text)
    assert event.body == words


def test_pictures_are_one_event_each_and_the_words_belong_to_the_first() -> None:
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Media/ME"
    form = {
        **TEXTED,
        "NumMedia": "3",
        "MediaUrl0": url + "1",
        "MediaContentType0": "image/jpeg",
        "MediaUrl1": url + "2",
        "MediaContentType1": "text/vcard; charset=utf-8",
        "MediaUrl2": url + "3",
    }
    first, second, third = read(form)
    assert first == Media(
        Sender("sms", phone=ANA),
        SID,
        NOW,
        type="image",
        media_id="ME1",
        mime="image/jpeg",
        url=url + "1",
        caption="Hola 🌿",
    )
    assert isinstance(second, Media)
    assert (second.external_id, second.type, second.mime, second.caption) == (f"{SID}/1", "document", "text/vcard", "")
    assert isinstance(third, Media)
    assert (third.type, third.mime) == ("document", "")


@pytest.mark.parametrize("more", [{}, {"MediaUrl1": "https://api.twilio.com/x/ME2", "MediaContentType1": "image/png"}])
def test_words_beside_a_file_without_an_address_are_words_all_the_same(more: dict[str, str]) -> None:
    """A cry or a stop must not go with a picture that is not there; that it is not there is told too."""
    text, lost, *others = read({**TEXTED, "NumMedia": "2", "Body": "please stop", **more})
    assert isinstance(text, Text)
    assert (text.external_id, text.body) == (SID, "please stop")
    assert isinstance(lost, Unsupported)
    assert (lost.external_id, lost.sender) == (f"{SID}/0", text.sender)
    assert [each.external_id for each in others if isinstance(each, Media) and not each.caption] == (
        [f"{SID}/1"] if more else []
    )


@pytest.mark.parametrize("form", [{"NumMedia": "1", "Body": ""}, {"Body": ""}, {"Body": " \n"}, {"Body": "\u200b"}])
def test_a_text_without_words_or_files_is_not_lost(form: dict[str, str]) -> None:
    [event] = read({**TEXTED, **form})
    assert isinstance(event, Unsupported)
    assert event.external_id == SID
    assert ANA in event.raw


@pytest.mark.parametrize(("theirs", "ours"), sorted(STATES.items()))
def test_each_state_is_one_of_ours(theirs: str, ours: str) -> None:
    [event] = read({**FARED, "MessageStatus": theirs})
    assert isinstance(event, Status)
    assert (event.channel, event.external_id, event.state, event.recipient, event.at) == ("sms", SID, ours, ANA, NOW)
    assert bool(event.errors) is (ours == "failed")


def test_a_failure_brings_its_code() -> None:
    [event] = read({**FARED, "MessageStatus": "undelivered", "ErrorCode": "30003", "RawDlrDoneDate": "2611230700"})
    assert isinstance(event, Status)
    assert event.errors == (DeliveryError(30003, "the handset cannot be reached"),)
    [without] = read({**FARED, "MessageStatus": "canceled"})
    assert isinstance(without, Status)
    assert without.errors == (DeliveryError(0, "canceled"),)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({**FARED, "MessageStatus": "levitating"}, "MessageStatus"),
        ({**FARED, "AccountSid": "AC" + "c" * 32}, "form"),
        ({**FARED, "MessageSid": "SM1"}, "form"),
        ({"CallSid": "CA" + "a" * 32, "CallStatus": "ringing", "AccountSid": ACCOUNT}, "form"),
        ({"EventType": "onMessageAdded", "AccountSid": ACCOUNT}, "onMessageAdded"),
        (b'{"specversion": "1.0"}', "json"),
        (b" [1]", "json"),
        (b"\xff\xfe", "form"),
        (b"MessageSid=SM1&MessageSid=SM2", "form"),
    ],
)
def test_what_nobody_knows_is_kept(form: dict[str, str] | bytes, field: str) -> None:
    [event] = read(form)
    assert isinstance(event, Unknown)
    assert event.field == field


def test_a_field_with_two_values_is_believed_in_neither() -> None:
    [event] = read(urlencode(TEXTED).encode() + b"&From=%2B15005550001")
    assert isinstance(event, Unknown)


@pytest.mark.parametrize("body", [b"", b"&&", b"a&" * 1000, b"x" * 300_000])
def test_nothing_at_all_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


@settings(max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.dictionaries(
            st.sampled_from(sorted({*TEXTED, *FARED, "NumMedia", "MediaUrl0", "OptOutType"})), st.text()
        ).map(lambda change: urlencode({**TEXTED, **change}, errors="surrogatepass").encode()),
    )
)
def test_whatever_comes_is_read_or_unreadable(body: bytes) -> None:
    try:
        events = read(body)
    except Unreadable:
        return
    assert events
    for event in events:
        assert not isinstance(event, Text) or event.body.encode()


def test_duplicates_and_disorder_carry_the_ids_that_tell() -> None:
    twice = [*read(TEXTED), *read(TEXTED)]
    assert twice[0] == twice[1]
    late = [read({**FARED, "MessageStatus": state})[0] for state in ("delivered", "sent", "queued")]
    assert [event.state for event in late if isinstance(event, Status)] == ["delivered", "sent", "accepted"]
