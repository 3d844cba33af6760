"""The shipped holidays are those of each country's own law, year by year, as far as the file goes."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from ivy.domain.calling_hours import load

HOURS = load((Path(__file__).parents[2] / "ivy" / "data" / "calling_hours.toml").read_text(encoding="utf-8"))
YEARS = range(2026, 2031)
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
SOLSTICES = {2026: 21, 2027: 21, 2028: 20, 2029: 20, 2030: 21}
"""Of June, by the clocks of Chile: 2028 at 16:02, 2029 at 21:48, 2030 at 03:31."""
Days = set[date]


def easter(year: int) -> date:
    """By the anonymous Gregorian algorithm."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def by_easter(year: int, *days: int) -> Days:
    return {easter(year) + timedelta(days=each) for each in days}


def fixed(year: int, *days: tuple[int, int]) -> Days:
    return {date(year, *each) for each in days}


def nth(year: int, month: int, weekday: int, n: int) -> date:
    """Return the n-th such weekday of a month (Monday is 0); the last one for -1."""
    if n < 0:
        last = date(year, month + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def monday_after(day: date) -> date:
    """Return the day itself if it is a Monday, else the next one."""
    return day + timedelta(days=-day.weekday() % 7)


def made_up_for(days: Days) -> Days:
    """Return days and, for each on a weekend, the next day that is neither weekend nor one of them."""
    found = set(days)
    for day in sorted(days):
        if day.weekday() in (SATURDAY, SUNDAY):
            while day in found or day.weekday() in (SATURDAY, SUNDAY):
                day += timedelta(days=1)
            found.add(day)
    return found


def australia(year: int) -> Days:
    """Fair Work Act 2009, section 115; substitutes as all states and territories proclaim them. Anzac Day has none."""
    moved = made_up_for(fixed(year, (1, 1), (1, 26), (12, 25), (12, 26)))
    return moved | by_easter(year, -2, 1) | fixed(year, (4, 25))


def brazil(year: int) -> Days:
    """Lei 662/1949 as amended by 10.607/2002, 6.802/1980 and 14.759/2023; Good Friday by Lei 9.093/1995."""
    days = ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (11, 20), (12, 25))
    return fixed(year, *days) | by_easter(year, -2)


def canada(year: int) -> Days:
    """Canada Labour Code, section 166, without what only some provinces keep."""
    days = fixed(year, (1, 1), (7, 1), (9, 30), (11, 11), (12, 25))
    return days | {nth(year, 9, 0, 1), nth(year, 10, 0, 2)} | by_easter(year, -2)


def chile(year: int) -> Days:
    """Leyes 2.977, 19.668 (moved to Mondays), 20.215 and 20.983 (September, 2 January), 20.299 (31 October), 21.357."""
    days = fixed(
        year, (1, 1), (5, 1), (5, 21), (6, SOLSTICES[year]), (7, 16), (8, 15), (9, 18), (9, 19), (11, 1), (12, 8), (12, 25)
    )  # fmt: skip
    for month, day in ((6, 29), (10, 12)):
        at = date(year, month, day)
        shift = {1: -1, 2: -2, 3: -3, FRIDAY: 3}.get(at.weekday(), 0)
        days.add(at + timedelta(days=shift))
    reformation = date(year, 10, 31)
    days.add(reformation + timedelta(days={1: -4, 2: 2}.get(reformation.weekday(), 0)))
    if date(year, 9, 17).weekday() in (0, FRIDAY):
        days.add(date(year, 9, 17))
    if date(year, 9, 20).weekday() == FRIDAY:
        days.add(date(year, 9, 20))
    if date(year, 1, 2).weekday() == 0:
        days.add(date(year, 1, 2))
    return days | by_easter(year, -2, -1)


def colombia(year: int) -> Days:
    """Ley 51 de 1983, "Emiliani"."""
    days = fixed(year, (1, 1), (5, 1), (7, 20), (8, 7), (12, 8), (12, 25))
    moved = ((1, 6), (3, 19), (6, 29), (8, 15), (10, 12), (11, 1), (11, 11))
    return days | {monday_after(date(year, *each)) for each in moved} | by_easter(year, -3, -2, 43, 64, 71)


def germany(year: int) -> Days:
    """What all sixteen states keep; 3 October by the Einigungsvertrag, article 2."""
    return fixed(year, (1, 1), (5, 1), (10, 3), (12, 25), (12, 26)) | by_easter(year, -2, 1, 39, 50)


def spain(year: int) -> Days:
    """Real Decreto 2001/1983, article 45: those of the whole country."""
    days = ((1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25))
    return fixed(year, *days) | by_easter(year, -2)


def france(year: int) -> Days:
    """Code du travail, article L. 3133-1."""
    days = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    return fixed(year, *days) | by_easter(year, 1, 39, 50)


def britain(year: int) -> Days:
    """Banking and Financial Dealings Act 1971, schedule 1, with 1 January and the first Monday of May by proclamation."""
    mondays = {nth(year, 5, 0, 1), nth(year, 5, 0, -1), nth(year, 8, 0, -1)}
    return made_up_for(fixed(year, (1, 1), (12, 25), (12, 26))) | mondays | by_easter(year, -2, 1)


def italy(year: int) -> Days:
    """Legge 260/1949 as amended; 4 October again since 2026 by Legge 151/2025."""
    days = ((1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (10, 4), (11, 1), (12, 8), (12, 25), (12, 26))
    return fixed(year, *days) | by_easter(year, 1)


def mexico(year: int) -> Days:
    """Ley Federal del Trabajo, article 74; 1 October when a president begins, every six years from 2024 on."""
    days = fixed(year, (1, 1), (5, 1), (9, 16), (12, 25))
    return (
        days
        | {nth(year, 2, 0, 1), nth(year, 3, 0, 3), nth(year, 11, 0, 3)}
        | (fixed(year, (10, 1)) if year % 6 == 2 else set())
    )


def united_states(year: int) -> Days:
    """5 U.S.C. 6103, and the days they are observed on: Friday for a Saturday, Monday for a Sunday."""
    days = {date(each, *day) for each in (year, year + 1) for day in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))}
    observed = {day + timedelta(days={SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0)) for day in days}
    mondays = {nth(year, 1, 0, 3), nth(year, 2, 0, 3), nth(year, 5, 0, -1), nth(year, 9, 0, 1), nth(year, 10, 0, 2)}
    return {day for day in days | observed | mondays | {nth(year, 11, 3, 4)} if day.year == year}


LAWS: dict[str, Callable[[int], Days]] = {
    "AU": australia,
    "BR": brazil,
    "CA": canada,
    "CL": chile,
    "CO": colombia,
    "DE": germany,
    "ES": spain,
    "FR": france,
    "GB": britain,
    "IT": italy,
    "MX": mexico,
    "US": united_states,
}


@pytest.mark.parametrize("country", LAWS)
def test_the_holidays_of_a_country_are_those_of_its_law(country: str) -> None:
    listed = HOURS.of(country).holidays
    assert {year: sorted(day for day in listed if day.year == year) for year in YEARS} == {
        year: sorted(LAWS[country](year)) for year in YEARS
    }
    assert {day.year for day in listed} == set(YEARS)


def test_each_country_with_holidays_has_a_law_and_all_are_known_as_far() -> None:
    assert {country for country, week in HOURS.weeks.items() if week.holidays} == set(LAWS)
    assert {HOURS.holidays_end(country) for country in LAWS} == {YEARS[-1]}
