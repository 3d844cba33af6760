"""When a missed call is tried again for the first time may be an experiment's; the rest of the ladder stays as it is."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from trio.testing import MockClock

from ivy.agent import after_call
from ivy.agent.desk import Desk
from ivy.config import ExperimentSection
from ivy.daemon import calling
from ivy.daemon.context import Context
from ivy.domain.calls import Again, CallOutcome
from ivy.domain.experiments import arm_of
from ivy.store.calls import Call
from ivy.store.people import Person
from ivy.store.scope import PersonStore, Scope
from tests.agent.around_calls import Life, ended, life_of

ARMS = {"soon": 4.0, "late": 25.0}


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    return life_of(context, person)


def varies(life: Life, arm: str) -> None:
    """Let an experiment run that puts the person into an arm."""
    name = next(name for n in range(99) if arm_of(name := f"retry{n}", life.rows.user_id, ARMS) == arm)
    section = ExperimentSection("first_retry_minutes", ARMS, date(2026, 11, 1), date(2026, 12, 31))
    config = msgspec.structs.replace(life.context.config, experiments={name: section})
    life.context = replace(life.context, config=config)


async def settles(life: Life, call: Call) -> list[int]:
    """Let a call's end be known; return when calls are due after its ring, in minutes."""

    def follow(scope: Scope, person: Person, desk: Desk) -> None:
        after_call.settle(scope, call, calling.own_hours(person, life.context), desk)

    await life.does(follow)
    due = await life.ask("SELECT due_at_ms FROM calls WHERE asked_by = 'ladder' ORDER BY due_at_ms")
    assert call.placed_at is not None
    return [round((row["due_at_ms"] / 1000 - call.placed_at.timestamp()) / 60) for row in due]


def missed(life: Life, outcome: CallOutcome = CallOutcome.MISSED, **more: Any) -> Call:
    return ended(life, outcome, again=Again.LADDER, **more)


@pytest.mark.parametrize(("arm", "minutes"), [("soon", 4), ("late", 25)])
async def test_the_first_retry_comes_when_the_arm_says(
    life: Life, arm: str, minutes: int, autojump_clock: MockClock
) -> None:
    varies(life, arm)
    assert await settles(life, missed(life)) == [minutes]
    (row,) = await life.ask("SELECT arm, value, day FROM experiment_arms")
    assert (row["arm"], row["value"], row["day"]) == (arm, ARMS[arm], "2026-11-23")
    assert await settles(life, missed(life)) == [minutes]  # a later report of the same call changes nothing


async def test_the_second_retry_is_the_configured_one(life: Life, autojump_clock: MockClock) -> None:
    varies(life, "late")
    second = missed(life, attempt=2, call_id="call-2", first_id="call-1")
    assert await settles(life, second) == [40]
    assert await life.ask("SELECT * FROM experiment_arms") == []  # the first was not asked for


@pytest.mark.parametrize("outcome", [CallOutcome.DECLINED, CallOutcome.COMPLETED])
async def test_who_declined_or_spoke_is_no_part_of_it(
    life: Life, outcome: CallOutcome, autojump_clock: MockClock
) -> None:
    varies(life, "soon")
    assert await settles(life, missed(life, outcome)) == []
    assert await life.ask("SELECT * FROM experiment_arms") == []


async def test_a_call_that_they_asked_for_themselves_is_no_part_of_it(life: Life, autojump_clock: MockClock) -> None:
    varies(life, "soon")
    assert await settles(life, missed(life, asked_by="person")) == []
    assert await life.ask("SELECT * FROM experiment_arms") == []


@pytest.mark.parametrize(("arm", "tries"), [("soon", [4]), ("late", [])])
async def test_their_own_hours_hold_whatever_the_arm_says(
    life: Life, arm: str, tries: list[int], autojump_clock: MockClock
) -> None:
    life.set(life.now.replace(hour=1, minute=45) + timedelta(days=1))  # quarter to nine in the evening in New York
    varies(life, arm)
    assert await settles(life, replace(missed(life), day=life.now.date() - timedelta(days=1))) == tries
