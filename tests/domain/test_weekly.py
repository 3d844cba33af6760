"""The week in numbers and words: whatever they are, only what was counted is said, and kindly."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import rubric
from ivy.domain.at_time import at_time
from ivy.domain.invented_numbers import check
from ivy.domain.life_tags import WORDS, tags_of
from ivy.domain.money import Money
from ivy.domain.weekly import (
    Numbers,
    WeekScore,
    allowed,
    days_line,
    facts,
    fixed_prose,
    span,
    summary,
    week_of,
    week_told_at,
    without_counts,
)

MONDAY = date(2026, 11, 16)
DAYS = ("kept", "partial", "", "missed", "kept", "rest", "planned")
WEEK = Numbers(
    MONDAY,
    DAYS,
    planned=4,
    planned_done=2,
    done=3,
    partial=1,
    minutes=160,
    streak=6,
    rest=1,
    missed=1,
    kept_21=13,
    planned_21=17,
    pledged=(Money(300, "USD"),),
    scores=(WeekScore("energy", 7, 5), WeekScore("mood", 8)),
    calls_due=7,
    calls_answered=5,
)
COUNTS = st.integers(0, 60)
SCORES = st.builds(
    WeekScore, st.sampled_from(["energy", "mood", "confidence"]), st.integers(1, 10), st.none() | st.integers(1, 10)
)


@st.composite
def numbers(draw: st.DrawFn) -> Numbers:
    planned = draw(COUNTS)
    planned_done = draw(st.integers(0, planned))
    planned_21, due = draw(st.integers(0, 21)), draw(COUNTS)
    return Numbers(
        draw(st.dates(date(2020, 1, 1), date(2035, 1, 1)).map(week_of)),
        tuple(
            draw(
                st.lists(st.sampled_from(["kept", "partial", "rest", "missed", "skipped", ""]), min_size=7, max_size=7)
            )
        ),
        planned=planned,
        planned_done=planned_done,
        done=planned_done + draw(COUNTS),
        partial=draw(COUNTS),
        rest=draw(st.integers(0, 7)),
        missed=draw(st.integers(0, 7)),
        minutes=draw(st.integers(0, 3000)),
        streak=draw(st.integers(0, 400)),
        kept_21=draw(st.integers(0, planned_21)),
        planned_21=planned_21,
        pledged=tuple(
            Money(amount, currency)
            for currency, amount in draw(
                st.dictionaries(st.sampled_from(["USD", "COP", "JPY", "EUR"]), st.integers(-500, 900_000))
            ).items()
            if amount
        ),
        scores=tuple({each.measure: each for each in draw(st.lists(SCORES, max_size=4))}.values()),
        calls_due=due,
        calls_answered=draw(st.integers(0, due)),
    )


@given(numbers(), st.sampled_from(["en-US", "es-CO", "es-ES"]))
def test_the_fixed_sentences_have_no_number_that_was_not_counted(week: Numbers, locale: str) -> None:
    prose = fixed_prose(week, locale)
    assert check(prose, allowed(week))
    assert not rubric.judge(prose, locale[:2])


@given(numbers(), st.sampled_from(["en-US", "es-CO"]))
def test_a_summary_is_kind_and_says_nothing_of_nothing(week: Numbers, locale: str) -> None:
    text = summary(week, fixed_prose(week, locale), locale)
    assert not rubric.judge(text, locale[:2])
    _title, *lines = text.splitlines()
    assert not any(line.endswith((": 0", " 0")) or ": 0 " in line for line in lines)


@given(numbers())
def test_what_a_model_is_told_is_what_its_sentences_may_contain(week: Numbers) -> None:
    told = " ; ".join(value for name, value in facts(week, "en-US").items() if "charity" not in name)
    assert check(told, allowed(week))
    assert Decimal(0) not in allowed(week)


def test_all_is_claimed_only_if_every_planned_workout_was_done() -> None:
    everything = replace(WEEK, planned=2, planned_done=2)
    assert "all the workouts you had planned" in fixed_prose(everything, "en-US")
    assert "all" not in fixed_prose(replace(everything, planned=3), "en-US")
    assert "Entrenamientos hechos: 3" in fixed_prose(WEEK, "es-CO")
    assert "quiet" in fixed_prose(Numbers(MONDAY, ("",) * 7), "en-US")


def test_a_summary_reads_as_a_message() -> None:
    assert summary(WEEK, "Nice.", "en-US").splitlines() == [
        "*Your week, 16 to 22 Nov*",
        "Nice.",
        "",
        "M ✅  T 🟡  W ·  T ·  F ✅  S 😌  S ·",
        "Planned workouts done: 2 of 4",
        "Workouts done: 3",
        "In part: 1",
        "Minutes: 160",
        "Rest days: 1",
        "Streak: 6",
        "Last 21 days: 13 of 17 kept",
        "Pledged: $3.00",
        "Energy: 7 (+2)",
        "Mood: 8",
        "Calls answered: 5 of 7",
    ]
    assert "Prometido: US$3" in summary(WEEK, "Bien.", "es-CO")
    assert days_line(WEEK, "es-CO").startswith("L ✅  M 🟡  X ·")


def test_a_week_without_counts_says_nothing_of_streak_days_kept_and_money() -> None:
    told = facts(without_counts(WEEK), "en-US")
    assert not {"streak in days", "pledged to charity"} & set(told)
    assert {"streak in days", "pledged to charity"} <= set(facts(WEEK, "en-US"))


def test_a_missed_day_does_not_stand_out_and_can_be_found() -> None:
    assert days_line(WEEK, "en-US").count("·") == 3
    assert WEEK.missed_days == (date(2026, 11, 19),)


@pytest.mark.parametrize(
    ("first", "english", "spanish"),
    [
        (date(2026, 11, 16), "16 to 22 Nov", "16 al 22 nov"),
        (date(2026, 9, 28), "28 Sep to 4 Oct", "28 sep al 4 oct"),
        (date(2026, 12, 28), "28 Dec to 3 Jan", "28 dic al 3 ene"),
    ],
)
def test_a_week_is_named_by_its_days(first: date, english: str, spanish: str) -> None:
    week = Numbers(first, ("",) * 7)
    assert (span(week, "en-US"), span(week, "es-CO")) == (english, spanish)


def test_an_empty_week_is_empty_and_one_rest_day_is_not() -> None:
    empty = Numbers(MONDAY, ("",) * 7, streak=9, kept_21=3, planned_21=4)
    assert empty.is_empty
    assert not replace(empty, rest=1).is_empty
    assert not replace(empty, scores=(WeekScore("mood", 4),)).is_empty


@pytest.mark.parametrize(
    ("told", "monday"),
    [
        ("2026-11-22T18:00", "2026-11-16"),  # Sunday
        ("2026-11-19T09:00", "2026-11-16"),  # Thursday
        ("2026-11-23T08:00", "2026-11-16"),  # the Monday after
        ("2026-11-25T08:00", "2026-11-16"),  # Wednesday: still the week that is over
        ("2026-11-26T08:00", "2026-11-23"),
    ],
)
def test_a_summary_is_about_the_week_that_most_of_it_is_over(told: str, monday: str) -> None:
    assert week_told_at(datetime.fromisoformat(told)) == date.fromisoformat(monday)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_every_day_is_about_one_week_that_began_on_a_monday(day: date) -> None:
    monday = week_of(day)
    assert monday.weekday() == 0
    assert timedelta(days=3) <= day - monday < timedelta(days=10)


def test_a_time_stands_in_a_sentence_as_people_say_it() -> None:
    assert at_time(time(7, 5), "en-US") == "at 7:05 am"
    assert at_time(time(7, 5), "es-CO") == "a las 07:05"
    assert at_time(time(1, 0), "es-CO") == "a la 01:00"


@pytest.mark.parametrize(
    ("words", "tags"),
    [
        ("I sleep better and my jeans fit again", ("sleep", "clothes")),
        ("Subo las escaleras sin perder el aire, y de mejor humor", ("stairs", "mood")),
        ("Mis hijos lo notan, y en el trabajo me concentro", ("relationships", "work")),
        ("remind me at nine", ()),
        ("", ()),
    ],
)
def test_a_change_is_filed_under_what_it_names(words: str, tags: tuple[str, ...]) -> None:
    assert tags_of(words) == tags


@given(st.text(max_size=100))
def test_tags_are_known_and_each_stands_once(text: str) -> None:
    assert list(tags_of(text)) == [tag for tag in WORDS if tag in tags_of(text)]
