"""Free times: nothing that is offered overlaps, is over, or falls into an hour that does not exist."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.free_times import FIRST, LAST, NOTICE, Calendar, free_days, free_times, is_free
from ivy.domain.schedule import to_instant, to_wall

NOW = datetime(2026, 11, 23, 15, 10, tzinfo=UTC)
"""10:10 in Bogotá."""
BOGOTA = "America/Bogota"
HOUR = timedelta(hours=1)
TUESDAY = date(2026, 11, 24)


def at(hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return to_instant(datetime.combine(day, time(hour, minute)), BOGOTA)


def test_an_empty_day_is_free_from_morning_to_evening() -> None:
    times = free_times(Calendar([], BOGOTA, NOW), TUESDAY, HOUR)
    assert (times[0], times[-1], len(times)) == (FIRST, LAST, 29)


def test_what_is_booked_is_left_out_and_what_touches_it_is_not() -> None:
    times = free_times(Calendar([(at(10), at(11, 15))], BOGOTA, NOW), TUESDAY, HOUR)
    assert time(9) in times and time(11, 30) in times
    assert not {time(9, 30), time(10), time(10, 30), time(11)} & set(times)


def test_of_today_only_what_lies_ahead_is_offered() -> None:
    assert free_times(Calendar([], BOGOTA, NOW), NOW.date(), HOUR)[0] == time(10, 30)
    late = Calendar([], BOGOTA, at(21, 0, NOW.date()))
    assert free_times(late, NOW.date(), HOUR) == [] and free_days(late, 3, HOUR)[0] == TUESDAY


def test_a_day_without_room_is_not_offered() -> None:
    calendar = Calendar([(at(0), at(23, 59))], BOGOTA, NOW)
    assert TUESDAY not in free_days(calendar, 7, HOUR) and len(free_days(calendar, 7, HOUR)) == 6


def test_an_hour_that_the_clocks_leave_out_is_not_offered() -> None:
    spring = date(2027, 3, 14)
    now = datetime(2027, 3, 13, 12, tzinfo=UTC)
    times = free_times(Calendar([], "America/New_York", now), spring, HOUR)
    assert len(times) == 29  # the gap is at 2 in the morning, before the day begins
    # Where the clocks change at midnight nothing between 7 and 21 is touched; Lord Howe moves by half an hour at 2.
    assert len(free_times(Calendar([], "Australia/Lord_Howe", now), date(2027, 10, 3), HOUR)) == 29


@given(
    st.lists(st.tuples(st.integers(0, 60 * 48), st.integers(1, 300)), max_size=12),
    st.sampled_from([15, 30, 60, 180]),
    st.sampled_from([BOGOTA, "America/New_York", "Europe/London", "Asia/Kolkata"]),
    st.integers(0, 3),
)
def test_what_is_offered_is_free_ahead_and_real(
    booked: list[tuple[int, int]], minutes: int, zone: str, days: int
) -> None:
    spans = [(NOW + timedelta(minutes=start), NOW + timedelta(minutes=start + length)) for start, length in booked]
    calendar, length = Calendar(spans, zone, NOW), timedelta(minutes=minutes)
    day = to_wall(NOW, zone).date() + timedelta(days=days)
    times = free_times(calendar, day, length)
    assert times == sorted(set(times))
    assert (day in free_days(calendar, 4, length)) == bool(times)
    for each in times:
        starts = to_instant(datetime.combine(day, each), zone)
        assert is_free(calendar, day, each, length) and starts >= NOW + NOTICE
        assert all(starts + length <= one or other <= starts for one, other in spans)
