from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.silence import LOOK_BACK, PATIENCE, Sending, Verdict, judge

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def sending(person: str, minutes_ago: float, *, heard: bool = False) -> Sending:
    return Sending(person, NOW - timedelta(minutes=minutes_ago), heard)


def told(*sendings: Sending, people: int = 9, listening: float | None = None) -> Verdict:
    since = None if listening is None else NOW - timedelta(minutes=listening)
    return judge(sendings, now=NOW, people=people, listening_since=since)


def test_three_to_two_people_of_which_nothing_is_heard_are_silence() -> None:
    assert told(sending("ana", 5), sending("ben", 4), sending("ana", 3)) is Verdict.SILENT


def test_three_to_one_of_many_people_may_be_that_persons_trouble() -> None:
    assert told(sending("ana", 5), sending("ana", 4), sending("ana", 3)) is Verdict.UNDECIDED


def test_three_to_the_only_person_there_is_are_silence() -> None:
    assert told(sending("ana", 5), sending("ana", 4), sending("ana", 3), people=1) is Verdict.SILENT


def test_a_number_that_worked_half_an_hour_ago_and_stopped_since_is_silent() -> None:
    stopped = [sending("ana", 5), sending("ben", 4), sending("ana", 3)]
    assert told(sending("cleo", 30, heard=True), *stopped) is Verdict.SILENT


def test_a_word_of_the_newest_message_ends_it_even_within_the_patience() -> None:
    silent = [sending("ana", 5), sending("ben", 4), sending("ana", 3)]
    assert told(*silent, sending("ben", 0.5, heard=True)) is Verdict.HEARD


def test_when_nothing_more_is_sent_nothing_is_known() -> None:
    assert told() is Verdict.UNDECIDED
    assert told(sending("ana", 61), sending("ben", 62), sending("ana", 63)) is Verdict.UNDECIDED


def test_what_was_sent_before_anybody_listened_says_nothing() -> None:
    silent = [sending("ana", 30), sending("ben", 29), sending("ana", 28)]
    assert told(*silent, listening=10) is Verdict.UNDECIDED
    assert told(*silent, sending("ben", 20, heard=True), listening=10) is Verdict.HEARD


def test_the_boundaries_are_two_minutes_and_one_hour() -> None:
    two = [sending("ana", 5), sending("ben", 4)]
    for minutes, verdict in (
        (1.99, Verdict.UNDECIDED),
        (2, Verdict.SILENT),
        (60, Verdict.SILENT),
        (60.01, Verdict.UNDECIDED),
    ):
        assert told(*two, sending("cleo", minutes)) is verdict


sendings = st.lists(
    st.builds(sending, st.sampled_from("abc"), st.floats(0, 90), heard=st.booleans()), max_size=12
)  # fmt: skip


@given(sendings)
def test_people_whose_phones_are_off_are_no_silence(found: list[Sending]) -> None:
    """Of their messages `sent` is heard."""
    heard = [Sending(each.person, each.at, True) for each in found]
    assert judge(heard, now=NOW, people=3) is not Verdict.SILENT


@given(sendings, st.integers(0, 5))
def test_silence_needs_three_unheard_messages_that_are_old_enough(found: list[Sending], people: int) -> None:
    if judge(found, now=NOW, people=people) is Verdict.SILENT:
        old = [each for each in found if not each.heard and NOW - LOOK_BACK <= each.at <= NOW - PATIENCE]
        assert len(old) >= 3 and (people <= 1 or len({each.person for each in old}) >= 2)


@given(sendings, st.integers(0, 5))
def test_hearing_of_the_latest_message_is_never_silence(found: list[Sending], people: int) -> None:
    assert judge([*found, sending("a", 0, heard=True)], now=NOW, people=people) is Verdict.HEARD


@given(sendings, st.integers(0, 5), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_says_nothing(found: list[Sending], people: int, chance: object) -> None:
    shuffled = sorted(found, key=lambda _each: chance.random())  # type: ignore[attr-defined]
    assert judge(shuffled, now=NOW, people=people) is judge(found, now=NOW, people=people)


@given(sendings, st.integers(0, 5), st.floats(0, 90))
def test_hearing_less_never_makes_silence_less_certain(found: list[Sending], people: int, minutes: float) -> None:
    unheard = [Sending(each.person, each.at, False) for each in found]
    if judge(found, now=NOW, people=people) is Verdict.SILENT:
        assert judge(unheard, now=NOW, people=people) is Verdict.SILENT
    listening = NOW - timedelta(minutes=minutes)
    if judge(found, now=NOW, people=people, listening_since=listening) is Verdict.SILENT:
        assert judge(found, now=NOW, people=people) is Verdict.SILENT
