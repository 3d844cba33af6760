"""The slots that people choose: cron lines, nudges, and that a year has each of them once a local date."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.schedule import BadCron, next_occurrence
from ivy.domain.slots import LONGEST_NUDGE, USUAL, BadSlot, By, Mode, SlotKind, by_of, clock_of, cron_of, nudge_at

CLOCKS = st.times().map(lambda clock: f"{clock:%H:%M}")


@pytest.mark.parametrize("zone", ["America/New_York", "America/Santiago"])
@pytest.mark.parametrize("at", ["00:00", "00:30", "02:30", "07:00", "20:30", "23:59"])
def test_a_year_has_each_day_once(zone: str, at: str) -> None:
    line, now = cron_of(SlotKind.MORNING, at, "*"), datetime(2026, 3, 1, 12, tzinfo=UTC)
    days: list[date] = []
    for _slot in range(365):
        due = next_occurrence(line, zone, now)
        assert due.instant > now
        days.append(due.wall.date())
        now = due.instant
    assert days == [days[0] + timedelta(days=number) for number in range(365)]


@pytest.mark.parametrize("zone", ["America/New_York", "America/Santiago"])
def test_a_year_has_each_week_and_each_month_once(zone: str) -> None:
    for kind, count, step in ((SlotKind.WEEKLY, 52, timedelta(days=7)), (SlotKind.MONTHLY, 12, None)):
        now = datetime(2026, 1, 15, tzinfo=UTC)
        days: list[date] = []
        for _slot in range(count):
            due = next_occurrence(cron_of(kind, USUAL[kind].at, USUAL[kind].days), zone, now)
            days.append(due.wall.date())
            now = due.instant
        if step is None:
            assert [(day.month, day.day) for day in days] == [*((month, 1) for month in range(2, 13)), (1, 1)]
        else:
            assert days == [days[0] + step * number for number in range(count)]
            assert days[0].isoweekday() == 7


@pytest.mark.parametrize("at", ["7:00", "24:00", "07:60", "", "07:00:00", "noon"])
def test_what_no_day_has_is_no_slot(at: str) -> None:
    with pytest.raises(BadSlot):
        cron_of(SlotKind.MORNING, at, "*")


@pytest.mark.parametrize("days", ["8", "mondays", "", "* *"])
def test_days_that_never_come_are_refused(days: str) -> None:
    with pytest.raises(BadCron):
        cron_of(SlotKind.MORNING, "07:00", days)


@given(CLOCKS, st.integers(1, LONGEST_NUDGE))
def test_a_nudge_comes_before_its_call_and_on_the_same_day(at: str, minutes: int) -> None:
    before, call = clock_of(nudge_at(at, minutes)), clock_of(at)
    apart = (call.hour - before.hour) * 60 + call.minute - before.minute
    assert 0 <= apart <= minutes
    assert apart == minutes or (before.hour, before.minute) == (0, 0)


@pytest.mark.parametrize("minutes", [0, -1, LONGEST_NUDGE + 1])
def test_a_nudge_is_minutes_before(minutes: int) -> None:
    with pytest.raises(BadSlot):
        nudge_at("07:00", minutes)


def test_how_somebody_is_contacted_follows_what_they_prefer() -> None:
    assert {by_of(Mode.VOICE, kind) for kind in SlotKind} == {By.VOICE}
    assert {by_of(Mode.TEXT, kind) for kind in SlotKind} == {By.TEXT}
    mixed = [
        by_of(Mode.MIXED, kind) for kind in (SlotKind.MORNING, SlotKind.EVENING, SlotKind.WEEKLY, SlotKind.MONTHLY)
    ]
    assert mixed == [By.VOICE, By.TEXT, By.VOICE, By.TEXT]


def test_what_is_usual_can_be_planned() -> None:
    for kind, usual in USUAL.items():
        assert cron_of(kind, usual.at, usual.days)
