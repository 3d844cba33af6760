"""What a call that is over brings about: danger first, then silence, and nothing that an unproved caller said."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from trio.testing import MockClock

from ivy.agent import after_call
from ivy.daemon import calling
from ivy.daemon.context import Context
from ivy.domain.calls import Again, CallKind, CallOutcome, Report, Spoken, Verdict, join
from ivy.domain.consent import Purpose
from ivy.domain.sentences import ENGLISH, Say
from ivy.store import calls, people
from ivy.store.calls import Call
from ivy.store.scope import PersonStore, Scope
from tests.agent.around_calls import DAY, Life, ended, life_of


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    made = life_of(context, person)
    await made.agrees(Purpose.CALLS)
    await made.agrees(Purpose.MESSAGES)
    return made


def over(life: Life, outcome: CallOutcome, *said: str, **more: Any) -> Call:
    call = ended(life, outcome, **more)
    spoken = tuple(Spoken("person", text) for text in said)
    return replace(
        call, report=replace(call.report, spoken=spoken, seen=("ended", "analysed"), extracted=more_of(said))
    )


def more_of(said: Sequence[str]) -> dict[str, str]:
    return {"workout_done": "yes", "workout_kind": "run"} if any("ran" in each for each in said) else {}


async def settled(life: Life, call: Call, was: CallOutcome | None = None) -> None:
    def write(scope: Scope) -> None:
        own = calling.own_hours(people.load(scope), life.context)
        after_call.settle(scope, call, own, life.desk, was=was)

    await life.rows.write(write)


async def suspended(life: Life) -> bool:
    until = (await life.person()).suspended_until
    return until is not None and until > life.now


async def test_danger_is_heard_before_a_provider_says_that_they_want_no_calls(
    life: Life, autojump_clock: MockClock
) -> None:
    await settled(life, over(life, CallOutcome.OPTED_OUT, "I want to kill myself"))
    assert len(await life.ask("SELECT id FROM reviews")) == 1
    assert "988" in (await life.said())[0]


@pytest.mark.parametrize(
    ("said", "asks"),
    [("please stop calling me", False), ("don't call me again", False), ("leave me alone", True), ("stop", True)],
)
async def test_who_wants_more_than_no_calls_is_asked_how_much(
    life: Life, said: str, asks: bool, autojump_clock: MockClock
) -> None:
    await settled(life, over(life, CallOutcome.OPTED_OUT, said))
    assert ENGLISH[Say.NO_MORE_CALLS] in await life.said()
    assert await suspended(life) is asks


async def test_a_pause_that_is_over_hides_no_spoken_stop(life: Life, autojump_clock: MockClock) -> None:
    await life.rows.write(people.suspend, life.now - timedelta(days=9))
    await settled(life, over(life, CallOutcome.COMPLETED, "please stop contacting me"))
    assert await suspended(life)


@pytest.mark.parametrize("proved", [False, True])
async def test_what_an_unproved_caller_says_writes_nothing(life: Life, proved: bool, autojump_clock: MockClock) -> None:
    call = over(life, CallOutcome.COMPLETED, "I did it, I ran today", kind=CallKind.INBOUND)
    call = replace(call, direction="in", proved_at=life.now if proved else None)
    await settled(life, call)
    assert bool(await life.ask("SELECT id FROM workouts")) is proved


async def test_who_wants_to_be_called_back_is_asked_when_once(life: Life, autojump_clock: MockClock) -> None:
    call = over(life, CallOutcome.COMPLETED, "call me later", again=Again.AT_WISH)
    await settled(life, call)
    await settled(life, call, was=CallOutcome.COMPLETED)
    assert (await life.said()).count(ENGLISH[Say.CALL_WHEN]) == 1


@pytest.mark.parametrize("truth", [CallOutcome.COMPLETED, CallOutcome.DECLINED, CallOutcome.MISSED])
def test_what_a_provider_says_late_beats_what_was_taken_for_lost(truth: CallOutcome) -> None:
    lost = Report(seen=("lost",), reason="lost", verdict=Verdict(CallOutcome.FAILED, Again.NO, known=False))
    late = Report(seen=("ended",), verdict=Verdict(truth, Again.NO))
    assert join(lost, late).verdict == join(late, lost).verdict == late.verdict


@pytest.mark.parametrize(
    ("evening", "is_fault"),
    [(CallOutcome.FAILED, True), (CallOutcome.COMPLETED, False), (CallOutcome.MISSED, False), (None, False)],
)
async def test_a_morning_that_took_place_hides_no_evening_that_failed(
    life: Life, evening: CallOutcome | None, is_fault: bool, autojump_clock: MockClock
) -> None:
    def write(scope: Scope) -> bool:
        for kind, hours, outcome in ((CallKind.MORNING, 0, CallOutcome.COMPLETED), (CallKind.EVENING, 13, evening)):
            if outcome is not None:
                call = ended(life, outcome, kind=kind, call_id=kind.value)
                keep(scope, replace(call, due_at=call.due_at + timedelta(hours=hours)))
        return calls.failed_by_fault(scope, DAY)

    assert await life.rows.write(write) is is_fault


def keep(scope: Scope, call: Call) -> None:
    calls.ask(scope, call, now=call.due_at)
    scope.execute(
        "UPDATE calls SET state = 'ended', outcome = :outcome WHERE user_id = :user AND id = :id",
        outcome=call.outcome and call.outcome.value,
        id=call.id,
    )
