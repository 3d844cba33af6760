import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.phones import NotAPhone, e164, from_whatsapp, region_of


@pytest.mark.parametrize(
    ("typed", "region", "expected"),
    [
        ("+57 300 111 2233", "", "+573001112233"),
        ("300 111 2233", "CO", "+573001112233"),
        ("300 111 2233", "co", "+573001112233"),
        ("0044 20 7946 0958", "US", "+442079460958"),
        ("(212) 555-2368", "US", "+12125552368"),
        ("+52 1 55 1234 5678", "", "+525512345678"),
        ("+52 55 1234 5678", "", "+525512345678"),
        ("+54 9 11 2345-6789", "", "+5491123456789"),
        ("011 15-2345-6789", "AR", "+5491123456789"),
        ("+55 11 8765-4321", "", "+5511987654321"),
        ("+55 11 3265-4321", "", "+551132654321"),
    ],
)
def test_one_spelling_of_each_number(typed: str, region: str, expected: str) -> None:
    assert e164(typed, region) == expected


@pytest.mark.parametrize(
    "typed", ["", "hello", "+", "12", "300 111 2233", "+1 555", "+999 12345678", "\x00", "+57\u0660"]
)
def test_what_cannot_be_dialled_is_refused_in_plain_words(typed: str) -> None:
    with pytest.raises(NotAPhone, match="telephone number"):
        e164(typed)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("573001112233", "+573001112233"),
        ("+573001112233", "+573001112233"),
        ("5215512345678", "+525512345678"),
        ("525512345678", "+525512345678"),
        ("5491123456789", "+5491123456789"),
        ("551187654321", "+5511987654321"),
        ("5511987654321", "+5511987654321"),
        ("15550783881", "+15550783881"),  # Meta's own test numbers, which no library knows
        ("", ""),
        ("not a number", ""),
        ("0123456789", ""),
        ("1234", ""),
        ("1234567890123456", ""),
        ("\u0661\u0662\u0663\u0664\u0665\u0666", ""),
    ],
)
def test_whatsapp_ids_become_the_same_spelling(digits: str, expected: str) -> None:
    assert from_whatsapp(digits) == expected


@given(st.text())
def test_no_whatsapp_id_raises_and_reading_twice_changes_nothing(digits: str) -> None:
    once = from_whatsapp(digits)
    assert once == "" or (once[0] == "+" and once[1:].isascii() and once[1:].isdigit())
    assert from_whatsapp(once) == once


@given(st.text(), st.sampled_from(["", "CO", "US", "XX", "nonsense"]))
def test_any_text_is_a_number_or_not_a_phone(text: str, region: str) -> None:
    try:
        phone = e164(text, region)
    except NotAPhone:
        return
    assert e164(phone) == phone


@pytest.mark.parametrize(("phone", "region"), [("+573001112233", "CO"), ("+15550783881", ""), ("", ""), ("x", "")])
def test_a_number_tells_its_region(phone: str, region: str) -> None:
    assert region_of(phone) == region
