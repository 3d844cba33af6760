from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.adapters.whatsapp.errors import MEANINGS, classify, error_for, meaning
from ivy.errors import RecipientGone, VendorBusy, VendorMisconfigured, VendorRefused, WindowClosed
from ivy.ports import Disposition

CLASSES = {
    Disposition.BUSY: VendorBusy,
    Disposition.REFUSED: VendorRefused,
    Disposition.WINDOW_CLOSED: WindowClosed,
    Disposition.GONE: RecipientGone,
    Disposition.CONFIGURATION: VendorMisconfigured,
}


@pytest.mark.parametrize(
    ("disposition", "codes"),
    [
        (Disposition.BUSY, [1, 2, 4, 80007, 130429, 131000, 131016, 131049, 131056, 131057, 133000, 133004, 134101]),
        (Disposition.REFUSED, [100, 130472, 131008, 131009, 131021, 131030, 131051, 132000, 132001, 135000, 137000]),
        (Disposition.WINDOW_CLOSED, [131047]),
        (Disposition.GONE, [130497, 131026, 131050]),
        (Disposition.CONFIGURATION, [0, 3, 10, 33, 190, 200, 299, 368, 131005, 131031, 131037, 131042, 131045, 131048]),
        (Disposition.REFUSED, [-1, 5, 199, 300, 999999]),
    ],
)
def test_each_code_says_what_to_do(disposition: Disposition, codes: list[int]) -> None:
    assert {classify(code) for code in codes} == {disposition}


@given(st.one_of(st.sampled_from(sorted(MEANINGS)), st.integers()), st.sampled_from([0, 200, 400, 401, 403, 500, 503]))
def test_an_answer_and_a_failed_status_mean_the_same(code: int, status: int) -> None:
    error = error_for(status, code, "Meta's own words", {})
    assert type(error) is CLASSES[classify(code)]
    assert str(code) in error.reason
    if isinstance(error, VendorRefused):
        assert error.code == str(code)


def test_a_wait_is_metas_own_advice_or_else_the_codes() -> None:
    busy = error_for(400, 131056, "", {})
    assert isinstance(busy, VendorBusy)
    assert (busy.after, busy.throttled) == (timedelta(seconds=6), True)
    advised = error_for(429, 131056, "", {"retry-after": "42"})
    assert isinstance(advised, VendorBusy)
    assert advised.after == timedelta(seconds=42)


def test_a_code_nobody_knows_is_a_refusal_unless_it_asks_for_a_pause() -> None:
    assert type(error_for(500, 424242, "", {})) is VendorRefused
    assert type(error_for(429, 424242, "", {})) is VendorBusy
    assert type(error_for(429, 100, "", {})) is VendorRefused


def test_a_sick_meta_is_not_a_throttle() -> None:
    sick = error_for(503, 131016, "", {})
    assert isinstance(sick, VendorBusy)
    assert not sick.throttled


def test_words_about_a_bad_token_are_not_repeated() -> None:
    assert "EAAG" not in error_for(401, 190, "Malformed access token EAAGsecret", {}).reason


def test_what_only_the_operator_can_mend_asks_for_an_alert() -> None:
    assert all(known.operator for known in MEANINGS.values() if known.disposition is Disposition.CONFIGURATION)
    assert meaning(132001).operator
    assert not meaning(131047).operator
