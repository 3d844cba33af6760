"""What each person comes to in a month: the parts are the ledger's own, and nobody is charged for days they were not here."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from ivy.cli import costs_people
from ivy.clock import stamp
from ivy.domain import person_month, projection
from ivy.domain.person_month import TARGETS_MICROS
from ivy.domain.projection import Habits, Range, Units
from ivy.domain.spend_caps import NO_CAPS
from ivy.store import costs, people, person_costs, spending
from ivy.store.binding import Connection
from ivy.store.people import NewPerson
from ivy.store.settings import open_writer

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOON.date().isoformat()
DAY = timedelta(days=1)
SINCE = (NOON - 29 * DAY).date().isoformat()


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = open_writer(database, throwaway=True)
    for name, age in {"ana": 90, "ben": 90, "new": 4, "gone": 90}.items():
        people.add(opened, NewPerson(name, name.title(), "active", "en-US", "UTC", "USD", None), now=NOON - age * DAY)
    yield opened
    opened.close()


def spends(connection: Connection, user: str | None, micros: int, kind: str, *, ago: int) -> None:
    spending.set_aside(
        connection, f"{user}-{kind}-{ago}", kind=kind, provider="x", user_id=user, micros=micros, caps=NO_CAPS,
        now=NOON - ago * DAY,
    )  # fmt: skip


def by_user(connection: Connection) -> dict[str, person_month.PersonMonth]:
    found = person_costs.months(connection, since=SINCE, until=TODAY, today=TODAY)
    return {each.user_id: each for each in found}


def test_the_phone_stands_apart_from_all_else_and_a_month_is_thirty_days(connection: Connection) -> None:
    for ago in range(45):
        spends(connection, "ana", 10_000, "model", ago=ago)
        spends(connection, "ana", 5_000, "message", ago=ago)
        spends(connection, "ana", 210_000, "call", ago=ago)
        spends(connection, "ben", 15_000, "model", ago=ago)
    spends(connection, "new", 40_000, "transcription", ago=3)
    spends(connection, None, 9_000_000, "embedding", ago=1)
    found = by_user(connection)
    ana, ben, new = found["ana"], found["ben"], found["new"]
    assert (ana.days, ana.chat_micros, ana.call_micros) == (30, 450_000, 6_300_000)
    assert (ana.chat_month_micros, ana.month_micros) == (450_000, 6_750_000)
    assert (ana.chat_met_micros, ana.met_micros) == (500_000, None)
    assert (ben.month_micros, ben.met_micros) == (450_000, 500_000)
    assert (new.days, new.chat_month_micros) == (4, 300_000), (
        "four days here: thirty have seven and a half times as much"
    )
    assert list(found) == ["ana", "ben", "new", "gone"]


def test_the_parts_add_up_to_what_the_ledger_says_of_people(connection: Connection) -> None:
    for ago in range(12):
        spends(connection, "ana", 7 + ago, "model", ago=ago)
        spends(connection, "ben", 11 + ago, "call", ago=ago)
    connection.execute("UPDATE users SET status = 'stopped' WHERE id IN ('ben', 'gone')")
    found = costs.costs(connection, "user", since=SINCE, until=TODAY, today=TODAY, cap_micros=0)
    assert {each.user_id for each in found.people} == {"ana", "ben", "new"}, (
        "who left is there while they cost something"
    )
    assert sum(each.chat_micros + each.call_micros for each in found.people) == found.total_micros
    people_told = json.loads(msgspec.json.encode(found))["people"]
    assert {"chat_month_micros", "month_micros", "chat_met_micros", "met_micros"} <= set(people_told[0])
    assert costs.costs(connection, "day", since=SINCE, until=TODAY, today=TODAY, cap_micros=0).people == ()


def test_who_came_after_the_days_asked_about_is_not_among_them(connection: Connection) -> None:
    until = (NOON - 10 * DAY).date().isoformat()
    assert "new" not in {
        each.user_id for each in person_costs.months(connection, since=SINCE, until=until, today=TODAY)
    }
    connection.execute("UPDATE users SET created_at_ms = ?", (stamp(NOON + DAY),))
    assert person_costs.months(connection, since=SINCE, until=TODAY, today=TODAY) == ()


def test_the_strictest_target_that_a_month_stays_under_is_the_one_that_is_met() -> None:
    assert [person_month.met(each) for each in (0, 499_999, 500_000, 750_000, 999_999, 1_000_000)] == [
        500_000, 500_000, 750_000, 1_000_000, 1_000_000, None,
    ]  # fmt: skip


def test_a_projection_tells_chat_from_calls_too() -> None:
    units = Units(turn=Range(1_000, 2_000, 3_000), reply=0, template=4_000, minute=70_000)
    phoned = projection.from_numbers(7, Habits(turns=5, templates=1, calls=1, minutes_a_call=3), units, days=15)
    chat, both = person_month.projected(phoned, call=projection.CALL)
    assert (chat, both) == (5 * 2_000 * 30 + 4_000 * 30, chat + 6_300_000)
    told = costs_people.told(chat, both)
    assert "$0.42 by chat alone (under $0.50), $6.72 with calls (over every target)" in told
    assert all(f"{each / 1_000_000:.2f}" in told for each in TARGETS_MICROS)
    assert person_month.projected(projection.from_numbers(0, Habits(), units), call=projection.CALL) == (0, 0)
