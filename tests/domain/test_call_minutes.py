"""Minutes of calls: two caps, a reservation that is settled, and what a schedule will need."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.call_minutes import (
    MONTH,
    Caps,
    Fits,
    Forecast,
    Slot,
    Used,
    counted,
    day_exceeds,
    exceeds,
    fits,
    forecast,
    together,
)
from ivy.domain.calls import CallKind
from ivy.domain.schedule import BadCron

CAPS = Caps(person_month=200, day=600)
BOGOTA = "America/Bogota"
NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)  # in Bogotá still 30 November, 21:00
LONGEST = 600


def test_a_call_fits_up_to_the_last_second_of_each_cap() -> None:
    last = Used(person_month=200 * 60 - LONGEST, day=600 * 60 - LONGEST)
    assert fits(CAPS, last, LONGEST, zone=BOGOTA, now=NOW) == Fits(True)
    assert not fits(CAPS, last, LONGEST + 1, zone=BOGOTA, now=NOW).ok


def test_the_month_of_a_person_ends_by_their_own_calendar() -> None:
    full = fits(CAPS, Used(person_month=200 * 60), 1, zone=BOGOTA, now=NOW)
    assert (full.ok, full.rule) == (False, "their 200 minutes of calls this month")
    assert full.until == datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert fits(CAPS, Used(person_month=200 * 60), 1, zone="UTC", now=NOW).until == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_day_of_all_people_ends_with_the_day_of_utc() -> None:
    full = fits(CAPS, Used(day=600 * 60), 1, zone=BOGOTA, now=NOW)
    assert (full.ok, full.rule) == (False, "the 600 minutes of calls a day")
    assert full.until == datetime(2026, 12, 2, tzinfo=UTC)


@pytest.mark.parametrize("month", range(1, 13))
def test_the_next_month_begins_on_its_first(month: int) -> None:
    for day in (1, 28):
        until = fits(Caps(0, 0), Used(), 1, zone="UTC", now=datetime(2027, month, day, 23, tzinfo=UTC)).until
        assert until == datetime(2027 + month // 12, month % 12 + 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("duration", "over", "seconds"),
    [
        (None, False, 600),  # under way: all that it may last
        (30.0, False, 600),  # told of in between, and still under way
        (30.0, True, 30),
        (30.1, True, 31),
        (615.0, True, 615),  # longer than was reserved: it counts as it was
        (None, True, 0),
        (0.0, True, 0),
        (-5.0, True, 0),
    ],
)
def test_a_call_counts_what_it_reserved_and_then_what_it_lasted(
    duration: float | None, over: bool, seconds: int
) -> None:
    assert counted(600, duration, over=over) == seconds


@given(st.lists(st.tuples(st.booleans(), st.floats(0, LONGEST)), max_size=60))
def test_calls_that_are_reserved_first_never_go_past_a_cap(calls: list[tuple[bool, float]]) -> None:
    """Each call is dialled if it fits, and some are still under way when the next one is."""
    caps, seconds = Caps(person_month=60, day=60), 0
    placed: list[tuple[bool, float]] = []
    for call in calls:
        seconds = sum(counted(LONGEST, duration, over=over) for over, duration in placed)
        if fits(caps, Used(seconds, seconds), LONGEST, zone="UTC", now=NOW).ok:
            placed.append(call)
    assert sum(duration for _over, duration in placed) <= 60 * 60


# --- forecasts ------------------------------------------------------------------------------------------

FIRST = date(2026, 12, 1)  # a Tuesday
DAILY = (Slot(CallKind.MORNING), Slot(CallKind.EVENING), Slot(CallKind.WEEKLY, "0"), Slot(CallKind.MONTHLY, "1"))


def test_what_a_usual_schedule_needs_is_within_the_default_cap() -> None:
    needed = forecast(DAILY, FIRST)
    assert len(needed.by_day) == MONTH
    assert needed.by_day[FIRST] == 150 + 120 + 600  # the monthly one on the first
    assert needed.by_day[date(2026, 12, 6)] == 150 + 120 + 360  # a Sunday
    assert needed.minutes == (31 * 270 + 4 * 360 + 600 + 59) // 60 <= 200
    assert needed.busiest_day_minutes == 15
    assert exceeds(needed, 200) == ""
    assert exceeds(needed, 100) == f"these calls need about {needed.minutes} minutes a month, and 100 are allowed"


def test_days_are_those_of_cron() -> None:
    weekdays = forecast([Slot(CallKind.MORNING, "1-5")], FIRST).by_day
    assert all(day.weekday() < 5 for day in weekdays)
    assert len(weekdays) == 23
    assert list(forecast([Slot(CallKind.MONTHLY, "31")], FIRST).by_day) == [date(2026, 12, 31)]
    with pytest.raises(BadCron):
        forecast([Slot(CallKind.MORNING, "8-9")], FIRST)


def test_a_kind_without_a_script_length_counts_five_minutes() -> None:
    assert set(forecast([Slot(CallKind.RESCUE)], FIRST).by_day.values()) == {300}
    own = forecast([Slot(CallKind.RESCUE)], FIRST, {CallKind.RESCUE: timedelta(seconds=60)})
    assert set(own.by_day.values()) == {60}


def test_nothing_needs_nothing() -> None:
    empty = forecast([], FIRST)
    assert (empty.minutes, empty.busiest_day_minutes) == (0, 0)
    assert together([]) == empty


def test_all_schedules_together_are_judged_by_their_busiest_day() -> None:
    everyone = together([forecast(DAILY, FIRST)] * 50)
    assert everyone.busiest_day_minutes == 725
    assert day_exceeds(everyone, 725) == ""
    assert day_exceeds(everyone, 600) == "on the busiest day the calls need about 725 minutes, and 600 are allowed"


_slots = st.lists(
    st.builds(Slot, st.sampled_from([CallKind.MORNING, CallKind.EVENING]), st.sampled_from(["*", "1-5", "6"])),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(_slots, _slots, st.dates(date(2026, 1, 1), date(2027, 12, 1)))
def test_two_forecasts_together_are_the_forecast_of_both(one: list[Slot], other: list[Slot], first: date) -> None:
    both = together([forecast(one, first), forecast(other, first)])
    assert both == forecast([*one, *other], first)
    assert isinstance(both, Forecast)
    assert all(first <= day < first + timedelta(days=MONTH) for day in both.by_day)
