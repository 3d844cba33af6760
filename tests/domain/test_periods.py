from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.periods import Period, parse_period
from ivy.domain.said import Unclear

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
"""A Wednesday."""


def read(text: str, locale: str = "en-US", *, future: bool = False, now: datetime = NOW) -> str:
    period = parse_period(text, now=now, zone="America/Bogota", locale=locale, future=future)
    return f"{period.first} {period.last}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", "2026-11-25 2026-11-25"),
        ("yesterday", "2026-11-24 2026-11-24"),
        ("on monday", "2026-11-23 2026-11-23"),
        ("this week", "2026-11-23 2026-11-29"),
        ("last week", "2026-11-16 2026-11-22"),
        ("the last 7 days", "2026-11-19 2026-11-25"),
        ("past 2 weeks", "2026-11-12 2026-11-25"),
        ("this month", "2026-11-01 2026-11-30"),
        ("last month", "2026-10-01 2026-10-31"),
        ("in november", "2026-11-01 2026-11-30"),
        ("december", "2025-12-01 2025-12-31"),
        ("Feb 2024", "2024-02-01 2024-02-29"),
        ("2026-02", "2026-02-01 2026-02-28"),
        ("2025", "2025-01-01 2025-12-31"),
        ("this year", "2026-01-01 2026-12-31"),
        ("last weekend", "2026-11-21 2026-11-22"),
        ("this weekend", "2026-11-21 2026-11-22"),
        ("since monday", "2026-11-23 2026-11-25"),
        ("from 2026-11-01 to 2026-11-10", "2026-11-01 2026-11-10"),
        ("from nov 3 to today", "2026-11-03 2026-11-25"),
        ("ever", "1970-01-01 2200-12-31"),
    ],
)
def test_spans_of_days_behind_today(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hoy", "2026-11-25 2026-11-25"),
        ("ayer", "2026-11-24 2026-11-24"),
        ("esta semana", "2026-11-23 2026-11-29"),
        ("la semana pasada", "2026-11-16 2026-11-22"),
        ("los últimos 30 días", "2026-10-27 2026-11-25"),
        ("este mes", "2026-11-01 2026-11-30"),
        ("el mes pasado", "2026-10-01 2026-10-31"),
        ("en noviembre de 2025", "2025-11-01 2025-11-30"),
        ("del 1 al 15 de noviembre", "2026-11-01 2026-11-15"),
        ("desde el lunes", "2026-11-23 2026-11-25"),
        ("este año", "2026-01-01 2026-12-31"),
        ("el año pasado", "2025-01-01 2025-12-31"),
        ("el fin de semana", "2026-11-21 2026-11-22"),
        ("todo", "1970-01-01 2200-12-31"),
    ],
)
def test_spans_of_days_in_spanish(text: str, expected: str) -> None:
    assert read(text, "es-CO") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tomorrow", "2026-11-26 2026-11-26"),
        ("on friday", "2026-11-27 2026-11-27"),
        ("next week", "2026-11-30 2026-12-06"),
        ("next 3 days", "2026-11-25 2026-11-27"),
        ("this weekend", "2026-11-28 2026-11-29"),
        ("next month", "2026-12-01 2026-12-31"),
        ("january", "2027-01-01 2027-01-31"),
        ("november", "2026-11-01 2026-11-30"),
    ],
)
def test_spans_of_days_ahead(text: str, expected: str) -> None:
    assert read(text, future=True) == expected


def test_a_month_before_and_after_new_year() -> None:
    january = datetime(2027, 1, 10, tzinfo=UTC)
    assert read("last month", now=january) == "2026-12-01 2026-12-31"
    assert read("next month", now=datetime(2026, 12, 31, 12, tzinfo=UTC)) == "2027-01-01 2027-01-31"
    assert read("december", now=january) == "2026-12-01 2026-12-31"


@pytest.mark.parametrize(
    "text", ["", "soon", "nov 10 to nov 3", "when I was young", "last 2 hours", "at 9am", "\x00", "5"]
)
def test_what_names_no_days_is_refused(text: str) -> None:
    with pytest.raises(Unclear):
        read(text)


DAYS = st.dates(date(2024, 1, 1), date(2026, 11, 25))


@given(DAYS, DAYS)
def test_two_days_are_the_span_between_them(one: date, other: date) -> None:
    first, last = sorted((one, other))
    assert read(f"{first} to {last}") == f"{first} {last}"


@given(
    st.datetimes(datetime.fromisoformat("2000-01-01T00:00"), datetime.fromisoformat("2100-01-01T00:00")),
    st.integers(1, 60),
)
def test_the_last_days_end_today_and_are_as_many_as_were_said(wall: datetime, number: int) -> None:
    now = wall.replace(tzinfo=UTC)
    period = parse_period(f"last {number} days", now=now, zone="UTC", locale="en-GB")
    assert period == Period(now.date() - timedelta(days=number - 1), now.date())
