"""When calls are asked about, and that no choice makes more of them than there were: rules over slots and local dates."""

from datetime import date, datetime, timedelta
from itertools import takewhile

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.cadence import FEWER_DAYS, FIRST_WEEKS, ONCE_MORE, Asked, Booked, Pace, fewer_of, may_ask, tapered
from ivy.domain.schedule import walls
from ivy.domain.slots import By, SlotKind

FIRST = date(2026, 11, 2)
DAYS = st.sampled_from(["*", "1-5", "0", "6,0", "1,3,5", "2,4,6,0", "mon-thu", "7", "0-6", "2-4"])
SLOTS = st.lists(
    st.builds(Booked, st.sampled_from(SlotKind), st.sampled_from(By), st.just("07:00"), DAYS),
    max_size=4,
    unique_by=lambda each: each.kind,
).map(tuple)
ASKED = st.builds(
    Asked,
    st.integers(0, 3),
    st.none() | st.integers(0, 400).map(lambda days: FIRST + timedelta(days=days)),
    st.sampled_from(["", *Pace]),
)


def dates_of(slot: Booked) -> set[date]:
    begin = datetime(2026, 11, 1, 23)  # noqa: DTZ001 - wall time is naive
    week = takewhile(lambda wall: wall <= begin + timedelta(days=7), walls(f"0 12 * * {slot.days}", begin))
    return {wall.date() for wall in week}


def after(slots: tuple[Booked, ...], pace: Pace) -> dict[SlotKind, Booked]:
    return {each.kind: each for each in (*slots, *tapered(slots, pace))}


# --- when --------------------------------------------------------------------------------------------


@given(ASKED, st.integers(0, 800))
def test_nobody_is_asked_in_the_first_weeks_nor_more_than_twice(asked: Asked, days: int) -> None:
    may = may_ask(FIRST, asked, FIRST + timedelta(days=days))
    assert not may_ask(None, asked, FIRST + timedelta(days=days))
    if may:
        assert asked.times < 2
        assert timedelta(days=days) >= FIRST_WEEKS or asked.times == 1
    if asked.times == 1 and asked.answer != Pace.KEEP:
        assert not may


def test_the_days_on_which_somebody_who_keeps_their_calls_is_asked() -> None:
    asked, days = Asked(), list[int]()
    for day in range(400):
        today = FIRST + timedelta(days=day)
        if may_ask(FIRST, asked, today):
            days.append(day)
            asked = Asked(asked.times + 1, today + timedelta(days=1), Pace.KEEP.value)  # answered on the next day
    assert days == [28, 29 + ONCE_MORE.days]


def test_who_never_answered_is_not_asked_again() -> None:
    assert not may_ask(FIRST, Asked(1, FIRST), FIRST + timedelta(days=900))
    assert not may_ask(FIRST, Asked(1, None, Pace.KEEP.value), FIRST + timedelta(days=900))


# --- what --------------------------------------------------------------------------------------------


@given(SLOTS)
def test_keeping_changes_nothing_and_who_is_not_phoned_daily_has_nothing_to_taper(slots: tuple[Booked, ...]) -> None:
    assert tapered(slots, Pace.KEEP) == ()
    if not any(each.by is By.VOICE and each.kind in (SlotKind.MORNING, SlotKind.EVENING) for each in slots):
        assert fewer_of(slots) is None
        assert tapered(slots, Pace.FEWER) == tapered(slots, Pace.WEEKLY) == ()


@given(SLOTS, st.sampled_from([Pace.FEWER, Pace.WEEKLY]))
def test_daily_calls_become_fewer_on_days_that_were_theirs_and_none_is_lost(
    slots: tuple[Booked, ...], pace: Pace
) -> None:
    changed = after(slots, pace)
    assert set(changed) >= {each.kind for each in slots}
    for before in slots:
        now = changed[before.kind]
        assert now.at == before.at
        assert dates_of(now) <= dates_of(before)
        if before.by is By.TEXT and before.kind is not SlotKind.WEEKLY:
            assert now == before
    if not tapered(slots, pace):
        return
    daily = [each for each in changed.values() if each.kind in (SlotKind.MORNING, SlotKind.EVENING)]
    phoned = [each for each in daily if each.by is By.VOICE]
    assert len(phoned) == (1 if pace is Pace.FEWER else 0)
    assert all(len(dates_of(each)) <= FEWER_DAYS for each in phoned)
    assert changed[SlotKind.WEEKLY].by is By.VOICE
    assert tapered(tuple(changed.values()), pace) == ()  # a second tap finds nothing left to do


@given(SLOTS)
def test_it_is_asked_only_where_fewer_would_be_fewer(slots: tuple[Booked, ...]) -> None:
    daily = (SlotKind.MORNING, SlotKind.EVENING)
    moved = [each for each in tapered(slots, Pace.FEWER) if each.kind in daily]
    assert (fewer_of(slots) is not None) == bool(moved)


def test_three_mornings_and_the_weekly_one() -> None:
    slots = (
        Booked(SlotKind.MORNING, By.VOICE, "06:30", "*"),
        Booked(SlotKind.EVENING, By.VOICE, "20:30", "*"),
        Booked(SlotKind.MONTHLY, By.VOICE, "18:30", "1"),
    )
    assert fewer_of(slots) is SlotKind.MORNING
    assert tapered(slots, Pace.FEWER) == (
        Booked(SlotKind.MORNING, By.VOICE, "06:30", "1,3,5"),
        Booked(SlotKind.EVENING, By.TEXT, "20:30", "*"),
        Booked(SlotKind.WEEKLY, By.VOICE, "18:00", "0"),
    )
    assert tapered(slots, Pace.WEEKLY) == (
        Booked(SlotKind.MORNING, By.TEXT, "06:30", "*"),
        Booked(SlotKind.EVENING, By.TEXT, "20:30", "*"),
        Booked(SlotKind.MONTHLY, By.TEXT, "18:30", "1"),
        Booked(SlotKind.WEEKLY, By.VOICE, "18:00", "0"),
    )


def test_other_days_stay_theirs() -> None:
    weekly = Booked(SlotKind.WEEKLY, By.TEXT, "10:00", "6")
    for days, three in (("2,4,6,0", "2,4,6"), ("1-5", "1,3,5"), ("0,5,6,4", "4,5,6"), ("3,5,6,0", "3,5,6")):
        slots = (Booked(SlotKind.EVENING, By.VOICE, "20:00", days), weekly)
        assert fewer_of(slots) is SlotKind.EVENING
        assert tapered(slots, Pace.FEWER) == (
            Booked(SlotKind.EVENING, By.VOICE, "20:00", three),
            Booked(SlotKind.WEEKLY, By.VOICE, "10:00", "6"),
        )
    assert fewer_of((Booked(SlotKind.MORNING, By.VOICE, "07:00", "1,3,5"), weekly)) is None
