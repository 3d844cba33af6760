"""Fresh starts: Mondays, birthdays, after a trip, only for who kept nothing for a week; a trip is back within two months."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.fresh_starts import (
    LONGEST_TRIP,
    QUIET_FOR,
    SHORTEST_TRIP,
    Fresh,
    Trip,
    after_move,
    fresh_day,
    is_out_of_it,
)

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DATES = st.integers(-60, 60).map(lambda days: MONDAY + timedelta(days=days))
ZONES = st.sampled_from(["America/New_York", "Europe/Madrid", "Asia/Tokyo"])


@given(DATES, st.none() | DATES, st.none() | DATES)
def test_a_fresh_day_is_a_birthday_the_first_morning_after_a_trip_or_a_monday(
    day: date, back_on: date | None, birthday: date | None
) -> None:
    fresh = fresh_day(day, back_on, birthday)
    assert (fresh is Fresh.BIRTHDAY) == (day == birthday)
    assert (fresh is Fresh.BACK) == (day == back_on and day != birthday)
    assert (fresh is Fresh.WEEK) == (day.weekday() == 0 and day not in (back_on, birthday))


@given(DATES, st.none() | DATES, DATES)
def test_nobody_who_kept_a_day_within_a_week_or_is_new_is_out_of_it(day: date, kept: date | None, since: date) -> None:
    out = is_out_of_it(day, kept, since)
    newest = max(filter(None, (kept, since)))
    assert out == (day - newest >= QUIET_FOR)
    if out:
        assert is_out_of_it(day + timedelta(days=1), kept, since)


@given(st.lists(st.tuples(ZONES, st.integers(0, 90)), max_size=8))
def test_who_comes_back_came_from_where_they_had_gone(moves: list[tuple[str, int]]) -> None:
    trip, zone, now = Trip(), "Europe/Lisbon", NOW
    homes: list[tuple[str, datetime]] = []
    for to, days in moves:
        now += timedelta(days=days)
        if to == zone:
            continue
        trip, was = after_move(trip, zone, to, now), trip
        if trip.back_at is not None:
            assert trip.back_at == now
            assert homes[-1][0] == to and SHORTEST_TRIP <= now - homes[-1][1] <= LONGEST_TRIP
            assert was.back_at is None  # a return is no departure: the next change begins a trip
        elif trip == Trip():
            assert homes[-1][0] == to and now - homes[-1][1] < SHORTEST_TRIP  # put right, and never away
        else:
            assert (trip.before, trip.left_at) == (zone, now)
        homes.append((zone, now))
        zone = to


def test_there_and_back_is_a_trip_and_there_and_back_again_two() -> None:
    trip = after_move(Trip(), "America/New_York", "Europe/Madrid", NOW)
    assert trip == Trip("America/New_York", NOW)
    back = after_move(trip, "Europe/Madrid", "America/New_York", NOW + LONGEST_TRIP)
    assert back == Trip(back_at=NOW + LONGEST_TRIP)
    again = after_move(back, "America/New_York", "Europe/Madrid", NOW + LONGEST_TRIP)
    assert again == Trip("America/New_York", NOW + LONGEST_TRIP)
    assert after_move(again, "Europe/Madrid", "Asia/Tokyo", NOW + LONGEST_TRIP).back_at is None


def test_a_zone_that_is_put_right_is_no_trip() -> None:
    trip = after_move(Trip(), "America/New_York", "Europe/Madrid", NOW)
    assert after_move(trip, "Europe/Madrid", "America/New_York", NOW + timedelta(minutes=5)) == Trip()


def test_who_comes_back_after_months_had_moved() -> None:
    trip = after_move(Trip(), "America/New_York", "Europe/Madrid", NOW)
    late = NOW + LONGEST_TRIP + timedelta(seconds=1)
    assert after_move(trip, "Europe/Madrid", "America/New_York", late) == Trip("Europe/Madrid", late)
