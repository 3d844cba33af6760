"""What `ivy doctor` says of phone calls: schedules beside their caps, before a cap is met at seven in the morning."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

from ivy.cli import doctor_calls
from ivy.cli.findings import State
from ivy.config import CallsSection, Config, VoiceSection
from ivy.domain.slots import By, SlotKind
from ivy.store import call_slots, people
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.people import NewPerson
from ivy.store.scope import Scope, within

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
VOICE = VoiceSection(enabled=True)


def books(connection: Connection, name: str, *slots: tuple[SlotKind, By, str, str]) -> None:
    """Let somebody have chosen these slots."""
    numbers = count()
    people.add(connection, NewPerson(name, name, "active", "en-US", "America/New_York", "USD"), now=NOW)
    scope: Scope = within(connection, name)
    for kind, by, at, days in slots:
        call_slots.set_slot(
            scope, kind, by, at, days, consent_id=None, new_id=lambda: f"{name}-{next(numbers)}", now=NOW
        )


BOTH = ((SlotKind.MORNING, By.VOICE, "07:00", "*"), (SlotKind.EVENING, By.VOICE, "20:00", "*"))


async def test_schedules_within_the_caps_are_fine(store: Store) -> None:
    await store.write(books, "Ana", *BOTH)
    (finding,) = await store.read(lambda found: doctor_calls.schedules(Config(voice=VOICE), found, date(2026, 11, 23)))
    assert (finding.state, finding.found) == (State.OK, "1 people are phoned, within the caps")


async def test_schedules_over_a_cap_are_named_each_with_its_mend(store: Store) -> None:
    await store.write(books, "Ana", *BOTH)
    await store.write(books, "Ben", (SlotKind.MORNING, By.VOICE, "07:00", "1"))
    await store.write(books, "Cara", (SlotKind.MORNING, By.TEXT, "07:00", "*"))
    config = Config(voice=VOICE, calls=CallsSection(minutes_per_person_month=100, minutes_per_day=6))
    told = await store.read(lambda found: doctor_calls.schedules(config, found, date(2026, 11, 23)))
    assert [(each.state, each.found) for each in told] == [
        (State.LOOK, "on the busiest day the calls need about 7 minutes, and 6 are allowed"),
        (State.LOOK, "Ana: these calls need about 140 minutes a month, and 100 are allowed"),
    ]
    assert all("calls.minutes_per_person_month" in each.mend for each in told)


async def test_where_nobody_is_phoned_nothing_is_said_of_minutes(store: Store) -> None:
    await store.write(books, "Ana", *BOTH)
    assert await store.read(lambda found: doctor_calls.schedules(Config(), found, date(2026, 11, 23))) == []


def hours(tmp_path: Path, today: date, file: str = "") -> tuple[State, str]:
    (finding,) = doctor_calls.hours(Config(voice=VOICE, calls=CallsSection(hours_file=file)), tmp_path, today)
    return finding.state, finding.found


def test_holidays_that_end_soon_are_told_ninety_days_before(tmp_path: Path) -> None:
    last_day = date(2030, 12, 31)
    assert hours(tmp_path, last_day - timedelta(days=90)) == (State.OK, "13 rules")
    state, told = hours(tmp_path, last_day - timedelta(days=89))
    assert (state, told) == (State.LOOK, "no holidays of 2031 for AU, BR, CA, CL, CO, DE, ES, FR, GB, IT, MX, US")


def test_a_file_of_ones_own_is_judged_by_its_own_years_and_without_holidays_not_at_all(tmp_path: Path) -> None:
    week = 'monday_to_friday = ["09:00-20:00"]\nsaturday = []\nsunday = []\nbasis = "law"\nsource = "me"\nchecked = 2026-11-23'
    rules = [f'[[rules]]\ncountry = "{country}"\n{week}' for country in ("", "KE", "CO")]
    (tmp_path / "mine.toml").write_text("\n".join([*rules, "holidays = [2026-12-25]"]))
    assert hours(tmp_path, date(2026, 10, 1), "mine.toml") == (State.OK, "3 rules")
    assert hours(tmp_path, date(2027, 6, 1), "mine.toml") == (State.LOOK, "no holidays of 2027 for CO")


def test_a_file_that_cannot_be_read_is_missing(tmp_path: Path) -> None:
    state, told = hours(tmp_path, date(2026, 11, 23), "nowhere.toml")
    assert state is State.MISSING and "nowhere.toml" in told
    assert doctor_calls.hours(Config(), tmp_path, date(2026, 11, 23)) == []  # where nobody is phoned
