"""What becomes of a dead letter: the first reason not to send it again speaks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.jobs import KINDS
from ivy.domain.replay import (
    Circumstances,
    Failure,
    Fate,
    cause,
    error_name,
    fate,
    in_words,
    is_poisoned,
    spreads,
    too_late_in_words,
)
from ivy.domain.routing import For

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BUG = "builtins.KeyError@ivy.agent.turn:run"
BUSY = "ivy.errors.VendorBusy@ivy.adapters.whatsapp.channel:send"

letters = st.builds(
    Circumstances,
    kind=st.sampled_from([*KINDS, "unheard_of"]),
    due_at=st.timedeltas(timedelta(0), timedelta(days=3)).map(lambda behind: NOW - behind),
    status=st.sampled_from(["", "invited", "active", "paused", "stopped", "erased"]),
    asked_for=st.booleans(),
    delivered=st.booleans(),
    unheard=st.booleans(),
    bytes_kept=st.booleans(),
    purpose=st.sampled_from(["", *(each.value for each in For)]),
    to_stranger=st.booleans(),
    good_until=st.none() | st.timedeltas(timedelta(-1), timedelta(days=1)).map(lambda ahead: NOW + ahead),
)


@given(letters)
def test_who_stopped_is_left_alone_and_what_arrived_is_not_sent_twice(letter: Circumstances) -> None:
    assert not fate(replace(letter, status="stopped"), NOW).runs
    assert not fate(replace(letter, delivered=True), NOW).runs
    assert not fate(replace(letter, bytes_kept=False), NOW).runs


@given(letters, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_time_never_makes_a_letter_worth_sending_again(letter: Circumstances, later: timedelta) -> None:
    if not fate(letter, NOW).runs:
        assert not fate(letter, NOW + later).runs


@pytest.mark.parametrize(
    ("kind", "hours", "what", "words"),
    [
        ("turn", 20, Fate.LATE, "answered late"),
        ("turn", 0, Fate.AGAIN, "answered"),
        ("send", 20, Fate.AGAIN, "sent again"),
        ("inbound", 20, Fate.AGAIN, "read again"),
        ("reminder", 1, Fate.LATE, "said late, with an apology"),
        ("reminder", 3, Fate.TOO_LATE, "nothing: too late to be of use"),
        ("mark_read", 1, Fate.TOO_LATE, "nothing: too late to be of use"),
    ],
)
def test_each_kind_has_its_own_lateness(kind: str, hours: int, what: Fate, words: str) -> None:
    decided = fate(Circumstances(kind, NOW - timedelta(hours=hours)), NOW)
    assert decided is what
    assert in_words(decided, kind) == words


def test_a_paused_person_gets_what_they_asked_for_only() -> None:
    letter = Circumstances("send", NOW, status="paused", asked_for=True)
    assert fate(letter, NOW) is Fate.AGAIN
    assert fate(replace(letter, asked_for=False), NOW) is Fate.OPTED_OUT


def test_a_message_nobody_heard_of_says_that_it_may_come_twice() -> None:
    assert fate(Circumstances("send", NOW, unheard=True), NOW) is Fate.TWICE


@pytest.mark.parametrize("what", Fate)
def test_every_fate_has_words_and_those_that_do_nothing_say_so(what: Fate) -> None:
    for kind in KINDS:
        assert in_words(what, kind).startswith("nothing: ") is not what.runs


def test_letters_with_the_same_trouble_have_one_cause() -> None:
    first = cause("Given up after 9 attempts: whatsapp: no answer for 01a2018c-6986-70e1-bca9-d37952e6b431")
    assert first == cause("whatsapp: no answer for 01a2018d-0d7e-7beb-8317-1ff4a6a3a450")
    assert cause("entry[0] cannot be read") == cause("entry[12] cannot be read")
    assert cause("whatsapp: refused (131026)") != cause("whatsapp: refused (131047)")


@given(st.text(max_size=400))
def test_a_cause_fits_a_table(reason: str) -> None:
    assert len(cause(reason)) <= 90


def test_three_equal_failures_are_poison_unless_a_vendor_was_away() -> None:
    def poisoned(*fingerprints: str) -> bool:
        return is_poisoned([Failure(each) for each in fingerprints])

    assert poisoned(BUSY, BUG, BUG, BUG)
    assert not poisoned(BUG, BUG)
    assert not poisoned(BUG, BUSY, BUG, BUG)
    assert not poisoned(BUSY, BUSY, BUSY, BUSY)
    assert poisoned("Crash")
    assert not poisoned()


GONE = Failure("NotDelivered", "not delivered: 131026 undeliverable")
OVERLOADED = Failure("NotDelivered", "not delivered: 131016 the service is overloaded")


def test_what_died_of_the_same_before_its_replay_is_poison_but_not_for_want_of_a_vendor() -> None:
    assert is_poisoned([GONE, GONE], since_replay=1)
    assert not is_poisoned([GONE], since_replay=1)
    assert not is_poisoned([GONE, GONE])
    assert not is_poisoned([GONE, Failure("NotDelivered", "not delivered: 131047")], since_replay=1)
    assert not is_poisoned([OVERLOADED, OVERLOADED], since_replay=1)
    assert is_poisoned([Failure(BUG), Failure(BUSY), Failure(BUG)], since_replay=2)


def test_only_a_fault_of_ours_says_something_of_other_letters() -> None:
    assert spreads(Failure(BUG))
    assert not spreads(GONE)
    assert not spreads(Failure("Crash"))


def test_a_reminder_on_its_way_is_as_late_as_one_that_did_not_leave() -> None:
    late = Circumstances("send", NOW - timedelta(hours=3), purpose="reminder")
    assert fate(late, NOW) is Fate.TOO_LATE
    assert fate(replace(late, due_at=NOW - timedelta(hours=1)), NOW) is Fate.AGAIN
    assert fate(replace(late, purpose="reply"), NOW) is Fate.AGAIN
    assert fate(replace(late, purpose="reply", to_stranger=True), NOW) is Fate.TOO_LATE
    assert fate(replace(late, purpose="checkin", good_until=NOW - timedelta(minutes=1)), NOW) is Fate.TOO_LATE
    assert too_late_in_words(late) == "reminders over 2 h"


def test_nothing_is_dialled_and_nobody_is_written_to_who_is_gone() -> None:
    for kind in ("call", "call_slot"):
        assert fate(Circumstances(kind, NOW), NOW) is Fate.TOO_LATE
        assert too_late_in_words(Circumstances(kind, NOW)) == "calls"
    assert fate(Circumstances("send", NOW, status="erased"), NOW) is Fate.OPTED_OUT


def test_an_error_is_named_without_its_place() -> None:
    assert error_name(BUG) == "KeyError"
    assert error_name(f"{BUG}+{BUSY}") == "KeyError+VendorBusy"
    assert error_name("NotDelivered") == "NotDelivered"
