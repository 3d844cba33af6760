"""Wall time and instants: every clock change of 2026 and 2027 is lived through, and nothing fires twice or never."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.schedule import (
    BadCron,
    UnknownZone,
    check_cron,
    local_date,
    next_occurrence,
    next_wall,
    occurrences_between,
    to_instant,
    to_wall,
    zone,
)

ZONES = sorted(zoneinfo.available_timezones() - {"Factory", "localtime", "posixrules"})
HOUR = timedelta(hours=1)
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


def offset(instant: datetime, name: str) -> timedelta:
    return to_wall(instant, name) - instant.replace(tzinfo=None)


def changes(name: str) -> list[tuple[datetime, timedelta]]:
    """Return the instants at which a zone's clocks change in 2026-27, to the minute, and by how much."""
    found: list[tuple[datetime, timedelta]] = []
    days = [
        START + timedelta(days=day) for day in range(0, (END - START).days + 15, 14)
    ]  # none change twice in 14 days
    for low, high in pairwise(days):
        if offset(low, name) != offset(high, name):
            size = offset(high, name) - offset(low, name)
            while high - low > timedelta(minutes=1):
                middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
                low, high = (middle, high) if offset(middle, name) == offset(low, name) else (low, middle)
            found.append((high, size))
    return found


THIRTY = [name for name in ZONES if "/" in name and not name.startswith("Etc/")][::18][:30]
CHANGES = [(name, at, size) for name in ZONES for at, size in changes(name)]


def test_the_sweep_meets_gaps_and_folds_of_many_sizes() -> None:
    assert sum(size > timedelta(0) for _, _, size in CHANGES) > 300
    assert sum(size < timedelta(0) for _, _, size in CHANGES) > 300
    assert {size for _, _, size in CHANGES} >= {HOUR, -HOUR, HOUR / 2, -HOUR / 2, 2 * HOUR, -2 * HOUR}


def test_in_every_zone_a_daily_job_inside_a_clock_change_fires_once_a_day() -> None:
    for name, at, size in CHANGES:
        before = at.replace(tzinfo=None) + offset(at - timedelta(minutes=1), name)
        wall = min(before, before + size) + abs(size) / 2  # within the gap or the fold
        start, end = at - timedelta(days=2), at + timedelta(days=2)
        fired = occurrences_between(f"{wall.minute} {wall.hour} * * *", name, start, end)
        assert all(one.instant < other.instant for one, other in pairwise(fired)), name
        days = [one.wall.date() for one in fired]
        assert days == sorted(set(days)), name
        # Gap: the first instant after it. Fold: the first of the two.
        expected = at if size > timedelta(0) else at - abs(size) / 2
        assert [one.instant for one in fired if one.wall.date() == wall.date()] == [expected], name


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), st.times(), st.dates(date(2026, 1, 2), date(2027, 12, 1)), st.integers(3, 20))
def test_a_daily_job_fires_once_for_each_of_its_days(name: str, clock: time, first: date, days: int) -> None:
    wish = clock.replace(second=0, microsecond=0)
    after = to_instant(datetime.combine(first, time()), name)
    until = after + timedelta(days=days)
    fired = occurrences_between(f"{wish.minute} {wish.hour} * * *", name, after, until)
    walls = [datetime.combine(first + timedelta(days=day), wish) for day in range(-1, days + 2)]
    assert [one.wall for one in fired] == [wall for wall in walls if after < to_instant(wall, name) <= until]
    assert all(one.instant < other.instant for one, other in pairwise(fired))
    assert {one.wall.date() for one in fired} >= {first + timedelta(days=day) for day in range(1, days - 1)}


@given(st.sampled_from(ZONES), st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))  # noqa: DTZ001
def test_wall_time_becomes_the_first_instant_that_shows_it_or_comes_after_it(name: str, wall: datetime) -> None:
    instant = to_instant(wall, name)
    shown = to_wall(instant, name)
    assert shown >= wall
    if shown == wall:
        earlier = [instant - step * timedelta(minutes=10) for step in range(1, 19)]
        assert all(to_wall(one, name) != wall for one in earlier)
    else:  # a gap: a moment before, the clock was still short of the wish
        assert instant.microsecond == instant.second == 0
        assert to_wall(instant - timedelta(microseconds=1), name) < wall


@given(st.sampled_from(ZONES), st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))  # noqa: DTZ001
def test_time_runs_forward_on_the_wall_and_off_it(name: str, wall: datetime) -> None:
    assert to_instant(wall, name) <= to_instant(wall + timedelta(minutes=7), name)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CHANGES),
    st.sampled_from(["*/15 0-3 * * *", "0 * * * *", "30 2 * * *", "15 1 * * *", "0 0 * * *", "45 23 * * 6,0"]),
    st.integers(-300, 300),
)
def test_the_next_occurrence_is_the_first_of_all_that_follow(
    change: tuple[str, datetime, timedelta], cron: str, minutes: int
) -> None:
    name, at, _ = change
    after = at + timedelta(minutes=minutes)
    due = next_occurrence(cron, name, after)
    assert due.instant > after
    fired = occurrences_between(cron, name, at - timedelta(hours=8), at + timedelta(days=9))
    assert due in fired
    assert not [one for one in fired if after < one.instant < due.instant]


def test_no_time_is_due_twice_in_the_autumn_hour() -> None:
    at = datetime(2026, 11, 1, 6, tzinfo=UTC)  # New York: 2:00 becomes 1:00
    fired = occurrences_between("*/20 1 * * *", "America/New_York", at - 3 * HOUR, at + 3 * HOUR)
    assert [f"{one.wall:%H:%M}" for one in fired] == ["01:00", "01:20", "01:40"]
    assert fired[-1].instant < at


def test_times_swallowed_by_one_gap_are_one_occurrence() -> None:
    at = datetime(2026, 3, 8, 7, tzinfo=UTC)  # New York: 2:00 becomes 3:00
    fired = occurrences_between("*/20 2 * * *", "America/New_York", at - HOUR, at + HOUR)
    assert [one.instant for one in fired] == [at]


def test_thirty_zones_for_four_hundred_days_each_fire_every_day() -> None:
    for name in THIRTY:
        fired = occurrences_between("30 6 * * *", name, START, START + timedelta(days=400))
        assert len(fired) == 400
        assert all(local_date(one.instant, name) == one.wall.date() for one in fired)


def test_the_rules_are_those_of_the_package_not_of_the_system() -> None:
    assert zoneinfo.TZPATH == ()
    # British Columbia stopped changing its clocks in 2026, which old system files do not know.
    assert to_wall(datetime(2026, 12, 1, 20, tzinfo=UTC), "America/Vancouver").hour == 13


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "America", "../etc/passwd", "/etc/localtime", "Factory", "utc+5", "\0"]
)
def test_an_unknown_zone_is_refused_in_plain_words(name: str) -> None:
    with pytest.raises(UnknownZone, match="is not a time zone"):
        zone(name)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 7 * *", "five parts"),
        ("0 0 7 * * *", "five parts"),
        ("@daily", "five parts"),
        ("", "five parts"),
        ("0 24 * * *", "The hour in the schedule goes from 0 to 23, so 24 cannot be."),
        ("61 7 * * *", "minute"),
        ("0 7 0 * *", "day of the month"),
        ("H 7 * * *", "minute"),
        ("R(1-5) 7 * * *", "minute"),
        ("0 7 * * noday", "cannot be read"),
        ("0 7 30 2 *", "never comes due"),
        ("*/0 7 * * *", "cannot be read"),
    ],
)
def test_a_bad_schedule_is_refused_in_plain_words(line: str, words: str) -> None:
    with pytest.raises(BadCron, match=words):
        check_cron(line)


FIELDS = [
    "0",
    "7",
    "*",
    "*/5",
    "1-5",
    "L",
    "mon",
    "5#2",
    "jan",
    "1,2",
    "99",
    "-",
    "/",
    ",",
    "#",
    "L3",
    "15W",
    "mon-fri",
]


@given(st.text(max_size=20) | st.lists(st.sampled_from(FIELDS), min_size=4, max_size=6).map(" ".join))
def test_any_line_is_a_schedule_or_a_plain_sentence(line: str) -> None:
    try:
        check_cron(line)
    except BadCron:
        return
    assert next_wall(line, datetime.combine(date(2026, 3, 1), time())) > datetime.combine(date(2026, 3, 1), time())
