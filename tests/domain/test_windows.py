"""Spans in which something is allowed: the conversation window, quiet hours over midnight and clock changes."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.schedule import to_wall
from ivy.domain.windows import MARGIN, WINDOW, QuietHours, quiet_until, window_after, window_open

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
NIGHT = QuietHours(time(21), time(9))
ZONES = ["UTC", "Europe/Lisbon", "America/Bogota", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]

_instants = st.timedeltas(timedelta(days=-300), timedelta(days=400)).map(lambda span: NOW + span)
_quiet = st.builds(QuietHours, st.times(), st.times())


def test_a_window_lasts_a_day_from_the_vendors_time_of_the_message() -> None:
    assert window_after(NOW) == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("ago", "is_open"),
    [
        (timedelta(0), True),
        (timedelta(hours=23, minutes=44, seconds=59, microseconds=999_999), True),
        (timedelta(hours=23, minutes=45), False),  # exactly at the margin it is taken for closed
        (timedelta(hours=23, minutes=59, seconds=59), False),
        (timedelta(hours=24), False),
        (timedelta(days=400), False),
        (timedelta(seconds=-5), True),  # the vendor's clock is ahead of ours
    ],
)
def test_the_window_is_taken_for_closed_a_quarter_of_an_hour_early(ago: timedelta, is_open: bool) -> None:
    assert window_open(window_after(NOW - ago), NOW) == is_open


def test_a_window_that_never_opened_is_closed() -> None:
    assert not window_open(None, NOW)


@given(_instants, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_a_window_is_open_up_to_its_margin_and_never_again(wrote: datetime, later: timedelta) -> None:
    assert window_open(window_after(wrote), wrote + later) == (later < WINDOW - MARGIN)


@pytest.mark.parametrize(
    ("quiet", "now", "zone", "end"),
    [
        (NIGHT, "2026-12-02T02:00", "America/Bogota", None),  # 21:00 there, and quiet from that moment
        (NIGHT, "2026-12-02T01:59", "America/Bogota", ""),
        (NIGHT, "2026-12-02T14:00", "America/Bogota", ""),
        (QuietHours(time(13), time(15)), "2026-12-02T14:00", "UTC", "2026-12-02T15:00"),
        (QuietHours(time(13), time(13)), "2026-12-02T13:00", "UTC", ""),
        (NIGHT, "2026-03-28T22:00", "Europe/Lisbon", "2026-03-29T08:00"),  # one hour less of night
        (NIGHT, "2026-10-24T22:00", "Europe/Lisbon", "2026-10-25T09:00"),  # one hour more
        (
            QuietHours(time(22), time(1, 30)),
            "2026-03-28T23:00",
            "Europe/Lisbon",
            "2026-03-29T01:00",
        ),  # 01:30 never comes
        (QuietHours(time(22), time(1, 30)), "2026-10-25T01:10", "Europe/Lisbon", "2026-10-25T01:30"),  # 01:10 again
    ],
)
def test_quiet_hours_end_by_the_persons_own_clock(quiet: QuietHours, now: str, zone: str, end: str | None) -> None:
    found = quiet_until(quiet, zone, datetime.fromisoformat(now).replace(tzinfo=UTC))
    expected = "2026-12-02T14:00" if end is None else end
    assert found == (datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None)


@given(_quiet, st.sampled_from(ZONES), _instants)
def test_quiet_hours_always_end_later_and_within_a_day_and_a_clock_change(
    quiet: QuietHours, zone: str, now: datetime
) -> None:
    end = quiet_until(quiet, zone, now)
    assert end is None or now < end <= now + timedelta(hours=25)


@given(_quiet, st.sampled_from(ZONES), _instants)
def test_it_is_quiet_between_start_and_end_and_no_longer(quiet: QuietHours, zone: str, now: datetime) -> None:
    wall = to_wall(now, zone).time()
    end = quiet_until(quiet, zone, now)
    if quiet.start <= quiet.end:
        assert (end is not None) == (quiet.start <= wall < quiet.end)
    else:
        assert (end is None) == (quiet.end <= wall < quiet.start)
    if end is not None and to_wall(end, zone).time() == quiet.end:  # otherwise a clock change skipped the end
        assert quiet_until(quiet, zone, end) is None
