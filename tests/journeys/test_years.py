"""A year by phone: through both changes of clocks, and over the date line, each local date has each of its calls once."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import trio
from trio.testing import MockClock

from ivy.cli import week_life
from ivy.cli.same_chance import same_chance
from ivy.clock import unstamp
from ivy.domain.schedule import to_instant, to_wall
from ivy.emulators.personas import Move, Persona, Place, Somebody
from ivy.store.binding import Connection

FULL = os.environ.get("IVY_FULL") == "1"
AROUND = timedelta(days=6)
"""Lived before and after each change of clocks; with IVY_FULL=1 the whole year."""
EDGE = time(18)
"""UTC: nobody is phoned then, so that no call is due in the very moment that ends what is lived."""
NEW_YORK = Place("America/New_York", "en-US", "USD", "+1202555", 4, "1")
SANTIAGO = Place("America/Santiago", "es-CL", "CLP", "+569812", 5, "1000")
AUCKLAND = Place("Pacific/Auckland", "en-NZ", "NZD", "+64212", 6, "1.5")
HONOLULU = Place("Pacific/Honolulu", "en-US", "USD", "+1808555", 4, "1")
CHANGES = {
    NEW_YORK: (date(2027, 3, 14), date(2027, 11, 7)),
    SANTIAGO: (date(2027, 4, 4), date(2027, 9, 5)),
}
"""Dates on which clocks change: in New York at two in the morning, in Santiago at midnight."""
Slots = tuple[str, str]
"""The local times of the morning's call and of the evening's."""
BY_DAY = ("07:00", "20:00")
IN_THE_HOUR = {NEW_YORK: ("01:30", "02:30"), SANTIAGO: ("00:30", "23:30")}
"""The hour that one change leaves out, and the one that the other has twice."""


class Dialled(NamedTuple):
    """A call that was placed, as the database has it."""

    phone: str
    kind: str
    day: date
    due_at: datetime


def somebody(
    number: int, home: Place, slots: Slots, *, away: Place | None = None, moves: tuple[Move, ...] = ()
) -> Somebody:
    """Return somebody who always picks up, plans, and did it."""
    morning, evening = slots
    persona = Persona(
        "steady",
        "picks up",
        {"answers": 1.0},
        {"plan": 1.0},
        {"done": 1.0},
        morning=morning,
        evening=evening,
        moves=moves,
    )
    return Somebody(number, persona, home, away or home, seed=1)


def live(folder: Path, who: Sequence[Somebody], begins: datetime, days: int) -> list[Dialled]:
    """Let people live; return all calls that were placed, in order of time."""

    async def main() -> list[Dialled]:
        async with week_life.lived(who, days, 1, begins, week_life.week_config(), folder) as town:
            return await town.world.store.read(dialled)

    with same_chance(1):
        return trio.run(main, clock=MockClock(autojump_threshold=0))


def dialled(connection: Connection) -> list[Dialled]:
    rows = connection.execute(
        "SELECT users.phone, calls.kind, calls.day, calls.due_at_ms FROM calls JOIN users ON users.id = calls.user_id"
        " WHERE calls.placed_at_ms IS NOT NULL ORDER BY calls.due_at_ms, calls.id"
    )
    return [Dialled(row[0], row[1], date.fromisoformat(row[2]), unstamp(row[3])) for row in rows]


def chosen(who: Somebody, kind: str, at: str, begins: datetime, days: int) -> list[Dialled]:
    """Return the calls of a slot by the person's own calendar: one a local date, at the time that they chose."""
    first = to_wall(begins, who.home.zone).date()
    dates = [first + timedelta(days=number) for number in range(days + 1)]
    due = [(day, to_instant(datetime.combine(day, time.fromisoformat(at)), who.home.zone)) for day in dates]
    return [Dialled(who.phone, kind, day, at) for day, at in due if begins <= at < begins + timedelta(days=days)]


def spans(home: Place) -> list[tuple[datetime, int]]:
    """Return what is lived: a year, or the days around each change of clocks."""
    if FULL:
        return [(datetime(2027, 1, 1, tzinfo=UTC), 365)]
    return [(datetime.combine(day, EDGE, UTC) - AROUND, 2 * AROUND.days) for day in CHANGES[home]]


@pytest.mark.drill
@pytest.mark.every
@pytest.mark.parametrize("home", CHANGES, ids=lambda home: home.zone.partition("/")[2])
def test_no_slot_comes_twice_or_not_at_all_in_a_year_of_calls(tmp_path: Path, home: Place) -> None:
    who = [somebody(0, home, BY_DAY), somebody(1, home, IN_THE_HOUR[home])]
    for number, (begins, days) in enumerate(spans(home)):
        found = live(tmp_path / str(number), who, begins, days)
        for each in who:
            for kind, at in (("morning", each.persona.morning), ("evening", each.persona.evening)):
                placed = [call for call in found if call.phone == each.phone and call.kind == kind]
                assert placed == chosen(each, kind, at, begins, days)
        assert {call.kind for call in found} == {"morning", "evening"}


def test_who_flies_over_the_date_line_and_back_has_each_call_of_each_date_that_they_live_once(tmp_path: Path) -> None:
    """Wednesday, 13:00 in Auckland is Tuesday, 14:00 in Honolulu; Saturday, noon there is Sunday, 11:00 at home."""
    moves = (Move(2, "13:00", "away"), Move(5, "12:00", "home"))
    who = somebody(0, AUCKLAND, BY_DAY, away=HONOLULU, moves=moves)
    monday = datetime(2026, 11, 23, tzinfo=UTC)  # 13:00 in Auckland
    found = live(tmp_path, [who], monday, 7)
    dates = [monday.date() + timedelta(days=number) for number in range(8)]
    lived = {(day, kind) for day in dates for kind in ("morning", "evening")}
    lived -= {(dates[0], "morning"), (dates[5], "evening"), (dates[6], "morning"), (dates[7], "evening")}
    assert Counter((call.day, call.kind) for call in found) == Counter(lived)
    away = set(dates[2:6])
    walls = [to_wall(call.due_at, HONOLULU.zone if is_away(call, away) else AUCKLAND.zone) for call in found]
    assert {f"{wall:%H:%M}" for wall in walls} == set(BY_DAY)


def is_away(call: Dialled, away: set[date]) -> bool:
    return call.day in away and (call.day, call.kind) != (min(away), "morning")
