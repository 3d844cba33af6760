import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.sms_senders import SenderKind, kind_of, warnings

LONDON, NEW_YORK, BOGOTA = "+447400123456", "+12125550123", "+573001112233"


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        (LONDON, SenderKind.NUMBER),
        ("12345", SenderKind.SHORT_CODE),
        ("Ivy", SenderKind.NAME),
        ("Ivy Coach 7", SenderKind.NAME),
        ("MG" + "0a" * 16, SenderKind.SERVICE),
        ("", None),
        ("447400123456", None),
        ("+0123456789", None),
        ("A name too long", None),
        ("Ivy\n", None),
        ("123456789", None),
        ("Señal", None),
    ],
)
def test_a_sender_is_known_by_its_shape(sender: str, kind: SenderKind | None) -> None:
    assert kind_of(sender) is kind


def test_a_number_at_home_needs_no_warning() -> None:
    assert warnings(LONDON, [LONDON, "+447400123457"]) == []


def test_a_border_is_told_with_how_many_are_behind_it() -> None:
    [warning] = warnings(LONDON, [LONDON, BOGOTA, "+573001112234"])
    assert "is from GB and people are in CO (2)" in warning


def test_an_american_number_must_be_registered() -> None:
    [warning] = warnings("+12015550123", ["+12015550124"])
    assert "10DLC" in warning


def test_a_name_cannot_be_answered_and_is_refused_in_america() -> None:
    told = warnings("Ivy", ["+12015550124"])
    assert len(told) == 2
    assert "not even with STOP" in told[0]
    assert "refused in US" in told[1]
    assert len(warnings("Ivy", [LONDON])) == 1


def test_a_short_code_stays_at_home_and_a_service_chooses_for_itself() -> None:
    assert "its own country" in warnings("12345", [BOGOTA])[0]
    assert warnings("MG" + "0a" * 16, [BOGOTA, LONDON]) == []


@given(st.text(), st.lists(st.text()))
def test_anything_at_all_is_judged(sender: str, phones: list[str]) -> None:
    assert isinstance(warnings(sender, phones), list)
