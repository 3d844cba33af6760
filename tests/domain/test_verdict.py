"""What becomes of a job that failed: by what kind of failure it was, and how often it came."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.jobs import INBOUND, TURN, Kind
from ivy.domain.poison import fingerprint
from ivy.domain.retry import RetryPolicy
from ivy.domain.verdict import GiveUp, PauseQueue, TookTooLong, TryAgain, Verdict, judge, plain
from ivy.errors import OutcomeUnknown, StoreBusy, VendorBusy, VendorMisconfigured, VendorRefused

NOW = datetime(2026, 12, 1, 7, tzinfo=UTC)
SOON, LATER = NOW + timedelta(seconds=1), NOW + timedelta(hours=1)
BUSY = VendorBusy("whatsapp", "try later")
EXPECTED = [BUSY, OutcomeUnknown("whatsapp", "no answer"), StoreBusy("locked"), TookTooLong("60 s")]


def judged(
    error: Exception, *, kind: Kind = TURN, failures: int = 1, same: int = 0, deadline: datetime = LATER
) -> Verdict:
    return judge(
        error,
        kind=kind,
        policy=RetryPolicy(),
        failures=failures,
        earlier=[fingerprint(error)] * same,
        now=NOW,
        deadline=deadline,
        jitter=0.5,
    )


def test_what_only_the_operator_can_mend_holds_up_its_queue() -> None:
    assert judged(VendorMisconfigured("whatsapp", "the token is over")) == PauseQueue("whatsapp: the token is over")


def test_what_the_vendor_refused_is_not_asked_again() -> None:
    assert isinstance(judged(VendorRefused("whatsapp", "no such number")), GiveUp)


def test_a_kind_that_dies_at_once_is_not_tried_again_even_where_others_are() -> None:
    assert INBOUND.dies_at_once
    assert isinstance(judged(KeyError("text"), kind=INBOUND), GiveUp)
    assert isinstance(judged(KeyError("text")), TryAgain)


@pytest.mark.parametrize("error", EXPECTED, ids=lambda error: type(error).__name__)
def test_what_may_pass_is_tried_again_however_often_it_was_the_same(error: Exception) -> None:
    verdict = judged(error, failures=9, same=8)
    assert isinstance(verdict, TryAgain)
    assert NOW < verdict.at < LATER


def test_the_third_equal_bug_in_a_row_is_given_up() -> None:
    assert isinstance(judged(KeyError("text"), failures=2, same=1), TryAgain)
    verdict = judged(KeyError("text"), failures=3, same=2)
    assert isinstance(verdict, GiveUp)
    assert verdict.reason == "The same failure three times: 'text'"


def test_the_vendors_own_advice_says_when() -> None:
    verdict = judged(VendorBusy("whatsapp", "try later", after=timedelta(minutes=7)))
    assert isinstance(verdict, TryAgain)
    assert verdict.at == NOW + timedelta(minutes=7)


def test_past_its_deadline_nothing_is_tried_again() -> None:
    verdict = judged(BUSY, failures=12, deadline=SOON)
    assert isinstance(verdict, GiveUp)
    assert verdict.reason.startswith("Given up after 12 attempts: ")


@given(st.text(max_size=600))
def test_a_reason_is_one_short_line_and_never_empty(words: str) -> None:
    line = plain(ValueError(words))
    assert line and len(line) <= 500
    assert "\n" not in line
