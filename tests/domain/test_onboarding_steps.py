"""The steps of getting to know somebody: whatever is told in whatever order, it ends, and nothing is asked twice in vain."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import onboarding
from ivy.domain.onboarding import BOOKING, Progress, Step, after, next_step, realistic
from ivy.domain.slots import Mode

MODES = st.sampled_from(Mode)


def answered(progress: Progress, step: Step, mode: Mode, *, generous: bool) -> Progress:
    """Return the progress after a usual answer to a step."""
    told: dict[Step, dict[str, object]] = {
        Step.CONTACT: {"mode": mode.value, "at": "07:00"},
        Step.PHONE: {"mode": Mode.TEXT.value},
        Step.WEEK: {"promised": 5 if generous else 0},
        Step.CHARITY: {"charity": "trees" if generous else ""},
    }
    return after(progress, step, **told.get(step, {}))


@given(MODES, st.booleans(), st.booleans(), st.lists(st.sampled_from(Step), max_size=6))
def test_step_by_step_it_ends_whatever_was_told_before(
    mode: Mode, has_phone: bool, generous: bool, early: list[Step]
) -> None:
    progress = Progress()
    for step in early:
        progress = answered(progress, step, mode, generous=generous)
    asked: list[Step] = []
    while (step := next_step(progress, has_phone=has_phone)) is not None:
        assert step not in asked
        asked.append(step)
        # Whatever is left at a step is what is taken up at it: all that is kept is this value.
        progress = msgspec.json.decode(msgspec.json.encode(progress), type=Progress)
        progress = answered(onboarding.counted(progress, step), step, mode, generous=generous)
    assert len(asked) <= len(Step)
    assert set(asked).isdisjoint(early)
    assert asked == sorted(asked, key=list(Step).index) or early
    assert onboarding.can_book(progress, has_phone=has_phone)
    assert (Step.PHONE in asked) <= (mode is not Mode.TEXT and not has_phone)
    assert generous or not {Step.WEEK_SURE, Step.AMOUNT} & set(asked)


@given(MODES, st.booleans())
def test_three_answers_at_most_come_before_the_first_contact(mode: Mode, has_phone: bool) -> None:
    progress, count = Progress(), 0
    while not onboarding.can_book(progress, has_phone=has_phone):
        step = next_step(progress, has_phone=has_phone)
        assert step in BOOKING and step is not None
        progress, count = answered(progress, step, mode, generous=True), count + 1
    assert count <= 3


@given(st.integers(1, 14))
def test_the_week_to_begin_with_is_three_fifths_and_never_nothing(promised: int) -> None:
    assert 1 <= realistic(promised) <= promised
    assert abs(realistic(promised) - promised * 0.6) <= 0.5
    assert realistic(realistic(promised)) <= realistic(promised)


def test_who_promises_nothing_is_proposed_nothing() -> None:
    assert realistic(0) == 0


def test_what_cannot_be_read_is_counted_until_something_is() -> None:
    progress = onboarding.missed(onboarding.missed(Progress()))
    assert progress.missed == 2
    assert onboarding.learnt(progress, zones=("UTC",)).missed == after(progress, Step.ZONE).missed == 0


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("hola", True),
        ("Hi Ivy!", True),
        ("👋", True),
        ("START", True),
        ("buenos días, quiero empezar", True),
        ("I spent $7 on coffee", False),
        ("hola, ¿cuánto gasté ayer?", False),
    ],
)
def test_a_greeting_is_answered_by_the_welcome(text: str, *, is_one: bool) -> None:
    assert onboarding.is_greeting(text) is is_one


@pytest.mark.parametrize(
    ("text", "language"), [("hola", "es"), ("¿qué tal?", "es"), ("hi", "en"), ("IVY-7K3M-Q2", ""), ("ok", "")]
)
def test_the_language_is_guessed_from_the_words(text: str, language: str) -> None:
    assert onboarding.language_of(text) == language


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("call me Ana", "Ana"),
        ("Me llamo José Luis.", "José Luis"),
        ("llámame Pepe", "Pepe"),
        ("call me at 7", ""),
        ("call me please", ""),
        ("llámame mañana", ""),
        ("my name is a very long story indeed", ""),
        ("Ana", ""),
    ],
)
def test_a_name_is_told_from_a_time(text: str, name: str) -> None:
    assert onboarding.read_name(text) == name


@pytest.mark.parametrize(
    ("text", "times"), [("3", 3), ("tres veces", 3), ("twice a week", 2), ("4 or 5", 0), ("15", 0), ("many", 0)]
)
def test_how_often_is_one_number(text: str, times: int) -> None:
    assert onboarding.read_count(text) == times


@pytest.mark.parametrize(
    ("text", "is_goal"),
    [
        ("run 10 km without stopping", True),
        ("quiero dormir mejor", True),
        ("I want to lose weight", True),
        ("I spent $7 on coffee", False),
        ("what is my streak?", False),
        ("run" * 100, False),
        ("ok", False),
    ],
)
def test_a_goal_is_a_wish_in_their_words(text: str, *, is_goal: bool) -> None:
    assert onboarding.read_goal(text) == (text if is_goal else "")


@pytest.mark.parametrize(
    ("step", "text", "is_try"),
    [
        (Step.ZONE, "in the mountains", True),
        (Step.ZONE, "what do you mean?", False),
        (Step.ZONE, "I spent $7", False),
        (Step.CONTACT, "early morning", True),
        (Step.CONTACT, "remind me at 7 tomorrow", False),
        (Step.WEEK, "run at 6", False),
        (Step.WEEK, "30 times", True),
        (Step.HEALTH, "maybe", False),
        (Step.PHONE, "12345", False),
    ],
)
def test_only_what_was_meant_as_an_answer_is_asked_about_again(step: Step, text: str, *, is_try: bool) -> None:
    assert onboarding.looks_like_try(step, text) is is_try


def test_words_that_lead_on_or_off() -> None:
    assert onboarding.wants_on("Continue!") and onboarding.wants_on("seguir")
    assert onboarding.wants_later("más tarde") and onboarding.wants_later("maybe later")
    assert onboarding.asks_to_begin("quiero empezar") and not onboarding.asks_to_begin("start")
    assert not onboarding.wants_on("continue with my run")


@given(st.text(max_size=80), st.sampled_from(Step))
def test_no_words_break_the_reading(text: str, step: Step) -> None:
    onboarding.read_goal(text)
    onboarding.read_name(text)
    onboarding.looks_like_try(step, text)
    assert 0 <= onboarding.read_count(text) <= 14
    assert len(onboarding.parts(text)) == 2
