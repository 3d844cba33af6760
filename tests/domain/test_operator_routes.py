"""When the operator sleeps, and how soon a way that failed is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.config import OperatorSection
from ivy.domain.operator_routes import FIRST_WAIT, LONGEST_WAIT, Route, check, is_safe, named, rests_until, wait_after
from ivy.errors import ConfigError

NIGHT = OperatorSection(quiet_from="22:00", quiet_until="07:00", zone="America/Bogota")


@given(st.timedeltas(timedelta(0), timedelta(days=30)))
def test_each_wait_is_as_long_as_it_has_failed_within_bounds(failing_for: timedelta) -> None:
    wait = wait_after(failing_for)
    assert FIRST_WAIT <= wait <= LONGEST_WAIT
    assert wait == failing_for or wait in (FIRST_WAIT, LONGEST_WAIT)


@given(st.integers(0, 365 * 24 * 60))
def test_quiet_hours_are_those_of_the_operators_own_clock(minutes: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    wall = now - timedelta(hours=5)  # Bogota knows no summer time
    until = rests_until(NIGHT, now)
    assert (until is not None) is (wall.hour >= 22 or wall.hour < 7)
    if until is not None:
        assert until > now and (until - timedelta(hours=5)).hour == 7


def test_without_quiet_hours_nothing_waits() -> None:
    assert rests_until(OperatorSection(), datetime(2026, 11, 23, 3, 0, tzinfo=UTC)) is None


def test_only_ways_that_are_named_are_gone() -> None:
    assert named(OperatorSection()) == ()
    assert named(OperatorSection(mail="a@b.c", webhook_url="https://x")) == (Route.MAIL, Route.WEBHOOK)


def test_only_addresses_that_nobody_listens_to_are_told() -> None:
    safe = ("https://ops.example.org/x", "http://127.0.0.1:9/x", "http://localhost/x", "http://[::1]:8/x")
    unsafe = (
        *("http://ops.example.org", "ftp://ops.example.org", "https://", "ops.example.org", "https://x:99999999"),
        *("http://127.0.0.1.example.org/", "http://localhost@example.org/", ""),
    )
    assert all(map(is_safe, safe)) and not any(map(is_safe, unsafe))


@pytest.mark.parametrize("time", ["22:00Z", "22:00+00:00", "10 pm"])
def test_quiet_hours_are_times_of_the_operators_zone_and_have_none_of_their_own(time: str) -> None:
    section = OperatorSection(mail="a@b.c", quiet_from=time, quiet_until="07:00", zone="UTC")
    with pytest.raises(ConfigError, match="quiet"):
        check(section)
