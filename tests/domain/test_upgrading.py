"""The rules of an upgrade: when a release is believed, what a cut-off one needs, which releases go, what operators are told."""

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import releases, upgrading
from ivy.domain.upgrading import Mend, Step

ANSWERS = st.lists(st.tuples(st.floats(0.01, 3), st.booleans()), min_size=1, max_size=30)


def timed(gaps: list[tuple[float, bool]]) -> list[tuple[float, bool]]:
    at, found = 0.0, list[tuple[float, bool]]()
    for gap, good in gaps:
        at += gap
        found.append((at, good))
    return found


@given(ANSWERS, st.floats(0.5, 5))
def test_steady_means_no_bad_answer_for_that_long(gaps: list[tuple[float, bool]], steady: float) -> None:
    answers = timed(gaps)
    last = answers[-1][0]
    bad = [at for at, good in answers if not good]
    good_since = min((at for at, good in answers if good and at > max(bad, default=-1.0)), default=None)
    expected = good_since is not None and last - good_since >= steady
    assert upgrading.is_steady(answers, steady=steady) is expected


@given(ANSWERS, st.floats(0.5, 5))
def test_a_bad_answer_begins_it_anew(gaps: list[tuple[float, bool]], steady: float) -> None:
    answers = timed(gaps)
    assert not upgrading.is_steady([*answers, (answers[-1][0] + 1, False)], steady=steady)


def test_nothing_was_touched_before_the_service_is_stopped_and_later_it_goes_back() -> None:
    needs = {step: upgrading.mend(step, new_serves=False) for step in Step}
    assert [step for step in Step if needs[step] is Mend.FORGET] == [Step.BUILDING, Step.REHEARSING]
    assert [step for step in Step if needs[step] is Mend.LOOK] == [Step.STARTING]


def test_a_new_release_that_serves_after_all_is_never_taken_away() -> None:
    assert Mend.RETURN not in {upgrading.mend(step, new_serves=True) for step in Step}


@given(st.lists(st.text("abc", min_size=1, max_size=4), unique=True, max_size=8), st.data())
def test_the_last_three_that_ran_and_those_in_use_stay(names: list[str], data: st.DataObject) -> None:
    needed, ran = (data.draw(st.sets(st.sampled_from(names))) if names else set[str]() for _ in range(2))
    gone = releases.to_remove(names, ran, needed)
    stays = {*[name for name in names if name in ran][:3]} | needed
    assert set(names) - set(gone) == stays


def test_a_release_is_named_by_version_and_commit() -> None:
    assert releases.name_of('"""Ivy."""\n\n__version__ = "0.2.0"\n', "f" * 40) == "0.2.0-ffffffffffff"
    assert releases.name_of("", "0" * 40) == "0-000000000000"


BEFORE = """\
# Changelog

## Next

What is new for you:

- A thing.

What you must do:

- Submit the templates again,
  all of them.
- Look.

Not yet: much.

## First

What you must do: nothing, if nobody
is phoned.

More.
"""


def test_only_what_is_asked_anew_is_told_and_it_is_unwrapped() -> None:
    tasks = ["Submit the templates again, all of them.", "Look.", "nothing, if nobody is phoned."]
    assert releases.asked("", BEFORE) == tasks
    assert releases.asked(BEFORE, BEFORE) == []
    assert releases.asked(BEFORE, BEFORE.replace("- Look.", "- Look.\n- Set a key.")) == ["Set a key."]
    assert releases.asked(BEFORE, "# Changelog\n\n## Other\n\nWhat is new: this.\n") == []
