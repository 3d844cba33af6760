"""Projections: what goes on goes on, ranges hold the likely, and a simulated month is met to 5 %."""

from math import sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.projection import (
    CALL,
    MESSAGE,
    MODEL,
    Habits,
    Line,
    Past,
    Projection,
    Range,
    Spoken,
    Units,
    cheaper,
    from_numbers,
    from_past,
    voice_of_a_month,
)

NOTHING: list[dict[str, int]] = [{}] * 7
UNITS = Units(Range(1_000, 1_600, 5_000), 800, 800, 120_000)
WEEK = (1.0, 1.1, 1.2, 1.0, 0.9, 0.5, 0.4)
"""How much people do on the days of a week."""
A_DAY = {MODEL: 30_000, MESSAGE: 4_000, CALL: 360_000}
"""Micro-dollars of one person on a usual day."""


def simulated(chance: Random, days: int, people: list[int]) -> list[dict[str, int]]:
    """Return days of many people who do as they do in weeks, each a little otherwise every day."""
    found: list[dict[str, int]] = []
    for day in range(days):
        part = WEEK[day % 7] * people[day]
        found.append(
            {
                kind: round(part * usual * (1 + chance.gauss(0, 0.5) / sqrt(people[day])))
                for kind, usual in A_DAY.items()
            }
        )
    return found


@given(st.integers(0, 10_000))
def test_four_weeks_of_a_hundred_people_meet_the_month_that_follows_to_five_percent(seed: int) -> None:
    chance = Random(seed)
    days = simulated(chance, 28 + 28, [100] * 56)
    found = from_past(Past(days[:28], [100] * 28, 100), days=28)
    actual = sum(sum(day.values()) for day in days[28:])
    assert found.total.likely == pytest.approx(actual, rel=0.05)
    for line in found.lines:
        # One kind alone varies by 1.3 % from month to month: 7 % are five times that, and no month of ten million.
        assert line.likely == pytest.approx(sum(day[line.kind] for day in days[28:]), rel=0.07)


def test_people_who_came_meanwhile_count_for_what_they_will_cost() -> None:
    chance = Random(7)
    people = [50] * 7 + [100] * 35
    days = simulated(chance, 42, people)
    found = from_past(Past(days[:14], people[:14], 100), days=28)
    assert found.total.likely == pytest.approx(sum(sum(day.values()) for day in days[14:]), rel=0.05)


def test_the_range_holds_about_nine_months_in_ten() -> None:
    held = 0
    for seed in range(200):
        chance = Random(seed)
        days = [{MODEL: max(0, round(chance.gauss(1000, 300)))} for _ in range(44)]
        found = from_past(Past(days[:14], [1] * 14, 1), days=30).total
        held += found.low <= sum(day[MODEL] for day in days[14:]) <= found.high
    assert 170 <= held <= 195


@given(
    st.lists(st.dictionaries(st.sampled_from([MODEL, MESSAGE, CALL]), st.integers(0, 10**9)), min_size=1, max_size=40),
    st.integers(1, 60),
)
def test_ranges_hold_the_likely_and_the_total_is_the_sum(days: list[dict[str, int]], month: int) -> None:
    found = from_past(Past(days, [3] * len(days), 3), days=month)
    assert abs(sum(line.likely for line in found.lines) - found.total.likely) <= len(found.lines)
    for line in (*found.lines, found.total):
        assert 0 <= line.low <= line.likely <= line.high


def test_a_house_without_people_or_days_without_money_cost_nothing() -> None:
    assert from_past(Past(NOTHING, [0] * 7, 0)).total == Line("total", 0, 0, 0)
    assert from_past(Past(NOTHING, [2] * 7, 2)).total.high == 0


def test_less_than_a_week_is_taken_as_it_is() -> None:
    assert from_past(Past([{MODEL: 10}] * 3, [1] * 3, 1), days=30).total.likely == 300


@given(st.integers(1, 1000), st.floats(0, 20), st.floats(0, 5), st.floats(0, 3), st.integers(0, 100_000))
def test_numbers_that_are_named_make_a_month_in_order(
    people: int, turns: float, templates: float, calls: float, free: int
) -> None:
    found = from_numbers(people, Habits(turns, templates, calls), UNITS, free_replies=free)
    for line in (*found.lines, found.total):
        assert 0 <= line.low <= line.likely <= line.high
    assert found.total.likely == sum(line.likely for line in found.lines)
    assert found.per_person * people == pytest.approx(found.total.likely, abs=people)


def test_one_three_minute_call_a_day_is_what_the_plan_says() -> None:
    assert voice_of_a_month(3, 70_000) == 6_300_000  # SPEC A-m-cost: about $6.30 at $0.07 a minute
    assert voice_of_a_month(6, 70_000) == 12_600_000
    assert from_numbers(1, Habits(0, 0, 1, 3), Units(Range(0, 0, 0), 0, 0, 70_000)).total.likely == 6_300_000


def test_what_saves_most_is_named_first_and_what_saves_nothing_is_not() -> None:
    month = Projection((Line(MODEL, 0, 900, 0), Line(CALL, 0, 1000, 0)), Line("total", 0, 1900, 0), 1, 30)
    found = cheaper(month, cheap_part=0.05, spoken=Spoken(calls=10, evening=0.45, evening_calls=0.5, text=4.0))
    assert [(each.setting.split()[-2:], each.saves) for each in found] == [
        (["every", "call"], 960),  # ten texts at 4 are paid for instead
        (["as", "models.primary"], 855),
        (["evening", "call"], 430),
    ]
    chat = Projection((Line(MODEL, 0, 900, 0),), Line("total", 0, 900, 0), 0, 30)
    assert cheaper(chat, cheap_part=1.0, spoken=Spoken()) == ()
    assert chat.per_person == 0


@given(
    st.integers(0, 10**9),
    st.floats(0, 10_000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 10**6),
)
def test_no_saving_is_zero_or_less_or_more_than_the_calls_cost_less_their_texts(
    micros: int, calls: float, evening: float, evening_calls: float, text: float
) -> None:
    month = Projection((Line(CALL, 0, micros, micros),), Line("total", 0, micros, micros), 1, 30)
    found = cheaper(month, cheap_part=1.0, spoken=Spoken(calls, evening, evening_calls, text))
    assert all(0 < each.saves <= micros for each in found)
    every = [each.saves for each in found if each.setting == "a text instead of every call"]
    assert every == ([round(micros - calls * text)] if round(micros - calls * text) > 0 else [])
