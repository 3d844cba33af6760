"""What replies cost when each calendar month has some for nothing: nothing but the calendar decides, to the micro-dollar."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.projection import CALL, MESSAGE, Past, from_past
from ivy.domain.rates import Rates
from ivy.domain.reply_months import Charged, Replies, charged

CARD = Rates.load("""
[[rates]]
market = "everywhere"
since = 2026-10-01
source = "a test"
confidence = "good"
marketing = 50
utility = 10
authentication = 10
service = 10

[[rates]]
market = "the United States"
regions = ["US"]
since = 2026-10-01
source = "a test"
confidence = "good"
service = 30

[[rates]]
market = "the United States"
regions = ["US"]
since = 2027-01-01
source = "a test"
confidence = "good"
service = 60

[[allowance]]
since = 2026-11-01
service_messages = 1_000
""")
SPAIN, STATES = "+34612000001", "+13105550007"
DAY = timedelta(days=1)
WEEK = (40, 40, 50, 40, 40, 70, 90)
A_CALL = 1_000


def replies(begins: date, *, used: int = 0, **to: int) -> Replies:
    return Replies([], [], to or {SPAIN: 1}, used, begins, CARD)


def test_what_is_left_of_this_month_is_free_and_the_next_begins_with_all() -> None:
    assert charged([100] * 8, replies(date(2026, 11, 23), used=200)) == Charged(0, 0)
    assert charged([100] * 8, replies(date(2026, 11, 23), used=900)) == Charged(700, 7_000)
    assert charged([100] * 16, replies(date(2026, 11, 23), used=900)) == Charged(700, 7_000)
    assert charged([100] * 19, replies(date(2026, 11, 23), used=900)) == Charged(800, 8_000)
    assert charged([100] * 19, replies(date(2026, 11, 23), used=5_000)) == Charged(900, 9_000)


def test_before_there_were_free_replies_each_is_charged() -> None:
    assert charged([10] * 40, replies(date(2026, 10, 1))) == Charged(310, 3_100)


def test_prices_are_those_of_each_month_and_of_the_countries_replies_go_to() -> None:
    found = charged([100] * 31, replies(date(2026, 12, 22), used=1_000, **{SPAIN: 1, STATES: 3}))
    assert found == Charged(1_000 + 1_100, 1_000 * (10 + 3 * 30) / 4 + 1_100 * (10 + 3 * 60) / 4)


def test_without_replies_nothing_is_charged() -> None:
    assert charged([0.0] * 31, Replies([], [], {}, 1_000, date(2026, 11, 23), CARD)) == Charged(0, 0)


def one_by_one(counts: list[int], begins: date, used: int) -> list[int]:
    """Return what the replies of each day cost when they are sent one after the other."""
    sent, found = Counter({(begins.year, begins.month): used}), list[int]()
    for number, count in enumerate(counts):
        day = begins + number * DAY
        free = max(0, CARD.allowance(day) - sent[day.year, day.month])
        sent[day.year, day.month] += count
        found.append(max(0, count - free) * CARD.price(SPAIN, "service", day).micros)
    return found


@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=90),
    st.dates(date(2026, 11, 1), date(2028, 1, 1)),
    st.integers(0, 2_000),
)
def test_it_is_what_replies_cost_one_by_one(counts: list[int], begins: date, used: int) -> None:
    assert charged(counts, replies(begins, used=used)).micros == sum(one_by_one(counts, begins, used))


@given(st.dates(date(2026, 11, 1), date(2028, 1, 1)), st.integers(1, 4), st.integers(1, 60), st.integers(1, 5))
def test_whoever_goes_on_as_before_pays_what_was_projected_wherever_the_months_end(
    begins: date, weeks: int, month: int, scale: int
) -> None:
    """Free, charged, or half and half in the days that were: what comes is met to the micro-dollar."""
    span = 7 * weeks
    days = [begins + n * DAY for n in range(31 + span + month)]  # 31 before the past: its first month is whole
    counts = [scale * WEEK[day.weekday()] for day in days]
    costs = one_by_one(counts, begins, 0)
    until = days[31 + span]
    used = sum(count for day, count in zip(days, counts, strict=True) if until.replace(day=1) <= day < until)
    before, then = slice(31, 31 + span), slice(31 + span, None)
    past = Past(
        [{MESSAGE: micros + 7, CALL: A_CALL} for micros in costs[before]],
        [3] * span,
        3,
        Replies(counts[before], costs[before], {SPAIN: 1}, used, until, CARD),
    )
    found = from_past(past, days=month)
    assert {line.kind: line.likely for line in found.lines} == pytest.approx(
        {MESSAGE: sum(costs[then]) + 7 * month, CALL: A_CALL * month}, abs=2
    )
    assert found.replies == sum(counts[then])
    assert found.total.low <= found.total.likely <= found.total.high


def test_few_and_many_replies_make_the_range_lopsided() -> None:
    """Nothing is charged when few come; each of many is."""
    counts = [20, 40] * 14
    past = Past([{MESSAGE: 0}] * 28, [1] * 28, 1, Replies(counts, [0] * 28, {SPAIN: 1}, 0, date(2026, 12, 1), CARD))
    [line] = from_past(past, days=31).lines
    assert line.low == line.likely == 0
    assert line.high > 0
