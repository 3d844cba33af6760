"""When somebody may be phoned unasked: the shipped hours and holidays, in every zone and over every clock change."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivy.domain.calling_hours import (
    LOOK_AHEAD,
    CallingHours,
    Opening,
    OwnHours,
    country_of,
    is_open,
    load,
    next_allowed,
    next_open,
)
from ivy.domain.schedule import to_instant, to_wall
from ivy.domain.windows import QuietHours, quiet_until
from ivy.errors import ConfigError

TEXT = (Path(__file__).parents[2] / "ivy" / "data" / "calling_hours.toml").read_text(encoding="utf-8")
HOURS = load(TEXT)
BOGOTA = "America/Bogota"
ZONES = sorted(zoneinfo.available_timezones() - {"Factory", "localtime", "posixrules"})
COUNTRIES = sorted(HOURS.weeks)
MINUTE = timedelta(minutes=1)

# Clocks change in the night, so these rules have windows there; one ends and begins at midnight.
NIGHT = load(
    """
[[rules]]
country = ""
monday_to_friday = ["00:00-01:15", "01:30-02:30", "23:15-24:00"]
saturday = ["00:20-02:45"]
sunday = ["02:15-02:45", "03:10-03:20"]
basis = "careful"
source = "a test"
checked = 2026-11-22
"""
)


def rule(**changed: str) -> str:
    fields = {
        "country": '""',
        "monday_to_friday": '["09:00-20:00"]',
        "saturday": "[]",
        "sunday": "[]",
        "basis": '"careful"',
        "source": '"a test"',
        "checked": "2026-11-22",
    }
    return "[[rules]]\n" + "\n".join(f"{name} = {value}" for name, value in (fields | changed).items()) + "\n"


def at(wall: str, zone: str = BOGOTA) -> datetime:
    return to_instant(datetime.fromisoformat(wall), zone)


def opens(wall: str, country: str, zone: str = BOGOTA) -> str:
    found = next_allowed(HOURS, country, zone, at(wall, zone))
    assert found is not None
    return f"{to_wall(found, zone):%Y-%m-%dT%H:%M}"


# --- the data ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "zone", "now", "expected"),
    [
        ("CO", BOGOTA, "2026-11-24T06:59", "2026-11-24T07:00"),
        ("CO", BOGOTA, "2026-11-24T07:00", "2026-11-24T07:00"),
        ("CO", BOGOTA, "2026-11-24T18:59", "2026-11-24T18:59"),
        ("CO", BOGOTA, "2026-11-24T19:00", "2026-11-25T07:00"),
        ("CO", BOGOTA, "2026-11-28T15:00", "2026-11-30T07:00"),  # Saturday afternoon: Monday
        ("CO", BOGOTA, "2026-11-14T15:00", "2026-11-17T07:00"),  # Monday the 16th is a holiday
        ("CO", BOGOTA, "2026-04-01T19:30", "2026-04-04T08:00"),  # Holy Thursday and Good Friday
        ("US", "America/New_York", "2026-11-22T07:59", "2026-11-22T08:00"),  # a Sunday
        ("US", "America/New_York", "2026-11-25T21:00", "2026-11-27T08:00"),  # Thanksgiving
        ("GB", "Europe/London", "2026-12-24T21:00", "2026-12-29T08:00"),  # Christmas on a Friday
        ("FR", "Europe/Paris", "2026-11-24T13:00", "2026-11-24T14:00"),
        ("ES", "Europe/Madrid", "2026-11-28T12:00", "2026-11-30T09:00"),
        ("CA", "America/Toronto", "2026-11-22T11:00", "2026-11-22T12:00"),
        ("KE", "Africa/Nairobi", "2026-11-22T12:00", "2026-11-23T09:00"),  # no rule of its own, and a Sunday
        ("", "Africa/Nairobi", "2026-11-24T20:00", "2026-11-25T09:00"),
    ],
)
def test_the_shipped_hours_hold_in_the_persons_own_time(country: str, zone: str, now: str, expected: str) -> None:
    assert opens(now, country, zone) == expected


def test_where_no_holidays_are_listed_no_year_is_known() -> None:
    assert HOURS.holidays_end("KE") is None


def test_every_rule_says_where_it_is_from_and_the_default_is_no_wider_than_what_was_found() -> None:
    assert {"US", "GB", "CO", "ES", "MX", "CA", "DE", "FR"} <= set(COUNTRIES)
    for week in HOURS.weeks.values():
        assert week.rule.source
        assert week.rule.checked >= date(2026, 11, 22)
    assert HOURS.of("KE").days[6] == ()
    assert HOURS.of("KE").days[0] == ((9 * 60, 20 * 60),)


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("+573001112233", "CO"),
        ("+12025550123", "US"),
        ("+14165550123", "CA"),
        ("+447700900123", "GB"),
        ("+34612345678", "ES"),
        ("+571234567", "CO"),  # nobody knows the number, but its calling code
        ("+80012345678", ""),  # a number of no country
        ("+99912345678", ""),
        ("+", ""),
        ("", ""),
        ("anonymous", ""),
    ],
)
def test_the_country_of_a_number(phone: str, country: str) -> None:
    assert country_of(phone) == country


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("rules = ", "is wrong"),
        ("", "rules"),
        (rule(country='"CO"'), "everywhere else"),
        (rule() + rule(), "two rules for everywhere else"),
        (rule() + rule(country='"CO"') * 2, "two rules for CO"),
        (rule(country='"Colombia"'), "country"),
        (rule(saturday='["9:00-20:00"]'), "saturday"),
        (rule(saturday='["20:00-09:00"]'), "do not follow each other"),
        (rule(saturday='["09:00-12:00", "11:00-20:00"]'), "do not follow each other"),
        (rule(on_holidays='["12:00-12:00"]'), "do not follow each other"),
        (rule(colour='"green"'), "colour"),
        (rule(holidays='["Christmas"]'), "holidays"),
    ],
)
def test_a_wrong_file_is_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=r"^my\.toml is wrong: ") as refused:
        load(text, "my.toml")
    assert complaint in str(refused.value)


def test_an_operators_own_file_may_open_a_part_of_a_holiday() -> None:
    hours = load(rule(holidays="[2026-11-24]", on_holidays='["10:00-12:00"]'))
    walls = ["2026-11-24T09:59", "2026-11-24T10:00", "2026-11-24T12:00", "2026-11-25T09:30"]
    assert [is_open(hours, "CO", BOGOTA, at(wall)) for wall in walls] == [False, True, False, True]


# --- every zone, every clock change --------------------------------------------------------------------

START = datetime(2026, 1, 1, tzinfo=UTC)
_instants = st.timedeltas(timedelta(0), timedelta(days=699)).map(lambda span: START + span)
CHANGING = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Cairo",
]


def changes(name: str) -> list[datetime]:
    """Return the first instant after each clock change of 2026-27."""
    found: list[datetime] = []
    low = START
    while low < datetime(2027, 12, 31, tzinfo=UTC):
        high = low + timedelta(hours=6)
        if to_wall(high, name) - to_wall(low, name) != timedelta(hours=6):
            while high - low > MINUTE:
                middle = low + (high - low) // timedelta(minutes=2) * MINUTE
                moved = to_wall(middle, name) - to_wall(low, name) != middle - low
                low, high = (low, middle) if moved else (middle, high)
            found.append(high)
            high += timedelta(hours=1)
        low = high
    return found


CHANGES = [(name, at) for name in CHANGING for at in changes(name)]


def test_the_sweep_meets_clock_changes_of_both_kinds() -> None:
    sizes = [to_wall(at, name) - to_wall(at - MINUTE, name) - MINUTE for name, at in CHANGES]
    assert sum(size > timedelta(0) for size in sizes) > 8
    assert sum(size < timedelta(0) for size in sizes) > 8


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(COUNTRIES), _instants)
def test_in_every_zone_the_next_opening_is_open_and_the_first(zone: str, country: str, now: datetime) -> None:
    found = next_allowed(HOURS, country, zone, now)
    assert found is not None
    assert now <= found <= now + LOOK_AHEAD
    assert is_open(HOURS, country, zone, found)
    assert (found == now) == is_open(HOURS, country, zone, now)
    if found > now:
        assert not is_open(HOURS, country, zone, found - timedelta(microseconds=1))
        steps = min((found - now) // timedelta(minutes=30), 300)
        assert not any(is_open(HOURS, country, zone, now + step * timedelta(minutes=30)) for step in range(steps))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CHANGES), st.integers(-180, 180))
@example(("America/New_York", datetime(2026, 11, 1, 6, 0, tzinfo=UTC)), 10)
@example(("Asia/Beirut", datetime(2026, 10, 24, 21, 0, tzinfo=UTC)), 10)
def test_on_the_days_of_a_clock_change_no_minute_is_wrong(change: tuple[str, datetime], minutes: int) -> None:
    zone, moment = change
    now = moment + minutes * MINUTE
    found = next_allowed(NIGHT, "", zone, now)
    assert found is not None
    assert is_open(NIGHT, "", zone, found)
    earlier = [now + n * MINUTE for n in range((found - now) // MINUTE)]
    # What the local clock showed before need not open a second time, when autumn repeats an hour.
    assert all(to_wall(each, zone) < to_wall(now, zone) for each in earlier if is_open(NIGHT, "", zone, each))


def test_a_window_that_a_gap_swallows_opens_nothing_that_day() -> None:
    sunday = datetime(2026, 3, 8, 6, 0, tzinfo=UTC)  # 01:00 in New York; the clock jumps from 02:00 to 03:00
    found = next_allowed(NIGHT, "", "America/New_York", sunday)
    assert found is not None
    assert f"{to_wall(found, 'America/New_York'):%d %H:%M}" == "08 03:10"


def test_a_country_without_any_window_is_never_open() -> None:
    closed = load(rule() + rule(country='"CO"', monday_to_friday="[]"))
    assert next_allowed(closed, "CO", BOGOTA, at("2026-11-24T12:00")) is None
    own = OwnHours(BOGOTA, None, closed, "CO")
    assert next_open(own, at("2026-11-24T12:00")) == Opening(None, "the calling hours of CO")


# --- with a person's quiet hours ------------------------------------------------------------------------

NIGHTLY = QuietHours(time(21), time(9))


@pytest.mark.parametrize(
    ("now", "opens_at", "named"),
    [
        ("2026-11-24T12:00", "2026-11-24T12:00", ""),
        ("2026-11-24T08:00", "2026-11-24T09:00", "their quiet hours"),
        ("2026-11-24T20:00", "2026-11-25T09:00", "the calling hours of CO"),
        ("2026-11-24T22:00", "2026-11-25T09:00", "their quiet hours"),
        ("2026-11-27T22:00", "2026-11-28T09:00", "their quiet hours"),
        ("2026-11-28T16:00", "2026-11-30T09:00", "the calling hours of CO"),
    ],
)
def test_quiet_hours_and_calling_hours_both_have_to_be_over(now: str, opens_at: str, named: str) -> None:
    opening = next_open(OwnHours(BOGOTA, NIGHTLY, HOURS, "CO"), at(now))
    assert opening.at == at(opens_at)
    assert opening.rule == named


def test_somebody_whose_quiet_hours_cover_all_calling_hours_is_never_phoned_unasked() -> None:
    own = OwnHours(BOGOTA, QuietHours(time(6), time(20)), HOURS, "CO")
    opening = next_open(own, at("2026-11-24T12:00"))
    assert opening.at is None
    assert opening.rule == "their quiet hours"


def test_a_rule_for_everywhere_names_no_country() -> None:
    assert (
        next_open(OwnHours(BOGOTA, None, HOURS, ""), at("2026-11-24T21:00")).rule
        == "the calling hours of their country"
    )


_whole = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(COUNTRIES), st.builds(QuietHours, _whole, _whole), _instants)
def test_an_opening_keeps_both_rules_in_every_zone(zone: str, country: str, quiet: QuietHours, now: datetime) -> None:
    opening = next_open(OwnHours(zone, quiet, HOURS, country), now)
    free_now = quiet_until(quiet, zone, now) is None and is_open(HOURS, country, zone, now)
    assert (opening.at == now) == free_now == (opening.rule == "")
    if opening.at is not None:
        assert opening.at >= now
        assert quiet_until(quiet, zone, opening.at) is None
        assert is_open(HOURS, country, zone, opening.at)


def test_hours_are_values() -> None:
    assert isinstance(HOURS, CallingHours)
    assert load(TEXT) == HOURS
