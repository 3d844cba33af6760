"""When backups are due and old, which go, and what unfinished work comes to when one is put back."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import backups, restoring
from ivy.domain.jobs import KINDS
from ivy.domain.restoring import Fate

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOURS = st.integers(0, 400).map(lambda hours: timedelta(hours=hours))
EVERY = st.integers(1, 200).map(lambda hours: timedelta(hours=hours))


@given(st.lists(st.integers(0, 10**6), unique=True), st.integers(-2, 9))
def test_the_newest_stay_and_nothing_else_is_ever_touched(seconds: list[int], keep: int) -> None:
    ours = [backups.name_of(NOON + timedelta(seconds=each)) for each in seconds]
    others = ["ivy.db", "ivy-20261123T120000Z.ivybackup.part", "holiday.ivybackup", "ivy-2026.ivybackup"]
    gone = backups.to_remove([*others, *ours], keep)
    left = sorted(set(ours) - set(gone))
    assert set(gone) <= set(ours)
    assert len(left) == min(len(ours), max(1, keep))
    assert not gone or max(gone) < min(left)


@given(st.none() | HOURS, st.none() | HOURS, EVERY)
def test_one_is_due_when_none_is_as_young_as_asked_and_no_failure_is_an_hour_old(
    good: timedelta | None, tried: timedelta | None, every: timedelta
) -> None:
    last_good = None if good is None else NOON - good
    last_tried = None if tried is None else NOON - tried
    due = backups.is_due(last_good, last_tried, every, NOON)
    if good is not None and good < every:
        assert not due
    elif last_tried is None or (last_good is not None and last_tried <= last_good):
        assert due
    else:
        assert due == (NOON - last_tried >= min(timedelta(hours=1), every))


@given(st.none() | HOURS, st.none() | HOURS, HOURS, EVERY)
def test_old_is_older_than_two_and_never_said_in_the_first_hour(
    good: timedelta | None, first: timedelta | None, up: timedelta, every: timedelta
) -> None:
    last_good = None if good is None else NOON - good
    first_tried = None if first is None else NOON - first
    old = backups.is_old(last_good, first_tried, NOON - up, every, NOON)
    assert not old or up > timedelta(hours=1)
    age = good if good is not None else first if first is not None else up
    assert old == (age > 2 * every and up > timedelta(hours=1))


@given(st.integers(0, 2**50), st.integers(0, 2**50))
def test_room_is_asked_for_with_some_to_spare(needed: int, free: int) -> None:
    lacking = backups.lacking(needed, free)
    assert (lacking == 0) == (free >= needed + backups.HEADROOM)
    assert backups.lacking(needed, free + lacking) == 0


def test_sizes_are_read_at_a_glance() -> None:
    assert [backups.size(each) for each in (7, 2048, 3 << 20, 5 << 30)] == ["7 bytes", "2.0 kB", "3.0 MB", "5.0 GB"]


@given(st.sampled_from(sorted([*KINDS, "of a newer Ivy"])), st.integers(-600, 600), st.booleans())
def test_nothing_that_somebody_would_notice_goes_on_by_itself(kind: str, seconds: int, leased: bool) -> None:
    run_at = NOON + timedelta(seconds=seconds)
    fate = restoring.fate(kind, run_at, NOON, leased=leased)
    if kind in ("inbound", "turn", "send", "media"):
        assert fate is Fate.ASK
    elif kind in ("embed", "prewrite", "backfill", "tell_operator", "easing"):
        assert fate is Fate.GOES_ON
    else:
        assert fate is (Fate.OVER if leased or run_at <= NOON else Fate.GOES_ON)
