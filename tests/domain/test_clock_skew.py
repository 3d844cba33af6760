"""A wrong clock is told from wrong vendors."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.clock_skew import Skew

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HOSTS = ("graph.facebook.com", "api.retellai.com", "api.anthropic.com")


def date(ahead: float) -> str:
    """Return the date that a vendor with a right clock says while ours is `ahead` by so many seconds."""
    return format_datetime(NOW - timedelta(seconds=ahead), usegmt=True)


@given(st.integers(-100_000, 100_000), st.lists(st.sampled_from(HOSTS), min_size=1, max_size=9))
def test_by_how_much_ours_is_ahead_is_what_all_of_them_say(ahead: int, hosts: list[str]) -> None:
    skew = Skew(lambda: NOW)
    for host in hosts:
        skew.hear(host, date(ahead))
    assert skew.ahead() == timedelta(seconds=ahead)


def test_one_vendor_with_a_wrong_clock_proves_nothing() -> None:
    skew = Skew(lambda: NOW)
    skew.hear(HOSTS[0], date(-7200))
    skew.hear(HOSTS[1], date(0))
    assert skew.ahead() == timedelta(0)


def test_what_was_heard_long_ago_or_cannot_be_read_says_nothing() -> None:
    times = [NOW]
    skew = Skew(lambda: times[-1])
    assert skew.ahead() is None
    for wrong in ("", "yesterday", "Mon, 99 Nov 2026 07:00:00 GMT", "2026-11-23T07:00:00Z"):
        skew.hear(HOSTS[0], wrong)
    assert skew.ahead() is None
    skew.hear(HOSTS[0], date(400))
    times.append(NOW + timedelta(minutes=61))
    assert skew.ahead() is None


def test_what_this_machine_says_of_its_own_clock_proves_nothing() -> None:
    skew = Skew(lambda: NOW)
    skew.hear(HOSTS[0], date(7200))
    skew.hear("127.0.0.1", date(0))
    skew.hear("localhost", date(0))
    assert skew.ahead() == timedelta(hours=2)
