"""A replay in people: every letter in one place, one message each, at a measured pace."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.contents import (
    LONGEST_BODY,
    LONGEST_TEXT,
    AnyContent,
    Buttons,
    Choices,
    Emoji,
    File,
    Option,
    Section,
    Words,
)
from ivy.domain.jobs import KINDS
from ivy.domain.replay_plan import (
    FIRST,
    PATIENCE,
    SECOND,
    SILENT,
    Letter,
    Look,
    Over,
    Progress,
    Release,
    What,
    arrange,
    join,
    next_step,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
YES = Option("a", "Yes")

words = st.integers(1, LONGEST_TEXT).map(lambda size: Words("x" * size)) | st.just(Words("short"))
files = st.just(File("document", "0" * 64, "application/pdf", filename="report.pdf"))
contents = words | files | st.just(Emoji("wamid", "✅")) | st.just(Buttons("Is it done?", (YES,)))


@st.composite
def letters(draw: st.DrawFn) -> list[Letter]:
    found: list[Letter] = []
    for number in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(["send", "send", "send", *KINDS]))
        content = draw(contents) if kind == "send" else None
        found.append(Letter(f"j{number}", kind, draw(st.sampled_from(["", "ana", "ben", "cleo"])), content))
    return found


@given(letters())
def test_each_letter_is_in_one_place_and_nobody_gets_two_messages(given_letters: list[Letter]) -> None:
    bundles, left = arrange(given_letters)
    placed = [letter.id for bundle in bundles for letter in bundle.letters] + [letter.id for letter in left]
    assert sorted(placed) == sorted(letter.id for letter in given_letters)
    speaking = Counter(bundle.letters[0].whose for bundle in bundles if bundle.speaks)
    assert all(number == 1 for number in speaking.values())
    assert set(speaking) == {letter.whose for letter in given_letters if letter.speaks}
    order = {letter.id: place for place, letter in enumerate(given_letters)}
    for bundle in bundles:
        assert len({letter.whose for letter in bundle.letters}) == 1
        said = [letter for letter in bundle.letters if letter.kind == "send"]
        assert [order[letter.id] for letter in said] == sorted(order[letter.id] for letter in said)
        assert len(bundle.letters) == 1 or [letter.kind for letter in bundle.letters[len(said) :]] in ([], ["turn"])
        if len(bundle.letters) > 1:
            one, _ = join([letter.content for letter in bundle.letters if letter.content is not None], "Sorry.")
            assert len(one.in_words()) <= LONGEST_TEXT


@given(letters())
def test_what_is_left_is_only_what_does_not_fit_beside_the_others(given_letters: list[Letter]) -> None:
    bundles, left = arrange(given_letters)
    taken = {bundle.letters[0].whose for bundle in bundles if bundle.speaks}
    assert all(letter.speaks and letter.whose in taken for letter in left)


def test_words_that_were_decided_wait_for_one_answer_and_other_work_for_a_next_replay() -> None:
    turn, send = Letter("t", "turn", "ana"), Letter("s", "send", "ana", Words("It is noted."))
    second, digest = Letter("u", "turn", "ana"), Letter("d", "digest", "ana")
    (bundle,), left = arrange([digest, turn, send, second])
    assert (bundle.letters, left) == ((send, turn), [digest, second])
    long = Letter("s", "send", "ana", Words("x" * 3000))
    (bundle,), left = arrange([turn, long])
    assert (bundle.letters, left) == ((long,), [turn])


@pytest.mark.parametrize("kind", sorted(SILENT))
def test_work_without_words_is_done_beside_them(kind: str) -> None:
    bundles, left = arrange([Letter("q", kind, "ana"), Letter("s", "send", "ana", Words("Hello."))])
    assert (len(bundles), left) == (2, [])


def test_a_file_goes_alone() -> None:
    file = Letter("f", "send", "ana", File("document", "0" * 64, "application/pdf", filename="a.pdf"))
    text = Letter("s", "send", "ana", Words("Hello."))
    assert arrange([file, text])[1] == [text]
    assert arrange([text, file])[1] == [file]


def test_what_is_joined_keeps_its_order_and_the_last_buttons() -> None:
    first, last = Words("One."), Buttons("Two?", (YES,))
    said, can_be_tapped = join([first, last], "Sorry.")
    assert can_be_tapped and said == Buttons("Sorry.\n\nOne.\n\nTwo?", (YES,))
    said, can_be_tapped = join([last, first], "Sorry.")
    assert not can_be_tapped and isinstance(said, Words)
    assert said.body.startswith("Sorry.\n\nTwo?") and said.body.endswith("One.")
    long: AnyContent = Words("x" * LONGEST_BODY)
    assert join([long, last], "Sorry.")[1] is False
    options = Choices("Which?", "Show", (Section((YES,)),))
    said, can_be_tapped = join([first, options], "Sorry.")
    assert can_be_tapped and said == Choices("Sorry.\n\nOne.\n\nWhich?", "Show", (Section((YES,)),))


def test_only_what_goes_back_to_work_goes() -> None:
    assert {what for what in What if what.goes} == {What.NOW, What.LATER, What.TEMPLATE, What.HELD}


# --- the pace --------------------------------------------------------------------------------------


def played(total: int, rate: float, *, settles_after: timedelta, is_heard: bool = True) -> list[float]:
    """Return when each bundle is released, in seconds, if each takes that long to settle."""
    now, at, times = NOW, NOW, list[datetime]()
    for _step in range(10_000):
        still = sum(each + settles_after > now for each in times)
        last = times[-1] if times else None
        done = Progress(total - len(times), len(times), still, last, owed=still if is_heard else 0)
        match next_step(done, rate, now):
            case Over():
                return [(each - NOW).total_seconds() for each in times]
            case Look(at):
                pass
            case Release(count, pause):
                times += [now] * min(count, total - len(times))
                at = now + pause
        assert at > now
        now = at
    raise AssertionError("it does not end")


@given(st.integers(0, 60), st.sampled_from([0.1, 0.5, 1.0, 2.0, 7.5]), st.sampled_from([0, 3, 1000]), st.booleans())
def test_everything_is_released_in_time_and_it_ends(total: int, rate: float, seconds: int, is_heard: bool) -> None:
    times = played(total, rate, settles_after=timedelta(seconds=seconds), is_heard=is_heard)
    assert len(times) == total
    rest = times[FIRST + SECOND :]
    for earlier, later in zip(rest, rest[max(1, int(rate)) :], strict=False):
        assert later - earlier >= max(1, int(rate)) / rate - 0.001
    if is_heard:
        assert all(each >= seconds for each in times[FIRST:])
        assert all(each >= 2 * seconds for each in rest)


def test_one_then_ten_then_the_rate() -> None:
    times = played(16, 2.0, settles_after=timedelta(seconds=3))
    assert times[0] == 0
    assert set(times[1:11]) == {3.0}
    assert times[11:] == [6.0, 6.0, 7.0, 7.0, 8.0]


def test_the_first_ones_that_somebody_hears_are_waited_for_and_others_not_for_ever() -> None:
    hour = timedelta(hours=1)
    times = played(12, 2.0, settles_after=hour)
    assert (times[1], times[11]) == (3600, 7200)
    times = played(12, 2.0, settles_after=hour, is_heard=False)
    assert times[1] == PATIENCE.total_seconds()
    assert times[11] == 2 * PATIENCE.total_seconds()
