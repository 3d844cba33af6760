"""What Ivy begins by itself is counted once, messages and calls together, by the person's own day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivy.domain.calls import CallKind, CallState
from ivy.ports import Address
from ivy.store import calls, outbox, people, unasked
from ivy.store.calls import Call, Dialled
from ivy.store.database import Store
from ivy.store.people import NewPerson
from ivy.store.scope import PersonStore, Scope, within
from ivy.store.settings import open_writer
from tests.store.test_outbox import leave, queue

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BOGOTA, TOKYO = "America/Bogota", "Asia/Tokyo"
DAY = date(2026, 11, 23)
MINUTE = timedelta(minutes=1)


def ring(scope: Scope, name: str, *, now: datetime = NOW, **more: Any) -> None:
    """Let a call of a person's be dialled."""
    known: dict[str, Any] = {"kind": CallKind.RESCUE, "asked_by": "operator"}
    call = Call(name, scope.user_id, day=DAY, due_at=now, **(known | more))
    calls.ask(scope, call, now=now)
    dialled = Dialled("retell", "+573001112233", "es", "p", {}, 60)
    assert calls.begin(scope.connection, call, dialled, most_lines=100, now=now)


def fail(scope: Scope, name: str, *, seconds: int = 0) -> None:
    call = calls.load(scope, name)
    assert call is not None
    calls.move(scope.connection, call, CallState.FAILED, "no route", now=NOW)
    scope.execute(
        "UPDATE calls SET spoken_seconds = :seconds WHERE user_id = :user AND id = :id", id=name, seconds=seconds
    )


async def test_messages_and_calls_are_one_count_of_what_left(ana: PersonStore, ben: PersonStore) -> None:
    for name, asked_for in (("checkin", False), ("answer", True), ("yesterday", False)):
        await ana.write(queue, name, asked_for=asked_for)
        await ana.write(leave, name, now=NOW - timedelta(days=name == "yesterday"))
    await ana.write(queue, "waits", asked_for=False)
    await ana.write(ring, "rescue")
    await ana.write(ring, "chosen", chosen=True)
    await ben.write(ring, "bens")
    assert await ana.read(unasked.since, NOW) == 2
    assert await ana.read(unasked.since, NOW + MINUTE) == 0
    assert await ana.read(unasked.since, NOW - timedelta(days=2)) == 3
    assert await ben.read(unasked.since, NOW) == 1
    assert await ana.read(unasked.since, NOW, apart_from="rescue") == 1
    assert await ana.read(unasked.since, NOW, apart_from="checkin") == 1


@pytest.mark.parametrize("state", ["held", "lapsed", "failed", "cancelled"])
async def test_a_message_that_did_not_arrive_was_no_contact(diary_store: Store, ana: PersonStore, state: str) -> None:
    await ana.write(queue, "m1", asked_for=False)
    if state != "held":
        await ana.write(leave, "m1")
    assert await ana.read(unasked.since, NOW) == (state != "held")
    await diary_store.write(outbox.set_state, "m1", state, now=NOW)
    assert await ana.read(unasked.since, NOW) == 0


async def test_a_call_that_failed_counts_only_if_somebody_was_on_it(ana: PersonStore) -> None:
    await ana.write(ring, "no-line")
    await ana.write(ring, "cut-off")
    assert await ana.read(unasked.since, NOW) == 2
    await ana.write(fail, "no-line")
    await ana.write(fail, "cut-off", seconds=20)
    assert await ana.read(unasked.since, NOW) == 1


async def test_a_call_that_waits_again_for_the_provider_has_not_rung(ana: PersonStore) -> None:
    await ana.write(ring, "busy")

    def back(scope: Scope) -> None:
        call = calls.load(scope, "busy")
        assert call is not None
        calls.move(scope.connection, call, CallState.QUEUED, "no lines", now=NOW)

    await ana.write(back)
    assert await ana.read(unasked.since, NOW) == 0


async def test_a_message_that_is_read_out_is_its_call(ana: PersonStore) -> None:
    await ana.write(queue, "m1", asked_for=False, channel="call", recipient=Address(phone="+573001112233"))
    await ana.write(leave, "m1")
    assert await ana.read(unasked.since, NOW) == 0
    await ana.write(ring, "c1", kind=CallKind.NOTICE, slot="notice:m1")
    assert await ana.read(unasked.since, NOW) == 1


@pytest.mark.parametrize(
    ("left", "now", "counted"),
    [  # Bogotá is five hours behind UTC
        ("2026-11-23T04:59", "2026-11-23T04:59:59", 1),
        ("2026-11-23T04:59", "2026-11-23T05:00", 0),
        ("2026-11-23T05:00", "2026-11-24T04:59", 1),
    ],
)
async def test_a_day_is_the_persons_own(ana: PersonStore, left: str, now: str, counted: int) -> None:
    at, then = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (left, now))
    await ana.write(ring, "c1", now=at)
    await ana.write(queue, "m1", asked_for=False)
    await ana.write(leave, "m1", now=at)
    assert await ana.read(unasked.today, BOGOTA, then) == 2 * counted


async def test_who_moves_to_another_zone_is_counted_by_the_day_there(ana: PersonStore) -> None:
    await ana.write(ring, "c1", now=NOW - timedelta(minutes=30))  # 9:30 in Bogotá, 23:30 in Tokyo
    await ana.write(queue, "m1", asked_for=False)
    await ana.write(leave, "m1", now=NOW)  # 10:00, and midnight
    then = NOW + timedelta(hours=1)
    assert await ana.read(unasked.today, BOGOTA, then) == 2
    assert await ana.read(unasked.today, TOKYO, then) == 1


Contact = tuple[str, bool, int]
"""What it is, whether they asked for it or chose its time, and how many hours ago it was."""


@pytest.fixture
def dee(database: Path) -> Iterator[Scope]:
    connection = open_writer(database, throwaway=True)
    people.add(connection, NewPerson("dee", "Dee", "active", "en-US", "UTC", "USD"), now=NOW)
    yield within(connection, "dee")
    connection.close()


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contacts=st.lists(st.tuples(st.sampled_from(["message", "call"]), st.booleans(), st.integers(0, 48)), max_size=8),
    zone=st.sampled_from([BOGOTA, TOKYO, "UTC"]),
)
def test_the_count_is_of_this_local_day_and_of_nothing_they_chose(
    dee: Scope, contacts: list[Contact], zone: str
) -> None:
    hours = {BOGOTA: 10, "UTC": 15, TOKYO: 0}[zone]  # how long the day has lasted there
    dee.connection.execute("SAVEPOINT one")
    for number, (what, theirs, ago) in enumerate(contacts):
        at = NOW - timedelta(hours=ago)
        if what == "message":
            queue(dee, f"m{number}", asked_for=theirs)
            leave(dee, f"m{number}", now=at)
        else:
            ring(dee, f"c{number}", chosen=theirs, now=at)
    counted = unasked.today(dee, zone, NOW)
    dee.connection.execute("ROLLBACK TO one")
    dee.connection.execute("RELEASE one")
    assert counted == sum(not theirs and ago <= hours for _what, theirs, ago in contacts)
