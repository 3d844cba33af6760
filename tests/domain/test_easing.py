"""Which changes of a commitment make it easier, and when these begin: an order in each part; no harder part buys an easier one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.easing import Commitment, Part, begins_at, changed, eased, in_four_weeks, is_easing
from ivy.domain.giving import PartialGives
from ivy.domain.money import Money
from ivy.domain.schedule import to_wall

NOW = datetime(2026, 10, 20, 15, 0, tzinfo=UTC)
USUAL = Commitment(3, 10, PartialGives.FULL, Money(100, "USD"), 56, ("07:00", "20:30"), locked=True)
CLOCKS = st.sampled_from(["06:00", "07:00", "08:30", "19:00", "20:30"])
COMMITMENTS = st.builds(
    Commitment,
    sessions=st.integers(0, 14),
    minimum_minutes=st.integers(1, 180),
    part_gives=st.sampled_from(PartialGives),
    gift=st.none() | st.builds(Money, st.integers(0, 500), st.sampled_from(["USD", "COP"])),
    contacts=st.integers(0, 8),
    at=st.lists(CLOCKS, max_size=2).map(lambda clocks: tuple(sorted(clocks))),
    locked=st.booleans(),
)
FIELDS = {
    Part.SESSIONS: "sessions",
    Part.MINIMUM: "minimum_minutes",
    Part.PART_GIVES: "part_gives",
    Part.GIFT: "gift",
    Part.CONTACTS: "contacts",
    Part.LATER: "at",
    Part.LOCK: "locked",
}


@pytest.mark.parametrize(
    ("part", "easier"),
    [
        (Part.SESSIONS, 2),
        (Part.MINIMUM, 5),
        (Part.PART_GIVES, PartialGives.NONE),
        (Part.GIFT, Money(99, "USD")),
        (Part.CONTACTS, 28),
        (Part.LATER, ("07:30", "20:30")),
        (Part.LATER, ("20:30",)),
        (Part.LOCK, False),
    ],
)
def test_each_part_has_an_easier_side(part: Part, easier: Any) -> None:
    after = replace(USUAL, **{FIELDS[part]: easier})
    assert eased(USUAL, after) == changed(USUAL, after) == {part}
    assert is_easing(USUAL, after)
    assert not is_easing(after, USUAL)


@pytest.mark.parametrize(
    "after",
    [
        USUAL,
        replace(USUAL, gift=None),  # to stop giving never waits
        replace(USUAL, gift=Money(1, "COP")),
        replace(USUAL, sessions=4, minimum_minutes=20, part_gives=PartialGives.PRO_RATA, gift=Money(200, "USD")),
        replace(USUAL, at=("06:30", "20:30")),
        replace(USUAL, at=()),  # counted among the contacts
        replace(USUAL, at=("05:00", "07:00"), contacts=60),
    ],
)
def test_what_is_no_easier_is_no_easing(after: Commitment) -> None:
    assert eased(USUAL, after) == frozenset()


@given(COMMITMENTS, COMMITMENTS)
def test_only_what_changed_is_eased_and_no_part_both_ways(one: Commitment, other: Commitment) -> None:
    assert eased(one, one) == changed(one, one) == frozenset()
    assert eased(one, other) <= changed(one, other) == changed(other, one)
    both_ways = eased(one, other) & eased(other, one)
    assert both_ways <= {Part.LATER}  # of two contacts one may be later and one earlier: then either way waits
    if len(one.at) != 2 or len(other.at) != 2:
        assert not both_ways


@given(COMMITMENTS, COMMITMENTS, COMMITMENTS)
def test_easing_twice_eases_the_same_part(first: Commitment, second: Commitment, third: Commitment) -> None:
    """Each part is an order; times are compared one by one, so of two of them either may be the later one."""
    assert eased(first, second) & eased(second, third) - {Part.LATER} <= eased(first, third)


@given(COMMITMENTS, COMMITMENTS, st.integers(1, 5))
def test_a_harder_part_never_buys_an_easier_one(one: Commitment, other: Commitment, more: int) -> None:
    harder = replace(other, sessions=one.sessions + more, minimum_minutes=one.minimum_minutes + more)
    assert eased(one, other) - {Part.SESSIONS, Part.MINIMUM} <= eased(one, harder)


def test_it_begins_with_the_next_planning_that_is_to_come() -> None:
    soon, later = NOW + timedelta(days=2), NOW + timedelta(days=9)
    assert begins_at([later, soon, NOW, NOW - timedelta(days=5)], "Europe/Madrid", NOW) == soon


@given(st.sampled_from(["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "UTC"]), st.integers(0, 365))
def test_without_a_planning_day_it_begins_seven_days_later_by_the_clock(zone: str, days: int) -> None:
    now = NOW + timedelta(days=days)
    at = begins_at([], zone, now)
    assert to_wall(at, zone) == to_wall(now, zone) + timedelta(days=7)
    assert at > now


@pytest.mark.parametrize(
    ("days", "monthly", "often"),
    [("*", False, 28), ("1-5", False, 20), ("0", False, 4), ("1,3,5", False, 12), ("1", True, 1), ("*", True, 28)],
)
def test_contacts_are_counted_over_four_weeks(days: str, monthly: bool, often: int) -> None:
    assert in_four_weeks(days, monthly=monthly) == often
